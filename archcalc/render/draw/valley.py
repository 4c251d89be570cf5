"""Where the boxes of a flow stand that goes down in size and up again: as a U, with the lines across it level."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from archcalc.analysis.draw.flow import Flow, Valley
from archcalc.render.draw.boxes import Drawn
from archcalc.render.draw.rows import Layout
from archcalc.render.picture.scene import Place

_GAP: Final = 22.0
_WAY: Final = 90.0
"""How far apart both ways are."""
_BESIDE: Final = 16.0


def as_valley(flow: Flow, boxes: Sequence[Drawn], found: Valley) -> Layout:
    """Return the boxes in two columns, the way down at the left, and what has least places between them, lowest."""
    down, low, up = (
        [*range(found.bottom)],
        [*range(found.bottom, found.last + 1)],
        [*range(found.last + 1, len(boxes))],
    )
    heights = _heights(boxes, found)
    left = max(boxes[box].width for box in down)
    right = max(boxes[box].width for box in up)
    way = max(_WAY, max(boxes[box].width for box in low) - (left + right) / 2 + 2 * _GAP)
    middle_of_low = left + way / 2
    at = dict.fromkeys(down, left / 2) | dict.fromkeys(low, middle_of_low) | dict.fromkeys(up, left + way + right / 2)
    top = min(heights[box] - boxes[box].height / 2 for box in heights)
    middles = tuple((at[box], heights[box] - top) for box in range(len(boxes)))
    lines = tuple(_line(line, found, boxes, middles) for line in flow.lines)
    end = max(middle[1] + box.height / 2 for middle, box in zip(middles, boxes, strict=True))
    return Layout(middles, lines, ((),) * len(lines), left + way + right + (_BESIDE + 4 if found.beside else 0), end)


def _heights(boxes: Sequence[Drawn], found: Valley) -> dict[int, float]:
    """Return how far below the lowest box of both ways the middle of each box is; above it, it is negative."""
    heights: dict[int, float] = {}
    start = (found.bottom, found.last)
    base = 0.0
    heights[start[0]] = heights[start[1]] = base
    y = boxes[found.bottom].height / 2
    for one, other in pairwise(range(found.bottom, found.last + 1)):
        heights[other] = heights[one] + (boxes[one].height + boxes[other].height) / 2 + _GAP
    heights[found.bottom] = 0.0
    ends = (-y, -y)
    for down, up in found.across:
        left, right = [*range(start[0] - 1, down - 1, -1)], [*range(start[1] + 1, up + 1)]
        level = min(end - _need(boxes, column) for end, column in zip(ends, (left, right), strict=True))
        for column, end in zip((left, right), ends, strict=True):
            heights |= _spread(boxes, column, end, level)
        ends = (level - boxes[down].height / 2, level - boxes[up].height / 2)
        start = (down, up)
    for column, end in (([*range(start[0] - 1, -1, -1)], ends[0]), ([*range(start[1] + 1, len(boxes))], ends[1])):
        heights |= _spread(boxes, column, end, end - _need(boxes, column)) if column else {}
    return heights


def _need(boxes: Sequence[Drawn], column: Sequence[int]) -> float:
    """Return how far the middle of the last of some boxes, one above the other, is above where they begin."""
    return sum(boxes[box].height + _GAP for box in column) - boxes[column[-1]].height / 2


def _spread(boxes: Sequence[Drawn], column: Sequence[int], end: float, level: float) -> dict[int, float]:
    """Return the middles of boxes upwards from `end`, evenly apart, the last at a level."""
    more = (end - level - _need(boxes, column)) / len(column)
    heights, y = {}, end
    for box in column:
        y -= _GAP + more
        heights[box] = y - boxes[box].height / 2
        y -= boxes[box].height
    return heights


def _line(line: tuple[int, int], found: Valley, boxes: Sequence[Drawn], middles: Sequence[Place]) -> tuple[Place, ...]:
    one, other = line
    (x1, y1), (x2, y2) = middles[one], middles[other]
    if line in found.across:
        start, end = (x1 + boxes[one].width / 2, y1), (x2 - boxes[other].width / 2, y2)
        return start, _between(start, end, 1 / 3), _between(start, end, 2 / 3), end
    if line in found.beside:
        out = max(middles[box][0] + boxes[box].width / 2 for box in range(one, other + 1)) + _BESIDE
        start, end = (x1 + boxes[one].width / 2, y1), (x2 + boxes[other].width / 2, y2)
        return start, (out, y1), (out, y2), end
    if one > found.last:
        start, end = (x1, y1 - boxes[one].height / 2), (x2, y2 + boxes[other].height / 2)
    elif one == found.last:
        start, end = (x1 + boxes[one].width / 2, y1), (x2, y2 + boxes[other].height / 2)
        return start, (x2, y1), (x2, y1), end
    elif other == found.bottom:
        start, end = (x1, y1 + boxes[one].height / 2), (x2 - boxes[other].width / 2, y2)
        return start, (x1, y2), (x1, y2), end
    else:
        start, end = (x1, y1 + boxes[one].height / 2), (x2, y2 - boxes[other].height / 2)
    return start, _between(start, end, 1 / 3), _between(start, end, 2 / 3), end


def _between(start: Place, end: Place, part: float) -> Place:
    return start[0] + part * (end[0] - start[0]), start[1] + part * (end[1] - start[1])
