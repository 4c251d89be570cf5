"""What an inference reads that lies beside the arena, as in flash: parameters and buffers."""

from dataclasses import dataclass
from math import prod
from typing import Final

from archcalc.analysis.memory.request import Dtype
from archcalc.graph import Graph, Node
from archcalc.layers.base import Role

_COUNT: Final = 8
"""The bytes of a count of batches, a 64-bit integer."""


@dataclass(frozen=True)
class Beside:
    """Parameters and buffers."""

    bytes: int
    """Of all that are read, each number as large as those of the maps."""
    biases: int
    """How many of these numbers are biases of layers with weights, which an int8 runtime keeps in more."""
    unread: int
    """The bytes of those that inference does not read, and that are left out: counts of batches."""


def beside(graph: Graph, dtype: Dtype) -> Beside:
    """Return what lies beside the arena."""
    read = sum(
        node.copies * prod(shape) for node in graph.nodes for name, shape in _own(node) if name not in node.layer.unread
    )
    biases = sum(
        node.copies * prod(shape)
        for node in graph.nodes
        if node.layer.role is Role.WEIGHTS
        for name, shape in node.own_params.items()
        if name == "bias"
    )
    unread = sum(node.copies for node in graph.nodes for name, _ in _own(node) if name in node.layer.unread)
    return Beside(dtype.size * read, biases, _COUNT * unread)


def _own(node: Node) -> list[tuple[str, tuple[int, ...]]]:
    return [*(node.own_params | node.own_buffers).items()]
