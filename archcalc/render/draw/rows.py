"""Where the boxes of a flow stand: in rows from top to bottom, each as near as can be to what it is joined to."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from archcalc.analysis.draw.flow import Flow
from archcalc.analysis.draw.ranks import Ranked, ranked
from archcalc.render.draw.boxes import Drawn
from archcalc.render.draw.columns import Columns, columns_of
from archcalc.render.draw.places import across, straighten
from archcalc.render.picture.scene import Place

_LANE: Final = 12.0
"""How wide the place of a line is that passes a row."""
_GAP: Final = 24.0
_FRAME_GAP: Final = 46.0
"""What is free between two rows, and above one where a block that is open begins, or below one where it ends."""
_TURN: Final = 22.0
"""How far below a column, and above the next, the line turns that goes on there: outside the frames of open blocks."""
_PORT: Final = 12.0


class Layout(NamedTuple):
    """Middles of boxes, lines as curves, and how wide and high all is; the upper left corner is at 0, 0."""

    middles: tuple[Place, ...]
    lines: tuple[tuple[Place, ...], ...]
    lanes: tuple[tuple[Place, ...], ...]
    """Where each line passes rows."""
    width: float
    height: float


def in_rows(flow: Flow, boxes: Sequence[Drawn]) -> Layout:
    """Return the boxes in rows, and these in columns, with lines that bend between the rows only."""
    found = ranked(len(boxes), flow.lines)
    widths = {place: boxes[place].width if place < len(boxes) else _LANE for row in found.rows for place in row}
    x = across(found, widths, len(boxes))
    straighten(found, x, widths, len(boxes))
    row_of = {place: number for number, row in enumerate(found.rows) for place in row}
    spans = _down(found, flow, boxes)
    columns = columns_of(found, flow, x, widths, spans)
    x = {place: at + columns.moves[row_of[place]][0] for place, at in x.items()}
    spans = [(top + move, low + move) for (top, low), (_, move) in zip(spans, columns.moves, strict=True)]
    middles = tuple((x[box], sum(spans[row_of[box]]) / 2) for box in range(len(boxes)))
    lines = _Lines(found, boxes, middles, x, spans, columns)
    right = max(x[place] + widths[place] / 2 for place in x)
    is_last_open = any(len(found.rows) - 1 == max(row_of[box] for box in frame.boxes) for frame in flow.frames)
    low = max(columns.lows) + (_TURN if is_last_open or columns.breaks else 0)
    lanes = tuple(tuple((x[place], sum(spans[row_of[place]]) / 2) for place in path[1:-1]) for path in found.paths)
    return Layout(middles, tuple(map(lines.curve, range(len(found.paths)))), lanes, right, low)


def _down(found: Ranked, flow: Flow, boxes: Sequence[Drawn]) -> list[tuple[float, float]]:
    """Return where each row begins and ends."""
    row_of = {place: number for number, row in enumerate(found.rows) for place in row}
    inside = [[row_of[box] for box in frame.boxes] for frame in flow.frames]
    wide = {min(rows) for rows in inside} | {max(rows) + 1 for rows in inside}
    spans = []
    y = _TURN
    for number, row in enumerate(found.rows):
        if number:
            y += _FRAME_GAP if number in wide else _GAP
        high = max((boxes[place].height for place in row if place < len(boxes)), default=0.0)
        spans.append((y, y + high))
        y += high
    return spans


class _Lines:
    """The lines between boxes that have their places."""

    def __init__(
        self,
        found: Ranked,
        boxes: Sequence[Drawn],
        middles: Sequence[Place],
        x: Mapping[int, float],
        spans: Sequence[tuple[float, float]],
        columns: Columns,
    ) -> None:
        self.found, self.boxes, self.middles, self.x = found, boxes, middles, x
        self.spans, self.columns = spans, columns
        self.row_of = {place: number for number, row in enumerate(found.rows) for place in row}
        self.ports = self._ports()

    def _ports(self) -> dict[int, float]:
        """Return how far beside the middle of its box each line arrives, so that two do not end in one place."""
        arriving: dict[int, list[int]] = {}
        for number, path in enumerate(self.found.paths):
            arriving.setdefault(path[-1], []).append(number)
        ports = {}
        for numbers in arriving.values():
            ordered = sorted(numbers, key=lambda number: (self.x[self.found.paths[number][-2]], number))
            for place, number in enumerate(ordered):
                ports[number] = _PORT * (place - (len(ordered) - 1) / 2)
        return ports

    def curve(self, number: int) -> tuple[Place, ...]:
        """Return a line from the lower edge of a box to the upper edge of another, upright where it passes a row."""
        first, *passed, last = self.found.paths[number]
        start = (self.x[first], self.middles[first][1] + self.boxes[first].height / 2)
        end = (self.x[last] + self.ports[number], self.middles[last][1] - self.boxes[last].height / 2)
        curve = [start]
        _go_straight(curve, (start[0], self.spans[self.row_of[first]][1]))
        for place in passed:
            top, low = self.spans[self.row_of[place]]
            self._go_on(curve, (self.x[place], top), self.row_of[place])
            _go_straight(curve, (self.x[place], low))
        self._go_on(curve, (end[0], self.spans[self.row_of[last]][0]), self.row_of[last])
        _go_straight(curve, end)
        return tuple(curve)

    def _go_on(self, curve: list[Place], to: Place, row: int) -> None:
        """Go from one row to the next, or to the next column."""
        (x, y) = curve[-1]
        if row in self.columns.breaks:
            lane = self.columns.lanes[self.columns.breaks.index(row)]
            low, top = self.columns.lows[self.columns.breaks.index(row)] + _TURN, to[1] - _TURN
            for place in ((x, low), (lane, low), (lane, top), (to[0], top), to):
                _go_straight(curve, place)
        else:
            middle = (y + to[1]) / 2
            curve += [(x, middle), (to[0], middle), to]


def _go_straight(curve: list[Place], to: Place) -> None:
    (x, y) = curve[-1]
    if to != (x, y):
        thirds = [(x + part * (to[0] - x) / 3, y + part * (to[1] - y) / 3) for part in (1, 2)]
        curve += [*thirds, to]
