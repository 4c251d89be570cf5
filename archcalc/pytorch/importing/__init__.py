"""Models that exist, seen as they run once, without weights, and put down as specs."""
