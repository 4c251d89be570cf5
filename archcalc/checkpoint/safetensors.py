"""The header of a .safetensors file: eight bytes say how long it is, then it is JSON, and then come the tensors.

https://huggingface.co/docs/safetensors/index#format. What the library refuses is refused here too.
"""

import json
import re
from collections.abc import Mapping
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

from archcalc.checkpoint.saved import MalformedError
from archcalc.layers import Shape

MOST_HEADER_BYTES: Final = 100_000_000
"""The format's own limit."""

_MOST_AXES: Final = 64

_BITS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 64),
    **dict.fromkeys(("F32", "I32", "U32"), 32),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
    **dict.fromkeys(("I8", "U8", "BOOL", "F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ"), 8),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    "F4": 4,
}


_NUMBER: Final = re.compile(r"([0-9]{1,9})")


class _Entry(NamedTuple):
    """A tensor of the header, and which of the bytes after it are its own."""

    start: int
    end: int
    shape: Shape


def shapes(path: Path) -> dict[str, Shape]:
    """Return each tensor's shape by its name, features.3 before features.10. Raises MalformedError."""
    size = path.stat().st_size
    with path.open("rb") as stream:
        header, length = _header(stream, size)
    metadata = header.pop("__metadata__", {})
    if not isinstance(metadata, dict) or not all(isinstance(text, str) for text in metadata.values()):
        raise MalformedError("the metadata of its header are not texts")
    entries = {name: _entry(name, entry) for name, entry in header.items()}
    _expect_all_bytes(entries, size - 8 - length)
    return {name: entries[name].shape for name in sorted(entries, key=_as_people_count)}


def _header(stream: BinaryIO, size: int) -> tuple[dict[str, Any], int]:
    length = int.from_bytes(stream.read(8), "little")
    if length > min(size - 8, MOST_HEADER_BYTES):
        raise MalformedError(f"its header should have {length:,} bytes, but the file has {size:,}")
    try:
        text = stream.read(length).decode("utf-8")
        header = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
        if not isinstance(header, dict):
            raise MalformedError("its header is not a JSON object")
        "".join(header).encode("utf-8")
    except (ValueError, RecursionError):
        raise MalformedError("its header is not JSON in UTF-8") from None
    return header, length


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object. Raises MalformedError for a name that it has twice."""
    made = dict(pairs)
    if len(made) != len(pairs):
        raise MalformedError("its header has a name twice")
    return made


def _no_number(word: str) -> None:
    raise ValueError(word)


def _entry(name: str, entry: Any) -> _Entry:
    try:
        shape, (start, end), kind = tuple(entry["shape"]), entry["data_offsets"], entry["dtype"]
        bits = _BITS.get(kind)
    except (KeyError, TypeError, ValueError):
        raise MalformedError(f"its header has no valid entry for {name:.100}") from None
    numbers = (*shape, start, end)
    if len(shape) > _MOST_AXES or not all(type(one) is int and 0 <= one < 2**64 for one in numbers) or start > end:
        raise MalformedError(f"its header has no valid sizes for {name:.100}")
    if bits is None:
        raise MalformedError(f"{name:.100} is of a dtype that is not known, {kind!s:.20}")
    if 8 * (end - start) != prod(shape) * bits:
        raise MalformedError(f"{name:.100} has {end - start:,} bytes, too many or too few for {list(shape)} of {kind}")
    return _Entry(start, end, shape)


def _expect_all_bytes(entries: Mapping[str, _Entry], size: int) -> None:
    """Raise MalformedError unless the tensors follow each other without a gap and fill the rest of the file."""
    ordered = sorted((entry.start, entry.end, name) for name, entry in entries.items())
    for one, other in pairwise([(0, 0, ""), *ordered]):
        if other[0] != one[1]:
            raise MalformedError(f"the bytes of {other[2]:.100} do not follow those of the tensor before it")
    end = ordered[-1][1] if ordered else 0
    if end != size:
        more = "it is cut off" if end > size else "something was appended"
        raise MalformedError(f"{more}: its tensors have {end:,} bytes, after the header there are {size:,}")


def _as_people_count(name: str) -> list[str | int]:
    """Return the parts of a name: texts and numbers in turn, beginning with a text.

    >>> sorted(["features.10", "features.3"], key=_as_people_count)
    ['features.3', 'features.10']
    """
    parts: list[str | int] = [*_NUMBER.split(name)]
    parts[1::2] = map(int, parts[1::2])
    return parts
