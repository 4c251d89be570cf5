"""The order in which layers run: where a network branches, another one may need less.

What is alive after some layers have run depends on which these are, and not on their order. So the best order is the
best way through the sets of layers that can have run: a chain has as many as layers, and branches multiply them. It is
searched exactly, or not at all. Of the orders in which as little is alive, it is the nearest to the spec's: in which
the fewest pairs of layers have changed their order.
"""

from collections.abc import Callable
from itertools import accumulate
from typing import Final, NamedTuple

from archcalc.analysis.memory.arena.values import Use, Values
from archcalc.errors import ArchError

MOST_SETS: Final = 200_000
"""The most sets of layers that are looked at."""


class _Run(NamedTuple):
    """The best way to a set of layers that have run."""

    highest: int
    """The most that is alive on the way."""
    alive: int
    """What is alive after it."""
    ready: tuple[int, ...]
    """The layers that can run next."""
    before: int
    """The set before the last layer ran."""
    layer: int
    changed: int
    """The pairs of layers whose order is not that of the spec."""


def best_order(found: Values, in_place: bool, highest: int) -> list[int] | None:
    """Return an order in which less than `highest` is alive at the same time, and as little as can be.

    None where there is no better one. Raises ArchError where more sets of layers would have to be looked at than are.
    """
    search = _Search(found, in_place)
    if search.least() >= highest:
        return None
    best = search.ways(highest - 1, lambda run: run.highest)
    if best is None:
        return None
    (run,) = best[-1].values()
    nearest = search.ways(run.highest, lambda run: run.changed)
    return search.whole(_walked_back(nearest or best))


def _walked_back(levels: list[dict[int, _Run]]) -> list[int]:
    order = []
    (done,) = levels[-1]
    for level in reversed(levels[1:]):
        order.append(level[done].layer)
        done = level[done].before
    return order[::-1]


class _Search:
    """What is known of each layer, as bits of sets of layers; one that makes a view runs with what it sees."""

    def __init__(self, found: Values, in_place: bool) -> None:
        self.found, self.in_place = found, in_place
        self.makers = found.makers()
        self.layers = sorted(self.makers.values())
        self.earlier = dict(
            zip(self.layers, accumulate((1 << layer for layer in self.layers), initial=0), strict=False)
        )
        self.readers = [sum(1 << reader for reader in value.readers) for value in found.values]
        self.needs = {
            layer: sum(1 << self.makers[value] for value in found.uses[layer].reads if value in self.makers)
            for layer in self.layers
        }

    def least(self) -> int:
        """Return what is needed in any order: all inputs at first, and what a layer reads and makes."""
        return max([self.start().alive, *(self._breadth(self.found.uses[layer]) for layer in self.layers)])

    def _breadth(self, use: Use) -> int:
        made = 0 if self.in_place and use.over else self.found.values[use.makes].size
        return made + sum(self.found.values[value].size for value in use.reads)

    def start(self) -> _Run:
        """Return the way on which no layer has run."""
        inputs = (value.size for place, value in enumerate(self.found.values) if place not in self.makers)
        return _Run(0, sum(inputs), tuple(layer for layer in self.layers if not self.needs[layer]), 0, -1, 0)

    def ways(self, most: int, cost: Callable[[_Run], int]) -> list[dict[int, _Run]] | None:
        """Return the cheapest way to each set of layers, by their number, with no more alive than `most` on it.

        None where there is none to the set of all. Raises ArchError where there are too many sets.
        """
        levels = [{0: self.start()}]
        looked_at = 0
        for _ in self.layers:
            reached: dict[int, _Run] = {}
            for done, run in levels[-1].items():
                for layer in run.ready:
                    now, after = done | 1 << layer, self.go_on(done, run, layer)
                    if after.highest <= most and (now not in reached or cost(after) < cost(reached[now])):
                        reached[now] = after
            looked_at += len(reached)
            if looked_at > MOST_SETS:
                words = f"there are more than {MOST_SETS:,} sets of layers that can have run"
                raise ArchError(f"{words}: give --order spec")
            levels.append(reached)
        return levels if levels[-1] else None

    def go_on(self, done: int, run: _Run, layer: int) -> _Run:
        """Return the way with one layer more."""
        use, values = self.found.uses[layer], self.found.values
        now = done | 1 << layer
        ended = [value for value in use.reads if not self._is_needed(value, now)]
        made = values[use.makes].size
        overwrites = self.in_place and any(value in ended for value in use.over)
        during = run.alive + (0 if overwrites else made)
        after = run.alive - sum(values[value].size for value in ended)
        after += made if self._is_needed(use.makes, now) else 0
        more = (one for one in values[use.makes].readers if self.needs[one] & now == self.needs[one])
        ready = tuple(sorted({*run.ready, *more} - {layer}))
        changed = run.changed + (self.earlier[layer] & ~done).bit_count()
        return _Run(max(run.highest, during), after, ready, done, layer, changed)

    def _is_needed(self, value: int, done: int) -> bool:
        """Return whether a value is read by a layer that has not run, or is an output."""
        return self.found.values[value].is_output or bool(self.readers[value] & ~done)

    def whole(self, order: list[int]) -> list[int]:
        """Return the order with the layers that make views, each right after what it sees."""
        values, uses = self.found.values, self.found.uses
        whole = [place for value, one in enumerate(values) if value not in self.makers for place in one.views]
        for layer in order:
            whole += [layer, *values[uses[layer].makes].views]
        return whole
