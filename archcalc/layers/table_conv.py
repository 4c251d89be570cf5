"""Convolutions of which each output map reads the input maps that a table says."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated, Final

from archcalc.layers import window
from archcalc.layers.base import Role, Windowed, kind
from archcalc.layers.conv import torch_defaults
from archcalc.layers.eager import INDEX, Eager, convolved
from archcalc.layers.fields import NONE, ONE, CeilMode, EachAxis, Flag, KernelSize, Padding, Spread, Table
from archcalc.layers.gradients import Gradients
from archcalc.layers.padding import padded
from archcalc.layers.requirement import Requirement, has_rank
from archcalc.layers.sizes import S, Shape, Sizes, product
from archcalc.layers.tensors import Tensor
from archcalc.layers.twin import Twin

_LENET: Final = "http://yann.lecun.com/exdb/publis/pdf/lecun-01a.pdf"


def _put_back(shape: Shape, eager: Eager, grad: Tensor, needs: Sequence[bool]) -> Gradients:
    """Put gradients into zeros, in a copy of them."""
    zeros = eager.new(shape)
    made = eager.new(shape)
    eager.let_go(zeros)
    return [made]


@kind("table_conv2d")
class TableConv2d(Windowed):
    """A convolution whose output maps each read the input maps that `connections` lists for them, counted from 0.

    Its weights are the kernels that there are, in that order. It is layer C3 of LeNet-5.
    """

    role = Role.WEIGHTS
    counted = True
    convolves = True
    idle = False
    mixes_channels = True
    input_axis = None
    torch_call = "TableConv2d"
    torch_functions = {}
    torch_ignored = ()
    takes_activation = True
    also_called = ("spatialconvolutionmap",)

    connections: Annotated[tuple[tuple[int, ...], ...], Table()]
    kernel_size: KernelSize
    stride: EachAxis = ONE
    padding: Padding = NONE
    dilation: Spread = ONE
    bias: Flag = True
    ceil_mode: CeilMode = False

    @property
    def kernels(self) -> int:
        """How many pairs of an output map and an input map there are, each with a kernel."""
        return sum(map(len, self.connections))

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)
        last = max(map(max, self.connections))
        words = f"connections names input map {last}"
        yield Requirement(x[0] > last, lambda: f"{words}; there are {x[0]}, from 0 to {x[0] - 1}")
        yield from window.fits(self, x)

    def caution(self, x: Shape) -> str:
        unread = [str(number) for number in range(x[0]) if not any(number in reads for reads in self.connections)]
        return f"no output map reads input map {', '.join(unread)}" if unread else ""

    def output_shape(self, x: Sizes[S]) -> Sizes[S | int]:
        return (len(self.connections), *window.places(self, x))

    def param_shapes(self, x: Sizes[S]) -> dict[str, Shape]:
        weight: Shape = (self.kernels, *self.kernel_size)
        return {"weight": weight} | ({"bias": (len(self.connections),)} if self.bias else {})

    def buffer_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S]]:
        return {}

    def macs(self, x: Sizes[S], out: Sizes[S]) -> S:
        return product(out[1:]) * self.kernels * product(self.kernel_size)

    def units(self, out: Sizes[S]) -> S:
        return product(out)

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        """Play a copy of the maps for each kernel, a convolution of each, and the sums for each output map."""
        kernels, bias = eager.params["weight"], eager.params.get("bias")
        maps, *places = self.output_shape(x.sizes)
        x = padded(eager, x, self.twin(x.sizes).pad)
        numbers = eager.new((self.kernels,), item=INDEX)
        shape = eager.sized((self.kernels, *x.sizes[1:]))
        read = eager.call(shape, [x], [numbers], backward=partial(_put_back, x.shape))
        eager.let_go(numbers)
        made = convolved(eager, read, kernels, eager.sized((self.kernels, *places)), takes_bias=False)
        eager.let_go(read)
        of_each = eager.call(eager.sized((maps, *places)), [made])
        joined = eager.join([of_each], 1)
        eager.let_go(of_each)
        return joined if bias is None else eager.add(joined, eager.reshape(bias, (maps, 1, 1)))

    def sources(self) -> tuple[tuple[str, str], ...]:
        return (("a table of which maps are read is that of LeNet-5's C3", _LENET),)

    def twin(self, x: Shape) -> Twin:
        padding, pad = window.twin_padding(self, x)
        keywords = {
            "in_channels": x[0],
            "connections": self.connections,
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "padding": padding,
            "dilation": self.dilation,
            "bias": self.bias,
        }
        defaults = {word: value for word, value in torch_defaults(2).items() if word != "groups"}
        return Twin(self.torch_call, keywords, pad, positional=("in_channels",), defaults=defaults)
