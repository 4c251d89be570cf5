"""How much of the input one output element sees.

Along each axis, through a window of span s and stride t: size += (s - 1) * jump, jump *= t, from 1 and 1 at the input
(`SOURCE`). Padding counts as input, so that a field may be larger than the input.
"""

from functools import reduce
from typing import Final, NamedTuple

from archcalc.graph import Graph, Node
from archcalc.layers.sizes import larger
from archcalc.layers.window import span

SOURCE: Final = "https://distill.pub/2019/computing-receptive-fields/"
"""Equations 2 and 3."""


class Field(NamedTuple):
    """Input elements seen, and how far apart the fields of neighbours are, each as (height, width)."""

    size: tuple[int, int]
    jump: tuple[int, int]


POINT: Final = Field((1, 1), (1, 1))


def receptive_fields(graph: Graph) -> dict[str, Field | None]:
    """Return the field of each layer's outputs; None from a layer on that no window describes, such as a flatten."""
    fields: dict[str, Field | None] = {}
    for node in graph.nodes:
        fields[node.name] = through(node, [fields.get(name, POINT) for name in node.inputs])
    return fields


def through(node: Node, inputs: list[Field | None]) -> Field | None:
    """Return the field of a layer's outputs, from those of its inputs; of several inputs the widest."""
    seen = [field for field in inputs if field is not None]
    if len(seen) < len(inputs) or node.layer.mixes_places(*node.device_inputs):
        return None
    size = [reduce(larger, (field.size[axis] for field in seen)) for axis in (0, 1)]
    jump = [reduce(larger, (field.jump[axis] for field in seen)) for axis in (0, 1)]
    window = node.layer.window(*node.device_inputs)
    if window is None:
        return Field((size[0], size[1]), (jump[0], jump[1]))
    spans = [span(kernel, dilation) for kernel, dilation in zip(window.kernel_size, window.dilation, strict=True)]
    return Field(
        (size[0] + (spans[0] - 1) * jump[0], size[1] + (spans[1] - 1) * jump[1]),
        (jump[0] * window.stride[0], jump[1] * window.stride[1]),
    )
