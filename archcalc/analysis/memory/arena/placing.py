"""Where buffers lie in the arena: greedy by size, as offsets are calculated in arXiv 2001.03288, section 5.

Buffers are placed from the largest to the smallest, each in the smallest gap that holds it between those which are
placed already and alive at the same time, or else after all of these. TensorFlow Lite's planner does so too.
"""

from collections.abc import Sequence
from typing import NamedTuple


class Span(NamedTuple):
    """What is placed: so many bytes, alive from the first to the last step."""

    size: int
    first: int
    last: int


def greedy_by_size(spans: Sequence[Span]) -> list[int]:
    """Return the offset of each; of those that are equally large, what is alive first is placed first.

    >>> greedy_by_size([Span(2, 0, 1), Span(4, 1, 2), Span(1, 2, 3)])
    [4, 0, 4]
    """
    offsets = [0] * len(spans)
    alive: dict[int, list[int]] = {}
    for number in sorted(range(len(spans)), key=lambda one: (-spans[one].size, spans[one].first, one)):
        span = spans[number]
        steps = range(span.first, span.last + 1)
        beside = {other for step in steps for other in alive.get(step, ())}
        taken = sorted((offsets[other], offsets[other] + spans[other].size) for other in beside)
        offsets[number] = _best_gap(span.size, taken)
        for step in steps:
            alive.setdefault(step, []).append(number)
    return offsets


def _best_gap(size: int, taken: Sequence[tuple[int, int]]) -> int:
    """Return where the smallest gap begins that is large enough, or where all ends that is taken."""
    free, best, smallest = 0, None, None
    for start, end in taken:
        gap = start - free
        if gap >= size and (smallest is None or gap < smallest):
            best, smallest = free, gap
        free = max(free, end)
    return free if best is None else best


def arena(spans: Sequence[Span], offsets: Sequence[int]) -> int:
    """Return how many bytes hold all."""
    return max((offset + span.size for span, offset in zip(spans, offsets, strict=True)), default=0)
