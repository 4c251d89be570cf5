"""A scene as a TikZ picture, in points of a browser's pixels, to be taken into a document.

What is text in the scene is text here: nothing of it is read by TeX as a command. The picture has light colours.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from archcalc.errors import printable
from archcalc.render.formats.latex import escape
from archcalc.render.picture.palette import FILLS, STROKES
from archcalc.render.picture.scene import Dot, Look, Part, Path, Place, Polygon, Rect, Scene, Words
from archcalc.render.picture.shapes import arrow, head_of

_POINTS: Final = 0.75
"""How many points a pixel has."""
_SIZES: Final = re.compile(r"(?<=[0-9)])x(?=[0-9(])| x(?=[0-9])")
_ANCHORS: Final = {"start": "base west", "middle": "base", "end": "base east"}


def render(scene: Scene) -> str:
    """Write a scene as a tikzpicture, no wider than a line; the head says what the document needs for it."""
    lines = [*_lines(scene)]
    text = "\n".join(lines) + "\n"
    head = "% needs \\usepackage{graphicx,tikz} in the preamble\n"
    return head + ("" if text.isascii() else "% needs xelatex or lualatex, and fonts that have its letters\n") + text


def _lines(scene: Scene) -> Iterator[str]:
    parts = [part for item in scene.items for part in item.parts]
    yield r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"
    yield r"\begin{tikzpicture}[x=0.75pt, y=-0.75pt, font=\sffamily, inner sep=0pt]"
    for name in sorted({name for part in parts for name in _names(part)}):
        colour = (FILLS | STROKES)[name][0]
        yield rf"\definecolor{{archcalc-{name}}}{{HTML}}{{{colour[1:].upper()}}}"
    for part in parts:
        yield from _part(part)
    yield r"\end{tikzpicture}}"


def _names(part: Part) -> Iterator[str]:
    if isinstance(part, Words):
        yield part.style
    else:
        yield from (name for name in (part.look.fill, part.look.line) if name)
        if isinstance(part, Path) and part.has_arrow:
            yield head_of(part)


def _part(part: Part) -> Iterator[str]:
    if isinstance(part, Words):
        yield _words(part)
    elif isinstance(part, Polygon):
        yield f"{_path(part.look)} {_joined(part.corners)} -- cycle;"
    elif isinstance(part, Rect):
        round_ = f", rounded corners={part.radius * _POINTS:g}pt" if part.radius else ""
        yield f"{_path(part.look, round_)} {_at((part.left, part.top))} rectangle {_at((part.right, part.bottom))};"
    elif isinstance(part, Dot):
        yield f"{_path(part.look)} {_at((part.x, part.y))} circle[radius={part.radius * _POINTS:g}pt];"
    else:
        yield f"{_path(part.look)} {_curved(part.places) if part.is_curved else _joined(part.places)};"
        if part.has_arrow:
            yield f"{_path(Look(head_of(part)))} {_joined(arrow(part))} -- cycle;"


def _words(words: Words) -> str:
    size = words.size * _POINTS
    bold = r"\bfseries" if words.is_bold else ""
    font = rf"\sffamily\fontsize{{{size:g}}}{{{1.2 * size:g}}}\selectfont{bold}"
    options = f"anchor={_ANCHORS[words.anchor]}, text=archcalc-{words.style}, font={{{font}}}"
    return rf"\node[{options}] at {_at((words.x, words.y))} {{{text(words.text)}}};"


def text(words: str) -> str:
    r"""Return a text as TeX sets it, and nothing else: sizes with a proper sign, commands as what they look like.

    >>> print(text(r"\input{x} 3x3 50%"))
    \textbackslash{}input\{x\} 3$\times$3 50\%
    """
    return _SIZES.sub(lambda found: found[0].replace("x", r"$\times$"), escape(printable(words)))


def _path(look: Look, more: str = "") -> str:
    options = [f"fill=archcalc-{look.fill}"] if look.fill else []
    if look.line:
        options += [f"draw=archcalc-{look.line}", f"line width={look.weight * _POINTS:g}pt"]
        options += ["dash pattern=on 3pt off 2.25pt"] if look.is_dashed else []
    return rf"\path[{', '.join(options)}{more}]"


def _joined(places: Sequence[Place]) -> str:
    return " -- ".join(map(_at, places))


def _curved(places: Sequence[Place]) -> str:
    first, *others = map(_at, places)
    steps = zip(others[::3], others[1::3], others[2::3], strict=True)
    return first + "".join(f" .. controls {one} and {other} .. {end}" for one, other, end in steps)


def _at(place: Place) -> str:
    return f"({place[0]:.1f},{place[1]:.1f})"
