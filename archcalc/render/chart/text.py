"""A chart as text: lines in dots of Braille on a terminal, and in plain characters where a pipe or a file gets it."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from archcalc.render.chart import Axis, Chart, Line, Point, tick_text
from archcalc.render.chart.labels import Area, Room, Wanted, named, placed
from archcalc.render.sheet import cells

WIDTH: Final = 100
"""Places where nothing says how many there are."""
_WIDEST: Final = 120
_NARROWEST: Final = 40
_ROWS: Final = 16
_MOST_LABELS: Final = 10
_FARTHEST: Final = 2
_BESIDE: Final = 2
"""How many places of a box are free beside its label."""
_EMPTY: Final = 0x2800
_DOTS: Final = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bits of the dots of a character of Braille, by row and column."""


class Signs(NamedTuple):
    """The characters of a drawing."""

    points: tuple[str, ...]
    upright: str
    corner: str
    level: str
    is_braille: bool


ON_TERMINAL: Final = Signs(("●", "○", "■", "□", "▲", "△", "◆", "◇"), "│", "└", "─", is_braille=True)
PLAIN: Final = Signs(("o", "x", "#", "*", "%", "=", "@", "~"), "|", "+", "-", is_braille=False)


def render(chart: Chart, width: int | None, signs: Signs) -> str:
    """Draw a chart in so many places, or in as many as it likes."""
    drawing = _Drawing(chart, min(max(width or WIDTH, _NARROWEST), _WIDEST), signs)
    return "".join(f"{line.rstrip()}\n" for line in drawing.lines())


