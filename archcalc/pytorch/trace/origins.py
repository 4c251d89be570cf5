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
        self.is_exact = False

    def of(self, tensor: Tensor) -> Origin | None:
        """Return the origin of a tensor; None for one that no call made, such as a weight."""
        found: Origin | None = self._of.get(tensor)  # type: ignore[no-untyped-call]
        return found

    def put(self, tensor: Tensor, origin: Origin) -> None:
        self._of[tensor] = origin

    def change(self, tensor: Tensor, number: int) -> None:
        """Note that a call has written into a tensor: what shares its memory has changed with it.

        Where origins are exact, what has changed in part, or has its elements in another order, is no longer known to
        be made by a call.
        """
        storage = _storage(tensor)
        for other in list(self._of):
            if _storage(other) != storage:
                continue
            if not self.is_exact:
                self.put(other, Origin(number, shape_of(other)))
            elif _are_apart(other, tensor):
                continue
            elif _is_the_same(other, tensor):
                self.put(other, Origin(number, shape_of(tensor), "" if other.shape == tensor.shape else "view"))
            else:
                del self._of[other]
        self.put(tensor, Origin(number, shape_of(tensor)))


def _are_apart(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors of one memory surely share no element.

    An axis that both have alike, such as the batch, does not matter where both lie within one step along it.
    """
    (first, end), (start, last) = _reach(one), _reach(other)
    alike = zip(zip(one.shape, one.stride(), strict=True), zip(other.shape, other.stride(), strict=True), strict=False)
    for axis, same in alike:
        if end < start or last < first:
            return True
        size, step = axis
        end, last = end - (size - 1) * step, last - (size - 1) * step
        if axis != same or (size > 1 and max(end, last) - min(first, start) >= step):
            return False
    return end < start or last < first


def _reach(tensor: Tensor) -> tuple[int, int]:
    """Return the places of a tensor's first and last element in its memory."""
    start = int(tensor.storage_offset())
    return start, start + sum((int(size) - 1) * step for size, step in zip(tensor.shape, tensor.stride(), strict=True))


def _is_the_same(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors of one memory have the same elements in the same order."""
    if one.shape == other.shape:
        return one.stride() == other.stride() and _reach(one) == _reach(other)
    return one.is_contiguous() and other.is_contiguous() and _reach(one) == _reach(other)


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
