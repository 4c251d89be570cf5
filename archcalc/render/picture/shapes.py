"""Shapes that no format draws by itself."""

from math import hypot
from typing import Final

from archcalc.render.picture.scene import Path, Place

_ARROW: Final = 6.0


def head_of(path: Path) -> str:
    """Return what the head of an arrow is filled with: the colour of its line."""
    return {"roof": "ink", "lead": "soft"}.get(path.look.line) or path.look.line.replace("line", "fill")


def arrow(path: Path) -> tuple[Place, Place, Place]:
    """Return the head of an arrow at the end of a path."""
    x, y = path.places[-1]
    before = next((place for place in reversed(path.places) if place != (x, y)), (x, y - 1))
    long = hypot(x - before[0], y - before[1])
    across, down = (x - before[0]) / long, (y - before[1]) / long
    back = (x - _ARROW * across, y - _ARROW * down)
    half = _ARROW / 2
    return (x, y), (back[0] - half * down, back[1] + half * across), (back[0] + half * down, back[1] - half * across)
