"""What one layer computes as a function in JavaScript: what it requires, makes and costs, by its kind's own rules.

A function is given the numbers in the layer's fields, `f`, and the sizes that it reads, `x`, one after the other; of a
layer that is another once more also those of that one, `g` and `y`. It returns the words of what it requires in vain,
or what the table says of the layer. Layers that differ in these numbers alone share a function.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import count, islice
from typing import Any, Final, NamedTuple

from archcalc.exchange.javascript.code import Body
from archcalc.exchange.javascript.numbers import Notes, Open
from archcalc.exchange.javascript.reading import Words, words
from archcalc.graph import AnyNode, Integers, visit
from archcalc.layers import Layer
from archcalc.layers.fields import (
    Axis,
    FieldType,
    Integer,
    Optional,
    PaddingType,
    PartIndex,
    PerAxis,
    Sides,
    is_integer,
)
from archcalc.layers.requirement import Requirement
from archcalc.layers.sizes import bare
from archcalc.spec.model import Entry
from archcalc.table import Totals, row_of

WINDOW: Final = ("kernel_size", "stride", "padding", "dilation")
"""What a row of the table says of a window."""


def numbers_in(value: Any, kind: FieldType) -> tuple[int, ...] | None:
    """Return the numbers in a field that rules compute with; None for a field that holds no such numbers."""
    if isinstance(kind, Optional):
        return None if value is None or isinstance(kind, PartIndex) else numbers_in(value, kind.inner)
    if isinstance(kind, PaddingType):
        return tuple(value) if isinstance(value, Sides) else (0,) * 2 * kind.axes
    if isinstance(kind, Integer) and not isinstance(kind, Axis):
        return (value,)
    is_of_axes = isinstance(kind, PerAxis) and all(map(is_integer, value))
    return tuple(value) if is_of_axes else None


def open_fields(layer: Layer) -> dict[str, tuple[int, ...]]:
    """Return the fields whose numbers can be others, with these."""
    found = ((name, numbers_in(getattr(layer, name), one.type)) for name, one in layer.fields.items())
    return {name: numbers for name, numbers in found if numbers is not None}


class Given(NamedTuple):
    """A layer with fields that are open, and what it reads."""

    layer: Layer
    reads: tuple[tuple[Any, ...], ...]


def given(notes: Notes, layer: Layer, ranks: Iterable[int], names: str, fixed: bool) -> Given:
    """Return a layer whose fields and sizes are open, with names for both."""
    in_fields, in_reads = (map(notes.named, map(f"{name}[{{}}]".format, count())) for name in names)
    values = {} if fixed else {name: [*islice(in_fields, len(one))] for name, one in open_fields(layer).items()}
    stand_ins = {name: _in_the_form_of(getattr(layer, name), opened) for name, opened in values.items()}
    return Given(layer.with_stand_ins(**stand_ins), tuple(tuple(islice(in_reads, rank)) for rank in ranks))


def _in_the_form_of(value: Any, opened: list[Open]) -> Any:
    """Return open numbers in the place of those of a field; a word for a padding stays, and its numbers are unused."""
    if isinstance(value, Sides):
        return Sides(*opened)
    return value if isinstance(value, str) else opened[0] if is_integer(value) else tuple(opened)


class NeverError(Exception):
    """A layer requires what holds for no numbers."""


class _Required(NamedTuple):
    """Conditions, and the words where one of them does not hold."""

    conditions: list[Any]
    words: Words


class _Noted(Integers):
    """The walk over one layer that notes what it requires instead of asking whether that holds."""

    def __init__(self, notes: Notes, found: Given) -> None:
        self.notes = notes
        self.found = found
        self.required: list[_Required] = []
        self._said_by: object = None
        self._holding: dict[int, bool] = {}

    def layer(self, entry: Entry) -> Layer:
        return self.found.layer

    def reads(self, entry: Entry, shapes: tuple[Any, ...]) -> tuple[Any, ...]:
        return self.found.reads

    def require(self, entry: Entry, requirement: Requirement) -> None:
        """Note a condition, and read its words, before the rule goes on to others. Raises NeverError."""
        holds = requirement.holds
        if holds is True:
            return
        said_by = _said_by(requirement.fault)
        if said_by != self._said_by or holds is False:
            supposed = self._holding | ({holds.step: False} if isinstance(holds, Open) else {})
            self.required.append(_Required([], words(self.notes, requirement.fault, supposed)))
        self.required[-1].conditions.append(holds)
        self._said_by = said_by
        if holds is False:
            raise NeverError
        self._holding[holds.step] = True


def _said_by(fault: Callable[[], str]) -> object:
    """Return what is the same for two functions that say the same."""
    code = getattr(fault, "__code__", None)
    return (code, [id(cell.cell_contents) for cell in fault.__closure__ or ()]) if code else fault


def rule(entry: Entry, node: AnyNode[int], again: tuple[Entry, AnyNode[int]] | None, fixed: bool = False) -> str:
    """Return the function of a layer; `node` is what the graph says of it, `again` the layer that it is once more.

    `fixed` leaves its fields as they are. Raises UnwrittenError for rules that ask for the value of a number, and
    NeverError for one that is another once more that never fits.
    """
    notes, nodes = Notes(), {}
    if again is not None:
        numbers = _numbers(notes, *again, "gy", fixed)
        nodes[again[0].name] = visit(again[0], {}, _beside(again[1]), numbers)
    numbers, body = _numbers(notes, entry, node, "fx", fixed), Body(notes)
    try:
        made = visit(entry, nodes, _beside(node), numbers)
    except NeverError:
        made = None
    for one in numbers.required:
        body.name(one.conditions)
        all_hold = "&&".join(map(body.truth, one.conditions))
        asked = "" if any(holds is False for holds in one.conditions) else f"if(!({all_hold}))"
        body.lines.append(f"{asked}return{{fault:{body.words(one.words)}}};")
    if made is not None:
        _answer(body, made)
    return f"(f,x,g,y)=>{{{''.join(body.lines)}}}"


def _numbers(notes: Notes, entry: Entry, node: AnyNode[int], names: str, fixed: bool) -> _Noted:
    return _Noted(notes, given(notes, entry.layer, map(len, node.device_inputs), names, fixed))


def _beside(node: AnyNode[int]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of what a layer reads, for a walk over that layer alone."""
    return dict(zip(node.inputs, node.input_shapes, strict=True))


