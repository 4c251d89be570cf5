"""What a figure of a network is made of, as data: volumes and windows, boxes and lines, bars; numbers, and no words."""
