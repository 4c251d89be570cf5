"""The work of a network: FLOPs of a forward pass and of a training step, and the least bytes that each layer moves."""

from math import prod
from typing import NamedTuple

from archcalc.graph import Graph, Node
from archcalc.table import row_of


class Work(NamedTuple):
    """Parameters, and the FLOPs of a forward pass and of a training step with one example, as the table counts."""

    params: int
    forward: int
    training: int


def work(graph: Graph) -> Work:
    """Return the FLOPs of a forward pass, 2 x MACs, and of a training step.

    The gradient of a layer's weights costs as much as its forward pass, and so does the gradient of its input. The
    latter is computed only where a layer before it learns: 3 x forward, less the forward pass of the first layer.
    """
    params = forward = training = 0
    learns: dict[str, bool] = {}
    for node in graph.nodes:
        row = row_of(node)
        has_weights = bool(row.params)
        has_input_gradient = any(learns.get(name, False) for name in node.inputs)
        learns[node.name] = has_weights or has_input_gradient
        params += row.params
        forward += row.flops
        training += row.flops * (1 + has_weights + has_input_gradient)
    return Work(params, forward, training)


class Moved(NamedTuple):
    """A layer's FLOPs and the least bytes that it moves, for a batch."""

    name: str
    flops: int
    bytes: int


def moved(graph: Graph, batch: int, element_bytes: int) -> list[Moved]:
    """Return the least that each layer reads and writes: its inputs, parameters and output, each once."""
    return [_moved(node, batch, element_bytes) for node in graph.nodes]


def _moved(node: Node, batch: int, element_bytes: int) -> Moved:
    row = row_of(node, batch)
    read = sum(prod(shape) for shape in node.input_shapes) * batch
    return Moved(node.name, row.flops, (read + row.params + row.activations) * element_bytes)
