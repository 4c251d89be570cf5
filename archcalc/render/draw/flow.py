"""A network as boxes and lines: what each layer is, what it hands on, and which blocks repeat."""

from collections.abc import Iterator, Sequence
from math import inf
from typing import Final

from archcalc.analysis.draw.flow import Flow, Frame, flow_of, valley_of
from archcalc.graph import Graph
from archcalc.layers.sizes import dims
from archcalc.render.draw.boxes import SORTS, Drawn, drawn
from archcalc.render.draw.rows import Layout, in_rows
from archcalc.render.draw.said import USUAL, Around, Facts, repeated
from archcalc.render.draw.valley import as_valley
from archcalc.render.picture.letters import cut, width
from archcalc.render.picture.page import LINE, MARGIN, SMALL
from archcalc.render.picture.scene import Item, Look, Part, Path, Place, Rect, Scene, Words
from archcalc.render.picture.shapes import bends_in

_NARROWEST: Final = 420.0
_AROUND: Final = 9.0
_OVER: Final = 16.0
"""How far the frame of an open block is around its boxes, and over them, where its name is."""

Area = tuple[float, float, float, float]


def scene_of(graph: Graph, around: Around = USUAL) -> Scene:
    """Draw a network as boxes and lines."""
    closed: frozenset[str] = frozenset()
    facts = Facts(graph, around)
    while True:
        flow = flow_of(graph, closed)
        boxes = drawn(flow, facts)
        valley = valley_of(flow)
        layout = as_valley(flow, boxes, valley) if valley else in_rows(flow, boxes)
        frames = [_area(frame, boxes, layout, flow) for frame in flow.frames]
        covering = {
            frame.unit.name
            for frame, area in zip(flow.frames, frames, strict=True)
            if _covers(frame, area, boxes, layout)
        }
        if not covering:
            return _scene(flow, boxes, layout, frames, facts)
        closed |= covering


def _scene(flow: Flow, boxes: Sequence[Drawn], layout: Layout, frames: Sequence[Area], facts: Facts) -> Scene:
    left = min([0.0, *(area[0] for area in frames)])
    right = max([layout.width, *(area[2] for area in frames)])
    inner = max(right - left, _NARROWEST)
    title, dy = facts.head(inner)
    dx = MARGIN - left + (inner - right + left) / 2
    items = [title]
    moved = [_moved(area, dx, dy) for area in frames]
    items += [_frame(frame, area, facts) for frame, area in zip(flow.frames, moved, strict=True)]
    lines = [_line([(x + dx, y + dy) for x, y in line]) for line in layout.lines]
    items += [Item(tuple(lines))]
    items += [Item(tuple(_label(frame, area, lines))) for frame, area in zip(flow.frames, moved, strict=True)]
    items += [_box(box, x + dx, y + dy, facts) for box, (x, y) in zip(boxes, layout.middles, strict=True)]
    key, y = _key(boxes, inner, dy + layout.height + 26)
    legend, end = facts.foot(_legend(flow, facts), inner, y)
    items += [Item(tuple(key)), legend]
    return Scene(facts.title(), _description(flow), inner + 2 * MARGIN, end, tuple(items))


def _area(frame: Frame, boxes: Sequence[Drawn], layout: Layout, flow: Flow) -> Area:
    """Return the frame around the boxes of an open block, and around lines that pass some of these."""
    of = [(boxes[box], layout.middles[box]) for box in frame.boxes]
    top = min(y - box.height / 2 for box, (_, y) in of)
    low = max(y + box.height / 2 for box, (_, y) in of)
    ending = (lanes for (_, end), lanes in zip(flow.lines, layout.lanes, strict=True) if end in frame.boxes)
    passed = [x for lanes in ending for x, y in lanes if top <= y <= low]
    left = min([*(x - box.width / 2 for box, (x, _) in of), *passed]) - _AROUND
    right = max([*(x + box.width / 2 for box, (x, _) in of), *passed]) + _AROUND
    return left, top - _OVER, right, low + _AROUND


def _name(frame: Frame, most: float) -> str:
    """Return the name of an open block, with as much of where it ends as there is room for."""
    unit = frame.unit
    if unit.times == 1:
        return _short_name(frame, most)
    whole = f"{unit.name} x{unit.times}, " + (
        f"makes {dims(unit.all[-1].shape)}" if unit.varies else f"to {unit.last_name}"
    )
    if width(whole, SMALL, True) <= most:
        return whole
    return _short_name(frame, most)


