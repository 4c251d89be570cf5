"""A small arena: several orders in which buffers are placed, then a search from there, then an exhaustive one.

All of it ends where the bound is reached, below which there is no plan, and each search after so many steps, which are
counted: the same buffers always lie in the same places.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from archcalc.analysis.memory.arena.exactly import ExactSearch, GivenUpError
from archcalc.analysis.memory.arena.placing import Span, Spans

MOST_PLACED: Final = 50_000
"""How many buffers are placed at most as orders are tried and changed."""


class Way(StrEnum):
    """What found a plan."""

    BY_SIZE = "greedily by size"
    BY_SIZE_AND_LIFE = "greedily by size and life"
    BY_BREADTH = "greedily by what is alive"
    BY_START = "greedily by start"
    LOCAL = "by a local search"
    EXACT = "by an exact search"


@dataclass(frozen=True)
class Layout:
    """Where all lies."""

    offsets: tuple[int, ...]
    size: int
    way: Way
    greedy: int
    """What greedy by size needs."""
    is_least: bool
    """Whether it is known that no plan is smaller."""


def smallest(spans: Sequence[Span]) -> Layout:
    """Return the smallest plan that is found, which needs no more than greedy by size.

    >>> smallest([Span(2, 0, 1), Span(3, 1, 2), Span(2, 2, 3), Span(4, 3, 4)]).size
    6
    """
    search = _Search(spans)
    found, bound = search.spans, search.spans.bound
    for way, order in _orders(found):
        search.keep(found.placed(order), way, order)
        if search.size == bound:
            break
    else:
        search.change_orders()
    is_least = search.size == bound or search.leave_nothing_out()
    return Layout(tuple(search.offsets), search.size, search.way, search.greedy, is_least)


def _orders(found: Spans) -> Iterator[tuple[Way, list[int]]]:
    spans = found.all
    broadest = [max(found.breadths[span.first : span.last + 1]) for span in spans]
    numbers = range(len(spans))
    yield Way.BY_SIZE, found.by_size()
    yield (
        Way.BY_SIZE_AND_LIFE,
        sorted(numbers, key=lambda one: (-spans[one].size, spans[one].first - spans[one].last, spans[one].first)),
    )
    yield Way.BY_BREADTH, sorted(numbers, key=lambda one: (-broadest[one], -spans[one].size, spans[one].first))
    yield Way.BY_START, sorted(numbers, key=lambda one: (spans[one].first, -spans[one].size))


class _Search:
    """The best plan so far, and the orders that were tried."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self.spans = Spans(spans)
        self.tried: list[list[int]] = []
        self.offsets: list[int] = []
        self.size, self.greedy, self.way = -1, -1, Way.BY_SIZE

    def keep(self, offsets: list[int], way: Way, order: list[int] | None = None) -> None:
        """Keep a plan if it is smaller than that so far."""
        size = self.spans.arena(offsets)
        if order is not None:
            self.tried.append(order)
        if self.greedy < 0:
            self.greedy = size
        elif size >= self.size:
            return
        self.offsets, self.size, self.way = offsets, size, way

    def change_orders(self) -> None:
        """Place those earlier that stand out above the bound, again and again: from each order that was tried."""
        bound, rounds = self.spans.bound, MOST_PLACED // (len(self.spans.all) * len(self.tried))
        for order in list(self.tried):
            chance = Random(0)
            order = list(order)
            for _ in range(rounds):
                offsets = self.spans.placed(order)
                self.keep(offsets, Way.LOCAL)
                if self.size == bound:
                    return
                for number in [one for one in order if offsets[one] + self.spans.all[one].size > bound]:
                    place = order.index(number)
                    earlier = int(chance.random() * (place + 1)) if chance.random() < 0.7 else 0
                    order.insert(earlier, order.pop(place))

    def leave_nothing_out(self) -> bool:
        """Look for smaller plans until there is none, or for too long; return whether there is none for sure."""
        exact = ExactSearch(self.spans)

        def is_there(most: int) -> bool:
            found = exact.under(most)
            if found is not None:
                self.keep(found, Way.EXACT)
            return found is not None

        try:
            if not is_there(self.spans.bound):
                while is_there(self.size - 1):
                    pass
        except GivenUpError:
            return False
        return True
