"""Why conventions give different numbers for one network: the terms that lead from one to the next."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby, pairwise, product
from typing import NamedTuple

from archcalc.analysis.conventions import CONVENTIONS, Convention
from archcalc.analysis.costs import Term, terms, times, total
from archcalc.analysis.quoted import Units, distance, units_of
from archcalc.graph import Graph
from archcalc.spec.quantity import Quantity


class Step(NamedTuple):
    """A term that is counted `times` more, or less, than on the rung before."""

    times: int
    term: Term

    @property
    def change(self) -> int:
        return self.times * self.term.amount


class Rung(NamedTuple):
    """A number, the conventions that give it, and the steps that lead to it from the rung before."""

    total: int
    conventions: tuple[Convention, ...]
    steps: tuple[Step, ...] = ()


class Ladder(NamedTuple):
    """A network's numbers, one after the other."""

    network: str
    graph: Graph
    rungs: tuple[Rung, ...]


def ladder(graph: Graph) -> Ladder:
    """Every convention's number for one example, from the smallest to the largest."""
    counted = terms(graph)
    by_total = sorted(CONVENTIONS.values(), key=lambda one: total(one, counted))
    groups = [tuple(group) for _, group in groupby(by_total, key=lambda one: total(one, counted))]
    return Ladder(graph.spec.name, graph, _linked(groups, counted))


def way(graph: Graph, conventions: Sequence[Convention]) -> Ladder:
    """The numbers of these conventions, in this order, whichever is larger."""
    return Ladder(graph.spec.name, graph, _linked([(one,) for one in conventions], terms(graph)))


def _linked(groups: Sequence[tuple[Convention, ...]], counted: list[Term]) -> tuple[Rung, ...]:
    """Rungs of conventions that agree, with the steps between those of either that are nearest to each other."""
    first, *others = groups
    rungs = [Rung(total(first[0], counted), first)]
    for before, after in pairwise([first, *others]):
        ways = (_steps(one, other, counted) for one, other in product(before, after))
        rungs.append(Rung(total(after[0], counted), after, min(ways, key=len)))
    return tuple(rungs)


def _steps(before: Convention, after: Convention, counted: list[Term]) -> tuple[Step, ...]:
    """What is counted more, then what is counted less, the largest first; what cancels out is no step."""
    alike: dict[tuple[str, int, tuple[str, ...]], list[Step]] = {}
    for term in counted:
        step = Step(times(after, term) - times(before, term), term)
        if step.times:
            alike.setdefault((term.op, term.amount, term.layers), []).append(step)
    steps = (step for group in alike.values() for step in _without_opposites(group))
    return tuple(sorted(steps, key=lambda step: -step.change))


def _without_opposites(steps: list[Step]) -> list[Step]:
    """Equally many of one op in the same layers: as many outputs more and bias additions less are no change."""
    net = sum(step.times for step in steps)
    if abs(net) == sum(abs(step.times) for step in steps):
        return steps
    return [max(steps, key=lambda step: step.times * net)._replace(times=net)] if net else []


class Match(NamedTuple):
    """A convention's number beside a printed one."""

    convention: Convention
    total: int
    units: Units | None
    """In which units it is what was printed; None where it is not."""
    distance: Fraction
    """How far it is from the printed number, as a share of that."""


def measured(graph: Graph, printed: Quantity) -> list[Match]:
    """Every convention beside a number as it was printed: first those that give it, then the others by nearness."""
    counted = terms(graph)
    found = [_match(one, total(one, counted), printed) for one in CONVENTIONS.values()]
    return sorted(found, key=lambda one: (one.units is None, one.units or "", one.distance if one.units is None else 0))


def _match(convention: Convention, number: int, printed: Quantity) -> Match:
    published = as_published(convention, number)
    return Match(convention, number, units_of(published, printed), distance(published, printed))


def as_published(convention: Convention, number: int) -> int | Fraction:
    """The number that is printed for it: the half, of some."""
    half = Fraction(number, 2)
    return number if not convention.printed_half else half.numerator if half.denominator == 1 else half
