"""A layer's height or width as a function of the input's, and what that function says of sets of inputs.

Every window, however it rounds, takes (size + shift) // stride places: rounding and clipping only choose the shift. A
chain of them does the same, since ((size + a) // s + b) // t is (size + a + s * b) // (s * t). What grows with the
input has an inverse, the least input that makes so much, and with it every question is answered by runs of
consecutive sizes, none of which is tried.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, Protocol

from archcalc.errors import ArchError
from archcalc.layers import window
from archcalc.layers.fields import LARGEST

NEVER: Final = LARGEST + 1
"""A size that no input has."""

MOST_PARTS: Final = 64


class Size(NamedTuple):
    """(times * input + the parts + shift) // stride. Parts are sizes of their own: maps joined along this axis.

    >>> conv = Size(shift=-3, stride=4)
    >>> conv.at(224), conv.first(55), conv.first(56)
    (55, 223, 227)
    """

    times: int = 1
    parts: tuple["Size", ...] = ()
    shift: int = 0
    stride: int = 1

    def at(self, size: int) -> int:
        """What an input of this size makes; below 1 where it does not get so far."""
        return (self._sum(size) + self.shift) // self.stride

    def first(self, made: int) -> int:
        """The least input that makes at least `made`."""
        wanted = made * self.stride - self.shift
        if self.parts:
            return 1 + bisect_left(range(1, NEVER), wanted, key=self._sum)
        return max(1, -(-wanted // self.times))

    def through(self, steps: "Steps") -> "Size":
        return self._replace(shift=self.shift + self.stride * steps.shift, stride=self.stride * steps.stride)

    def joined(self, other: "Size") -> "Size":
        """Both, one after the other along this axis. Raises ArchError where that nests too deep."""
        if self.stride == other.stride == 1:
            both = Size(self.times + other.times, self.parts + other.parts, self.shift + other.shift)
        else:
            both = Size(times=0, parts=(self, other))
        if both._count() > MOST_PARTS:
            raise ArchError(f"joins maps of more than {MOST_PARTS} sizes along one axis, too many to solve for")
        return both

    def _count(self) -> int:
        return 1 + sum(part._count() for part in self.parts)

    def _sum(self, size: int) -> int:
        return self.times * size + sum(part.at(size) for part in self.parts)


class Steps(NamedTuple):
    """A window along one axis: (size + shift) // stride places."""

    shift: int
    stride: int

    def places(self, size: int) -> int:
        return (size + self.shift) // self.stride

    def first(self, places: int) -> int:
        """The least size that has so many places; below 1 where padding alone holds them."""
        return places * self.stride - self.shift


def steps(layer: window.Sliding, axis: int) -> Steps:
    """A layer's window along height (0) or width (1), with the shift read off the rule that the table uses.

    From size 1 on, `stride` sizes bring one place more; where they do tells the shift.
    """

    def places(size: int) -> int:
        return window.places(layer, (1, size, size))[axis]

    stride, more = layer.stride[axis], places(1) + 1
    where = 2 + bisect_left(range(2, 2 + stride), more, key=places)
    return Steps(stride * more - where, stride)


class Condition(Protocol):
    """Something that holds for some inputs."""

    def within(self, span: range) -> Iterator[range]:
        """The runs of `span` for which it holds, in order."""
        ...


class AtLeastOne(NamedTuple):
    """The window has a place."""

    size: Size

    def within(self, span: range) -> Iterator[range]:
        yield range(max(self.size.first(1), span.start), span.stop)


class Exactly(NamedTuple):
    """The size is this one."""

    size: Size
    value: int

    def within(self, span: range) -> Iterator[range]:
        yield range(max(self.size.first(self.value), span.start), min(self.size.first(self.value + 1), span.stop))


class Equal(NamedTuple):
    """Two layers make the same size, as those must that are added or concatenated."""

    one: Size
    other: Size

    def within(self, span: range) -> Iterator[range]:
        here = span.start
        while here < span.stop:
            one, other = self.one.at(here), self.other.at(here)
            if one == other:
                until = min(self.one.first(one + 1), self.other.first(other + 1), span.stop)
                yield range(here, until)
                here = until
            else:
                here = self.one.first(other) if one < other else self.other.first(one)


class Divides(NamedTuple):
    """The size leaves this remainder, with which a window's steps end where its padded input does."""

    size: Size
    remainder: int
    stride: int

    def within(self, span: range) -> Iterator[range]:
        least = self.size.at(span.start)
        value = least + (self.remainder - least) % self.stride
        while (start := self.size.first(value)) < span.stop:
            yield range(max(start, span.start), min(self.size.first(value + 1), span.stop))
            value += self.stride


class Nowhere(NamedTuple):
    """No input will do."""

    def within(self, span: range) -> Iterator[range]:
        yield from ()


def narrowed(runs: Iterable[range], condition: Condition) -> tuple[range, ...]:
    """The runs, as far as the condition holds; neighbours are made one."""
    kept: list[range] = []
    for run in (part for whole in runs for part in condition.within(whole) if part):
        if kept and kept[-1].stop == run.start:
            kept[-1] = range(kept[-1].start, run.stop)
        else:
            kept.append(run)
    return tuple(kept)
