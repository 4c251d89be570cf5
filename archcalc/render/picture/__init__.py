"""What all pictures share, charts and figures: their colours, the widths of letters, and how SVG is written."""
