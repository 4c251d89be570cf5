"""Where the code stands that is running."""

import os
import sys
from pathlib import Path
from typing import Final

import torch

import archcalc

_OWN: Final = tuple(f"{Path(module.__file__ or '').parent}{os.sep}" for module in (torch, archcalc))
"""Where the code is that is nobody's own."""


def line() -> str:
    """Return the file and the line of the nearest code that is somebody's own; empty for none."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_OWN):
        frame = frame.f_back
    is_own = not frame.f_code.co_filename.startswith(_OWN)
    return f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}" if is_own else ""
