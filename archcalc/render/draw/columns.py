"""Rows of boxes in columns, as a text has them on a page: broken where one line alone goes on."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

from archcalc.analysis.draw.flow import Flow
from archcalc.analysis.draw.ranks import Ranked

GAP: Final = 52.0
"""What is free between two columns, where the line goes up that goes on."""
_MOST: Final = 5
_TALL: Final = 1.15
"""How many times as high as wide a picture is at most, if more columns can help it."""

Span = tuple[float, float]
_Best: TypeAlias = tuple[float, float, tuple[int, ...]]


class Columns(NamedTuple):
    """How far each row is moved, and the rows with which a column begins but for the first."""

    moves: tuple[tuple[float, float], ...]
    breaks: tuple[int, ...]
    lanes: tuple[float, ...]
    """Where the line goes up, before each of these columns."""
    lows: tuple[float, ...]
    """Where each column ends."""


def columns_of(
    found: Ranked, flow: Flow, x: Mapping[int, float], widths: Mapping[int, float], spans: Sequence[Span]
) -> Columns:
    """Return the rows in so many columns that the picture is about as high as it is wide."""
    free = _free(found, flow)
    lefts = [min(x[place] - widths[place] / 2 for place in row) for row in found.rows]
    rights = [max(x[place] + widths[place] / 2 for place in row) for row in found.rows]
    tried = []
    for count in range(1, _MOST + 1):
        breaks = _broken(spans, free, count)
        if breaks is None:
            continue
        bounds = [*zip((0, *breaks), (*breaks, len(spans)), strict=True)]
        wide = sum(max(rights[start:end]) - min(lefts[start:end]) for start, end in bounds) + GAP * len(breaks)
        high = max(spans[end - 1][1] - spans[start][0] for start, end in bounds)
        tried.append((high / wide, bounds))
        if high <= _TALL * wide:
            break
    _, bounds = min(tried, key=lambda one: max(one[0], 1 / one[0]))
    return _moved(bounds, lefts, rights, spans)


def _moved(
    bounds: Sequence[tuple[int, int]], lefts: Sequence[float], rights: Sequence[float], spans: Sequence[Span]
) -> Columns:
    start, moves, lanes, lows = 0.0, [], [], []
    for first, end in bounds:
        left, right = min(lefts[first:end]), max(rights[first:end])
        if first:
            lanes.append(start - GAP / 2)
        moves += [(start - left, spans[0][0] - spans[first][0])] * (end - first)
        lows.append(spans[end - 1][1] + spans[0][0] - spans[first][0])
        start += right - left + GAP
    return Columns(tuple(moves), tuple(first for first, _ in bounds[1:]), tuple(lanes), tuple(lows))


def _free(found: Ranked, flow: Flow) -> list[int]:
    """Return the rows before which only what one place hands on goes on, and no open block."""
    row_of = {place: number for number, row in enumerate(found.rows) for place in row}
    crossing: list[set[int]] = [set() for _ in found.rows]
    for path in found.paths:
        for one, other in pairwise(path):
            crossing[row_of[other]].add(one)
    inside = {
        row
        for frame in flow.frames
        for rows in [[row_of[box] for box in frame.boxes]]
        for row in range(min(rows) + 1, max(rows) + 1)
    }
    return [row for row, places in enumerate(crossing) if len(places) == 1 and row not in inside]


def _broken(spans: Sequence[Span], free: Sequence[int], count: int) -> tuple[int, ...] | None:
    """Return the breaks into so many columns, the longest as short as can be, then all; None where there are none."""
    ends = [*free, len(spans)]
    shortest: dict[int, _Best] = {end: _with((0.0, 0.0, ()), spans[end - 1][1] - spans[0][0]) for end in ends}
    for _ in range(count - 1):
        longer: dict[int, _Best] = {}
        for end in ends:
            options = [
                _with(best, spans[end - 1][1] - spans[start][0], start)
                for start, best in shortest.items()
                if start < end
            ]
            if options:
                longer[end] = min(options)
        shortest = longer
    found = shortest.get(len(spans))
    return found[2] if found else None


def _with(best: _Best, high: float, *start: int) -> _Best:
    """Return columns with one more: the height of the longest, the sum of their squares, and the breaks."""
    longest, squares, breaks = best
    return max(longest, high), squares + high * high, (*breaks, *start)
