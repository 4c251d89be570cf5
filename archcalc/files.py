"""The files that an answer is made from, which it is not written over."""

import os
from pathlib import Path
from typing import Final

_READ: Final[set[tuple[int, int]]] = set()
"""The device and the number of each file there, which all its names share."""


def remember(path: str | os.PathLike[str]) -> None:
    """Remember a file that is read; what is not there is not remembered."""
    _READ.update(_identity(path))


def was_read(path: Path) -> bool:
    """Return whether a path, or a link there, is a file that was read."""
    return not _READ.isdisjoint(_identity(path))


def _identity(path: str | os.PathLike[str]) -> list[tuple[int, int]]:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return []
    return [(status.st_dev, status.st_ino)]
