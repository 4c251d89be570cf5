"""What is drawn of a network: a box for each layer, in which those that only follow it stand too, and the lines."""

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from archcalc.graph import Graph, Node
from archcalc.layers import Shape
from archcalc.layers.base import Role
from archcalc.layers.sizes import dims

_FOLLOWING: Final = (Role.ACTIVATION, Role.NORM, Role.REGULARIZER)
"""Layers that stand in the box of the layer that they follow, if they are alone to read it."""


class Box(NamedTuple):
    """Layers that are drawn as one, with the lines of text in it."""

    number: int
    names: tuple[str, ...]
    lines: tuple[str, ...]
    is_input: bool = False


class Drawing(NamedTuple):
    title: str
    boxes: tuple[Box, ...]
    lines: tuple[tuple[int, int], ...]
    """The numbers of boxes, from one to another."""


class Group(NamedTuple):
    """A layer, and those that only follow it, each alone to read the one before."""

    nodes: tuple[Node, ...]
    inputs: tuple[int, ...]
    """The numbers of the groups that it reads, where the inputs of the network come first, in their order."""

    @property
    def head(self) -> Node:
        return self.nodes[0]

    @property
    def shape(self) -> Shape:
        """The shape of what it hands on."""
        return self.nodes[-1].output_shape

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(node.name for node in self.nodes)


def grouped(graph: Graph, in_blocks: bool = False) -> list[Group]:
    """Return the layers in groups, in the order of the graph: those that only follow a layer with that.

    With `in_blocks`, a layer follows none that is in another block by its name.
    """
    parts: list[tuple[list[Node], tuple[int, ...]]] = []
    place: dict[str, int] = {name: number for number, name in enumerate(graph.spec.inputs)}
    first = len(place)
    readers = Counter((*(name for node in graph.nodes for name in node.inputs), *graph.outputs))
    for node in graph.nodes:
        before = place[node.inputs[0]]
        follows = node.layer.role in _FOLLOWING and len(node.inputs) == 1 and readers[node.inputs[0]] == 1
        if follows and before >= first and not (in_blocks and _is_apart(parts[before - first][0], node)):
            parts[before - first][0].append(node)
            place[node.name] = before
            continue
        inputs = tuple(place[name] for name in node.inputs)
        place[node.name] = first + len(parts)
        parts.append(([node], inputs))
    return [Group(tuple(nodes), inputs) for nodes, inputs in parts]


def _is_apart(group: Sequence[Node], node: Node) -> bool:
    """Return whether a layer is in another block than the first and the last of those that it follows."""
    parent = node.name.rpartition(".")[0]
    ends = (group[0].name, group[-1].name)
    return not any(end.rpartition(".")[0] == parent or node.name.startswith(f"{end}.") for end in ends)


def draw(graph: Graph) -> Drawing:
    """Return what is drawn of a network: its inputs, its layers, and each layer's inputs."""
    given = graph.spec.inputs
    inputs = [Box(n, (name,), (name, dims(shape)), True) for n, (name, shape) in enumerate(given.items())]
    groups = dict(enumerate(grouped(graph), len(inputs)))
    layers = [_box(number, group) for number, group in groups.items()]
    lines = dict.fromkeys((read, number) for number, group in groups.items() for read in group.inputs)
    return Drawing(graph.spec.title or graph.spec.name, (*inputs, *layers), tuple(lines))


def _box(number: int, group: Group) -> Box:
    """Return the box of a layer and of those that follow it: names, what they do, and the shape that comes out."""
    head, *others = group.nodes
    what = in_short(head) + (f" on {len(head.devices)} devices" if head.devices else "")
    lines = [head.name, ", ".join([what, *(node.layer.op for node in others)]), dims(group.shape)]
    return Box(number, group.names, tuple(lines))


def in_short(node: Node) -> str:
    """Return what a layer is, with its window and its stride if it has one."""
    window = node.layer.window(*node.device_inputs)
    words = [node.layer.op]
    if window is not None:
        words.append(dims(window.kernel_size))
        words += [f"/{_short(window.stride)}"] if any(step > 1 for step in window.stride) else []
    return " ".join(words)


def _short(sizes: tuple[int, ...]) -> str:
    return str(sizes[0]) if len({*sizes}) == 1 else dims(sizes)
