"""Tensors as eager PyTorch has them, without their elements: where they lie, in which order, and who holds them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, NamedTuple

from archcalc.layers.sizes import Shape


@dataclass(slots=True, eq=False)
class Storage:
    """A piece of memory; it is freed once nothing holds it."""

    size: int
    """How many bytes it has."""
    sort: str
    """What it is for, as a word of the answer."""
    holders: int = 0
    memory: Any = None
    """The pool of the device in which it lies; None where nobody counts what is alive."""

    def release(self) -> None:
        """Give it up; it is freed if nobody else holds it."""
        self.memory.release(self)


class Seen(NamedTuple):
    """What a tensor sees that has no storage of its own: a tensor, and how, in one way or in several after another."""

    shape: Shape
    strides: Shape
    node: Any
    """The call that made it."""
    ways: tuple[tuple[Shape, Shape, Any], ...]
    """The shape and the strides of each, and what it runs in the backward pass."""
    is_one_of_several: bool


@dataclass(slots=True, eq=False)
class Tensor:
    """A tensor, whose shape has the batch; `strides` say how many elements apart neighbours along an axis lie."""

    shape: Shape
    strides: Shape
    storage: Storage
    item: int
    """How many bytes an element has."""
    node: Any = None
    """The call that its gradient goes to; None where none is needed."""
    is_alias: bool = False
    """Whether it was made of another tensor, in whose storage it is."""
    seen: Seen | None = None
    """What it is a view of; None for a tensor of its own."""

    @property
    def size(self) -> int:
        """How many bytes its elements have."""
        return prod(self.shape) * self.item

    @property
    def sizes(self) -> Shape:
        """Its shape without the batch."""
        return self.shape[1:]

    @property
    def is_contiguous(self) -> bool:
        return same_order(self.shape, self.strides, contiguous(self.shape))

    @property
    def has_channels_last(self) -> bool:
        """Whether torch takes it for a map whose channels lie next to each other, which what is made of it has too."""
        return len(self.shape) in (4, 5) and not self.is_contiguous and self._in_order_of_channels_last

    @property
    def _in_order_of_channels_last(self) -> bool:
        return same_order(self.shape, self.strides, channels_last(self.shape))

    @property
    def is_dense(self) -> bool:
        """Whether its elements lie in one piece, in whichever order."""
        length = 1
        for stride, size in sorted(zip(self.strides, self.shape, strict=True)):
            if size != 1:
                if stride != length:
                    return False
                length *= size
        return True


def contiguous(shape: Sequence[int]) -> Shape:
    """
    >>> contiguous((2, 4, 6, 6))
    (144, 36, 6, 1)
    """
    return _laid(shape, reversed(range(len(shape))))


def channels_last(shape: Sequence[int]) -> Shape:
    """
    >>> channels_last((2, 4, 6, 6))
    (144, 1, 24, 4)
    """
    return _laid(shape, (1, *reversed(range(2, len(shape))), 0))


def _laid(shape: Sequence[int], innermost_first: Iterable[int]) -> Shape:
    strides, length = [1] * len(shape), 1
    for axis in innermost_first:
        strides[axis] = length
        length *= max(shape[axis], 1)
    return tuple(strides)


def as_ordered(shape: Sequence[int], strides: Sequence[int]) -> Shape:
    """Return the strides of a tensor in one piece whose axes lie in the order in which those of these strides lie."""
    places = sorted(range(len(shape)), key=lambda axis: (strides[axis], -axis))
    return _laid(shape, places)


def same_order(shape: Shape, one: Sequence[int], other: Sequence[int]) -> bool:
    """Return whether strides are the same wherever there is more than one element."""
    return all(size == 1 or a == b for size, a, b in zip(shape, one, other, strict=True))


def viewed(shape: Shape, strides: Shape, new: Shape) -> Shape | None:
    """Return the strides with which the same elements are seen in another shape; None where they have to be copied.

    >>> viewed((2, 4, 6), (24, 6, 1), (2, 24)), viewed((2, 6, 4), (24, 1, 6), (2, 24))
    ((24, 1), None)
    """
    made, axis = [0] * len(new), len(new) - 1
    base, old_size, new_size = strides[-1] if strides else 1, 1, 1
    for old in reversed(range(len(shape))):
        old_size *= shape[old]
        if old == 0 or (shape[old - 1] != 1 and strides[old - 1] != old_size * base):
            while axis >= 0 and (new_size < old_size or new[axis] == 1):
                made[axis] = new_size * base
                new_size *= new[axis]
                axis -= 1
            if new_size != old_size:
                return None
            if old > 0:
                base, old_size, new_size = strides[old - 1], 1, 1
    return tuple(made) if axis == -1 else None


def ordered(x: Tensor) -> Shape:
    """Return the strides of a tensor in one piece that lies in the order of another."""
    return x.strides if x.is_dense else as_ordered(x.shape, x.strides)


def broadcast(one: Shape, other: Shape) -> Shape:
    """Return the shape of what two shapes make, of which the shorter has no first axes."""
    rank = max(len(one), len(other))
    pairs = zip((1,) * (rank - len(one)) + one, (1,) * (rank - len(other)) + other, strict=True)
    return tuple(max(pair) for pair in pairs)
