"""Many variants of a network at once: the rules of its layers, read with arrays of integers."""
