"""Reading a checkpoint: a .safetensors file, or what torch.save wrote."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from archcalc.checkpoint.checkpoint import Checkpoint, Kind
from archcalc.checkpoint.saved import MalformedError, SavedTensor
from archcalc.checkpoint.state_dicts import choose
from archcalc.checkpoint.unpickled import CodeError
from archcalc.collector import collector_at_rest
from archcalc.errors import ArchError, reason
from archcalc.files import is_pipe_or_device, remember

SAFETENSORS: Final = ".safetensors"
"""The ending of such files."""

_OTHERS: Final[Mapping[bytes, str]] = {
    b"\x89HDF": "it is an HDF5 file, as Keras writes them",
    b"\x93NUMPY": "it is an array of NumPy",
    b"\x1f\x8b": "it is compressed by gzip: unpack it first",
    b"{": "it is a JSON file",
}
"""The first bytes of files that are taken for checkpoints, and what they are."""


@collector_at_rest()
def read(path: Path, key: str | None = None) -> Checkpoint:
    """Read the tensors of a file: those under a key, or else the state_dict with most of them.

    Raises ArchError for what is not a checkpoint, and for a file that code would have to read.
    """
    try:
        kind = _kind(path)
        return _of_safetensors(path, key) if kind is Kind.SAFETENSORS else _of_torch(path, kind, key)
    except MalformedError as fault:
        raise ArchError(f"{path} cannot be read as a checkpoint: {fault}") from None
    except CodeError as code:
        raise ArchError(
            f"{path} holds more than tensors: to read it, code would have to run ({code}), and archcalc runs none; "
            "save a state_dict: torch.save(model.state_dict(), file)"
        ) from None
    except OSError as error:
        raise ArchError(f"{path} cannot be read: {reason(error)}") from None


def _kind(path: Path) -> Kind:
    """Return what a file is by its first bytes. Raises ArchError for what is no file, and MalformedError."""
    if is_pipe_or_device(path):
        raise ArchError(f"{path} is not a file but a pipe or a device: name a file")
    with path.open("rb") as stream:
        remember(path)
        start = stream.read(9)
    if not start:
        raise ArchError(f"{path} is empty")
    if start[8:] == b"{":  # after the length of the header, whose bytes may be any
        return Kind.SAFETENSORS
    if start.startswith(b"PK"):
        return Kind.ARCHIVE
    if start.startswith(b"\x80"):  # as every pickle does since Python 2.3
        return Kind.STREAM
    if path.suffix.lower() == SAFETENSORS:
        return Kind.SAFETENSORS
    other = next((what for first, what in _OTHERS.items() if start.startswith(first)), None)
    raise MalformedError(other or "it does not begin as a file of torch.save or of safetensors does")


def _of_safetensors(path: Path, key: str | None) -> Checkpoint:
    from archcalc.checkpoint.safetensors import shapes

    tensors = shapes(path)
    if not tensors:
        raise ArchError(f"{path} has no tensors")
    if key is not None:
        raise ArchError(f"{path} is a .safetensors file, in which tensors are under no key")
    return Checkpoint(path, Kind.SAFETENSORS, tensors)


def _of_torch(path: Path, kind: Kind, key: str | None) -> Checkpoint:
    try:
        chosen, others = choose(_saved(path, kind), lambda value: isinstance(value, SavedTensor), key)
    except ArchError as fault:
        raise ArchError(f"{path} {fault}") from None
    shapes = {name: tensor.shape for name, tensor in chosen.tensors.items()}
    return Checkpoint(path, kind, shapes, chosen.keys, tuple((one.keys, len(one.tensors)) for one in others))


def _saved(path: Path, kind: Kind) -> Any:
    """Return the value that torch.save wrote. Raises MalformedError or CodeError."""
    from archcalc.checkpoint import archive, stream

    return archive.load(path) if kind is Kind.ARCHIVE else stream.load(path)
