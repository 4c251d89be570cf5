"""A chart as SVG: text that can be selected, no script, light and dark, and the same bytes for the same chart.

Light colours are attributes, which every program reads; a style sheet replaces them where the reader's system is dark.
"""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise
from math import sqrt
from typing import Final

from archcalc.render.chart import Axis, Chart, Line, Point, tick_text
from archcalc.render.chart.labels import Area, Room, Wanted, named, placed
from archcalc.render.sheet import cells

WIDTH: Final = 800
HEIGHT: Final = 460

_PLOT: Final = Area(66, 52, 784, 408)
_LETTER: Final = 6.6
"""The width of a letter, with some slack, since fonts differ."""
_LINE: Final = 15
_NEAR: Final = 7.0
"""Points as near as this share a label."""
_MOST_LABELS: Final = 12
_FARTHEST: Final = 5
_SAMPLES: Final = 60

_LIGHT: Final = ("#1d63b8", "#b8501d", "#2b7d46", "#7a4bb0")
_DARK: Final = ("#78b4ff", "#ffab73", "#79d196", "#c9a5f5")
_INK: Final = {"ink": ("#1a1a1a", "#ececec"), "soft": ("#5c5c5c", "#a8a8a8"), "grid": ("#dedede", "#3a3a3a")}
_GROUND: Final = ("#ffffff", "#121212")


def render(chart: Chart) -> str:
    """Write a chart as a picture that stands alone, or in a page."""
    return "\n".join(_lines(chart)) + "\n"


def _lines(chart: Chart) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="archcalc-chart" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'font-family="system-ui, sans-serif" font-size="12">'
    )
    yield f"<title>{_safe(chart.title)}</title>"
    yield f"<desc>{_safe(chart.description)}</desc>"
    yield f"<style>{_style()}</style>"
    yield f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}" fill="{_GROUND[0]}"/>'
    yield _text(_PLOT.left - 50, 22, chart.title, "ink", bold=True)
    yield from _legend(chart)
    yield from _axes(chart)
    for box in chart.boxes:
        left, right = (_across(chart.x, side) for side in (box.left, box.right))
        top, bottom = (_down(chart.y, side) for side in (box.high, box.low))
        yield (
            f'<rect class="fill{box.series}" x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
            f'height="{bottom - top:.1f}" fill="{_LIGHT[box.series]}"><title>{_safe(box.label)}</title></rect>'
        )
    yield from (_polyline(chart, line) for line in chart.lines)
    yield from (_circle(chart, point) for point in chart.points)
    yield from _labels(chart)
    yield "</svg>"


def _style() -> str:
    """Return the colours of a dark page, each under the class of what has it."""
    rules = [f".archcalc-chart .ground{{fill:{_GROUND[1]}}}"]
    rules += [f".archcalc-chart .{name}{{fill:{dark}}}" for name, (_, dark) in _INK.items() if name != "grid"]
    rules += [f".archcalc-chart .grid{{stroke:{_INK['grid'][1]}}}", f".archcalc-chart .roof{{stroke:{_INK['ink'][1]}}}"]
    rules += [f".archcalc-chart .lead{{stroke:{_INK['soft'][1]}}}"]
    for number, dark in enumerate(_DARK):
        rules += [f".archcalc-chart .fill{number}{{fill:{dark}}}"]
    return f"@media (prefers-color-scheme:dark){{{''.join(rules)}}}"


def _legend(chart: Chart) -> Iterator[str]:
    x = _PLOT.left - 50
    for number, name in enumerate(chart.series):
        yield f'<circle class="fill{number}" cx="{x + 5:.1f}" cy="38.0" r="4.5" fill="{_LIGHT[number]}"/>'
        yield _text(x + 14, 42, name, "soft")
        x += 34 + _width(name)


def _axes(chart: Chart) -> Iterator[str]:
    left, top, right, bottom = _PLOT
    grid = f'class="grid" stroke="{_INK["grid"][0]}" stroke-width="1"'
    for value in chart.x.ticks():
        x = _across(chart.x, value)
        yield f'<line {grid} x1="{x:.1f}" y1="{top:.1f}" x2="{x:.1f}" y2="{bottom:.1f}"/>'
        yield _text(x, bottom + 17, tick_text(value), "soft", "middle")
    for value in chart.y.ticks():
        y = _down(chart.y, value)
        yield f'<line {grid} x1="{left:.1f}" y1="{y:.1f}" x2="{right:.1f}" y2="{y:.1f}"/>'
        yield _text(left - 8, y + 4, tick_text(value), "soft", "end")
    yield _text((left + right) / 2, bottom + 38, chart.x.label, "ink", "middle")
    turned = f'<text class="ink" transform="translate(16 {(top + bottom) / 2:.1f}) rotate(-90)" text-anchor="middle" '
    yield f'{turned}fill="{_INK["ink"][0]}">{_safe(chart.y.label)}</text>'


