"""Why conventions give different numbers for one network: the terms that lead from one to the next."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise, product
from typing import NamedTuple

from archcalc.analysis.conventions import Convention
from archcalc.analysis.conventions.costs import Term, Total, terms, times, total, totals
from archcalc.analysis.quoted import About, Units, distance, units_of
from archcalc.errors import ArchError, listing
from archcalc.graph import Graph
from archcalc.spec.quantity import Quantity


class Step(NamedTuple):
    """A term that is counted `times` more, or less, than on the rung before."""

    times: int
    term: Term
    silent: tuple[str, ...] = ()
    """The conventions on either side that say nothing about the term's op, rather than that it is free."""

    @property
    def change(self) -> int:
        return self.times * self.term.amount


class Rung(NamedTuple):
    """A number, the conventions that give it, and the steps that lead to it from the rung before."""

    cost: int
    totals: tuple[Total, ...]
    steps: tuple[Step, ...] = ()

    @property
    def conventions(self) -> tuple[Convention, ...]:
        return tuple(one.convention for one in self.totals)


class Ladder(NamedTuple):
    """A network's numbers, one after the other."""

    graph: Graph
    batch: int
    rungs: tuple[Rung, ...]
    silent: tuple[Total, ...] = ()
    """Of conventions that say nothing about any of its layers, or of which it is not known how they count one."""


def ladder(graph: Graph, batch: int = 1) -> Ladder:
    """Return the cost by every convention that counts it, from the smallest to the largest."""
    counted = terms(graph, batch)
    by_cost: dict[int | None, list[Total]] = {}
    for one in totals(graph, batch):
        if one.convention.about is About.COST:
            by_cost.setdefault(one.cost, []).append(one)
    silent = by_cost.pop(None, [])
    rungs = [Rung(cost, tuple(found)) for cost, found in by_cost.items() if cost is not None]
    return Ladder(graph, batch, _linked(sorted(rungs, key=lambda rung: rung.cost), counted), tuple(silent))


def way(graph: Graph, conventions: Sequence[Convention], batch: int = 1) -> Ladder:
    """Return the numbers of these conventions, in this order, whichever is larger; params are those of one example.

    Raises ArchError for one that says nothing about any of the layers, where it is not known how it counts one, and for
    cost beside params.
    """
    batch = batch if _subject(conventions) is About.COST else 1
    counted = terms(graph, batch)
    rungs = []
    for one in (total(convention, counted) for convention in conventions):
        if one.cost is None:
            raise ArchError(_why_no_number(one, graph.spec.name))
        rungs.append(Rung(one.cost, (one,)))
    return Ladder(graph, batch, _linked(rungs, counted))


def _subject(conventions: Sequence[Convention]) -> About:
    first, *others = conventions
    for one in others:
        if one.about is not first.about:
            raise ArchError(f"{one.name} is about {one.about}, {first.name} about {first.about}: no term leads there")
    return first.about


def _why_no_number(one: Total, network: str) -> str:
    if one.not_known:
        return f"archcalc does not know how {one.convention.name} counts {listing(one.not_known, 'and')}"
    return f"{one.convention.name} says nothing about any layer of {network}"


def _linked(rungs: Sequence[Rung], counted: list[Term]) -> tuple[Rung, ...]:
    """Return the rungs with the steps between those of their conventions that are nearest to each other."""
    linked = [*rungs[:1]]
    for before, after in pairwise(rungs):
        ways = (_steps(one, other, counted) for one, other in product(before.conventions, after.conventions))
        linked.append(after._replace(steps=min(ways, key=len)))
    return tuple(linked)


def _steps(before: Convention, after: Convention, counted: list[Term]) -> tuple[Step, ...]:
    """Return the terms that are counted more, then those counted less, the largest first; opposites cancel out."""
    alike: dict[tuple[str, int, tuple[str, ...]], list[Step]] = {}
    for term in counted:
        silent = tuple(one.name for one in (before, after) if one.weights(term.op) is None)
        step = Step(times(after, term) - times(before, term), term, silent)
        if step.times:
            alike.setdefault((term.op, term.amount, term.layers), []).append(step)
    steps = (step for group in alike.values() for step in _without_opposites(group))
    return tuple(sorted(steps, key=lambda step: -step.change))


def _without_opposites(steps: list[Step]) -> list[Step]:
    """Leave out opposites of one op in the same layers, such as outputs more and equally many bias additions less."""
    net = sum(step.times for step in steps)
    if abs(net) == sum(abs(step.times) for step in steps):
        return steps
    return [max(steps, key=lambda step: step.times * net)._replace(times=net)] if net else []


class Match(NamedTuple):
    """A convention's number next to a printed one."""

    total: Total
    units: Units | None
    """In which units it is what was printed; None where it is not."""
    distance: Fraction
    """How far it is from the printed number, as a share of the larger of the two."""


def measured(graph: Graph, printed: Quantity, about: About | None, batch: int = 1) -> list[Match]:
    """Return every convention about the subject, any if it is None, next to a printed number.

    Those that give it are first, then come the others by nearness.
    """
    found = [
        _match(one, one.cost, printed)
        for one in totals(graph, batch)
        if one.cost is not None and about in (None, one.convention.about)
    ]
    return sorted(found, key=lambda one: (one.units is None, one.units or "", one.distance if one.units is None else 0))


def _match(one: Total, cost: int, printed: Quantity) -> Match:
    published = one.convention.published(cost)
    return Match(one, units_of(published, printed), distance(published, printed))
