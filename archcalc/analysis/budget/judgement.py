"""A network held against a budget: every limit with the number that is true, what is over, and by how much."""

from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from fractions import Fraction
from heapq import nlargest
from typing import Final, NamedTuple

from archcalc.analysis.budget.measures import Measured, Number, Part, measured
from archcalc.graph import Graph
from archcalc.spec.budget import SIDES, Limit, Side
from archcalc.spec.model import Spec

_MOST_PARTS: Final = 3


class Standing(StrEnum):
    """How a number stands to its limit; one that is only a lower bound is never within it for sure."""

    OK = "ok"
    NOT_OVER = "not over"
    OVER = "OVER"
    UNDER = "UNDER"


class Verdict(NamedTuple):
    """A limit, the number that it is of, and how that stands to it."""

    what: str
    side: Side
    limit: Limit
    bound: Fraction
    """The limit as a number."""
    measured: Measured

    @property
    def number(self) -> Number:
        """The number: of several, the largest beside the most that may be, the smallest beside the least."""
        return self.measured.most if self.side == "max" else self.measured.least

    @property
    def difference(self) -> Number:
        """The number less the limit."""
        return self.number - self.bound

    @property
    def share(self) -> Fraction | None:
        """The difference as a share of the limit; None where that is 0."""
        return self.difference / self.bound if self.bound else None

    @property
    def holds(self) -> bool:
        """Whether the number is within its limit; of a lower bound, whether it is not beyond it already."""
        return self.difference <= 0 if self.side == "max" else self.difference >= 0

    @property
    def standing(self) -> Standing:
        if not self.holds:
            return Standing.OVER if self.side == "max" else Standing.UNDER
        return Standing.NOT_OVER if self.measured.is_bound else Standing.OK

    @property
    def largest(self) -> list[Part]:
        """The layers that contribute most, the largest first."""
        parts = [part for part in self.measured.parts if part.number]
        return nlargest(_MOST_PARTS, parts, key=lambda part: part.number)


class Judged(NamedTuple):
    """A network, and a verdict on each limit of its budget."""

    spec: Spec
    verdicts: tuple[Verdict, ...]

    @property
    def exceeded(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if not verdict.holds]


def judge(graph: Graph, given: Mapping[str, Limit] | None = None) -> Judged:
    """Judge a network by the budget of its spec, and by limits that are `given`, which stand before those of the spec.

    A given limit stands before one of the same number of the same layers, on the same side. Raises ArchError where a
    number cannot be had.
    """
    own, others = list(_sides(graph.spec.budget)), list(_sides(given or {}))
    replaced = {(what, side, limit.of) for what, side, limit, _ in others}
    kept = [one for one in own if (one[0], one[1], one[2].of) not in replaced]
    return Judged(graph.spec, tuple(_verdicts(graph, [*kept, *others])))


def _sides(limits: Mapping[str, Limit]) -> Iterator[tuple[str, Side, Limit, Fraction]]:
    for what, limit in limits.items():
        for side in SIDES:
            bound = limit.amount(side)
            if bound is not None:
                yield what, side, limit, bound


def _verdicts(graph: Graph, sides: Iterable[tuple[str, Side, Limit, Fraction]]) -> Iterator[Verdict]:
    for what, side, limit, bound in sides:
        yield Verdict(what, side, limit, bound, measured(graph, what, limit))
