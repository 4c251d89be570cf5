"""Convolutions."""

from math import prod
from typing import ClassVar

from archcalc.errors import ArchError
from archcalc.layers import window
from archcalc.layers.base import Layer, Shape, Twin, Window, expect_rank, kind
from archcalc.layers.fields import CeilMode, Count, Flag, Padding, Pair, Sides


@kind("conv2d")
class Conv2d(Layer):
    """Convolution over height and width, (in_channels, h, w) to (out_channels, h', w')."""

    takes_activation: ClassVar[bool] = True

    out_channels: Count
    kernel_size: Pair
    stride: Pair = (1, 1)
    padding: Padding = Sides(0, 0, 0, 0)
    dilation: Pair = (1, 1)
    groups: Count = 1
    bias: Flag = True
    ceil_mode: CeilMode = False

    def check(self, x: Shape) -> None:
        expect_rank(x, 3)
        for word, channels in (("in_channels", x[0]), ("out_channels", self.out_channels)):
            if channels % self.groups:
                raise ArchError(
                    f"{word} {channels} cannot be divided into {self.groups} groups: "
                    f"{channels} = {channels // self.groups} * {self.groups} + {channels % self.groups}"
                )
        window.check_fit(self, x)

    def output_shape(self, x: Shape) -> Shape:
        return (self.out_channels, *window.places(self, x))

    def param_shapes(self, x: Shape) -> dict[str, Shape]:
        weight: dict[str, Shape] = {"weight": (self.out_channels, x[0] // self.groups, *self.kernel_size)}
        return weight | {"bias": (self.out_channels,)} if self.bias else weight

    def buffer_shapes(self, x: Shape) -> dict[str, Shape]:
        return {}

    def macs(self, x: Shape, out: Shape) -> int:
        return prod(out) * (x[0] // self.groups) * prod(self.kernel_size)

    def units(self, out: Shape) -> int:
        return prod(out)

    def mixes_places(self, x: Shape) -> bool:
        return False

    def window(self, x: Shape) -> Window:
        return window.applied(self, x)

    def twin(self, x: Shape) -> Twin:
        padding, pad = window.twin_padding(self, x)
        keywords = {
            "in_channels": x[0],
            "out_channels": self.out_channels,
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "padding": padding,
            "dilation": self.dilation,
            "groups": self.groups,
            "bias": self.bias,
        }
        return Twin("nn.Conv2d", keywords, pad)
