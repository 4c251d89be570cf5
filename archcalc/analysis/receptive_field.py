"""How much of the input one output element sees.

Along each axis, through a window of span s and stride t: size += (s - 1) * jump, jump *= t, from 1 and 1 at the input
(`SOURCE`). Padding counts as input, so that a field may be larger than the input.
"""

from functools import reduce
from typing import Final, NamedTuple

from archcalc.graph import Graph, Node
from archcalc.layers import Shape
from archcalc.layers.sizes import larger
from archcalc.layers.window import span

SOURCE: Final = "https://distill.pub/2019/computing-receptive-fields/"
"""Equations 2 and 3."""


class Field(NamedTuple):
    """Input elements seen, and how far apart the fields of neighbours are, along each axis: (height, width)."""

    size: tuple[int, ...]
    jump: tuple[int, ...]


def point(shape: Shape) -> Field:
    """Return the field of an element of the input: itself, along each axis after channels.

    >>> point((3, 224, 224)), point((1, 16_000)).size
    (Field(size=(1, 1), jump=(1, 1)), (1,))
    """
    ones = (1,) * (len(shape) - 1 or 2)
    return Field(ones, ones)


def receptive_fields(graph: Graph) -> dict[str, Field | None]:
    """Return the field of each layer's outputs; None from a layer on that no window describes, such as a flatten."""
    fields: dict[str, Field | None] = {name: point(shape) for name, shape in graph.spec.inputs.items()}
    for node in graph.nodes:
        fields[node.name] = through(node, [fields[name] for name in node.inputs])
    return fields


def through(node: Node, inputs: list[Field | None]) -> Field | None:
    """Return the field of a layer's outputs, from those of its inputs; of several inputs the widest."""
    seen = [field for field in inputs if field is not None]
    if len(seen) < len(inputs) or node.layer.mixes_places(*node.device_inputs):
        return None
    size = tuple(reduce(larger, sizes) for sizes in zip(*(field.size for field in seen), strict=True))
    jump = tuple(reduce(larger, jumps) for jumps in zip(*(field.jump for field in seen), strict=True))
    window = node.layer.window(*node.device_inputs)
    if window is None:
        return Field(size, jump)
    spans = map(span, window.kernel_size, window.dilation)
    return Field(
        tuple(own + (reach - 1) * apart for own, reach, apart in zip(size, spans, jump, strict=True)),
        tuple(apart * stride for apart, stride in zip(jump, window.stride, strict=True)),
    )
