"""What a model card says of a network: everything that follows from its architecture, and its weights' identity."""
