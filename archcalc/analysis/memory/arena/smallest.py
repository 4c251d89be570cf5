"""A small arena: several ways in which buffers are placed, then a search from there, then an exhaustive one.

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
    BELOW_BY_START = "from below by start"
    BELOW_BY_SIZE = "from below by size"
    BELOW_BY_LIFE = "from below by life"
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
    bound = search.spans.bound
    for way, offsets in _ways(search.spans):
        search.keep(offsets, way)
        if search.size == bound:
            break
    else:
        search.change_orders()
    is_least = search.size == bound or search.leave_nothing_out()
    return Layout(tuple(search.offsets), search.size, search.way, search.greedy, is_least)


def _ways(found: Spans) -> Iterator[tuple[Way, list[int]]]:
    yield Way.BY_SIZE, found.placed(found.by_size())
    yield Way.BELOW_BY_START, found.from_below(lambda span: span.first)
    yield Way.BELOW_BY_SIZE, found.from_below(lambda span: -span.size)
    yield Way.BELOW_BY_LIFE, found.from_below(lambda span: span.first - span.last)


class _Search:
    """The best plan so far, and all that were tried."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self.spans = Spans(spans)
        self.tried: list[list[int]] = []
        self.offsets: list[int] = []
        self.size, self.greedy, self.way = -1, -1, Way.BY_SIZE

    def keep(self, offsets: list[int], way: Way) -> None:
        """Keep a plan if it is smaller than that so far; the first is that of greedy by size."""
        size = self.spans.arena(offsets)
        if way not in (Way.LOCAL, Way.EXACT):
            self.tried.append(offsets)
        if self.greedy < 0:
            self.greedy = size
        elif size >= self.size:
            return
        self.offsets, self.size, self.way = offsets, size, way

    def change_orders(self) -> None:
        """Place those earlier that stand out above the bound, again and again, from each plan so far, bottom up."""
        bound, rounds = self.spans.bound, MOST_PLACED // (len(self.spans.all) * len(self.tried))
        for tried in self.tried:
            chance = Random(0)
            order = sorted(range(len(tried)), key=lambda number: (tried[number], self.spans.all[number].first))
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
