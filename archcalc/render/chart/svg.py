"""A chart as SVG: text that can be selected, no script, light and dark, and the same bytes for the same chart."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import sqrt
from typing import Final

from archcalc.render.chart import Chart, Line, Point, filled, tick_text
from archcalc.render.chart.drawing import HEIGHT, LETTER, LINE, PLOT, WIDTH, across, down
from archcalc.render.chart.labels import Area, Room, Wanted, named, placed
from archcalc.render.picture.elements import opened, safe, turned, written
from archcalc.render.picture.letters import width
from archcalc.render.picture.palette import INK, LIGHT

_NEAR: Final = 7.0
"""Points as near as this share a label."""
_MOST_LABELS: Final = 12
_FARTHEST: Final = 5
_SAMPLES: Final = 60


def render(chart: Chart) -> str:
    """Write a chart as a picture that stands alone, or in a page."""
    return "\n".join(_lines(chart)) + "\n"


def _lines(chart: Chart) -> Iterator[str]:
    yield from opened(WIDTH, HEIGHT, chart.title, chart.description)
    yield written(PLOT.left - 50, 22, chart.title, "ink", bold=True, size=14)
    yield from _legend(chart)
    yield from _axes(chart)
    yield from (filled.band(chart, band) for band in chart.bands)
    for box in chart.boxes:
        yield from filled.box(chart, box)
    yield from filled.rules(chart)
    yield from (_polyline(chart, line) for line in chart.lines)
    yield from (_circle(chart, point) for point in chart.points)
    yield from _labels(chart)
    yield "</svg>"


def _legend(chart: Chart) -> Iterator[str]:
    """Yield what the series are, as far as there is room."""
    x = PLOT.left - 50
    for number, name in ((number, name) for number, name in enumerate(chart.series) if name):
        if x + 14 + width(name) > WIDTH:
            return
        yield f'<circle class="fill{number}" cx="{x + 5:.1f}" cy="38.0" r="4.5" fill="{LIGHT[number]}"/>'
        yield written(x + 14, 42, name, "soft")
        x += 34 + width(name)


def _axes(chart: Chart) -> Iterator[str]:
    left, top, right, bottom = PLOT
    grid = f'class="grid" stroke="{INK["grid"][0]}" stroke-width="1"'
    for value in chart.x.ticks():
        x = across(chart.x, value)
        yield f'<line {grid} x1="{x:.1f}" y1="{top:.1f}" x2="{x:.1f}" y2="{bottom:.1f}"/>'
        yield written(x, bottom + 17, tick_text(value), "soft", "middle")
    for value in chart.y.ticks():
        y = down(chart.y, value)
        yield f'<line {grid} x1="{left:.1f}" y1="{y:.1f}" x2="{right:.1f}" y2="{y:.1f}"/>'
        yield written(left - 8, y + 4, tick_text(value), "soft", "end")
    yield written((left + right) / 2, bottom + 38, chart.x.label, "ink", "middle")
    yield turned(16, (top + bottom) / 2, chart.y.label, "ink")


def _polyline(chart: Chart, line: Line) -> str:
    places = " ".join(f"{across(chart.x, x):.1f},{down(chart.y, y):.1f}" for x, y in line.points)
    dashes = ' stroke-dasharray="5 4"' if line.is_dashed else ""
    return f'<polyline class="roof" points="{places}" fill="none" stroke="{INK["ink"][0]}" stroke-width="1.6"{dashes}/>'


def _radius(point: Point) -> float:
    return 3.5 + 6 * sqrt(point.weight)


def _circle(chart: Chart, point: Point) -> str:
    x, y = across(chart.x, point.x), down(chart.y, point.y)
    return (
        f'<circle class="fill{point.series}" cx="{x:.1f}" cy="{y:.1f}" r="{_radius(point):.1f}" '
        f'fill="{LIGHT[point.series]}" fill-opacity="0.8"><title>{safe(point.label)}</title></circle>'
    )


def _labels(chart: Chart) -> Iterator[str]:
    """Yield the labels of points, those of the heaviest first, and of lines, which stand above their ends."""
    wanted = [_wanted(chart, points) for points in _together(chart)]
    ends = [_at_end(chart, line) for line in chart.lines if line.label]
    labels = [*ends, *wanted]
    room = Room(PLOT, list(_sampled(chart)), LINE, _FARTHEST, len(ends) + _MOST_LABELS)
    for label, area in zip(labels, placed(labels, room), strict=True):
        if area:
            yield from _leader(label, area)
            yield written(area.left, area.bottom - 3.5, label.text, "soft" if label in ends else "ink")


def _leader(label: Wanted, area: Area) -> Iterator[str]:
    """Yield a line from a label to its mark, where it does not stand right beside it."""
    end = area.bottom if area.bottom < label.y else area.top
    if abs(end - label.y) > LINE:
        x = min(max(label.x, area.left), area.right)
        yield (
            f'<line class="lead" stroke="{INK["soft"][0]}" stroke-width="0.6" x1="{x:.1f}" y1="{end:.1f}" '
            f'x2="{label.x:.1f}" y2="{label.y:.1f}"/>'
        )


def _at_end(chart: Chart, line: Line) -> Wanted:
    x, y = line.points[-1]
    length = width(line.label)
    return Wanted(across(chart.x, x) - length / 2 - 4, down(chart.y, y), line.label, length, 0.5, 0.5)


def _wanted(chart: Chart, points: Sequence[Point]) -> Wanted:
    first, text = points[0], named([point.label for point in points])
    x, y = across(chart.x, first.x), down(chart.y, first.y)
    return Wanted(x, y, text, width(text), _radius(first) * 0.8, LETTER)


def _together(chart: Chart) -> list[list[Point]]:
    """Return the points by the places where they are, the heaviest first."""
    groups: list[list[Point]] = []
    for point in sorted(chart.points, key=lambda point: -point.weight):
        for group in groups:
            beside = abs(across(chart.x, group[0].x) - across(chart.x, point.x))
            below = abs(down(chart.y, group[0].y) - down(chart.y, point.y))
            if max(beside, below) < _NEAR:
                group.append(point)
                break
        else:
            groups.append([point])
    return groups


def _sampled(chart: Chart) -> Iterator[tuple[float, float]]:
    """Yield places on the lines, close to each other."""
    for line in chart.lines:
        places = [(across(chart.x, x), down(chart.y, y)) for x, y in line.points]
        for (x1, y1), (x2, y2) in pairwise(places):
            for step in range(_SAMPLES + 1):
                yield x1 + (x2 - x1) * step / _SAMPLES, y1 + (y2 - y1) * step / _SAMPLES
