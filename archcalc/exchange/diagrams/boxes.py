"""What is drawn of a network: a box for each layer, in which those that only follow it stand too, and the lines."""

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from archcalc.graph import Graph, Node
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


def draw(graph: Graph) -> Drawing:
    """Return what is drawn of a network: its inputs, its layers, and each layer's inputs."""
    parts: list[list[Node]] = []
    place: dict[str, int] = {name: number for number, name in enumerate(graph.spec.inputs)}
    first = len(place)
    readers = Counter((*(name for node in graph.nodes for name in node.inputs), *graph.outputs))
    lines: list[tuple[int, int]] = []
    for node in graph.nodes:
        before = place[node.inputs[0]]
        follows = node.layer.role in _FOLLOWING and len(node.inputs) == 1 and readers[node.inputs[0]] == 1
        if follows and before >= first:
            parts[before - first].append(node)
            place[node.name] = before
            continue
        place[node.name] = first + len(parts)
        lines += [(place[name], place[node.name]) for name in node.inputs]
        parts.append([node])
    inputs = [Box(n, (name,), (name, dims(shape)), True) for n, (name, shape) in enumerate(graph.spec.inputs.items())]
    layers = [_box(first + number, part) for number, part in enumerate(parts)]
    return Drawing(graph.spec.title or graph.spec.name, (*inputs, *layers), tuple(dict.fromkeys(lines)))


def _box(number: int, part: Sequence[Node]) -> Box:
    """Return the box of a layer and of those that follow it: names, what they do, and the shape that comes out."""
    head = part[0]
    lines = [head.name, ", ".join([_what(head), *(node.layer.op for node in part[1:])]), dims(part[-1].output_shape)]
    return Box(number, tuple(node.name for node in part), tuple(lines))


def _what(node: Node) -> str:
    """Return what a layer is, with its window and its stride if it has one."""
    window = node.layer.window(*node.device_inputs)
    words = [node.layer.op]
    if window is not None:
        words.append(dims(window.kernel_size))
        words += [f"/{_short(window.stride)}"] if any(step > 1 for step in window.stride) else []
    if node.devices:
        words.append(f"on {len(node.devices)} devices")
    return " ".join(words)


def _short(sizes: tuple[int, ...]) -> str:
    return str(sizes[0]) if len({*sizes}) == 1 else dims(sizes)
