"""Where buffers lie in the arena, taken one after the other, each put where it fits.

Greedy by size is Algorithm 3 of arXiv 2001.03288, section 5: from the largest to the smallest, each in the smallest gap
that holds it between those which are placed already and alive at the same time, or else after all of these. TensorFlow
Lite's planner does so too. Building from below may need less: in a chain, every other buffer lies at the bottom.
"""

from collections.abc import Callable, Sequence
from heapq import heapify, heappop, heappush
from typing import NamedTuple


class Span(NamedTuple):
    """What is placed: so many bytes, alive from the first to the last step."""

    size: int
    first: int
    last: int


class Spans:
    """All that is placed, with what is alive beside each."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self.all = tuple(spans)
        self.steps = max((span.last for span in spans), default=-1) + 1
        alive: list[list[int]] = [[] for _ in range(self.steps)]
        for number, span in enumerate(spans):
            for step in range(span.first, span.last + 1):
                alive[step].append(number)
        self.breadths = [sum(spans[number].size for number in there) for there in alive]
        """What is alive at each step."""
        beside: list[set[int]] = [set() for _ in spans]
        for there in alive:
            for number in there:
                beside[number].update(there)
        self.beside = [tuple(others - {number}) for number, others in enumerate(beside)]

    @property
    def bound(self) -> int:
        """The most that is alive at one step, below which there is no plan."""
        return max(self.breadths, default=0)

    def by_size(self) -> list[int]:
        """Return the largest first; of those that are equally large, what is alive first."""
        return sorted(range(len(self.all)), key=lambda one: (-self.all[one].size, self.all[one].first))

    def placed(self, order: Sequence[int]) -> list[int]:
        """Return the offset of each, placed in this order, each in the smallest gap that holds it.

        >>> found = Spans([Span(2, 0, 1), Span(4, 1, 2), Span(1, 2, 3)])
        >>> found.placed(found.by_size())
        [4, 0, 4]
        """
        offsets = [-1] * len(self.all)
        for number in order:
            taken = sorted(
                (offsets[other], offsets[other] + self.all[other].size)
                for other in self.beside[number]
                if offsets[other] >= 0
            )
            offsets[number] = _best_gap(self.all[number].size, taken)
        return offsets

    def from_below(self, rank: Callable[[Span], int]) -> list[int]:
        """Return the offset of each where that is placed next which can lie lowest; of several, the lowest by rank.

        Each lies on what is placed already and alive at the same time, and nothing is put below that.
        """
        offsets, floor = [-1] * len(self.all), [0] * self.steps
        waiting = [(0, rank(span), number) for number, span in enumerate(self.all)]
        heapify(waiting)
        while waiting:
            at, ranked, number = heappop(waiting)
            size, first, last = self.all[number]
            lowest = max(floor[first : last + 1])
            if lowest > at:  # something was put below it since then
                heappush(waiting, (lowest, ranked, number))
                continue
            offsets[number] = lowest
            floor[first : last + 1] = [lowest + size] * (last + 1 - first)
        return offsets

    def arena(self, offsets: Sequence[int]) -> int:
        """Return how many bytes hold all."""
        return max((offset + span.size for span, offset in zip(self.all, offsets, strict=True)), default=0)


def _best_gap(size: int, taken: Sequence[tuple[int, int]]) -> int:
    """Return where the smallest gap begins that is large enough, or where all ends that is taken."""
    free, best, smallest = 0, None, None
    for start, end in taken:
        gap = start - free
        if gap >= size and (smallest is None or gap < smallest):
            best, smallest = free, gap
        free = max(free, end)
    return free if best is None else best