def _short_name(frame: Frame, most: float) -> str:
    """Return the name of an open block, with how often it is used."""
    unit = frame.unit
    many = f" x{unit.times}" if unit.times > 1 else ""
    return cut(unit.name, most - width(many, SMALL, True), SMALL, True) + many


def _moved(area: Area, dx: float, dy: float) -> Area:
    return area[0] + dx, area[1] + dy, area[2] + dx, area[3] + dy


def _covers(frame: Frame, area: Area, boxes: Sequence[Drawn], layout: Layout) -> bool:
    """Return whether a frame lies over a box that is not of its block."""
    return any(
        x + box.width / 2 > area[0] and x - box.width / 2 < area[2]
        and y + box.height / 2 > area[1] and y - box.height / 2 < area[3]
        for box, (x, y) in zip(boxes, layout.middles, strict=True)
        if box.box.frame != frame.number
    )  # fmt: skip


def _frame(frame: Frame, area: Area, facts: Facts) -> Item:
    nodes = [node for group in frame.unit.all for node in group.nodes]
    title = f"{_name(frame, inf)}: {len(nodes)} layers, {facts.params(nodes) or 'no params'}"
    return Item((Rect(*area, Look("pale4", "line4", 0.8, True), 6),), title, "block", facts.places(nodes))


def _label(frame: Frame, area: Area, lines: Sequence[Path]) -> Iterator[Part]:
    """Yield the name of an open block in a corner of its frame, above the lines that pass there.

    It is at the right, or shorter, where it would hide how a line bends.
    """
    most = area[2] - area[0] - 12
    names = [
        Words(x, area[1] + 11, text, "soft", anchor, SMALL, True)
        for text in (_name(frame, most), _short_name(frame, most))
        for x, anchor in ((area[0] + 6, "start"), (area[2] - 6, "end"))
    ]
    name = next((one for one in names if not any(bends_in(line, one.area) for line in lines)), names[-2])
    yield Rect(*name.area, Look("pale4"))
    yield name


def _line(places: Sequence[Place]) -> Path:
    return Path(tuple(places), Look("", "lead"), is_curved=True, has_arrow=True)


def _box(one: Drawn, x: float, y: float, facts: Facts) -> Item:
    box, half, high = one.box, one.width / 2, one.height / 2
    shapes: list[Part] = []
    look = Look(f"tint{one.series}", f"line{one.series}")
    if box.unit and box.times > 1:
        shapes += [Rect(x - half + 3, y - high + 3, x + half + 3, y + high + 3, look, 4)]
    shapes += [Rect(x - half, y - high, x + half, y + high, look, 4)]
    title = facts.in_full(box.nodes) if box.nodes else f"{box.name}: {dims(box.shape)}"
    return Item((*shapes, *one.texts(x, y)), title, layers=facts.places(box.nodes))


def _key(boxes: Sequence[Drawn], wide: float, y: float) -> tuple[list[Part], float]:
    """Return what the colours mean, in lines, and where the next line is."""
    parts: list[Part] = []
    x = MARGIN
    for series in [series for series in SORTS if any(box.series == series for box in boxes)]:
        long = 16 + width(SORTS[series], SMALL) + 14
        if x > MARGIN and x + long > MARGIN + wide:
            x, y = MARGIN, y + LINE + 3
        parts.append(Rect(x, y - 9, x + 11, y + 1, Look(f"tint{series}", f"line{series}"), 2))
        parts.append(Words(x + 16, y, SORTS[series], "soft", size=SMALL))
        x += long
    return parts, y + LINE + 4


def _legend(flow: Flow, facts: Facts) -> Iterator[str]:
    closed = [box.unit is not None and box.unit.varies for box in flow.boxes if box.frame is None and box.times > 1]
    opened = [frame.unit.varies for frame in flow.frames if frame.unit.times > 1]
    if many := repeated((*closed, *opened)):
        box = "a closed box" if opened else "a box"
        of_all = f"; the params of {box} are those of all" if closed else ""
        yield f"{many}{of_all}."
    if any(box.like for box in flow.boxes):
        yield "Of blocks with layers of the same sorts, the first is open; sizes of the others may differ."
    if flow.is_merged:
        yield "It is too large to be drawn whole: what follows each other is one box."
    yield facts.total


def _description(flow: Flow) -> str:
    names = ", ".join(f"{box.name} {dims(box.shape)}" for box in flow.boxes)
    return f"Boxes from top to bottom, and lines from each to those that read it: {names}."
