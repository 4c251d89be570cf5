"""What an output sees of the input, drawn over it, with what the outputs before it see within."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from archcalc.analysis.draw.field import FieldOf, Seen
from archcalc.layers.sizes import dims
from archcalc.render.draw.said import USUAL, Around, Facts
from archcalc.render.picture.letters import cut, width
from archcalc.render.picture.page import MARGIN, SMALL
from archcalc.render.picture.scene import Item, Look, Part, Path, Rect, Scene, Words
from archcalc.render.receptive_field import in_words

_LONGEST: Final = 400.0
"""How long the longer side of all that is drawn is: the input, and what reaches into padding."""
_THIN: Final = 0.03
"""How high a sequence is drawn, as a part of its length; its fields are one below the other."""
_BESIDE: Final = 36.0
_WIDEST: Final = 260.0
_STEP: Final = 15.0

_INPUT, _ASKED, _BEFORE = 7, 1, 0
"""The series of the palette of the input, of the field that was asked for, and of those in it."""

Area = tuple[float, float, float, float]


class _Drawn(NamedTuple):
    """An area of the input, with its name, and the colour of its line."""

    area: Area
    name: str
    series: int
    layers: tuple[str, ...] = ()

    @property
    def extent(self) -> float:
        return (self.area[2] - self.area[0]) * (self.area[3] - self.area[1])


def scene_of(found: FieldOf, around: Around = USUAL) -> Scene:
    """Draw the input to scale, the field of a layer over it, and the smaller ones in it with their names."""
    facts, more = Facts(found.graph, around), f": what {found.layer} sees"
    drawn = sorted(_drawn(found), key=lambda one: -one.extent)
    left, top = (min(one.area[side] for one in drawn) for side in (0, 1))
    right, low = (max(one.area[side] for one in drawn) for side in (2, 3))
    scale = _LONGEST / max(right - left, low - top)
    beside = max(width(one.name, SMALL, one.series == _ASKED) for one in drawn)
    inner = (right - left) * scale + _BESIDE + beside
    titled, start = facts.head(inner, more)
    x, y = MARGIN - left * scale, start - top * scale
    bend = MARGIN + (right - left) * scale + 8
    places = {node.name: place for place, node in enumerate(found.graph.nodes)}

    def item(one: _Drawn, *parts: Part) -> Item:
        return Item(parts, f"{one.name}: {', '.join(one.layers)}", "field", tuple(places[name] for name in one.layers))

    placed = [
        (one, (one.area[0] * scale + x, one.area[1] * scale + y, one.area[2] * scale + x, one.area[3] * scale + y))
        for one in drawn
    ]
    items, free = [titled, *(item(one, _rect(area, one.series)) for one, area in placed)], start
    for one, area in sorted(placed, key=lambda pair: (pair[1][1], -pair[0].extent)):
        free = max(free + _STEP, area[1] + 4)
        items.append(item(one, *_named(one, area, bend, free)))
    legend, end = facts.foot(_legend(found), inner, max(start + (low - top) * scale, free) + 26)
    return Scene(facts.title(more), _description(found), inner + 2 * MARGIN, end, (*items, legend))


def _drawn(found: FieldOf) -> Iterator[_Drawn]:
    """Yield the input, and the fields, the largest first."""
    high = _THIN * max(found.shape[1], *(size for seen in found.seen for size in seen.size))
    whole = [(0, size) for size in found.shape[1:]]
    yield _Drawn(_area(whole, 0.0, high), f"{dims(found.shape[1:])}  {found.input}", _INPUT)
    for row, seen in enumerate(found.seen[::-1], 1):
        area = _area(seen.ranges, 1.5 * high * row, high)
        yield _Drawn(area, _name(seen), _ASKED if seen == found.seen[-1] else _BEFORE, seen.layers)


def _area(ranges: Sequence[tuple[int, int]], top: float, high: float) -> Area:
    """Return left, top, right and bottom, in elements of the input; of a sequence, at a height."""
    if len(ranges) == 1:
        return ranges[0][0], top, ranges[0][1], top + high
    (upper, lower), (left, right) = ranges
    return left, upper, right, lower


def _name(seen: Seen) -> str:
    first, *others = seen.layers
    more = f" and {len(others)} more" if others else ""
    return cut(f"{dims(seen.size)}  {first}{more}", _WIDEST, SMALL)


def _rect(area: Area, series: int) -> Rect:
    """Return an area; the field that was asked for, and the input, are filled."""
    fill = "" if series == _BEFORE else f"tint{series}"
    return Rect(*area, Look(fill, f"line{series}", 1.8 if series == _ASKED else 0.9))


def _named(one: _Drawn, area: Area, bend: float, y: float) -> Iterator[Part]:
    """Yield the name of an area, and a line to it from the upper right corner."""
    x = bend + _BESIDE - 8
    yield Path(((area[2], area[1]), (bend, area[1]), (x - 4, y - 4)), Look("", "lead", 0.6))
    yield Words(x, y, one.name, size=SMALL, is_bold=one.series == _ASKED)


def _legend(found: FieldOf) -> Iterator[str]:
    yield f"The input {dims(found.shape)}, to scale; {found.layer}: {in_words((found.sight,))}."
    yield "Each field is that of the output in the middle of its layer."
    if any(
        start < 0 or end > size
        for one in found.seen
        for (start, end), size in zip(one.ranges, found.shape[1:], strict=True)
    ):
        yield "What is outside the input is padding."
    if found.left_out:
        yield f"{found.left_out} more sizes between these are not drawn."


def _description(found: FieldOf) -> str:
    said = ", ".join(f"{seen.layers[0]} {dims(seen.size)}" for seen in found.seen)
    return f"The input, {dims(found.shape)}, and over it what one output of each layer sees: {said}."
