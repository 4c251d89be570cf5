"""The elements of SVG that all pictures have: their head, and their texts."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from archcalc.render.picture.palette import FILLS, GROUND, OF_CHARTS, style

FONTS: Final = 'font-family="system-ui, sans-serif"'


def opened(
    width: float, height: float, title: str, description: str, classes: Iterable[str] = OF_CHARTS
) -> Iterator[str]:
    """Yield the start of a picture: what it is in words, its colours on a dark page, and its ground.

    Light colours are attributes, which every program reads; a style sheet replaces them where the reader's system is
    dark.
    """
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="archcalc-chart" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'{FONTS} font-size="12">'
    )
    yield f"<title>{safe(title)}</title>"
    yield f"<desc>{safe(description)}</desc>"
    yield f"<style>{style(classes)}</style>"
    yield f'<rect class="ground" width="{width:g}" height="{height:g}" fill="{GROUND[0]}"/>'


def written(
    x: float, y: float, text: str, style: str, anchor: str = "", bold: bool = False, size: float | None = None
) -> str:
    """Return a text, in ink, in soft ink, or in the colour of the ground where it stands `on` something."""
    more = f' text-anchor="{anchor}"' if anchor else ""
    more += ' font-weight="600"' if bold else ""
    more += f' font-size="{size:g}"' if size else ""
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}"{more} fill="{FILLS[style][0]}">{safe(text)}</text>'


def turned(x: float, y: float, text: str, style: str) -> str:
    """Return a text around a place that is read from below, as the label of an axis is."""
    return (
        f'<text class="{style}" transform="translate({x:.1f} {y:.1f}) rotate(-90)" text-anchor="middle" '
        f'fill="{FILLS[style][0]}">{safe(text)}</text>'
    )


def safe(text: str) -> str:
    """Return a text as XML has it, without characters that it must not have."""
    return escape("".join(sign if sign.isprintable() else " " for sign in text))
