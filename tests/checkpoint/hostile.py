"""Pickles that run code, piece by piece, and files of torch.save around a pickle."""

import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any, Final

MAGIC: Final = pickle.dumps(0x1950A86A20F9469CFC6C, protocol=2)
VERSION: Final = pickle.dumps(1001, protocol=2)


class Maker:
    """A class that makes a folder when an instance is made, or is given its state."""

    def __new__(cls, path: str = "", *, at: str = "") -> "Maker":
        if path or at:
            Path(path or at).mkdir()
        return object.__new__(cls)

    def __setstate__(self, path: str) -> None:
        Path(path).mkdir()


READY: Final = Maker()
"""An instance, which a pickle may name as it does a class."""


def text(word: str) -> bytes:
    """A short text in a pickle."""
    return b"X" + struct.pack("<I", len(word.encode())) + word.encode()


def named(what: Any, module: str = "") -> bytes:
    """A class or a function in a pickle, by its name."""
    return f"c{module or what.__module__}\n{what if isinstance(what, str) else what.__qualname__}\n".encode()


def in_archive(path: Path, content: bytes) -> Path:
    """An archive of torch.save with such a pickle."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("some/data.pkl", content)
        archive.writestr("some/version", "3\n")
    return path


def in_stream(path: Path, content: bytes) -> Path:
    """A file of torch.save before torch 1.6 with such a pickle."""
    path.write_bytes(MAGIC + VERSION + pickle.dumps({}, protocol=2) + content + pickle.dumps([], protocol=2))
    return path


def alone(path: Path, content: bytes) -> Path:
    """A pickle and nothing else."""
    path.write_bytes(content)
    return path
