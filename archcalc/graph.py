"""Spec -> Graph: every layer with the shapes it reads and makes, in file order, which is topological order.

Whether sizes are legal is asked here, once, and nowhere else.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from archcalc.collector import collector_at_rest
from archcalc.errors import ArchError
from archcalc.layers import Layer, Shape
from archcalc.layers.base import dims
from archcalc.layers.fields import LARGEST
from archcalc.spec.model import Entry, Spec, Tower

Named = TypeVar("Named", "Entry", "Node")


class Node(NamedTuple):
    """One layer with its shapes, all without the batch axis.

    In a tower the layer exists once per device: `reads` and `makes` are what one device reads and makes, and the
    shapes of the layer as a whole are those of all devices side by side.
    """

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    input_shapes: tuple[Shape, ...]
    output_shape: Shape
    reads: tuple[Shape, ...]
    makes: Shape
    tower: Tower | None = None
    gather: bool = False

    @property
    def devices(self) -> tuple[str, ...]:
        return self.tower.devices if self.tower else ()

    @property
    def copies(self) -> int:
        """How many devices hold the layer."""
        return len(self.devices) or 1


@dataclass(frozen=True)
class Graph:
    """A network with all its shapes."""

    spec: Spec
    nodes: tuple[Node, ...]

    @property
    def doubts(self) -> list[str]:
        """What is legal but probably not meant, each with its layer."""
        said = ((node.name, node.layer.doubt(*node.reads)) for node in self.nodes)
        return [f"layer {name}: {doubt}" for name, doubt in said if doubt]

    @property
    def output_shape(self) -> Shape:
        return self.nodes[-1].output_shape if self.nodes else self.spec.input_shape


@collector_at_rest()
def link(spec: Spec) -> Graph:
    """Infer every shape. Raises ArchError at the first layer that does not fit; `partial` is the graph up to it."""
    nodes: dict[str, Node] = {}
    for entry in spec.layers:
        try:
            nodes[entry.name] = _node(entry, nodes, spec.input_shape)
        except ArchError as error:
            reads = ", ".join(f"{name}: {dims(_whole(name, nodes, spec.input_shape))}" for name in entry.inputs)
            raise ArchError(
                *(fault._replace(what=f"{fault.what} (from {reads})") for fault in error.faults),
                partial=Graph(spec, tuple(nodes.values())),
            ).at(entry.mark, f"layer {entry.name}") from None
    return Graph(spec, tuple(nodes.values()))


def _node(entry: Entry, nodes: Mapping[str, Node], input_shape: Shape) -> Node:
    whole = tuple(_whole(name, nodes, input_shape) for name in entry.inputs)
    reads = tuple(_part(entry, name, nodes, input_shape) for name in entry.inputs)
    entry.layer.check(*reads)
    makes = entry.layer.output_shape(*reads)
    if max(makes) > LARGEST:
        raise ArchError(f"makes sizes of over {len(str(LARGEST))} digits")
    copies = len(entry.tower.devices) if entry.tower else 1
    output = side_by_side(makes, copies)
    return Node(entry.name, entry.layer, entry.inputs, whole, output, reads, makes, entry.tower, entry.gather)


def _whole(name: str, nodes: Mapping[str, Node], input_shape: Shape) -> Shape:
    """What a name stands for, all devices together."""
    return nodes[name].output_shape if name in nodes else input_shape


def _part(entry: Entry, name: str, nodes: Mapping[str, Node], input_shape: Shape) -> Shape:
    """What one device reads under a name: its own part inside its tower, the whole of everything else."""
    source = nodes.get(name)
    if source is not None and reads_own_part(entry, source):
        return source.makes
    return _whole(name, nodes, input_shape)


def reads_own_part(reader: Entry | Node, source: Entry | Node) -> bool:
    """Whether each device reads only its own part of `source`: inside one tower, unless it gathers."""
    return reader.tower is not None and source.tower == reader.tower and not reader.gather


def side_by_side(shape: Shape, copies: int) -> Shape:
    """Equal shapes joined along channels or features.

    >>> side_by_side((48, 55, 55), 2)
    (96, 55, 55)
    """
    return (shape[0] * copies, *shape[1:])


def within(nodes: Iterable[Named], name: str) -> list[Named]:
    """The layers that a name stands for: the layer itself, and those of the structure of that name."""
    return [node for node in nodes if node.name == name or node.name.startswith(f"{name}.")]
