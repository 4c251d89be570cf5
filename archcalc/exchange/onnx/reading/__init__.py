"""ONNX -> specs: the file as plain data, then one node after the other as layers."""
