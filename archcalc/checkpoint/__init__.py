"""Checkpoints, read without torch: the names and shapes of their tensors. No code of a file is run."""
