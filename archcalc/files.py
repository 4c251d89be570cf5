"""The files that an answer is made from, which it is not written over; and files written whole or not at all."""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
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


def is_pipe_or_device(path: Path) -> bool:
    """Return whether reading a path may wait or never end. Raises OSError where there is nothing."""
    mode = path.stat().st_mode
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a file beside a path to write into, and move it there at the end; nothing is left of it after an error."""
    import tempfile

    handle, name = tempfile.mkstemp(prefix=".archcalc.", dir=path.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        os.chmod(temporary, _mode(path))
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _mode(path: Path) -> int:
    """Return the permissions of the file that is replaced, or those of a new one."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
