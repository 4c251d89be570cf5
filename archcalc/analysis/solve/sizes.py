"""A layer's height or width as a function of the input's, and what that function says of sets of inputs.

Every window, however it rounds, takes (size + shift) // stride places: rounding and clipping only choose the shift. A
chain of them does the same, since ((size + a) // s + b) // t is (size + a + s * b) // (s * t). What grows with the
input has an inverse, the least input that makes so much, and with it every question is answered by runs of
consecutive sizes, none of which is tried. A transposed window makes `times` as much of a size, which has one too.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple, Protocol

from archcalc.errors import ArchError
from archcalc.layers import window
from archcalc.layers.fields import LARGEST

NEVER: Final = LARGEST + 1
"""A size that no input has."""

MOST_PARTS: Final = 64


class Function(NamedTuple):
    """(times * input + weighted parts + shift) // stride. Parts are functions of their own, such as joined maps.

    >>> conv = Function(shift=-3, stride=4)
    >>> conv.at(224), conv.first(55), conv.first(56)
    (55, 223, 227)
    """

    times: int = 1
    parts: tuple[tuple[int, "Function"], ...] = ()
    shift: int = 0
    stride: int = 1

    def at(self, size: int) -> int:
        """Return the size that an input of this size leads to; below 1 where it does not get so far."""
        return (self._sum(size) + self.shift) // self.stride

    def first(self, made: int) -> int:
        """Return the least input that makes at least `made`."""
        wanted = made * self.stride - self.shift
        if self.parts:
            return 1 + bisect_left(range(1, NEVER), wanted, key=self._sum)
        return max(1, -(-wanted // self.times))

    def through(self, steps: "Steps") -> "Function":
        """Return the function after more steps. Raises ArchError where that nests too deep."""
        if steps.times == 1:
            return self._replace(shift=self.shift + self.stride * steps.shift, stride=self.stride * steps.stride)
        if self.stride == 1:
            parts = tuple((steps.times * weight, part) for weight, part in self.parts)
            shift = steps.times * self.shift + steps.shift
            return Function(steps.times * self.times, parts, shift, steps.stride)
        return _bounded(Function(0, ((steps.times, self),), steps.shift, steps.stride))

    def joined(self, other: "Function") -> "Function":
        """Join both, one after the other along this axis. Raises ArchError where that nests too deep."""
        if self.stride == other.stride == 1:
            return _bounded(Function(self.times + other.times, self.parts + other.parts, self.shift + other.shift))
        return _bounded(Function(0, ((1, self), (1, other))))

    def size(self) -> int:
        """Return how many functions it is made of."""
        return 1 + sum(part.size() for _, part in self.parts)

    def _sum(self, size: int) -> int:
        return self.times * size + sum(weight * part.at(size) for weight, part in self.parts)


def _bounded(function: Function) -> Function:
    if function.size() > MOST_PARTS:
        raise UnsolvedError(f"joins maps of more than {MOST_PARTS} sizes along one axis, too many to solve for")
    return function


class Steps(NamedTuple):
    """The steps of a layer along one axis: (times * size + shift) // stride places."""

    shift: int
    stride: int
    times: int = 1

    def places(self, size: int) -> int:
        return (self.times * size + self.shift) // self.stride

    def first(self, places: int) -> int:
        """Return the least size that has so many places; below 1 where padding alone holds them."""
        return -(-(places * self.stride - self.shift) // self.times)


def steps(layer: window.Sliding, axis: int) -> Steps:
    """Read a layer's window along height (0) or width (1) off the rule that the table uses."""
    return read_off(lambda size: window.places(layer, (1, size, size))[axis])


def read_off(rule: Callable[[int], int]) -> Steps:
    """Return the steps that a rule, which grows with the size, takes; raises ArchError for a rule that takes others.

    Either a size makes `times` as much as the one before it, or it takes `stride` sizes to make one more; where that
    happens first gives the shift.

    >>> read_off(lambda size: (size + 4 - 11) // 4 + 1), read_off(lambda size: 2 * (size - 1) + 3)
    (Steps(shift=-3, stride=4, times=1), Steps(shift=1, stride=1, times=2))
    """
    start = rule(1)
    growth = rule(2) - start
    if growth >= 1 and rule(3) - start == 2 * growth:
        found = Steps(start - growth, 1, growth)
    else:
        first = _reaching(rule, start + 1)
        stride = _reaching(rule, start + 2) - first
        found = Steps(stride * (start + 1) - first, stride)
    if any(found.places(size) != rule(size) for size in (1, 2, 3, 17, 10**6 + 7, 10**9 + 9)):
        raise UnsolvedError("makes sizes that do not grow in equal steps, which cannot be solved for")
    return found


def _reaching(rule: Callable[[int], int], least: int) -> int:
    """Return the first size that makes so much."""
    high = 2
    while rule(high) < least:
        if high > NEVER:
            raise UnsolvedError("makes the same size of every input, which cannot be solved for")
        high *= 2
    return high // 2 + bisect_left(range(high // 2, high), least, key=rule)


class UnsolvedError(ArchError):
    """What has no closed form; a sweep over sizes may still answer."""


class Condition(Protocol):
    """Something that holds for some inputs."""

    def within(self, span: range) -> Iterator[range]:
        """Yield the runs of `span` for which it holds, in order."""
        ...


class AtLeastOne(NamedTuple):
    """The window has a place."""

    size: Function

    def within(self, span: range) -> Iterator[range]:
        yield range(max(self.size.first(1), span.start), span.stop)


class Exactly(NamedTuple):
    """The size is this one."""

    size: Function
    value: int

    def within(self, span: range) -> Iterator[range]:
        yield range(max(self.size.first(self.value), span.start), min(self.size.first(self.value + 1), span.stop))


class Equal(NamedTuple):
    """Two layers make the same size, as those must that are added or concatenated."""

    one: Function
    other: Function

    def within(self, span: range) -> Iterator[range]:
        return _where(self._from, span)

    def _from(self, here: int) -> tuple[bool, int]:
        one, other = self.one.at(here), self.other.at(here)
        if one == other:
            return True, min(self.one.first(one + 1), self.other.first(other + 1))
        return False, self.one.first(other) if one < other else self.other.first(one)


class NotLess(NamedTuple):
    """One layer makes as large a size as another, or a larger one, as that must that is cut to its size."""

    one: Function
    other: Function

    def within(self, span: range) -> Iterator[range]:
        return _where(self._from, span)

    def _from(self, here: int) -> tuple[bool, int]:
        one, other = self.one.at(here), self.other.at(here)
        return one >= other, self.other.first(one + 1) if one >= other else self.one.first(other)


def _where(holds: Callable[[int], tuple[bool, int]], span: range) -> Iterator[range]:
    """Yield the runs of sizes in which a condition holds, which says of a size whether it does, and up to which."""
    here = span.start
    while here < span.stop:
        is_held, until = holds(here)
        if is_held:
            yield range(here, min(until, span.stop))
        here = until


class AtMost(NamedTuple):
    """The size is not over this one."""

    size: Function
    value: int

    def within(self, span: range) -> Iterator[range]:
        yield range(span.start, min(self.size.first(self.value + 1), span.stop))


class Divides(NamedTuple):
    """The size leaves this remainder, with which a window's steps end where its padded input does."""

    size: Function
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
    """Return the runs, as far as the condition holds; neighbours become one."""
    kept: list[range] = []
    for run in (part for whole in runs for part in condition.within(whole) if part):
        if kept and kept[-1].stop == run.start:
            kept[-1] = range(kept[-1].start, run.stop)
        else:
            kept.append(run)
    return tuple(kept)