def _answer(body: Body, node: AnyNode[Any]) -> None:
    """Write what the table says of the layer."""
    row = row_of(node)
    counts = {name: getattr(row, name) for name in Totals._fields}
    shapes = {"makes": node.device_output, "whole": node.output_shape}
    window = {name: getattr(row, name) for name in WINDOW if getattr(row, name) is not None}
    body.name([*counts.values(), *(size for shape in (*shapes.values(), *window.values()) for size in shape)])
    parts = [f"{name}:{body.number(bare(value))}" for name, value in counts.items()]
    for name, sizes in (shapes | window).items():
        parts.append(f"{name}:[{','.join(map(body.number, sizes))}]")
    parts += _reach(body, node)
    body.lines.append(f"return{{{','.join(parts)}}};")


def _reach(body: Body, node: AnyNode[Any]) -> Iterator[str]:
    """Yield, for a window, the first element that an output reads along each axis of places, and the one after all."""
    if node.layer.slides() is None:
        return
    (reading,) = node.layer.reads(*node.device_inputs)
    place: Any = body.notes.named("i")
    axes = []
    for reach in reading.axes[1:]:
        inner, bounds = body.inner(), reach.range_of(place)
        inner.name(bounds)
        axes.append(f"i=>{{{''.join(inner.lines)}return[{','.join(map(inner.number, bounds))}]}}")
    yield f"axes:[{','.join(axes)}]"
