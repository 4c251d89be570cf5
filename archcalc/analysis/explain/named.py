"""Graph nodes whose fields and sizes are traced numbers, for the rules to be read as explanations."""

from collections.abc import Mapping
from typing import Any, Final

from archcalc.analysis.explain.traced import symbol
from archcalc.graph import Node, side_by_side
from archcalc.layers import Layer, Shape
from archcalc.layers.fields import Sides, is_integer

_SILENT: Final = ("dilation", "groups")
"""Fields that do nothing where they are 1, as they mostly are; formulas leave them out."""

_AXES: Final = {1: ("features",), 3: ("channels", "height", "width")}
_INPUT: Final = {1: ("in_features",), 3: ("in_channels", "height", "width")}
_OUTPUT: Final = {1: ("out_features",), 3: ("out_channels", "out_height", "out_width")}


class _TracedNode(Node):
    """A node whose number of devices has a name too."""

    @property
    def copies(self) -> int:
        return symbol("devices", super().copies) if self.devices else 1


def trace(node: Node) -> Node:
    """The node with names for its fields and sizes; its shapes are made by the layer's own rule."""
    layer = _named_fields(node.layer)
    reads = tuple(_named(shape, _INPUT, node.reads, place) for place, shape in enumerate(node.reads))
    made = layer.output_shape(*reads)
    traced = _TracedNode(*node._replace(layer=layer, reads=reads, makes=made))
    return traced._replace(output_shape=side_by_side(made, traced.copies))


def with_named_output(traced: Node) -> Node:
    """A traced node whose output has names of its own, which formulas that start from it show."""
    return traced._replace(makes=_named(tuple(map(int, traced.makes)), _OUTPUT, (), 0))


def axes(rank: int) -> tuple[str, ...]:
    """
    >>> axes(3), axes(2)
    (('channels', 'height', 'width'), ('axis_1', 'axis_2'))
    """
    return _AXES.get(rank, tuple(f"axis_{axis + 1}" for axis in range(rank)))


def _named(shape: Shape, names: Mapping[int, tuple[str, ...]], beside: tuple[Shape, ...], place: int) -> Shape:
    """Sizes with the names of their axes, and their place among the shapes `beside` them, where these differ in it."""
    own = names.get(len(shape), axes(len(shape)))
    suffixes = (f"[{place}]" if len({other[axis] for other in beside}) > 1 else "" for axis in range(len(shape)))
    return tuple(map(symbol, map(str.__add__, own, suffixes), shape))


def _named_fields(layer: Layer) -> Layer:
    return layer.with_stand_ins(**{name: _named_value(name, value) for name, value in vars(layer).items()})


def _named_value(name: str, value: Any) -> Any:
    """Integers, and integers in pairs and sides, with names; all else as it is."""
    if isinstance(value, Sides):
        return Sides(*map(symbol, Sides._fields, value))
    if isinstance(value, tuple):
        one, other = value
        names = (name, name) if one == other else (f"{name}[0]", f"{name}[1]")
        return tuple(map(_field, names, value))
    return _field(name, value) if is_integer(value) else value


def _field(name: str, value: int) -> int:
    return value if value == 1 and name in _SILENT else symbol(name, value)
