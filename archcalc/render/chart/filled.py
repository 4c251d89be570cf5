"""What is filled in a picture, boxes and bands, and the rules across it."""

from collections.abc import Iterator, Sequence
from typing import Final

from archcalc.render.chart import Band, Box, Chart, Rule
from archcalc.render.chart.drawing import LINE, PLOT, across, down
from archcalc.render.picture.elements import safe, turned, written
from archcalc.render.picture.letters import width
from archcalc.render.picture.palette import GROUND, INK, LIGHT

_GAP: Final = 4.0
"""What is left free beside a label."""
_UPRIGHT: Final = 12.0
"""How wide a box must be at least for a label that is turned."""


def box(chart: Chart, one: Box) -> Iterator[str]:
    """Yield a box, with its label where that fits in it."""
    left, right = across(chart.x, one.left), across(chart.x, one.right)
    top, bottom = down(chart.y, one.high), down(chart.y, one.low)
    yield (
        f'<rect class="fill{one.series} edge" x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
        f'height="{bottom - top:.1f}" fill="{LIGHT[one.series]}" stroke="{GROUND[0]}" stroke-width="0.6">'
        f"<title>{safe(one.title or one.label)}</title></rect>"
    )
    if not one.label:
        return
    x, y, needed = (left + right) / 2, (top + bottom) / 2, width(one.label) + _GAP
    if right - left > needed and bottom - top > LINE:
        yield written(x, y + 4, one.label, "on", "middle")
    elif right - left > _UPRIGHT and bottom - top > needed:
        yield turned(x + 4, y, one.label, "on")


def band(chart: Chart, one: Band) -> str:
    """Return a band as one shape, forth along its upper edge and back along its lower one."""
    edges = [across(chart.x, x) for x in one.edges]
    upper = _stairs(edges, [down(chart.y, y) for y in one.high])
    lower = _stairs(edges, [down(chart.y, y) for y in one.low])
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in [*upper, *reversed(lower)])
    return (
        f'<polygon class="fill{one.series}" points="{places}" fill="{LIGHT[one.series]}">'
        f"<title>{safe(one.label)}</title></polygon>"
    )


def _stairs(edges: Sequence[float], levels: Sequence[float]) -> list[tuple[float, float]]:
    """Return the corners of levels between edges, without those where nothing changes."""
    places = [(edges[0], levels[0])]
    for number, level in enumerate(levels):
        if f"{level:.1f}" != f"{places[-1][1]:.1f}":
            places += [(edges[number], places[-1][1]), (edges[number], level)]
    return [*places, (edges[-1], places[-1][1])]


def rules(chart: Chart) -> Iterator[str]:
    """Yield the rules, each with its label before its end, where there is room since the one before."""
    start = PLOT.left
    for one in chart.rules:
        if one.is_level:
            yield from _level(chart, one)
        else:
            x = across(chart.x, one.value)
            yield _dashes(x, PLOT.top, x, PLOT.bottom)
            if x - start > width(one.label) + 2 * _GAP:
                yield written(x - _GAP, PLOT.top + 11, one.label, "soft", "end")
            start = x


def _level(chart: Chart, one: Rule) -> Iterator[str]:
    y = down(chart.y, one.value)
    yield _dashes(PLOT.left, y, PLOT.right, y)
    yield written(PLOT.right - _GAP, y - 5, one.label, "ink", "end")


def _dashes(x1: float, y1: float, x2: float, y2: float) -> str:
    return (
        f'<line class="roof" stroke="{INK["ink"][0]}" stroke-width="1" stroke-dasharray="5 4" x1="{x1:.1f}" '
        f'y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'
    )
