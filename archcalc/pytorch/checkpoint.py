"""The names and shapes of the tensors in a checkpoint; no code of the file is run, and no weights are kept.

A `.safetensors` file is read by its header alone, without torch
(https://huggingface.co/docs/safetensors/index#format): eight bytes say how long the header is, which is JSON. What
torch.save wrote is read by torch.load with `weights_only=True`, which makes tensors and refuses everything else.
"""

import json
import re
import warnings
import zipfile
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any, Final

from archcalc.errors import ArchError, MissingError, reason
from archcalc.files import remember
from archcalc.layers import Shape

MOST_HEADER_BYTES: Final = 100_000_000
"""The format's own limit for a safetensors header; pickles in a checkpoint are held to it too."""

_BITS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 64),
    **dict.fromkeys(("F32", "I32", "U32"), 32),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
    **dict.fromkeys(("I8", "U8", "BOOL", "F8_E4M3", "F8_E5M2", "F8_E8M0"), 8),
}
_NESTED: Final = ("state_dict", "model_state_dict", "model", "module", "net", "weights")
"""Where training scripts put the state_dict among other things."""


def read_shapes(path: Path) -> dict[str, Shape]:
    """Read each tensor's shape by its name, in the file's order. Raises ArchError for what is not a checkpoint."""
    try:
        with path.open("rb") as stream:
            remember(stream)
            start = stream.read(9)
        if start[8:] == b"{":
            return _safetensors(path)
        return _saved_by_torch(path, start)
    except OSError as error:
        raise ArchError(f"{path} cannot be read: {reason(error)}") from None


def _safetensors(path: Path) -> dict[str, Shape]:
    size = path.stat().st_size
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > min(size - 8, MOST_HEADER_BYTES):
            raise ArchError(f"{path} is cut off: its header should have {length:,} bytes, the file has {size:,}")
        try:
            header = json.loads(stream.read(length))
        except (ValueError, RecursionError):
            raise ArchError(f"{path}: the safetensors header is not JSON") from None
    if not isinstance(header, dict):
        raise ArchError(f"{path}: the safetensors header is not a JSON object")
    header.pop("__metadata__", None)
    shapes = {}
    for name in sorted(header, key=_as_people_count):  # its own order is that of the alphabet: features.10 before .3
        shapes[name], end = _tensor(path, name, header[name])
        if 8 + length + end > size:
            raise ArchError(f"{path} is cut off: {name} ends at byte {8 + length + end:,} of {size:,}")
    return _expect_some(path, shapes)


def _as_people_count(name: str) -> list[tuple[int, str]]:
    """
    >>> sorted(["features.10", "features.3"], key=_as_people_count)
    ['features.3', 'features.10']
    """
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]{1,9})", name)]


def _tensor(path: Path, name: str, entry: Any) -> tuple[Shape, int]:
    """Return the shape of one entry of a safetensors header, and where its bytes end."""
    try:
        shape, (start, end), kind = tuple(entry["shape"]), entry["data_offsets"], entry["dtype"]
        sound = all(type(size) is int and size >= 0 for size in (*shape, start, end)) and start <= end
        bits = _BITS.get(kind)
    except (KeyError, TypeError, ValueError):
        raise ArchError(f"{path}: the safetensors header has no valid entry for {name}") from None
    if not sound or (bits and 8 * (end - start) != prod(shape) * bits):
        raise ArchError(f"{path}: {name} has {end - start} bytes, too many or too few for {list(shape)} of {kind}")
    return shape, end


def _saved_by_torch(path: Path, start: bytes) -> dict[str, Shape]:
    if not start:
        raise ArchError(f"{path} is empty")
    if start.startswith(b"PK"):
        _expect_sound_archive(path)
    elif not start.startswith(b"\x80"):  # as every pickle does since Python 2.3
        raise ArchError(f"{path} is not a checkpoint: it does not begin like a file of torch.save or of safetensors")
    try:
        import torch
    except ImportError as error:
        raise MissingError(f"{path.suffix} files need torch ({error}): pip install 'archcalc[torch]'") from error
    try:
        with warnings.catch_warnings(action="ignore"):
            saved = torch.load(path, map_location="meta", weights_only=True)
    except OSError:
        raise
    except Exception as error:  # a broken or hostile file may fail in any way; none of its code has run
        raise ArchError(f"{path} {_what_torch_says(error)}") from None
    return _expect_some(path, _shapes(saved, torch.Tensor))


def _expect_sound_archive(path: Path) -> None:
    """Raise ArchError for an archive that is cut off, or whose pickle would unpack to more than it should."""
    try:
        with zipfile.ZipFile(path) as archive:
            pickles = [entry for entry in archive.infolist() if entry.filename.endswith(".pkl")]
    except zipfile.BadZipFile:
        raise ArchError(f"{path} is cut off or damaged: it starts as a zip archive but does not end as one") from None
    if not pickles:
        raise ArchError(f"{path} is a zip archive, but not one of torch.save")
    if any(entry.file_size > MOST_HEADER_BYTES for entry in pickles):
        raise ArchError(f"{path} has a pickle of over {MOST_HEADER_BYTES:,} bytes, which no state_dict needs")


def _what_torch_says(error: Exception) -> str:
    text = " ".join(str(error).split())
    if re.search(r"Unsupported (global|class)|Can only (build|create)|Trying to (call|instantiate)", text):
        return (
            "holds more than tensors, and reading that would run its code, which archcalc does not do; "
            "save a state_dict: torch.save(model.state_dict(), file)"
        )
    reason = text.rpartition("WeightsUnpickler error: ")[2].partition(" Check the documentation")[0]
    return f"is not a checkpoint that torch can read ({reason[:200] or type(error).__name__})"


def _shapes(saved: Any, tensor: type[Any]) -> dict[str, Shape]:
    """Return the tensors of a state_dict, or of the one that stands among other things."""
    if not isinstance(saved, Mapping):
        return {}
    shapes = {str(name): tuple(value.shape) for name, value in saved.items() if isinstance(value, tensor)}
    inner = (saved[key] for key in _NESTED if isinstance(saved.get(key), Mapping))
    return shapes or next(filter(None, (_shapes(value, tensor) for value in inner)), {})


def _expect_some(path: Path, shapes: dict[str, Shape]) -> dict[str, Shape]:
    if not shapes:
        raise ArchError(f"{path} has no tensors with names, as a state_dict has")
    return shapes
