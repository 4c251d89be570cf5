"""The files that this process has read, which no answer is written over."""

import os
from pathlib import Path
from typing import Any, Final

_READ: Final[set[tuple[int, int]]] = set()
"""The device and the number of each file there, which all its names share."""


def remember(stream: Any) -> None:
    """Remember the file of a stream that is open for reading."""
    status = os.fstat(stream.fileno())
    _READ.add((status.st_dev, status.st_ino))


def was_read(path: Path) -> bool:
    """Return whether a path, or a link there, is a file that was read."""
    try:
        status = path.stat()
    except OSError:
        return False
    return (status.st_dev, status.st_ino) in _READ