def _polyline(chart: Chart, line: Line) -> str:
    places = " ".join(f"{_across(chart.x, x):.1f},{_down(chart.y, y):.1f}" for x, y in line.points)
    dashes = ' stroke-dasharray="5 4"' if line.is_dashed else ""
    return (
        f'<polyline class="roof" points="{places}" fill="none" stroke="{_INK["ink"][0]}" stroke-width="1.6"{dashes}/>'
    )


def _radius(point: Point) -> float:
    return 3.5 + 6 * sqrt(point.weight)


def _circle(chart: Chart, point: Point) -> str:
    x, y = _across(chart.x, point.x), _down(chart.y, point.y)
    return (
        f'<circle class="fill{point.series}" cx="{x:.1f}" cy="{y:.1f}" r="{_radius(point):.1f}" '
        f'fill="{_LIGHT[point.series]}" fill-opacity="0.8"><title>{_safe(point.label)}</title></circle>'
    )


def _labels(chart: Chart) -> Iterator[str]:
    """Yield the labels of points, those of the heaviest first, and of lines, which stand above their ends."""
    wanted = [_wanted(chart, points) for points in _together(chart)]
    ends = [_at_end(chart, line) for line in chart.lines if line.label]
    labels = [*ends, *wanted]
    room = Room(_PLOT, list(_sampled(chart)), _LINE, _FARTHEST, len(ends) + _MOST_LABELS)
    for label, area in zip(labels, placed(labels, room), strict=True):
        if area:
            style = "soft" if label in ends else "ink"
            yield from _leader(label, area)
            yield _text(area.left, area.bottom - 3.5, label.text, style)


def _leader(label: Wanted, area: Area) -> Iterator[str]:
    """Yield a line from a label to its mark, where it does not stand right beside it."""
    end = area.bottom if area.bottom < label.y else area.top
    if abs(end - label.y) > _LINE:
        x = min(max(label.x, area.left), area.right)
        yield (
            f'<line class="lead" stroke="{_INK["soft"][0]}" stroke-width="0.6" x1="{x:.1f}" y1="{end:.1f}" '
            f'x2="{label.x:.1f}" y2="{label.y:.1f}"/>'
        )


def _at_end(chart: Chart, line: Line) -> Wanted:
    x, y = line.points[-1]
    width = _width(line.label)
    return Wanted(_across(chart.x, x) - width / 2 - 4, _down(chart.y, y), line.label, width, 0.5, 0.5)


def _wanted(chart: Chart, points: Sequence[Point]) -> Wanted:
    first, text = points[0], named([point.label for point in points])
    x, y = _across(chart.x, first.x), _down(chart.y, first.y)
    return Wanted(x, y, text, _width(text), _radius(first) * 0.8, _LETTER)


def _together(chart: Chart) -> list[list[Point]]:
    """Return the points by the places where they are, the heaviest first."""
    groups: list[list[Point]] = []
    for point in sorted(chart.points, key=lambda point: -point.weight):
        for group in groups:
            across = abs(_across(chart.x, group[0].x) - _across(chart.x, point.x))
            down = abs(_down(chart.y, group[0].y) - _down(chart.y, point.y))
            if max(across, down) < _NEAR:
                group.append(point)
                break
        else:
            groups.append([point])
    return groups


def _sampled(chart: Chart) -> Iterator[tuple[float, float]]:
    """Yield places on the lines, close to each other."""
    for line in chart.lines:
        places = [(_across(chart.x, x), _down(chart.y, y)) for x, y in line.points]
        for (x1, y1), (x2, y2) in pairwise(places):
            for step in range(_SAMPLES + 1):
                yield x1 + (x2 - x1) * step / _SAMPLES, y1 + (y2 - y1) * step / _SAMPLES


def _across(axis: Axis, value: float) -> float:
    return _PLOT.left + axis.place(value) * (_PLOT.right - _PLOT.left)


def _down(axis: Axis, value: float) -> float:
    return _PLOT.bottom - axis.place(value) * (_PLOT.bottom - _PLOT.top)


def _width(text: str) -> float:
    return _LETTER * cells(text)


def _text(x: float, y: float, text: str, style: str, anchor: str = "", bold: bool = False) -> str:
    more = f' text-anchor="{anchor}"' if anchor else ""
    more += ' font-weight="600" font-size="14"' if bold else ""
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}"{more} fill="{_INK[style][0]}">{_safe(text)}</text>'


def _safe(text: str) -> str:
    """Return a text as XML has it, without characters that it must not have."""
    return escape("".join(sign if sign.isprintable() else " " for sign in text))
