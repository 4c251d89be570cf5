"""Files of ONNX to specs, and graphs to files of ONNX. What operators mean is said at https://onnx.ai/onnx/operators/.

Weights are never read. The package `onnx` is loaded only where a file is.
"""

from archcalc.exchange.onnx.reading.network import read
from archcalc.exchange.onnx.writing.file import model_of, source

__all__ = ["model_of", "read", "source"]
