"""Requirements on the numbers that a layer reads: a condition, and apart from it the words."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

from archcalc.layers.fields import Sides
from archcalc.layers.sizes import dims, divisible, names_of_axes


class Requirement(NamedTuple):
    """A condition on numbers.

    `holds` is what comparing them gives: True or False of integers, a mask of arrays, a constraint of functions of the
    input's size. `fault` says, with the arithmetic, what is wrong where it does not hold; it is asked of integers only.
    """

    holds: Any
    fault: Callable[[], str]


def has_rank(x: Sequence[object], rank: int, other: Callable[[int], str] = lambda _: "") -> Iterator[Requirement]:
    """Require that `x` is (channels, height, width) for a `rank` of 3, or (features,) for 1.

    `other` gives a layer kind that does the same for another rank.
    """
    yield Requirement(len(x) == rank, lambda: _other_rank(x, rank, other(len(x))))


def is_axis(dim: int, x: Sequence[object]) -> Iterator[Requirement]:
    """Require that `x` has an axis `dim`, as torch counts axes: the batch is 0."""
    yield Requirement(dim <= len(x), lambda: f"dim {dim} is past the last axis of batch x {dims(x)}")


def can_be_divided(parts: int, what: str = "parts", **sizes: Any) -> Iterator[Requirement]:
    """Require that sizes, by their names, can be divided into so many equal parts, or groups."""
    for word, size in sizes.items():
        yield Requirement(divisible(size, parts), partial(_remainder, word, size, parts, what))


def can_be_mirrored(sizes: Sequence[Any], padding: Sides) -> Iterator[Requirement]:
    """Require that each axis has as many elements as are mirrored at its ends, where the border is not repeated."""
    for sides, size in zip(padding.along_axes, sizes, strict=True):
        for side in sides:
            yield Requirement(size >= side + 1, partial(MIRRORED.format, side, size))


MIRRORED: Final = "padding {} is not less than the size that it mirrors, which is {}"


def _remainder(word: str, size: int, parts: int, what: str) -> str:
    whole = f"{size} = {size // parts} * {parts} + {size % parts}"
    return f"{word} {size} cannot be divided into {parts} {what}: {whole}"


def _other_rank(x: Sequence[object], rank: int, other: str) -> str:
    given = f"{dims(x)} features" if len(x) == 1 else dims(x)
    hint = f": {other} reads that" if other else ": put a flatten before it" if rank == 1 else ""
    return f"reads {' x '.join(names_of_axes(rank))}, not {given}{hint}"
