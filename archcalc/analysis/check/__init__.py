"""A table beside what PyTorch observes (`agreement`), and a spec beside somebody's model (`against`)."""
