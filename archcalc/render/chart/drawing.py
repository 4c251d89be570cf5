"""What all parts of a picture share: where values lie in it, and how its texts are written."""

from html import escape
from typing import Final

from archcalc.render.chart import Axis
from archcalc.render.chart.labels import Area
from archcalc.render.chart.palette import GROUND, INK
from archcalc.render.sheet import cells

WIDTH: Final = 800
HEIGHT: Final = 460

PLOT: Final = Area(66, 52, 784, 408)
LETTER: Final = 6.6
"""The width of a letter, with some slack, since fonts differ."""
LINE: Final = 15


def across(axis: Axis, value: float) -> float:
    return PLOT.left + axis.place(value) * (PLOT.right - PLOT.left)


def down(axis: Axis, value: float) -> float:
    return PLOT.bottom - axis.place(value) * (PLOT.bottom - PLOT.top)


def width(text: str) -> float:
    return LETTER * cells(text)


def written(x: float, y: float, text: str, style: str, anchor: str = "", bold: bool = False) -> str:
    """Return a text, in ink, in soft ink, or in the colour of the ground where it stands `on` something."""
    more = f' text-anchor="{anchor}"' if anchor else ""
    more += ' font-weight="600" font-size="14"' if bold else ""
    fill = GROUND[0] if style == "on" else INK[style][0]
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}"{more} fill="{fill}">{safe(text)}</text>'


def turned(x: float, y: float, text: str, style: str) -> str:
    """Return a text around a place that is read from below, as the label of an axis is."""
    fill = GROUND[0] if style == "on" else INK[style][0]
    return (
        f'<text class="{style}" transform="translate({x:.1f} {y:.1f}) rotate(-90)" text-anchor="middle" '
        f'fill="{fill}">{safe(text)}</text>'
    )


def safe(text: str) -> str:
    """Return a text as XML has it, without characters that it must not have."""
    return escape("".join(sign if sign.isprintable() else " " for sign in text))
