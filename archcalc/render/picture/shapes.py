"""Shapes that no format draws by itself."""

from collections.abc import Iterator
from math import hypot
from typing import Final

from archcalc.render.picture.scene import Path, Place

_ARROW: Final = 6.0
_STEPS: Final = 48


def head_of(path: Path) -> str:
    """Return what the head of an arrow is filled with: the colour of its line."""
    return {"roof": "ink", "lead": "soft"}.get(path.look.line) or path.look.line.replace("line", "fill")


def bends_in(path: Path, area: tuple[float, float, float, float]) -> bool:
    """Return whether a curved path passes an area in another way than straight down or up.

    >>> from archcalc.render.picture.scene import Look
    >>> down, bent = ((0, 0), (0, 3), (0, 6), (0, 9)), ((0, 0), (0, 5), (9, 5), (9, 9))
    >>> [bends_in(Path(places, Look(), is_curved=True), (-1, 2, 10, 6)) for places in (down, bent)]
    [False, True]
    """
    left, top, right, low = area
    inside = {round(x, 1) for x, y in _along(path) if left <= x <= right and top <= y <= low}
    return len(inside) > 1


def _along(path: Path) -> Iterator[Place]:
    """Yield places along a curved path, close to each other."""
    start, *others = path.places
    for one, other, end in zip(others[::3], others[1::3], others[2::3], strict=True):
        for step in range(_STEPS + 1):
            after = step / _STEPS
            before = 1 - after
            weights = (before**3, 3 * before**2 * after, 3 * before * after**2, after**3)
            points = (start, one, other, end)
            yield (
                sum(weight * x for weight, (x, _) in zip(weights, points, strict=True)),
                sum(weight * y for weight, (_, y) in zip(weights, points, strict=True)),
            )
        start = end


def arrow(path: Path) -> tuple[Place, Place, Place]:
    """Return the head of an arrow at the end of a path."""
    x, y = path.places[-1]
    before = next((place for place in reversed(path.places) if place != (x, y)), (x, y - 1))
    long = hypot(x - before[0], y - before[1])
    across, down = (x - before[0]) / long, (y - before[1]) / long
    back = (x - _ARROW * across, y - _ARROW * down)
    half = _ARROW / 2
    return (x, y), (back[0] - half * down, back[1] + half * across), (back[0] + half * down, back[1] - half * across)
