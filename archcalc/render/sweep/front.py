"""The front of a sweep as a chart: each variant that no other is better than, at its two numbers."""

from typing import Final

from archcalc.analysis.sweep.axes import in_words
from archcalc.analysis.sweep.found import Found
from archcalc.render.chart import Axis, Chart, Line, Point

_MOST_POINTS: Final = 200
_ROOM: Final = 0.05
_WIDE: Final = 50
"""From how many times its least number on an axis is in powers of ten."""


def chart(found: Found) -> Chart | None:
    """Return the chart of the first two columns of a front; None where there is none, or just one variant."""
    front = found.search.best.front
    rows = [*found.rows(_MOST_POINTS)]
    if len(front) < 2 or len(rows) < 2:
        return None
    first, second = (found.names.index(one.column) for one in front[:2])
    places = [(float(row[first]), float(row[second])) for row in rows]
    x, y = (_axis(str(one), [place[side] for place in places]) for side, one in enumerate(front[:2]))
    axes = len(found.search.space.names)
    labels = [
        ", ".join(in_words(name, value) for name, value in zip(found.names[:axes], row[:axes], strict=True))
        for row in rows
    ]
    shown = f"the first {len(rows):,}" if found.count > len(rows) else f"{len(rows):,}"
    return Chart(
        title=f"{found.spec.label}: front of {', '.join(map(str, front))}",
        description=f"{shown} variants that no other is better than, by {x.label} and {y.label}.",
        x=x,
        y=y,
        lines=(Line(tuple(sorted(places)), is_dashed=True),) if len(front) == 2 else (),
        points=tuple(Point(*place, label) for place, label in zip(places, labels, strict=True)),
    )


def _axis(label: str, values: list[float]) -> Axis:
    low, high = min(values), max(values)
    name = f"{label.removeprefix('-')}{', the larger the better' if label.startswith('-') else ''}"
    if low > 0 and high / low > _WIDE:
        return Axis(name, low / 1.2, high * 1.2, is_log=True)
    room = (high - low) * _ROOM or abs(high) * _ROOM or 1.0
    return Axis(name, low - room, high + room)
