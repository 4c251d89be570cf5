"""The work of a network: FLOPs of a forward pass and of a training step, and the least bytes that each layer moves."""

from math import prod
from typing import NamedTuple

from archcalc.analysis.views import Part, part_read, seen_again
from archcalc.graph import Graph, Node
from archcalc.table import Moves, row_of


class Work(NamedTuple):
    """Parameters, and the FLOPs of a forward pass and of both kinds of gradients with one example, as in the table."""

    params: int
    forward: int
    weight_gradients: int
    input_gradients: int

    @property
    def training(self) -> int:
        """The FLOPs of a training step."""
        return self.forward + self.weight_gradients + self.input_gradients


def work(graph: Graph) -> Work:
    """Return the FLOPs of a forward pass, 2 x MACs, and of the gradients of a training step.

    The gradient of a layer's weights costs as much as its forward pass, and so does the gradient of its input. The
    latter is computed only where a layer before it learns: 3 x forward, less the forward pass of the first layer. A
    layer once more has a gradient of its weights too.
    """
    params = forward = weight_gradients = input_gradients = 0
    learns: dict[str, bool] = {}
    for node in graph.nodes:
        row = row_of(node)
        has_weights = bool(node.layer.param_shapes(*node.device_inputs))
        has_input_gradient = any(learns.get(name, False) for name in node.inputs)
        learns[node.name] = has_weights or has_input_gradient
        params += row.params
        forward += row.flops
        weight_gradients += row.flops * has_weights
        input_gradients += row.flops * has_input_gradient
    return Work(params, forward, weight_gradients, input_gradients)


class Traffic(NamedTuple):
    """A layer's FLOPs, and the elements that it moves at least: its tensors once for a batch, others for an example."""

    name: str
    flops: int
    weights: int
    """Elements of parameters and buffers, its own or another layer's, once for each device that holds it."""
    inputs: int
    output: int

    def moved(self, batch: int) -> int:
        """Return the elements that it moves for a batch."""
        return self.weights + batch * (self.inputs + self.output)


def traffic(graph: Graph) -> list[Traffic]:
    """Return what each layer moves in inference, as eager torch runs it: one that makes a view moves nothing."""
    parts: dict[str, Part] = {}
    return [_traffic(node, parts) for node in graph.nodes]


def _traffic(node: Node, parts: dict[str, Part]) -> Traffic:
    row, layer, makes = row_of(node), node.layer, node.device_output
    reads = [part_read(name, shape, parts) for name, shape in zip(node.inputs, node.device_inputs, strict=True)]
    made = seen_again(layer, [part.tensor for part in reads], node.tensors)
    is_whole = made.is_view and prod(makes) == prod(reads[0].tensor.sizes)
    parts[node.name] = Part(reads[0].owner if is_whole else node.name, made.tensor)
    if made.is_view:
        return Traffic(node.name, row.flops, 0, 0, 0)
    tensors = (prod(shape) for name, shape in node.tensors.items() if name not in layer.unread)
    inputs = {part.owner: prod(part.tensor.sizes) for part in reads}
    return Traffic(
        node.name,
        row.flops,
        node.copies * sum(tensors),
        node.copies * sum(inputs.values()),
        node.copies * prod(makes),
    )


def moves(graph: Graph, batch: int, element_bytes: int) -> tuple[Moves, ...]:
    """Return the least bytes that each layer moves for a batch: weights, inputs and output apart."""
    return tuple(
        Moves(element_bytes * one.weights, element_bytes * batch * one.inputs, element_bytes * batch * one.output)
        for one in traffic(graph)
    )


class Moved(NamedTuple):
    """A layer's FLOPs and the least bytes that it moves, for a batch."""

    name: str
    flops: int
    bytes: int


def moved(graph: Graph, batch: int, element_bytes: int) -> list[Moved]:
    """Return the FLOPs of each layer for a batch, and the least bytes that it reads and writes."""
    return [Moved(one.name, batch * one.flops, element_bytes * one.moved(batch)) for one in traffic(graph)]
