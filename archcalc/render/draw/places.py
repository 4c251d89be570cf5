"""Where boxes stand in their rows: each as near as can be to what it is joined to, and lines straight."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from archcalc.analysis.draw.ranks import Ranked

_BETWEEN: Final = 24.0
_SWEEPS: Final = 24
_STRAIGHT: Final = 6.0
"""How much more boxes that follow each other, and lines that pass rows, want to be straight."""


def across(found: Ranked, widths: Mapping[int, float], boxes: int) -> dict[int, float]:
    """Return the middle of each place, after sweeps in which each row goes where the rows beside it want it."""
    joined: dict[int, list[tuple[int, int, float]]] = {}
    rows = {place: number for number, row in enumerate(found.rows) for place in row}
    for path in found.paths:
        for one, other in pairwise(path):
            for here, there in ((one, other), (other, one)):
                weight = _STRAIGHT if (here >= boxes) == (there >= boxes) else 1.0
                joined.setdefault(here, []).append((rows[there], there, weight))
    x: dict[int, float] = {}
    for row in found.rows:
        x |= _apart(row, dict.fromkeys(row, (0.0, 1.0)), widths)
    for sweep in range(_SWEEPS):
        order = range(len(found.rows)) if sweep % 2 == 0 else range(len(found.rows) - 1, -1, -1)
        beside = (-1,) if sweep % 2 == 0 else (1,)
        for number in order:
            steps = beside if sweep < _SWEEPS - 4 else (-1, 1)
            wanted = {
                place: _mean(x, [(end, w) for row, end, w in joined.get(place, ()) if row - number in steps], place)
                for place in found.rows[number]
            }
            x |= _apart(found.rows[number], wanted, widths)
    return x


def _mean(x: Mapping[int, float], ends: Sequence[tuple[int, float]], place: int) -> tuple[float, float]:
    """Return where a place wants to be, and how much."""
    weight = sum(one for _, one in ends)
    return (sum(x[end] * one for end, one in ends) / weight, weight) if ends else (x[place], 0.01)


def _apart(
    row: Sequence[int], wanted: Mapping[int, tuple[float, float]], widths: Mapping[int, float]
) -> dict[int, float]:
    """Return places in their order, none over another, each as near to where it wants to be as that allows.

    These are the least squares, found by pooling neighbours that are in each other's way.
    """
    shift, shifts = 0.0, []
    for number, place in enumerate(row):
        if number:
            shift += (widths[row[number - 1]] + widths[place]) / 2 + _BETWEEN
        shifts.append(shift)
    pools: list[tuple[float, float, int]] = []
    for place, moved in zip(row, shifts, strict=True):
        at, weight = wanted[place]
        pools.append((at - moved, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (one, heavy, many), (other, light, few) = pools[-2:]
            pools[-2:] = [((one * heavy + other * light) / (heavy + light), heavy + light, many + few)]
    middles = [at for at, _, many in pools for _ in range(many)]
    return {place: middle + moved for place, middle, moved in zip(row, middles, shifts, strict=True)}


def straighten(found: Ranked, x: dict[int, float], widths: Mapping[int, float], boxes: int) -> None:
    """Put one above the other, where that is free, what alone follows each other, and where a line passes rows."""
    beside: dict[int, tuple[int | None, int | None]] = {}
    for row in found.rows:
        padded = [None, *row, None]
        beside |= {place: (padded[at], padded[at + 2]) for at, place in enumerate(row)}
    for chain in _chains(found, boxes):
        low, high = float("-inf"), float("inf")
        for place in chain:
            before, after = beside[place]
            if before is not None:
                low = max(low, x[before] + (widths[before] + widths[place]) / 2 + _BETWEEN)
            if after is not None:
                high = min(high, x[after] - (widths[after] + widths[place]) / 2 - _BETWEEN)
        if low <= high:
            x |= dict.fromkeys(chain, min(max(sum(x[place] for place in chain) / len(chain), low), high))


def _chains(found: Ranked, boxes: int) -> Iterator[list[int]]:
    """Yield the boxes that alone follow each other, then the places that each line passes."""
    steps = [(path[0], path[1]) for path in found.paths if len(path) == 2]
    after = {one: other for one, other in steps if sum(start == one for start, _ in steps) == 1}
    before = {other: one for one, other in steps if sum(end == other for _, end in steps) == 1}
    links = {one: other for one, other in after.items() if before.get(other) == one}
    for start in range(boxes):
        if start in links and start not in links.values():
            chain = [start]
            while chain[-1] in links:
                chain.append(links[chain[-1]])
            yield chain
    yield from ([*path[1:-1]] for path in found.paths if len(path) > 3)