class _Drawing:
    """A grid of characters with the axes around it."""

    def __init__(self, chart: Chart, width: int, signs: Signs) -> None:
        self.chart, self.signs = chart, signs
        self.ticks = {self._row(value): tick_text(value) for value in chart.y.ticks(6)}
        self.margin = max(map(len, self.ticks.values()), default=0) + 1
        self.columns = width - self.margin - 1
        self.grid = [[" "] * self.columns for _ in range(_ROWS)]

    def lines(self) -> Iterator[str]:
        self._draw_bands()
        self._draw_boxes()
        self._label_boxes()
        self._draw_rules()
        crossed = self._draw_lines()
        self._draw_points(crossed)
        yield from self._head()
        for row, line in enumerate(self.grid):
            yield f"{self.ticks.get(row, '').rjust(self.margin - 1)} {self.signs.upright}{''.join(line)}"
        yield f"{' ' * self.margin}{self.signs.corner}{self.signs.level * self.columns}"
        yield self._below()
        yield f"{self.chart.x.label:>{self.margin + 1 + self.columns}}"

    def _head(self) -> Iterator[str]:
        """Yield the label of the axis that goes up, with what the marks are beside it, or where it fits above it."""
        named = ((number, name) for number, name in enumerate(self.chart.series) if name)
        marks = [f"{self.signs.points[number]} {name}" for number, name in named]
        label, width = self.chart.y.label, self.margin + 1 + self.columns
        if cells("   ".join([label, *marks])) <= width:
            yield "   ".join([label, *marks])
            return
        line = ""
        for mark in marks:
            if line and cells(line) + 3 + cells(mark) > width:
                yield line
                line = ""
            line = f"{line}   {mark}" if line else mark
        yield line
        yield label

    def _below(self) -> str:
        line = [" "] * (self.margin + 1 + self.columns)
        free = 0
        for value in self.chart.x.ticks():
            text = tick_text(value)
            start = self.margin + 1 + self._column(value) - len(text) // 2
            start = min(start, len(line) - len(text))
            if start >= free:
                line[start : start + len(text)] = text
                free = start + len(text) + 1
        return "".join(line)

    def _column(self, value: float) -> int:
        return round(self.chart.x.place(value) * (self.columns - 1))

    def _row(self, value: float) -> int:
        return _ROWS - 1 - round(self.chart.y.place(value) * (_ROWS - 1))

    def _draw_boxes(self) -> None:
        for box in self.chart.boxes:
            for row in range(self._row(box.high), self._row(box.low) + 1):
                for column in range(self._column(box.left), self._column(box.right) + 1):
                    self._set(row, column, self.signs.points[box.series])

    def _label_boxes(self) -> None:
        """Write the labels that fit in their boxes, in the middle."""
        for box in self.chart.boxes:
            left, right, low, high = *map(self._column, (box.left, box.right)), *map(self._row, (box.low, box.high))
            free = right - left + 1 - cells(box.label)
            if box.label and free >= _BESIDE and low > high:
                self._write((low + high) // 2, left + free // 2 - 1, f" {box.label} ")

    def _draw_bands(self) -> None:
        """Fill each column with the highest of the steps that lie in it."""
        if not self.chart.bands:
            return
        top, half = self.chart.bands[-1], 0.5 * (self.chart.x.high - self.chart.x.low) / (self.columns - 1)
        for column in range(self.columns):
            middle = self.chart.x.low + 2 * half * column
            first = max(bisect_right(top.edges, middle - half) - 1, 0)
            after = min(max(bisect_left(top.edges, middle + half), first + 1), len(top.high))
            highest = max(range(min(first, after - 1), after), key=top.high.__getitem__)
            for row in range(_ROWS):
                self._fill(row, column, highest)

    def _fill(self, row: int, column: int, step: int) -> None:
        """Draw the band that is at a row in a step, seen from the middle between this row and the one below."""
        y = self.chart.y
        level = y.low + max(_ROWS - 1.5 - row, 0.01) / (_ROWS - 1) * (y.high - y.low)
        for band in self.chart.bands:
            if band.low[step] < level <= band.high[step]:
                self._set(row, column, self.signs.points[band.series])

    def _draw_rules(self) -> None:
        """Draw rules where nothing else is, with their labels before their ends where they fit."""
        start = 0
        for rule in self.chart.rules:
            if rule.is_level:
                row = self._row(rule.value)
                for column in range(0, self.columns, 2):
                    self._draw_over_nothing(row, column, self.signs.level)
                self._write(max(row - 1, 0), max(self.columns - cells(rule.label), 0), rule.label[: self.columns])
            else:
                column = self._column(rule.value)
                for row in range(_ROWS):
                    self._draw_over_nothing(row, column, self.signs.upright)
                if column - start > cells(rule.label) + 1:
                    self._write(0, column - cells(rule.label), rule.label)
                start = column

    def _draw_over_nothing(self, row: int, column: int, sign: str) -> None:
        if self.grid[row][column] == " ":
            self.grid[row][column] = sign

    def _draw_lines(self) -> list[tuple[float, float]]:
        """Draw the lines; return the places that they cross."""
        dots: dict[tuple[int, int], int] = {}
        crossed = []
        for line in self.chart.lines:
            for number, (x, y, sign) in enumerate(self._along(line.points)):
                row, column = int(y), int(x)
                if line.is_dashed and number // 8 % 2:
                    continue
                crossed.append((float(column), float(row)))
                if self.signs.is_braille:
                    dots[row, column] = dots.get((row, column), 0) | _DOTS[int(y % 1 * 4)][int(x % 1 * 2)]
                else:
                    self._set(row, column, sign)
        for (row, column), bits in dots.items():
            self._set(row, column, chr(_EMPTY + bits))
        return crossed

    def _along(self, points: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float, str]]:
        """Yield places on a line, closer than dots, each with the character that has the slope there."""
        places = [(self._exact(self.chart.x, x, self.columns), self._exact(self.chart.y, y, _ROWS)) for x, y in points]
        for (x1, y1), (x2, y2) in pairwise(places):
            y1, y2 = _ROWS - y1, _ROWS - y2
            steps = int(max(abs(x2 - x1) * 4, abs(y2 - y1) * 8)) + 1
            sign = _slope(x2 - x1, y1 - y2)
            for step in range(steps + 1):
                yield x1 + (x2 - x1) * step / steps, y1 + (y2 - y1) * step / steps, sign

    @staticmethod
    def _exact(axis: Axis, value: float, size: int) -> float:
        """Return a place within the characters, in whose middle the axis begins and ends."""
        return axis.place(value) * (size - 1) + 0.5

    def _draw_points(self, crossed: Sequence[tuple[float, float]]) -> None:
        groups = self._together()
        for (row, column), points in reversed(groups.items()):
            self._set(row, column, self.signs.points[points[0].series])
        wanted = [self._at_end(line) for line in self.chart.lines if line.label]
        for (row, column), points in groups.items():
            text = named([point.label for point in points])
            wanted.append(Wanted(column, row, text, cells(text), 0.5, 1))
        room = Room(Area(-0.5, -0.5, self.columns - 0.5, _ROWS - 0.5), crossed, 1, _FARTHEST, _MOST_LABELS)
        for label, area in zip(wanted, placed(wanted, room), strict=True):
            if area:
                self._write(round(area.top + 0.5), int(area.left + 0.5), label.text)

    def _at_end(self, line: Line) -> Wanted:
        """Return the label of a line, which ends where the line does."""
        x, y = line.points[-1]
        width = cells(line.label)
        return Wanted(self._column(x) - (width - 1) / 2, self._row(y), line.label, width, 0, 0)

    def _together(self) -> dict[tuple[int, int], list[Point]]:
        """Return the points by the characters where they are, the heaviest first."""
        groups: dict[tuple[int, int], list[Point]] = {}
        for point in sorted(self.chart.points, key=lambda point: -point.weight):
            groups.setdefault((self._row(point.y), self._column(point.x)), []).append(point)
        return groups

    def _write(self, row: int, column: int, text: str) -> None:
        self.grid[row][column : column + cells(text)] = [text, *[""] * (cells(text) - 1)]

    def _set(self, row: int, column: int, sign: str) -> None:
        if 0 <= row < _ROWS and 0 <= column < self.columns:
            self.grid[row][column] = sign


def _slope(across: float, up: float) -> str:
    if abs(up) < abs(across) / 8:
        return "-"
    if abs(across) < abs(up) / 4:
        return "|"
    return "/" if across * up > 0 else "\\"
