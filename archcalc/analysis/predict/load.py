"""What the time of a layer depends on: its sort, and what it computes and moves for a batch.

Layers of one sort take their time alike: a convolution that reads one channel for each of its outputs is bound by other
things than one that reads all, whatever both are called.
"""

from collections.abc import Sequence
from itertools import accumulate
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
    "cold calls",
)
"""Operations are FLOPs, or of a pool the elements of its windows. Cold is a call of a kind that did not run of late:
caches hold its code no more.
"""

_COLD: Final = 2**24
"""Bytes moved from one call of a kind to the next, from which on caches have lost its code."""

_LARGE: Final = "large"
_FADED: Final = 2.0
"""From the most of a size divided by this, to it multiplied by this, its rates fade into those of the next."""


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
    def moved(self) -> int:
        """The bytes that are read and written."""
        return sum(self.terms[1:4])

    @property
    def sizes(self) -> dict[str, float]:
        """The sort with each size whose rates are its own, and to which share; near where one ends it is of two."""
        shares: dict[str, float] = {}
        below = 0.0
        for size, most in _SIZES:
            share = max(self.terms[0] / most.operations, self.moved / most.bytes)
            up_to = max(below, min(1.0, (_FADED - share) / (_FADED - 1 / _FADED)))
            shares[f"{self.sort}, {size}"] = up_to - below
            below = up_to
        shares[f"{self.sort}, {_LARGE}"] = 1.0 - below
        return {name: share for name, share in shares.items() if share > 0}


def loads(graph: Graph, batch: int) -> list[Load]:
    """Return the load of each layer, in a pass that follows on another."""
    moves = traffic(graph)
    return [
        load_of(node, own, batch, since)
        for node, own, since in zip(graph.nodes, moves, moved_since(graph, moves, batch), strict=True)
    ]


def load_of(node: Node, moves: Traffic, batch: int, since: int) -> Load:
    """Return the load of a layer that moves so much, `since` bytes after its kind ran last."""
    weights, inputs, output = _bytes(moves, batch)
    operations = batch * (moves.flops or _elements_of_windows(node))
    beyond = max(0, weights + inputs + output - NEAR)
    calls = (node.copies, node.copies * (since > _COLD))
    return Load(sort_of(node, batch), node.layer.role, (operations, weights, inputs, output, beyond, *calls))


def _bytes(moves: Traffic, batch: int) -> tuple[int, int, int]:
    """Return what is moved of weights, inputs and the output."""
    return ELEMENT_BYTES * moves.weights, ELEMENT_BYTES * batch * moves.inputs, ELEMENT_BYTES * batch * moves.output


def moved_since(graph: Graph, moves: Sequence[Traffic], batch: int) -> list[int]:
    """Return for each layer the bytes that others moved since its kind ran last, in this pass or in the one before."""
    each = [sum(_bytes(own, batch)) for own in moves]
    ends = [*accumulate(each)]
    last = {node.layer.op: end - ends[-1] for node, end in zip(graph.nodes, ends, strict=True)}
    found = []
    for node, own, end in zip(graph.nodes, each, ends, strict=True):
        found.append(end - own - last[node.layer.op])
        last[node.layer.op] = end
    return found


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
