"""Where labels go: beside their points, and neither on another label nor, if it can be helped, on a line.

All sizes are in one unit, pixels or places of a terminal.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

_LONGEST: Final = 26
"""How many letters the names of points in one place may take together; the first is always there."""

_CROSSING: Final = 3
"""What it costs to lie on a line, in steps away from the point."""


class Area(NamedTuple):
    """A rectangle; down is where numbers grow."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Area") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def widened(self, gap: float) -> "Area":
        return self._replace(left=self.left - gap, right=self.right + gap)

    def holds(self, x: float, y: float) -> bool:
        return self.left <= x <= self.right and self.top <= y <= self.bottom


class Wanted(NamedTuple):
    """A label beside a mark, whose half width is `mark`; a `gap` at least is between it and whatever stands beside."""

    x: float
    y: float
    text: str
    width: float
    mark: float
    gap: float


def named(names: Sequence[str]) -> str:
    """Return what stands beside several points in one place.

    >>> named(["fc6", "fc7"]), named(["layer2.first.sum.conv3", "layer2.rest.0.sum.conv1", "fc"])
    ('fc6 fc7', 'layer2.first.sum.conv3 and 2 more')
    """
    shown = max(count for count in range(1, len(names) + 1) if count == 1 or len(" ".join(names[:count])) <= _LONGEST)
    more = len(names) - shown
    return " ".join([*names[:shown], *([f"and {more} more"] if more else [])])


class Room(NamedTuple):
    """Where labels may stand: within `bounds`, better not on `lines`, and at most so many lines of text away."""

    bounds: Area
    lines: Sequence[tuple[float, float]]
    height: float
    farthest: int
    most: int
    """How many labels there may be."""


def placed(labels: Sequence[Wanted], room: Room) -> list[Area | None]:
    """Return the place of each label, the first ones first; None where there is no room. Nothing covers a mark."""
    marks = (Area(one.x - one.mark, one.y - one.mark, one.x + one.mark, one.y + one.mark) for one in labels)
    taken = [area.widened(one.gap) for area, one in zip(marks, labels, strict=True)]
    found: list[Area | None] = []
    for label in labels[: room.most]:
        best = _best(label, room, taken)
        found.append(best)
        taken += [best.widened(label.gap)] if best else []
    return [*found, *[None] * (len(labels) - len(found))]


def _best(label: Wanted, room: Room, taken: Sequence[Area]) -> Area | None:
    """Return the place that costs least, of those that are free."""
    free = (
        (cost + _CROSSING * any(area.holds(*place) for place in room.lines), rank, area)
        for rank, (cost, area) in enumerate(_candidates(label, room))
        if _is_inside(area, room.bounds) and not any(area.meets(other) for other in taken)
    )
    best = min(free, default=None)
    return best[2] if best else None


def _is_inside(area: Area, bounds: Area) -> bool:
    return (
        bounds.left <= area.left
        and area.right <= bounds.right
        and bounds.top <= area.top
        and area.bottom <= bounds.bottom
    )


def _candidates(label: Wanted, room: Room) -> Iterator[tuple[int, Area]]:
    """Yield places around a point, each with the steps that it is away."""
    away = label.mark + label.gap
    right, left = label.x + away, label.x - away - label.width
    middle = label.x - label.width / 2
    for ring in range(room.farthest + 1):
        for step in (ring, -ring) if ring else (0,):
            for start in (right, left) if not ring else (middle, right, left):
                top = label.y + (step - 0.5) * room.height
                yield ring, Area(start, top, start + label.width, top + room.height)
