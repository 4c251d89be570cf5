"""What the time of a layer depends on: its sort, and what it computes and moves for a batch.

Layers of one sort take their time alike: a convolution that reads one channel for each of its outputs is bound by other
things than one that reads all, whatever both are called.
"""

from math import prod
from typing import Final, NamedTuple

from archcalc.analysis.work import Traffic, traffic
from archcalc.graph import Graph, Node

ELEMENT_BYTES: Final = 4
"""Times are those of fp32."""

NEAR: Final = 4 * 2**20
"""Bytes that caches near the cores hold: what a layer moves beyond comes from farther away."""

TERMS: Final = (
    "operations",
    "bytes of weights",
    "bytes of inputs",
    "bytes of the output",
    "bytes beyond caches",
    "calls",
)
"""Operations are FLOPs, or of a pool the elements of its windows."""

_LARGE: Final = "large"


class _Most(NamedTuple):
    operations: int
    bytes: int


_SIZES: Final = (("small", _Most(5 * 10**6, 2**19)), ("medium", _Most(10**8, 2**23)))
"""Where caches near a core, and then those that cores share, hold what a layer moves."""


class Load(NamedTuple):
    """What a layer computes and moves for a batch; towers' devices one after the other."""

    sort: str
    role: str
    terms: tuple[int, ...]
    """A number for each of `TERMS`."""

    @property
    def names(self) -> tuple[str, str, str]:
        """What its rates may be those of, the nearest first: layers of its sort and size, of its sort, of its role."""
        operations, *moved, _, _ = self.terms
        fits = (size for size, most in _SIZES if operations <= most.operations and sum(moved) <= most.bytes)
        return f"{self.sort}, {next(fits, _LARGE)}", self.sort, self.role


def loads(graph: Graph, batch: int) -> list[Load]:
    """Return the load of each layer."""
    return [load_of(node, moves, batch) for node, moves in zip(graph.nodes, traffic(graph), strict=True)]


def load_of(node: Node, moves: Traffic, batch: int) -> Load:
    """Return the load of a layer that moves so much."""
    sizes = (moves.weights, batch * moves.inputs, batch * moves.output)
    weights, inputs, output = (ELEMENT_BYTES * size for size in sizes)
    beyond = max(0, weights + inputs + output - NEAR)
    operations = batch * (moves.flops or _elements_of_windows(node))
    return Load(sort_of(node, batch), node.layer.role, (operations, weights, inputs, output, beyond, node.copies))


def _elements_of_windows(node: Node) -> int:
    """Return how many elements all windows have together, which a pool looks at one by one; 0 without windows."""
    window = node.layer.window(*node.device_inputs)
    return 0 if window is None else node.copies * prod(window.kernel_size) * prod(node.device_output)


def sort_of(node: Node, batch: int) -> str:
    """Return the sort of a layer: its kind, and what else its time is about.

    >>> import archcalc
    >>> [sort_of(node, 1) for node in archcalc.load("mobilenet_v1").graph.nodes if node.layer.counted][:3]
    ['conv2d', 'conv2d, depthwise', 'conv2d, 1x1']
    """
    layer = node.layer
    words = [layer.op]
    groups = layer.groups_of_channels or 1
    if groups > 1:
        words.append("depthwise" if groups == node.device_inputs[0][0] else "grouped")
    elif layer.convolves and (window := layer.window(*node.device_inputs)) and set(window.kernel_size) == {1}:
        words.append("1x1")
    if layer.counted and not layer.convolves and batch * prod(node.device_output[:-1]) == 1:
        words.append("one row")
    return ", ".join(words)
