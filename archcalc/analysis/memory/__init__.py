"""How much memory a network needs: eager PyTorch's tensors, played by their lifetimes."""
