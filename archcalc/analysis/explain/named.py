"""The walk over layers with numbers that have names: fields and sizes, for the rules to be read as explanations."""

from collections.abc import Mapping
from typing import Any, Final

from archcalc.analysis.explain.traced import symbol
from archcalc.graph import Graph, Node, Numbers, visit
from archcalc.layers import Layer, Shape
from archcalc.layers.fields import FieldType, Sides, is_integer
from archcalc.layers.requirement import Requirement
from archcalc.layers.sizes import names_of_axes
from archcalc.spec.model import Entry

_INPUT: Final = {rank: (f"in_{names_of_axes(rank)[0]}", *names_of_axes(rank)[1:]) for rank in (1, 2, 3, 4)}
_OUTPUT: Final = {rank: tuple(f"out_{axis}" for axis in names_of_axes(rank)) for rank in (1, 2, 3, 4)}


class Named(Numbers[int]):
    """Integers with the names of the fields and axes that they are; what each layer reads is named again."""

    def layer(self, entry: Entry) -> Layer:
        fields = entry.layer.fields.items()
        values = {name: _named_value(name, getattr(entry.layer, name), field.type) for name, field in fields}
        return entry.layer.with_stand_ins(**values)

    def reads(self, entry: Entry, shapes: tuple[Shape, ...]) -> tuple[Shape, ...]:
        return tuple(_named(shape, _INPUT, shapes, place) for place, shape in enumerate(shapes))

    def copies(self, entry: Entry) -> int:
        return symbol("devices", super().copies(entry)) if entry.tower else 1

    def require(self, entry: Entry, requirement: Requirement) -> None:
        """Require nothing: the graph that is explained is legal."""


class Naming:
    """The layers of a graph, each with names for its fields and sizes; its shapes are made by the layer's own rule."""

    def __init__(self, graph: Graph) -> None:
        self.given = graph.spec.inputs
        self.nodes = {node.name: node for node in graph.nodes}
        self.entries = {entry.name: entry for entry in graph.spec.layers}

    def __call__(self, node: Node) -> Node:
        return visit(self.entries[node.name], self.nodes, self.given, Named())


def with_named_output(node: Node) -> Node:
    """Return a node whose output has names of its own, which formulas that start from it show."""
    return node._replace(device_output=_named(tuple(map(int, node.device_output)), _OUTPUT, (), 0))


def _named(shape: Shape, names: Mapping[int, tuple[str, ...]], beside: tuple[Shape, ...], place: int) -> Shape:
    """Return sizes with the names of their axes, and their place among the shapes `beside` them if these differ."""
    own = names.get(len(shape), names_of_axes(len(shape)))
    suffixes = (f"[{place}]" if len({other[axis] for other in beside}) > 1 else "" for axis in range(len(shape)))
    return tuple(map(symbol, map(str.__add__, own, suffixes), shape))


def _named_value(name: str, value: Any, type_: FieldType) -> Any:
    """Return integers, alone, in tuples and in sides, with names; everything else as it is."""
    if isinstance(value, Sides):
        return Sides(*map(symbol, value.names, value))
    if isinstance(value, tuple):
        names = [name if len(set(value)) == 1 else f"{name}[{place}]" for place in range(len(value))]
        return tuple(_field(own, size, type_) for own, size in zip(names, value, strict=True))
    return _field(name, value, type_)


def _field(name: str, value: Any, type_: FieldType) -> Any:
    """Return an integer with its name, if it is one that formulas show."""
    return value if not is_integer(value) or (value == 1 and type_.quiet) else symbol(name, value)
