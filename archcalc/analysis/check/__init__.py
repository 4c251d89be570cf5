"""A table next to what PyTorch observes (`agreement`), and a spec next to somebody's model (`against`)."""
