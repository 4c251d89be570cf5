"""What becomes of a spec outside archcalc: its canonical text (`yaml`), and PyTorch source (`pytorch_source`)."""
