"""How much a network computes and moves, for what a profile is held against."""

from math import prod
from typing import NamedTuple

from archcalc.graph import Graph, Node
from archcalc.table import row_of


class Work(NamedTuple):
    """Parameters, and of one example the FLOPs of a forward pass and of a training step, as the table counts."""

    params: int
    forward: int
    training: int


def work(graph: Graph) -> Work:
    """Forward is 2 x MACs. Training adds a gradient of the weights and one of the input, each as much again.

    No gradient of the input is asked for where nothing before a layer learns: 3 x forward, less once the first layer.
    """
    params = forward = training = 0
    learns: dict[str, bool] = {}
    for node in graph.nodes:
        row = row_of(node)
        before = any(learns.get(name, False) for name in node.inputs)
        learns[node.name] = before or bool(row.params)
        params += row.params
        forward += row.flops
        training += row.flops * (3 if before else 2)
    return Work(params, forward, training)


class Moved(NamedTuple):
    """A layer's FLOPs and the least bytes that it has to move, of a batch."""

    name: str
    flops: int
    bytes: int


def moved(graph: Graph, batch: int, element: int) -> list[Moved]:
    """Return the least bytes that each layer reads and writes: inputs, parameters and output, of `element` bytes."""
    return [_moved(node, batch, element) for node in graph.nodes]


def _moved(node: Node, batch: int, element: int) -> Moved:
    row = row_of(node, batch)
    read = sum(prod(shape) for shape in node.input_shapes) * batch
    return Moved(node.name, row.flops, (read + row.params + row.activations) * element)
