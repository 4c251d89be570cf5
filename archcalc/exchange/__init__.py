"""Specs as others read them: canonical text (`yaml`), and PyTorch source (`pytorch_source`)."""
