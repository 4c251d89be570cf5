"""Boxes in rows: each below all that it reads, and in its row where few lines cross.

A line that passes rows has a place in each of them, after Sugiyama, Tagawa and Toda, "Methods for Visual Understanding
of Hierarchical System Structures", 1981; rows are put in order by barycentres.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

_SWEEPS: Final = 12


class Ranked(NamedTuple):
    """Rows of places: boxes by their numbers, and, from the number of boxes on, places where lines pass."""

    rows: tuple[tuple[int, ...], ...]
    paths: tuple[tuple[int, ...], ...]
    """The places of each line, from row to row."""


def ranked(boxes: int, lines: Sequence[tuple[int, int]]) -> Ranked:
    """Return the rows of some boxes, whose lines go from lower numbers to higher ones.

    >>> ranked(4, [(0, 1), (1, 2), (0, 2), (2, 3)])
    Ranked(rows=((0,), (1, 4), (2,), (3,)), paths=((0, 1), (1, 2), (0, 4, 2), (2, 3)))
    """
    rank = _ranks(boxes, lines)
    rows: list[list[int]] = [[] for _ in range(max(rank) + 1)]
    for box, row in enumerate(rank):
        rows[row].append(box)
    paths = []
    passing = boxes
    for start, end in lines:
        path = [start]
        for row in range(rank[start] + 1, rank[end]):
            path.append(passing)
            rows[row].append(passing)
            passing += 1
        paths.append((*path, end))
    return Ranked(_ordered(rows, paths), tuple(paths))


def _ranks(boxes: int, lines: Sequence[tuple[int, int]]) -> list[int]:
    """Return the row of each box: as high as can be, but of what reads nothing, right above what reads it."""
    rank = [0] * boxes
    for start, end in sorted(lines, key=lambda line: line[1]):
        rank[end] = max(rank[end], rank[start] + 1)
    reading = {end for _, end in lines}
    for box in range(boxes):
        readers = [rank[end] for start, end in lines if start == box]
        if box not in reading and readers:
            rank[box] = min(readers) - 1
    return rank


def _ordered(rows: Sequence[list[int]], paths: Sequence[tuple[int, ...]]) -> tuple[tuple[int, ...], ...]:
    above: dict[int, list[int]] = {}
    below: dict[int, list[int]] = {}
    for path in paths:
        for one, other in pairwise(path):
            above.setdefault(other, []).append(one)
            below.setdefault(one, []).append(other)
    order = [*rows]
    best, fewest = [*order], _crossings(order, below)
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        places = range(1, len(order)) if down else range(len(order) - 2, -1, -1)
        for row in places:
            order[row] = _by_barycentres(order[row], order[row - 1 if down else row + 1], above if down else below)
        crossings = _crossings(order, below)
        if crossings < fewest:
            best, fewest = [*order], crossings
    return tuple(map(tuple, best))


def _by_barycentres(row: list[int], beside: list[int], joined: Mapping[int, list[int]]) -> list[int]:
    """Return a row in the order of the means of what its places are joined to; others keep theirs."""
    where = {place: number for number, place in enumerate(beside)}
    means = {}
    for number, place in enumerate(row):
        ends = [where[end] for end in joined.get(place, ())]
        means[place] = sum(ends) / len(ends) if ends else number * len(beside) / len(row)
    return sorted(row, key=lambda place: means[place])


def _crossings(rows: Sequence[list[int]], below: Mapping[int, list[int]]) -> int:
    total = 0
    for row, after in pairwise(rows):
        where = {place: number for number, place in enumerate(after)}
        ends = [where[end] for place in row for end in sorted(below.get(place, ()), key=where.__getitem__)]
        total += sum(other < one for number, one in enumerate(ends) for other in ends[number + 1 :])
    return total
