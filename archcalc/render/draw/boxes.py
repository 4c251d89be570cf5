"""The boxes of a flow, with their words and colours, at no place yet."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from archcalc.analysis.draw.flow import Box, Flow
from archcalc.analysis.draw.units import Unit
from archcalc.exchange.diagrams.boxes import in_short
from archcalc.graph import Node
from archcalc.layers.base import Role
from archcalc.layers.sizes import dims
from archcalc.render.draw.said import Facts
from archcalc.render.picture.letters import cut, width, wrapped
from archcalc.render.picture.page import LINE, SMALL
from archcalc.render.picture.scene import Words

_WIDEST: Final = 204.0
_MOST_LINES: Final = 4
"""A chain of so many layers is told layer by layer."""
_SIDE: Final = 8.0
_OVER: Final = 6.0

INPUT, MAPS, FEATURES, POOL, MERGE, BLOCK, OTHER = 7, 0, 2, 1, 3, 4, 6
"""The series of the palette of each sort of box."""
SORTS: Final = {
    INPUT: "input",
    MAPS: "weights, makes maps",
    FEATURES: "weights, makes features",
    POOL: "pool",
    MERGE: "joins layers",
    BLOCK: "block",
    OTHER: "other layer",
}


class Drawn(NamedTuple):
    """A box with its size, and its lines of text."""

    box: Box
    series: int
    lines: tuple[Words, ...]
    width: float
    height: float

    def texts(self, x: float, y: float) -> Iterator[Words]:
        """Yield the lines at their places; the middle of the box is at `x`, `y`."""
        top = y - self.height / 2 + _OVER
        for number, line in enumerate(self.lines):
            yield line._replace(x=x, y=top + LINE * number + 10)


def drawn(flow: Flow, facts: Facts) -> list[Drawn]:
    return [_drawn(box, flow, facts) for box in flow.boxes]


def _drawn(box: Box, flow: Flow, facts: Facts) -> Drawn:
    lines = tuple(_lines(box, flow, facts))
    wide = max(width(line.text, line.size, line.is_bold) for line in lines) + 2 * _SIDE
    return Drawn(box, _series(box), lines, max(wide, 56.0), len(lines) * LINE + 2 * _OVER - 2)


def _series(box: Box) -> int:
    if box.head is None:
        return BLOCK if box.nodes else INPUT
    role = box.head.layer.role
    if role is Role.WEIGHTS:
        return MAPS if len(box.shape) > 1 else FEATURES
    return {Role.POOL: POOL, Role.MERGE: MERGE}.get(role, OTHER)


def _lines(box: Box, flow: Flow, facts: Facts) -> Iterator[Words]:
    """Yield the lines of a box: its name, what it is, and what it hands on, with its params."""
    many = f" x{box.times}" if box.times > 1 and box.frame is None else ""
    yield Words(0, 0, cut(_name(box, flow), _WIDEST, bold=True) + many, "ink", "middle", is_bold=True)
    for text in _said(box, flow):
        for part in wrapped(text, _WIDEST, SMALL):
            yield Words(0, 0, cut(part, _WIDEST, SMALL), "soft", "middle", SMALL)
    params = facts.params(box.once if box.frame is not None else box.nodes)
    each = ""
    if box.frame is not None and box.times > 1:
        each = " at first" if flow.frames[box.frame].unit.varies else " each"
    made = f"{dims(box.shape)}, {params}{each}" if params else f"{dims(box.shape)}{each.replace(' each', '')}"
    for part in wrapped(made, _WIDEST, SMALL):
        yield Words(0, 0, part, "ink", "middle", SMALL)


def _name(box: Box, flow: Flow) -> str:
    """Return the name of a box, in an open block without what the names of all its boxes begin with."""
    if box.frame is None:
        return box.name
    names = [flow.boxes[number].name.split(".") for number in flow.frames[box.frame].boxes]
    shared = next(
        (place for place, words in enumerate(zip(*names, strict=False)) if len({*words}) > 1), min(map(len, names))
    )
    return ".".join(box.name.split(".")[shared:] or box.name.split(".")[-1:])


def _said(box: Box, flow: Flow) -> Iterator[str]:
    if box.unit:
        yield from _block(box, box.unit, flow)
    elif box.nodes:
        yield _group(box.once)


def _block(box: Box, unit: Unit, flow: Flow) -> Iterator[str]:
    used = flow.graph.spec.uses.get(unit.name)
    named = f"{used.block}, " if used else ""
    if box.like:
        yield f"{named}like {box.like}"
    elif unit.is_chain and len(unit.once) <= _MOST_LINES:
        yield from (_group(group.nodes) for group in unit.once)
    else:
        to = f", to {unit.once[-1].names[-1]}" if flow.is_merged else ""
        yield f"{named}{sum(len(group.nodes) for group in unit.once)} layers{to}"
    if box.name != unit.last_name and unit.times > 1:
        yield f"to {unit.last_name}"


def _group(nodes: Sequence[Node]) -> str:
    head, *others = nodes
    many = f" on {len(head.devices)} devices" if head.devices else ""
    return ", ".join([f"{in_short(head)}{many}", *(node.layer.op for node in others)])
