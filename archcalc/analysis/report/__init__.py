"""What a page about a network is made of: the answers to its questions, gathered."""
