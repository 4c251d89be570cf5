"""How much of the input the outputs of each layer see: fields drawn over the input, one inside the other."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from archcalc.analysis.report.gathering import Gathered
from archcalc.layers.sizes import dims
from archcalc.render.chart.palette import INK, LIGHT, style
from archcalc.render.report.markup import Markup, tag

_SIDE: Final = 300.0
_MARGIN: Final = 24.0


class _Seen(NamedTuple):
    """The field of a layer, by its size: the first layer that has it, and those that follow with the same."""

    name: str
    high: int
    wide: int
    others: int


def drawing(found: Gathered) -> Markup | None:
    """Draw the fields over the only input that has places; None where there is no such input, or no such field."""
    shapes = [shape for shape in found.graph.spec.inputs.values() if len(shape) == 3]
    seen = _fields(found)
    if len(found.graph.spec.inputs) != 1 or not shapes or not seen:
        return None
    _, high, wide = shapes[0]
    scale = _SIDE / max(high, wide)
    width, height = wide * scale, high * scale
    squares = [*_squares(seen, high, wide, scale)]
    largest = max(seen, key=lambda one: one.high * one.wide)
    label = f"The receptive fields of {len(seen)} layers over the input of {dims((high, wide))}"
    return tag(
        "svg",
        tag("title", label),
        tag("desc", f"The largest that is no larger than the input, or all of it, is that of {largest.name}."),
        tag("style", Markup(style())),
        tag("rect", class_="edge-of-input", x=_MARGIN, y=_MARGIN, width=f"{width:.1f}", height=f"{height:.1f}"),
        squares,
        tag("text", f"input {dims((high, wide))}", x=_MARGIN, y=16, fill=INK["ink"][0], class_="ink"),
        viewBox=f"0 0 {width + 2 * _MARGIN:.0f} {height + 2 * _MARGIN:.0f}",
        role="img",
        class_="archcalc-chart sight",
        font_family="system-ui, sans-serif",
        font_size=12,
    )


def _fields(found: Gathered) -> list[_Seen]:
    """Return each size of a field once, in the order of the layers."""
    by_size: dict[tuple[int, ...], list[str]] = {}
    for line in found.lines:
        sights = found.sights[line.nodes[-1].name]
        if len(sights) == 1 and len(sights[0].said.size) == 2:
            by_size.setdefault(sights[0].said.size, []).append(line.name)
    return [_Seen(names[0], size[0], size[1], len(names) - 1) for size, names in by_size.items()]


def _squares(seen: list[_Seen], high: int, wide: int, scale: float) -> Iterator[Markup]:
    """Yield a square for each field around the middle of the input, the largest first, cut off where the input ends."""
    for place, one in sorted(enumerate(seen), key=lambda pair: -pair[1].high * pair[1].wide):
        shown_high, shown_wide = min(one.high, high), min(one.wide, wide)
        is_cut = " (more than the input)" if one.high > high or one.wide > wide else ""
        more = f" and {one.others} more" if one.others else ""
        yield tag(
            "rect",
            tag("title", f"{one.name}{more}: {dims((one.high, one.wide))}{is_cut}"),
            class_=f"field fill{place % len(LIGHT)}",
            x=f"{_MARGIN + (wide - shown_wide) * scale / 2:.1f}",
            y=f"{_MARGIN + (high - shown_high) * scale / 2:.1f}",
            width=f"{shown_wide * scale:.1f}",
            height=f"{shown_high * scale:.1f}",
            fill=LIGHT[place % len(LIGHT)],
            fill_opacity="0.12",
            stroke=LIGHT[place % len(LIGHT)],
            data_layer=one.name,
        )
