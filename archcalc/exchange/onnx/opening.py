"""The package `onnx`, which is loaded only where a file is read or written."""

from typing import Any

from archcalc.errors import MissingError


def onnx_package() -> Any:
    """Return the package. Raises MissingError, which says how to install it."""
    try:
        import onnx
    except ImportError as error:
        raise MissingError(f"files of ONNX need the package onnx: pip install 'archcalc[onnx]' ({error})") from None
    return onnx
