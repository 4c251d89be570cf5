"""The files that torch.save wrote before torch 1.6: five pickles, and then the bytes of each storage.

https://github.com/pytorch/pytorch/blob/main/torch/serialization.py, `_legacy_save`.
"""

import mmap
from pathlib import Path
from typing import Any, Final

from archcalc.checkpoint.saved import MalformedError, Storage
from archcalc.checkpoint.unpickled import unpickle

_MAGIC: Final = 0x1950A86A20F9469CFC6C
_VERSION: Final = 1001
_COUNT: Final = 8
"""The bytes of a storage's number of elements."""


def load(path: Path) -> Any:
    """Return the value that was saved. Raises MalformedError for a file that is damaged, or not one of torch.save."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as stream:
        magic, _ = unpickle(stream)
        if magic != _MAGIC:
            raise MalformedError("it is a pickle, but not one of torch.save")
        version, _ = unpickle(stream)
        if version != _VERSION:
            raise MalformedError(f"it has another version of torch.save than {_VERSION}")
        unpickle(stream)  # on the machine that wrote it
        value, storages = unpickle(stream)
        keys, _ = unpickle(stream)
        known = {storage.key: storage for storage in storages}
        if not isinstance(keys, list) or not all(isinstance(key, str) for key in keys) or known.keys() != {*keys}:
            raise MalformedError("its list of storages is not that of its tensors")
        for key in keys:
            _skip(stream, known[key])
    return value


def _skip(stream: mmap.mmap, storage: Storage) -> None:
    """Pass over the number of a storage's elements and their bytes."""
    count = stream.read(_COUNT)
    elements = int.from_bytes(count, "little")
    end = stream.tell() + _COUNT - len(count) + storage.size
    if elements != storage.elements or end > len(stream):
        raise MalformedError(f"it is cut off: it should have {end:,} bytes or more, but has {len(stream):,}")
    stream.seek(end)
