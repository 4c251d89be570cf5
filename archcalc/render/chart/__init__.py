"""A chart as data: axes, and on them lines, points, boxes, bands and rules.

`svg` draws it for a page, `text` for a terminal.
"""

from collections.abc import Sequence
from math import floor, log10
from typing import NamedTuple


class Axis(NamedTuple):
    """One direction of a chart, from `low` to `high`."""

    label: str
    low: float
    high: float
    is_log: bool = False

    def place(self, value: float) -> float:
        """Return where a value lies, from 0 at `low` to 1 at `high`.

        >>> Axis("", 1, 100, is_log=True).place(10), Axis("", 0, 50).place(10)
        (0.5, 0.2)
        """
        if self.is_log:
            return log10(value / self.low) / log10(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def ticks(self, most: int = 8) -> list[float]:
        """Return round values to write beside the axis, at most so many.

        >>> Axis("", 0.1, 1000, is_log=True).ticks(), Axis("", 2, 30, is_log=True).ticks(), Axis("", 0, 90).ticks(5)
        ([0.1, 1.0, 10.0, 100.0, 1000.0], [2.0, 5.0, 10.0, 20.0], [0.0, 20.0, 40.0, 60.0, 80.0])
        """
        return self._ticks_of_log(most) if self.is_log else self._ticks_in_steps(most)

    def _ticks_of_log(self, most: int) -> list[float]:
        first, last = floor(log10(self.low)), floor(log10(self.high)) + 1
        tens = [float(f"1e{power}") for power in range(first, last + 1)]
        halves = [float(f"{digit}e{power}") for power in range(first, last + 1) for digit in (1, 2, 5)]
        found = [value for value in halves if self._holds(value)]
        if len(found) > most or sum(map(self._holds, tens)) > 2:
            found = [value for value in tens if self._holds(value)]
        return found[:: -(-len(found) // most)] if found else []

    def _ticks_in_steps(self, most: int) -> list[float]:
        span = self.high - self.low
        power = floor(log10(span / most))
        steps = [float(f"{digit}e{power + more}") for more in (0, 1) for digit in (1, 2, 5)]
        step = next(step for step in steps if span / step < most)
        first = -int(-self.low // step)
        values = (float(f"{number * step:.12g}") for number in range(first, first + most + 1))
        return [value for value in values if self._holds(value)]

    def _holds(self, value: float) -> bool:
        slack = 1e-9 * (self.high - self.low)
        return self.low - slack <= value <= self.high + slack


class Line(NamedTuple):
    """Points that are joined, in the order in which they are given; `label` stands at the last."""

    points: tuple[tuple[float, float], ...]
    label: str = ""
    series: int = 0
    is_dashed: bool = False


class Point(NamedTuple):
    """A mark; its `weight`, from 0 to 1, says how large it is, and which labels come first where room is short."""

    x: float
    y: float
    label: str
    series: int = 0
    weight: float = 0.0


class Box(NamedTuple):
    """A filled rectangle, such as a bar, or a span of time; its `label` stands in it where there is room."""

    left: float
    right: float
    low: float
    high: float
    label: str = ""
    series: int = 0
    title: str = ""
    """What is said of it beside its label, where a pointer rests on it; the label, if nothing is."""


class Band(NamedTuple):
    """What lies between two levels that change in steps, level `i` from `edges[i]` to `edges[i + 1]`."""

    edges: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    label: str
    series: int = 0


class Rule(NamedTuple):
    """A line across the whole chart, at a level or, upright, at a place; its label stands before its end."""

    value: float
    label: str
    is_level: bool = False


def stacked(edges: Sequence[float], parts: Sequence[Sequence[float]], labels: Sequence[str]) -> tuple[Band, ...]:
    """Return bands one on the other: of series 0, 1 and so on, each with a number for each step; none of zeros alone.

    >>> [(band.high, band.series) for band in stacked((0, 1, 2), [(1, 2), (0, 0), (3, 0)], ["one", "no", "other"])]
    [((1.0, 2.0), 0), ((4.0, 2.0), 2)]
    """
    bands, low = [], tuple(0.0 for _ in edges[1:])
    for number, (part, label) in enumerate(zip(parts, labels, strict=True)):
        high = tuple(below + more for below, more in zip(low, part, strict=True))
        if high != low:
            bands.append(Band(tuple(edges), low, high, label, number))
        low = high
    return tuple(bands)


class Chart(NamedTuple):
    """A chart; `description` says in words what it shows, for whoever cannot see it."""

    title: str
    description: str
    x: Axis
    y: Axis
    lines: tuple[Line, ...] = ()
    points: tuple[Point, ...] = ()
    boxes: tuple[Box, ...] = ()
    bands: tuple[Band, ...] = ()
    """Of one stack: they share their edges."""
    rules: tuple[Rule, ...] = ()
    """Upright ones from left to right."""
    series: tuple[str, ...] = ()
    """What the series of points, boxes and bands are, the first series 0; one without a name is not in the legend."""


def tick_text(value: float) -> str:
    """
    >>> tick_text(0.01), tick_text(2000.0), tick_text(50_000.0), tick_text(2e6), tick_text(1e9)
    ('0.01', '2000', '50k', '2M', '1e+09')
    """
    if 1e6 <= value < 1e9:
        return f"{value / 1e6:g}M"
    return f"{value / 1e3:g}k" if 1e4 <= value < 1e6 else f"{value:g}"
