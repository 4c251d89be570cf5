"""Whether the numbers of a network are within a budget, and which layers contribute most."""
