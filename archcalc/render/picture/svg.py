"""A scene as SVG: text that can be selected, no script, light and dark, and the same bytes for the same scene.

What is drawn of a layer is in a group that says its place in the table: `data-layer="3"`, or several with blanks
between them, so that a page can find what belongs to a row.
"""

from collections.abc import Iterable, Iterator
from math import ceil

from archcalc.render.picture.elements import opened, safe, written
from archcalc.render.picture.letters import SIZE
from archcalc.render.picture.palette import FILLS, STROKES
from archcalc.render.picture.scene import Dot, Item, Look, Part, Path, Place, Polygon, Rect, Scene, Words
from archcalc.render.picture.shapes import arrow, head_of


def render(scene: Scene) -> str:
    """Write a scene as a picture that stands alone, or in a page."""
    return "\n".join(_lines(scene)) + "\n"


def _lines(scene: Scene) -> Iterator[str]:
    used = {name for item in scene.items for part in item.parts for name in _classes(part)}
    known = [name for name in (*FILLS, *STROKES) if name in used | {"ground"}]
    yield from opened(ceil(scene.width), ceil(scene.height), scene.title, scene.description, known)
    for item in scene.items:
        yield from _item(item)
    yield "</svg>"


def _classes(part: Part) -> tuple[str, ...]:
    if isinstance(part, Words):
        return (part.style,)
    more = (head_of(part),) if isinstance(part, Path) and part.has_arrow else ()
    return (part.look.fill, part.look.line, *more)


def _item(item: Item) -> Iterator[str]:
    parts = (text for part in item.parts for text in _part(part))
    if not item.title and not item.layers:
        yield from parts
        return
    of = f' data-{item.kind}="{" ".join(map(str, item.layers))}"' if item.layers else ""
    yield f"<g{of}>" + (f"<title>{_in_lines(item.title)}</title>" if item.title else "")
    yield from parts
    yield "</g>"


def _in_lines(text: str) -> str:
    return "\n".join(map(safe, text.splitlines()))


def _part(part: Part) -> Iterator[str]:
    if isinstance(part, Words):
        size = None if part.size == SIZE else part.size
        yield written(part.x, part.y, part.text, part.style, _anchor(part.anchor), part.is_bold, size)
    elif isinstance(part, Polygon):
        yield f'<polygon points="{_places(part.corners)}"{_look(part.look)}/>'
    elif isinstance(part, Rect):
        round_ = f' rx="{part.radius:g}"' if part.radius else ""
        yield (
            f'<rect x="{part.left:.1f}" y="{part.top:.1f}" width="{part.right - part.left:.1f}" '
            f'height="{part.bottom - part.top:.1f}"{round_}{_look(part.look)}/>'
        )
    elif isinstance(part, Dot):
        yield f'<circle cx="{part.x:.1f}" cy="{part.y:.1f}" r="{part.radius:g}"{_look(part.look)}/>'
    else:
        yield from _path(part)


def _anchor(anchor: str) -> str:
    return "" if anchor == "start" else anchor


def _path(path: Path) -> Iterator[str]:
    (x, y), *others = path.places
    word = "C" if path.is_curved else "L"
    yield f'<path d="M{x:.1f},{y:.1f} {word}{_places(others)}"{_look(path.look)}/>'
    if path.has_arrow:
        yield f'<polygon points="{_places(arrow(path))}"{_look(Look(head_of(path)))}/>'


def _places(places: Iterable[Place]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


def _look(look: Look) -> str:
    classes = " ".join(name for name in (look.fill, look.line) if name)
    fill = FILLS[look.fill][0] if look.fill else "none"
    said = f' class="{classes}" fill="{fill}"'
    if look.line:
        weight = "" if look.weight == 1 else f' stroke-width="{look.weight:g}"'
        said += f' stroke="{STROKES[look.line][0]}"{weight}' + (' stroke-dasharray="4 3"' if look.is_dashed else "")
    return said
