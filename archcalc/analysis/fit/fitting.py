"""The widest network under a budget: all layers that may change are wider by one factor, found exactly.

Every number of a budget grows with the factor. So the largest factor is found by halving, among those at which some
layer gets wider: of the network before it, and of the one after it, which is over, the tables are computed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Final, NamedTuple

from archcalc.analysis.budget.judgement import Verdict, judge
from archcalc.analysis.budget.measures import Number
from archcalc.analysis.fit.widths import Stays, Widths, find_widths, widths_of
from archcalc.errors import ArchError, listing
from archcalc.graph import Graph, link
from archcalc.spec.budget import Limit

_MOST_NAMED: Final = 5

_WIDEST: Final = 2**20
"""How many times as wide a network is made at most."""


class Made(NamedTuple):
    """A network of other widths, and how it stands to the most that it may have."""

    factor: Fraction
    graph: Graph
    verdicts: tuple[Verdict, ...]

    @property
    def over(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if not verdict.holds]


class OfLayer(NamedTuple):
    """A layer that has a width: as it was given, and in the widest network; and why it stays, if it does."""

    layer: str
    given: int
    widest: int
    stays: Stays | None


@dataclass(frozen=True)
class Fit:
    """The widest network under a budget, the one that was given, and the next wider one, which is over."""

    widths: Widths
    divisor: int
    given: Made
    widest: Made
    next: Made

    @property
    def layers(self) -> tuple[OfLayer, ...]:
        given, widest = (widths_of(one.graph.spec) for one in (self.given, self.widest))
        return tuple(OfLayer(name, width, widest[name], self.widths.stays.get(name)) for name, width in given.items())


def fit(graph: Graph, limits: Mapping[str, Limit], keep: tuple[str, ...] = (), divisor: int = 1) -> Fit:
    """Find the widest network under limits and the spec's own budget.

    Raises ArchError where even the narrowest is over, where no width is, and where nothing may change.
    """
    if divisor < 1:
        raise ArchError(f"widths are divisible by an integer >= 1, got {divisor}")
    widths = find_widths(graph, keep, divisor)
    given = Made(Fraction(1), graph, _most(graph, limits))
    if not given.verdicts:
        raise ArchError("there is no limit to stay under: give one, such as --max-macs 300M, or a budget in the spec")

    @cache
    def made(factor: Fraction) -> Made:
        found = link(widths.spec(factor))
        return Made(factor, found, _most(found, limits))

    low = made(Fraction(0))
    if low.over:
        worst = listing([f"{one.what} {_shown(one.number)} > {_shown(one.bound)}" for one in low.over], "and")
        raise ArchError(f"even the narrowest network is over: {worst}; what stays as it is, is {_staying(widths)}")
    high = Fraction(1)
    while not made(high).over:
        if high >= _WIDEST:
            raise ArchError(f"no limit is reached, however wide: what may change is {_named(_free(widths))}")
        low, high = made(high), 2 * high
    factors = sorted({low.factor, *(one for free in widths.free for one in free.factors(low.factor, high))})
    first, last = 0, len(factors) - 1
    while last - first > 1:
        middle = (first + last) // 2
        first, last = (first, middle) if made(factors[middle]).over else (middle, last)
    return Fit(widths, divisor, given, made(factors[first]), made(factors[last]))


def _most(graph: Graph, limits: Mapping[str, Limit]) -> tuple[Verdict, ...]:
    return tuple(one for one in judge(graph, limits).verdicts if one.side == "max")


def _shown(number: Number) -> str:
    return f"{int(number):,}" if Fraction(number).denominator == 1 else f"{float(number):,.4g}"


def _free(widths: Widths) -> list[str]:
    return [name for free in widths.free for name in free.layers]


def _staying(widths: Widths) -> str:
    return _named([f"{name} ({why})" for name, why in widths.stays.items()])


def _named(names: list[str]) -> str:
    """
    >>> _named(["conv1", "conv2"]), _named([*"abcdefg"])
    ('conv1, conv2', 'a, b, c, d, e and 2 more')
    """
    return ", ".join(names[:_MOST_NAMED]) + (
        f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    )
