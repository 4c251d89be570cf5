"""Which elements along each axis of its input the outputs of a layer read.

A reach is a rule that repeats: of `n` phases, output `p + n * i` reads what `phases[p]` says, `step * i` further on. A
convolution of stride 2 has one phase and a step of 2; an upsampling by 2 has two phases and a step of 1.
"""

from collections.abc import Iterable, Iterator
from math import gcd
from typing import TYPE_CHECKING, Final, NamedTuple

from archcalc.layers.sizes import Shape

if TYPE_CHECKING:
    from fractions import Fraction


class Reach(NamedTuple):
    """What outputs read along one axis of an input: for each phase where that starts, and of how many elements it is.

    Elements before the first and after the last are padding. What several elements are read from is said as one range,
    with all that lies between them.
    """

    to: int | None
    """The axis of the output along which it moves; None where all outputs read the same."""
    phases: tuple[tuple[int, int], ...]
    step: int

    @property
    def size(self) -> int:
        """The most elements that an output reads."""
        return max(size for _, size in self.phases)

    def range_of(self, place: int) -> tuple[int, int]:
        """Return the first element that an output reads, and the one after the last."""
        turn, phase = divmod(place, len(self.phases))
        start, size = self.phases[phase]
        start += turn * self.step
        return start, start + size


class Reading(NamedTuple):
    """What a layer reads of its input, or of that of the inputs with the place `of`: a reach for each axis."""

    axes: tuple[Reach, ...]
    of: int = 0


ITSELF: Final = ((0, 1),)
"""The phases of an output that reads the element at its own place."""


def at_place(axis: int, to: int | None = None) -> Reach:
    """Return the reach of outputs that read the element at their place, along an axis that may have moved."""
    return Reach(axis if to is None else to, ITSELF, 1)


def whole(size: int) -> Reach:
    """Return the reach of outputs all of which read all of an axis."""
    return Reach(None, ((0, size),), 0)


def repeated(axis: int, size: int, made: int) -> Reach:
    """Return the reach of outputs at the same place, or all of the one element that stands for all along the axis."""
    return at_place(axis) if size == made else whole(size)


def through(inner: Reach, outer: Reach) -> Reach:
    """Return what is read along an axis by outputs that read, as `outer` says, what reads it as `inner` says.

    >>> through(Reach(1, ((-1, 3),), 2), Reach(1, ((0, 2),), 2))
    Reach(to=1, phases=((-1, 5),), step=4)
    """
    if inner.to is None:
        return inner
    if len(inner.phases) == len(outer.phases) == 1:
        (first, size), (start, count) = inner.phases[0], outer.phases[0]
        one = (first + start * inner.step, size + (count - 1) * inner.step)
        return Reach(outer.to, (one,), inner.step * outer.step)
    turns = len(inner.phases) // gcd(len(inner.phases), outer.step)
    bounds = []
    for place in range(turns * len(outer.phases)):
        first, end = outer.range_of(place)
        bounds.append((inner.range_of(first)[0], inner.range_of(end - 1)[1]))
    phases = tuple((start, end - start) for start, end in bounds)
    return Reach(outer.to, phases, turns * outer.step // len(inner.phases) * inner.step)


def in_place(x: Shape) -> tuple[Reach, ...]:
    """Return the reach of outputs that read the element at their place along every axis."""
    return tuple(map(at_place, range(len(x))))


def along(x: Shape, changed: dict[int, Reach]) -> tuple[Reach, ...]:
    """Return the reach along each axis: as given, or else of the element at the same place."""
    return tuple(changed.get(axis, at_place(axis)) for axis in range(len(x)))


def by_statistics(x: Shape, axes: Iterable[int]) -> list[Reading]:
    """Return what outputs read that are made of the element at their place and of what all along some axes have."""
    return [Reading(in_place(x)), Reading(along(x, {axis: whole(x[axis]) for axis in axes}))]


def sampled(
    axis: int, made: int, rate: "Fraction", shift: "Fraction | int" = 0, taps: tuple[int, int] | None = None
) -> Reach:
    """Return the reach of `made` outputs, of which output v is at v * rate + shift along an axis.

    It reads the element below that; with `taps` also so many before it and after it, unless it is right at one.
    """
    phases = []
    for place in range(min(rate.denominator, made)):
        at = place * rate + shift
        first = at.numerator // at.denominator
        before, after = taps if taps and at != first else (0, 0)
        phases.append((first - before, before + 1 + after))
    return Reach(axis, tuple(phases), rate.numerator)


def binned(axis: int, size: int, bins: int) -> Reach:
    """Return the reach of bins: `i` reads from floor(i * size / bins) to ceil((i + 1) * size / bins), as in torch."""
    if bins == 1:
        return whole(size)
    common = gcd(size, bins)
    bounds = ((place * size // bins, -(-(place + 1) * size // bins)) for place in range(bins // common))
    return Reach(axis, tuple((start, end - start) for start, end in bounds), size // common)


def spread(axis: int, kernel: int, stride: int, padding: int, dilation: int = 1) -> Reach:
    """Return the reach of what windows make that slide over the output, as in a transposed convolution.

    Output `v` reads the places `i` with v = i * stride - padding + dilation * j, for j from 0 to kernel - 1; one that
    reads none has the nearest.
    """
    phases = []
    for place in range(stride):
        above = (place + padding - dilation * tap for tap in range(kernel))
        read = [at // stride for at in above if at % stride == 0] or [(place + padding) // stride]
        phases.append((min(read), max(read) - min(read) + 1))
    return Reach(axis, tuple(phases), 1)


def laid_out(before: Shape, after: Shape) -> tuple[Reach, ...]:
    """Return the reach along each axis of elements that are laid out in another shape, in the same order.

    An axis that is still there keeps its place; one that is divided is read in blocks; of those that become one
    together, all is read.

    >>> [reach.to for reach in laid_out((8, 5, 7), (2, 4, 5, 7))], [reach.to for reach in laid_out((8, 5, 7), (8, 35))]
    ([0, 2, 3], [0, None, None])
    """
    reaches: dict[int, Reach] = {}
    for old, new in _runs(before, after):
        long_old, long_new = (
            [axis for axis in run if shape[axis] != 1] for run, shape in ((old, before), (new, after))
        )
        for axis in old:
            reaches[axis] = whole(before[axis])
        if len(long_old) == 1 and long_new:
            axis, to = long_old[0], long_new[0]
            block = before[axis] // after[to]
            reaches[axis] = Reach(to, ((0, block),), block)
    return tuple(reaches[axis] for axis in range(len(before)))


def _runs(before: Shape, after: Shape) -> Iterator[tuple[range, range]]:
    """Yield the shortest runs of axes of both shapes that have as many elements."""
    old = new = 0
    while old < len(before) and new < len(after):
        first_old, first_new, elements, laid = old, new, before[old], after[new]
        old, new = old + 1, new + 1
        while elements != laid:
            if elements < laid:
                elements, old = elements * before[old], old + 1
            else:
                laid, new = laid * after[new], new + 1
        yield range(first_old, old), range(first_new, new)
    yield range(old, len(before)), range(new, len(after))
