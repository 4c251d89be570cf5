"""What a node reads where all of it is known."""

from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

from archcalc.errors import ArchError
from archcalc.exchange.onnx.reading.model import Node, Number, Tensor
from archcalc.layers import Shape
from archcalc.layers.fields import from_the_start

Maybe = Number | None
_Axes = TypeVar("_Axes", bound=Sequence[object])

MOST_ELEMENTS: Final = 2**16
"""So many numbers of one tensor are followed."""
_MOST_AXES: Final = 16
_LARGEST: Final = 2**63
"""Integers of ONNX have 64 bits."""


class Operands:
    """Tensors in the order in which a node reads them; None for those that it leaves out."""

    def __init__(self, tensors: Sequence[Tensor | None]) -> None:
        self._tensors = tensors

    def __call__(self, place: int) -> Tensor:
        found = self.maybe(place)
        if found is None:
            raise ArchError(f"it has no input {place + 1}")
        return found

    def maybe(self, place: int) -> Tensor | None:
        return self._tensors[place] if place < len(self._tensors) else None

    def all(self) -> list[Tensor]:
        return [tensor for tensor in self._tensors if tensor is not None]

    def integers(self, place: int, what: str) -> tuple[int, ...]:
        return self(place).integers(what)

    def shape(self, place: int, what: str) -> tuple[int, ...]:
        """Return an input that is a shape. Raises ArchError for one of more axes than tensors have."""
        return expect_axes(self.integers(place, what))


def elements(tensor: Tensor) -> tuple[Maybe, ...]:
    """Return the elements of a tensor. Raises ArchError where they were not read."""
    if tensor.numbers is None:
        raise ArchError("it computes with tensors that are not read")
    return tensor.numbers


def expect_axes(shape: _Axes) -> _Axes:
    """Return a shape. Raises ArchError for one of more axes than tensors have."""
    if len(shape) > _MOST_AXES:
        raise ArchError(f"it makes a tensor of {len(shape)} axes; up to {_MOST_AXES} are read")
    return shape


def expect_few(count: int) -> None:
    """Raise ArchError for more numbers than are followed."""
    if count > MOST_ELEMENTS:
        raise ArchError(f"it makes a list of more than {MOST_ELEMENTS:,} numbers, which no shape is")


def expect_small(numbers: Iterable[Maybe]) -> None:
    """Raise ArchError for integers that ONNX has not."""
    if any(isinstance(number, int) and not -_LARGEST <= number < _LARGEST for number in numbers):
        raise ArchError("it makes integers of more than 64 bits")


def vector(numbers: Sequence[Maybe]) -> Tensor:
    return Tensor((len(numbers),), tuple(numbers))


def axes_of(node: Node, tensor: Tensor | None, rank: int) -> tuple[int, ...] | None:
    """Return axes that are an attribute or, since some opset, an input, counted from the start; None for none."""
    if tensor is None and not node.has("axes"):
        return None
    axes = node.integers("axes") if tensor is None else tensor.integers("its axes")
    counted = tuple(from_the_start(axis, rank) for axis in axes)
    if not all(0 <= axis < rank for axis in counted):
        raise ArchError(f"axes {list(axes)[:8]} are not among the {rank} there are")
    if len({*counted}) < len(counted):
        raise ArchError(f"axes {list(axes)[:8]} are not each given once")
    return counted


def broadcast(one: Shape, other: Shape) -> Shape:
    """Return the shape of two tensors together, of which sizes of 1 stand for all along their axis."""
    rank = max(len(one), len(other))
    pairs = zip((1,) * (rank - len(one)) + one, (1,) * (rank - len(other)) + other, strict=True)
    made = []
    for size, beside in pairs:
        if size != beside and 1 not in (size, beside):
            raise ArchError(f"{list(one)} and {list(other)} do not go together")
        made.append(beside if size == 1 else size)
    return tuple(made)
