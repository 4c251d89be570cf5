"""Graphs -> ONNX: an operator for each layer, or a few where ONNX has none that does the same."""
