"""Locally connected layers: windows with weights of their own at each place."""

from collections.abc import Iterator
from typing import Final

from archcalc.layers import window
from archcalc.layers.base import Role, Windowed, kind
from archcalc.layers.conv import torch_defaults
from archcalc.layers.eager import Eager
from archcalc.layers.fields import NONE, ONE, CeilMode, EachAxis, Flag, KernelSize, Outputs, Padding, Spread
from archcalc.layers.padding import padded
from archcalc.layers.requirement import Requirement, has_rank
from archcalc.layers.sizes import S, Shape, Sizes, called, product
from archcalc.layers.tensors import Tensor
from archcalc.layers.twin import Twin

_LOCAL: Final = "https://github.com/akrizhevsky/cuda-convnet2/blob/master/layer.py"


@kind("local2d")
class Local2d(Windowed):
    """A convolution with other filters and biases at each place, (in_channels, h, w) to (out_channels, h', w').

    These are cuda-convnet's `local` layers, and Keras' LocallyConnected2D.
    """

    role = Role.WEIGHTS
    counted = True
    idle = False
    mixes_channels = True
    input_axis = 0
    torch_call = "LocallyConnected2d"
    torch_functions = {}
    torch_ignored = ()
    takes_activation = True
    also_called = ("local", "locally_connected2d")

    out_channels: Outputs
    kernel_size: KernelSize
    stride: EachAxis = ONE
    padding: Padding = NONE
    dilation: Spread = ONE
    bias: Flag = True
    ceil_mode: CeilMode = False

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)
        yield from window.fits(self, x)

    def output_shape(self, x: Sizes[S]) -> Sizes[S | int]:
        return (self.out_channels, *window.places(self, x))

    def param_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S | int]]:
        """Return weights as (out_channels, places, in_channels * window), and a bias for each output."""
        high, wide = map(called, ("out_height", "out_width"), window.places(self, x))
        weight: Sizes[S | int] = (self.out_channels, high * wide, x[0] * product(self.kernel_size))
        return {"weight": weight} | ({"bias": (self.out_channels, high, wide)} if self.bias else {})

    def buffer_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S]]:
        return {}

    def macs(self, x: Sizes[S], out: Sizes[S]) -> S:
        return product(out) * x[0] * product(self.kernel_size)

    def units(self, out: Sizes[S]) -> S:
        return product(out)

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        """Play the windows side by side, a matrix product at each place, and the sum with the biases."""
        weight, bias = eager.params["weight"], eager.params.get("bias")
        _, places, window_size = weight.shape
        shape = eager.sized(self.output_shape(x.sizes))
        x = padded(eager, x, self.twin(x.sizes).pad)
        windows = eager.call((x.shape[0], window_size, places), [x])
        filters = eager.permute(weight, (1, 0, 2))
        columns = eager.permute(windows, (2, 1, 0))
        made = eager.matrix_product(filters, columns)
        maps = eager.reshape(eager.permute(made, (2, 1, 0)), shape)
        eager.let_go(made)
        return maps if bias is None else eager.add(maps, bias)

    def sources(self) -> tuple[tuple[str, str], ...]:
        return (("filters of each place's own are cuda-convnet's local layers", _LOCAL),)

    def twin(self, x: Shape) -> Twin:
        padding, pad = window.twin_padding(self, x)
        keywords = {
            "in_channels": x[0],
            "out_channels": self.out_channels,
            "output_size": window.places(self, x),
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "padding": padding,
            "dilation": self.dilation,
            "bias": self.bias,
        }
        return Twin(
            self.torch_call,
            keywords,
            pad,
            positional=("in_channels", "out_channels", "output_size"),
            defaults={word: value for word, value in torch_defaults(2).items() if word != "groups"},
            adds_up=("out_channels",),
            adds_up_apart=("in_channels",),
        )
