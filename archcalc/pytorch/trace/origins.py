"""Which call made which tensor, as long as the tensor is there."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, NamedTuple

from torch import Tensor
from torch.utils.weak import WeakTensorKeyDictionary

from archcalc.layers import Shape


class Place(NamedTuple):
    """Where a function is called: in the code of which module, by its path, and at which line of which file."""

    scope: str = ""
    where: str = ""


class Origin(NamedTuple):
    """The call that made a tensor, the shape that it had, and the function that has only reshaped it since."""

    number: int
    shape: Shape
    reshaped_by: str = ""
    place: Place = Place()
    """Where that function was called."""


class Origins:
    """The origins of tensors; a tensor that nobody holds any longer is forgotten."""

    def __init__(self) -> None:
        self._of = WeakTensorKeyDictionary()

    def of(self, tensor: Tensor) -> Origin | None:
        """Return the origin of a tensor; None for one that no call made, such as a weight."""
        found: Origin | None = self._of.get(tensor)  # type: ignore[no-untyped-call]
        return found

    def put(self, tensor: Tensor, origin: Origin) -> None:
        self._of[tensor] = origin

    def change(self, tensor: Tensor, number: int) -> None:
        """Note that a call has written into a tensor: what shares its memory has changed with it."""
        storage = _storage(tensor)
        for other in list(self._of):
            if _storage(other) == storage:
                self.put(other, Origin(number, shape_of(other)))
        self.put(tensor, Origin(number, shape_of(tensor)))


def _storage(tensor: Tensor) -> int:
    """Return what is equal for tensors that share their memory."""
    try:
        return int(tensor.untyped_storage()._cdata)
    except (NotImplementedError, RuntimeError):  # such as a sparse tensor, which has none
        return id(tensor)


def shape_of(tensor: Tensor) -> Shape:
    """Return a tensor's shape without the batch."""
    return tuple(tensor.shape[1:])


def tensors_in(value: Any, depth: int = 8) -> Iterator[Tensor]:
    """Yield the tensors of a structure, in order: of lists, tuples, mappings, dataclasses and plain objects."""
    if isinstance(value, Tensor):
        yield value
    elif not depth or isinstance(value, str | bytes | int | float | type(None)):
        return
    else:
        for part in _parts(value):
            yield from tensors_in(part, depth - 1)


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple | set | frozenset):
        yield from value
    elif isinstance(value, Mapping):
        yield from value.values()
    elif is_dataclass(value) and not isinstance(value, type):
        yield from (getattr(value, field.name) for field in fields(value))
    elif type(value).__module__ == "types":  # a SimpleNamespace
        yield from vars(value).values()
