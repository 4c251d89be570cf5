"""Pictures as PNG and PDF, made of SVG by libraries that need not be there, in the colours of a light page."""

from functools import cache
from typing import Final

from archcalc.errors import MissingError, first_line
from archcalc.render.picture.elements import FONTS

ZOOM: Final = 2
"""How many pixels of PNG are in one of SVG, along each axis."""

_FAMILIES: Final = (
    "Segoe UI",
    "Helvetica Neue",
    "Roboto",
    "Noto Sans",
    "Arial",
    "Helvetica",
    "Liberation Sans",
    "Open Sans",
    "Ubuntu",
    "Cantarell",
    "DejaVu Sans",
    "Verdana",
    "FreeSans",
    "Noto Sans CJK SC",
)
"""Fonts by their names: resvg does not ask the system what `system-ui` and `sans-serif` are."""

_LETTER: Final = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9" {fonts}><text y="9">{letter}</text></svg>'


def png(svg: str, zoom: int = ZOOM) -> bytes:
    """Return a picture as PNG. Raises MissingError without resvg, and where there is no font for its texts."""
    try:
        import resvg_py
    except ImportError as error:
        raise MissingError(f"PNG needs resvg_py ({error}): pip install 'archcalc[figures]'") from error
    if not _has_font():
        raise MissingError("PNG needs a font, and there is none that is known here: install DejaVu Sans, or Arial")
    return bytes(resvg_py.svg_to_bytes(svg_string=_with_families(svg), zoom=zoom))


def _with_families(svg: str) -> str:
    return svg.replace(FONTS, f'font-family="{", ".join(_FAMILIES)}, sans-serif"', 1)


@cache
def _has_font() -> bool:
    """Return whether resvg draws a letter: without a font it leaves texts out, and says nothing."""
    import resvg_py

    drawn, blank = (
        resvg_py.svg_to_bytes(svg_string=_with_families(_LETTER.format(fonts=FONTS, letter=letter)))
        for letter in ("x", "")
    )
    return bool(drawn != blank)


def pdf(svg: str) -> bytes:
    """Return a picture as PDF. Raises MissingError without CairoSVG, or without the library that this needs."""
    try:
        import cairosvg
    except ImportError as error:
        raise MissingError(f"PDF needs cairosvg ({error}): pip install 'archcalc[figures]'") from error
    except OSError as error:  # cairocffi looks for the system's library as it is imported
        said = first_line(error)
        raise MissingError(f"PDF needs the library cairo ({said}): install libcairo2, as your system has it") from error
    return bytes(cairosvg.svg2pdf(bytestring=svg.encode()))
