"""How fast a network could be on a device: the longer of its arithmetic and of what it moves, layer by layer."""
