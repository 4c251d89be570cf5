"""The loops of a layer: a convolution over two axes, of which a linear layer is one of 1 x 1."""

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


def _nest(node: Node) -> Nest:
    nest = _linear(node) if node.layer.slides() is None else _sliding(node)
    macs = node.copies * node.layer.macs(*node.device_inputs, node.device_output)
    weights = [prod(shape) for shape in node.layer.param_shapes(*node.device_inputs).values()]
    of_one_device = nest.groups * nest.k * nest.c * nest.r * nest.s // node.copies
    if nest.macs != macs or of_one_device not in weights:
        raise ArchError(f"{node.layer.op} is no loop nest of a convolution")
    return nest


def _linear(node: Node) -> Nest:
    x, out = node.device_inputs[0], node.device_output
    if len(node.device_inputs) > 1:
        raise ArchError(f"{node.layer.op} multiplies two layers")
    groups, widths = _of_devices(node, 1)
    places = prod(x[:-1])
    return Nest(node, groups, out[-1] * widths, x[-1], places, 1, 1, 1, (places, 1), (1, 1), (1, 1), Sides(0, 0, 0, 0))


def _sliding(node: Node) -> Nest:
    (x, *_), out = node.device_inputs, node.device_output
    window = node.layer.window(x)
    assert window is not None
    if len(x) != 3:
        raise ArchError(f"{node.layer.op} goes over {dims(x[1:])}, and not over height and width")
    own = node.layer.groups_of_channels or 1
    groups, widths = _of_devices(node, own)
    (r, s), (p, q) = window.kernel_size, out[1:]
    stride, dilation = (window.stride[0], window.stride[1]), (window.dilation[0], window.dilation[1])
    size = (x[1], x[2])
    return Nest(
        node, groups, out[0] * widths // own, x[0] // own, p, q, r, s, size, stride, dilation, Sides(*window.padding)
    )


def _of_devices(node: Node, groups: int) -> tuple[int, int]:
    """Return the groups of all devices, and how many times as wide a group is: devices that read all make one wider."""
    reads_all = node.device_inputs[0][0] == node.input_shapes[0][0]
    return (groups, node.copies) if reads_all else (groups * node.copies, 1)
