"""The loops of a layer: a convolution over two axes.

A linear layer is one of 1 x 1, and a convolution over a sequence one over a single row.
"""

from collections.abc import Iterator
from math import prod
from typing import NamedTuple

from archcalc.errors import ArchError
from archcalc.graph import Graph, Node
from archcalc.layers.fields import Sides
from archcalc.layers.sizes import dims


class Nest(NamedTuple):
    """The bounds of the loops; their product is the layer's multiply-accumulates."""

    node: Node
    groups: int
    k: int
    """Output channels of each group."""
    c: int
    """Input channels of each group."""
    p: int
    """Output height."""
    q: int
    """Output width."""
    r: int
    """Window height."""
    s: int
    """Window width."""
    input_size: tuple[int, int]
    stride: tuple[int, int]
    dilation: tuple[int, int]
    padding: Sides

    @property
    def weights(self) -> int:
        """The weights that one device has, if they are the same at every place."""
        return self.groups * self.k * self.c * self.r * self.s // self.node.copies

    @property
    def shares_weights(self) -> bool:
        """Whether its weights are the same at every place, as those of a convolution are."""
        return self.weights in _sizes_of_tensors(self.node)

    @property
    def macs(self) -> int:
        return self.groups * self.k * self.c * self.p * self.q * self.r * self.s

    @property
    def reached(self) -> tuple[int, int]:
        """Height and width of what windows read, padding included: what is left over at the end is not."""
        sizes = zip((self.p, self.q), self.stride, (self.r, self.s), self.dilation, strict=True)
        high, wide = ((out - 1) * stride + (kernel - 1) * dilation + 1 for out, stride, kernel, dilation in sizes)
        return high, wide


def nests(graph: Graph) -> Iterator[Nest]:
    """Yield the loops of each layer that has multiply-accumulates. Raises ArchError for one that has others."""
    for node in graph.nodes:
        if node.layer.counted:
            try:
                yield _nest(node)
            except ArchError as error:
                raise error.at(None, f"layer {node.name}") from None


def convolutions(graph: Graph) -> Iterator[Nest]:
    """Yield the same. Raises ArchError also for a layer that has weights of its own at each place."""
    for nest in nests(graph):
        if not nest.shares_weights:
            fault = f"{nest.node.layer.op} has weights of its own at each place"
            raise ArchError(fault).at(None, f"layer {nest.node.name}")
        yield nest


def _nest(node: Node) -> Nest:
    if len(node.device_inputs) > 1:
        raise ArchError(f"{node.layer.op} multiplies two layers")
    nest = _sliding(node) if node.layer.slides() else _linear(node)
    macs = node.copies * node.layer.macs(*node.device_inputs, node.device_output)
    weights = {nest.weights, nest.weights * nest.p * nest.q}
    if nest.macs != macs or not weights.intersection(_sizes_of_tensors(node)):
        raise _other(node)
    return nest


def _other(node: Node) -> ArchError:
    return ArchError(f"{node.layer.op} is no loop nest of a convolution")


def _sizes_of_tensors(node: Node) -> set[int]:
    return {prod(shape) for shape in node.tensors.values()}


def _linear(node: Node) -> Nest:
    x, out = node.device_inputs[0], node.device_output
    if node.layer.input_axis != -1:  # sizes may fit all the same: those of transposed convolutions do at times
        raise _other(node)
    groups, widths = _of_devices(node, 1)
    places = prod(x[:-1])
    return Nest(node, groups, out[-1] * widths, x[-1], places, 1, 1, 1, (places, 1), (1, 1), (1, 1), Sides(0, 0, 0, 0))


def _sliding(node: Node) -> Nest:
    (x, *_), out = node.device_inputs, node.device_output
    window = node.layer.window(x)
    assert window is not None
    if len(x) > 3:
        raise ArchError(f"{node.layer.op} goes over {dims(x[1:])}, and not over height and width")
    own = node.layer.groups_of_channels or (1 if node.layer.mixes_channels else x[0])
    groups, widths = _of_devices(node, own)
    (p, q), (r, s), padding = _two(out[1:]), _two(window.kernel_size), Sides(*(0, 0, *window.padding)[-4:])
    steps = _two(window.stride), _two(window.dilation), padding
    return Nest(node, groups, out[0] * widths // own, x[0] // own, p, q, r, s, _two(x[1:]), *steps)


def _two(sizes: tuple[int, ...]) -> tuple[int, int]:
    """Return sizes along height and width; along a sequence, height is 1.

    >>> _two((3,)), _two((5, 7))
    ((1, 3), (5, 7))
    """
    high, wide = (1, *sizes)[-2:]
    return high, wide


def _of_devices(node: Node, groups: int) -> tuple[int, int]:
    """Return the groups of all devices, and how many times as wide a group is: devices that read all make one wider."""
    reads_all = node.device_inputs[0][0] == node.input_shapes[0][0]
    return (groups, node.copies) if reads_all else (groups * node.copies, 1)
