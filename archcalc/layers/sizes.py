"""The numbers that rules compute with, and the arithmetic that all of them can do.

A rule takes integers, or what stands in for them: arrays of integers, numbers that remember how they were made,
functions of the input's size. So it asks nothing of a size by `if`: whether something holds is a number too, 0 or 1.
"""

from collections.abc import Iterable
from functools import reduce
from operator import mul
from typing import Any, Final, Protocol, Self, TypeAlias, TypeVar

Shape = tuple[int, ...]
"""Sizes without the batch axis: (features,), or channels and sizes of axes, such as (channels, height, width)."""

AXES: Final = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
"""The axes of sequences, maps and volumes, after their channels."""


def names_of_axes(rank: int) -> tuple[str, ...]:
    """
    >>> names_of_axes(1), names_of_axes(3), names_of_axes(5)
    (('features',), ('channels', 'height', 'width'), ('axis_1', 'axis_2', 'axis_3', 'axis_4', 'axis_5'))
    """
    if rank == 1:
        return ("features",)
    named = AXES.get(rank - 1)
    return ("channels", *named) if named else tuple(f"axis_{axis + 1}" for axis in range(rank))


class Size(Protocol):
    """The arithmetic that a rule asks of a number; comparisons give 0 or 1, of such numbers again."""

    def __add__(self, other: Any, /) -> Self: ...
    def __radd__(self, other: Any, /) -> Self: ...
    def __sub__(self, other: Any, /) -> Self: ...
    def __rsub__(self, other: Any, /) -> Self: ...
    def __mul__(self, other: Any, /) -> Self: ...
    def __rmul__(self, other: Any, /) -> Self: ...
    def __floordiv__(self, other: Any, /) -> Self: ...
    def __neg__(self) -> Self: ...
    def __gt__(self, other: Any, /) -> Any: ...
    def __ge__(self, other: Any, /) -> Any: ...


S = TypeVar("S", bound=Size)
N = TypeVar("N")
Sizes: TypeAlias = tuple[S, ...]
"""A shape of numbers of one sort."""


def product(sizes: Iterable[S]) -> S:
    """Return the product of one number or more."""
    return reduce(mul, sizes)


def positive(number: S) -> S:
    """Return max(number, 0), as arithmetic that arrays can do too."""
    is_positive: S = number > 0
    return number * is_positive


def larger(one: S, other: S) -> S:
    """Return max(one, other), as such arithmetic."""
    return one + positive(other - one)


def equal(one: Any, other: Any) -> Any:
    """Return whether two numbers are equal, in their own way if they have one."""
    for number, beside in ((one, other), (other, one)):
        if hasattr(number, "equals"):
            return number.equals(beside)
    return one == other


def at_least(one: Any, other: Any) -> Any:
    """Return whether a number is not less than another, in their own way if they have one."""
    if hasattr(one, "at_least"):
        return one.at_least(other)
    return other.at_most(one) if hasattr(other, "at_most") else one >= other


def divisible(number: Any, parts: int) -> Any:
    """Return whether a number can be divided into parts, in its own way if it has one."""
    own = getattr(number, "divisible", None)
    return own(parts) if own else number % parts == 0


def broadcast(one: S, other: S) -> S:
    """Return the size of what two sizes make together, of which one is 1 where they are not equal."""
    return larger(one, other)


def broadcasts(one: Any, other: Any) -> Any:
    """Return whether two sizes are equal or one of them is 1."""
    if hasattr(one, "equals") or hasattr(other, "equals"):
        return True if 1 in (one, other) else equal(one, other)
    return (one == other) | (one == 1) | (other == 1)


def called(name: str, number: N) -> N:
    """Return the number as it is; one that remembers how it was made also remembers what the rule calls it."""
    remember = getattr(number, "called", None)
    return remember(name) if remember else number


def parted(number: S, parts: int) -> S:
    """Return number // parts, without a remainder if the layer fits; a number that remembers remembers that too."""
    part = getattr(number, "parted", None)
    return part(parts) if part else number // parts


def bare(number: N) -> N:
    """Return the number without how it was made, for a question that no formula shows."""
    return getattr(number, "bare", number)


def dims(shape: Iterable[object]) -> str:
    """
    >>> dims((96, 55, 55))
    '96x55x55'
    """
    return "x".join(map(str, shape))
