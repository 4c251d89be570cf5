"""Transposed convolutions."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from operator import ge
from typing import Any, Final

from archcalc.layers.base import Layer, Role, Spatial, kind
from archcalc.layers.conv import torch_defaults
from archcalc.layers.eager import Eager, convolved
from archcalc.layers.fields import (
    NONE,
    ONE,
    EachAxis,
    EachAxisFromZero,
    Flag,
    Groups,
    KernelSize,
    Outputs,
    Sides,
    Spread,
)
from archcalc.layers.reach import Reading, spread, whole
from archcalc.layers.requirement import Requirement, can_be_divided
from archcalc.layers.sizes import S, Shape, Sizes, larger, parted, product
from archcalc.layers.tensors import Tensor
from archcalc.layers.twin import Twin
from archcalc.layers.window import Window, span

_GIVEN: Final = ("weight", "bias", "stride", "padding", "output_padding", "groups", "dilation")


class TransposedConvolution(Spatial):
    """Transposed convolutions: each place of the input makes a window.

    Along each axis, h' = (h - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1 as in torch
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html).
    """

    role = Role.WEIGHTS
    counted = True
    convolves = True
    idle = False
    mixes_channels = True
    input_axis = 0
    torch_functions = {}
    torch_ignored = ()
    takes_activation = True

    out_channels: Outputs
    kernel_size: KernelSize
    stride: EachAxis = ONE
    padding: EachAxisFromZero = NONE
    output_padding: EachAxisFromZero = NONE
    dilation: Spread = ONE
    groups: Groups = 1
    bias: Flag = True

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from super().requirements(x)
        yield from can_be_divided(self.groups, "groups", in_channels=x[0], out_channels=self.out_channels)
        for more, stride, dilation in zip(self.output_padding, self.stride, self.dilation, strict=True):
            yield Requirement(larger(stride, dilation) > more, partial(_fills_no_gap, more, stride, dilation))
        for size, made in zip(x[1:], self.output_shape(x)[1:], strict=True):
            yield Requirement(made >= 1, partial(_all_cut_off, size, made))

    @classmethod
    def of_weights(cls, said: Mapping[str, Any], tensors: Mapping[str, Shape]) -> Layer:
        _, out, *kernel = tensors["weight"]
        return cls.of_torch({**said, "out_channels": out * said.get("groups", 1), "kernel_size": kernel}, tensors)

    def output_shape(self, x: Sizes[S]) -> Sizes[S | int]:
        return (self.out_channels, *(self._unfolded(x, axis) for axis in range(self.axes)))

    def _unfolded(self, x: Sizes[S], axis: int) -> S:
        reach = span(self.kernel_size[axis], self.dilation[axis])
        return (x[1 + axis] - 1) * self.stride[axis] + reach - 2 * self.padding[axis] + self.output_padding[axis]

    def param_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S | int]]:
        weight: Sizes[S | int] = (x[0], parted(self.out_channels, self.groups), *self.kernel_size)
        return {"weight": weight} | ({"bias": (self.out_channels,)} if self.bias else {})

    def buffer_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S]]:
        return {}

    def macs(self, x: Sizes[S], out: Sizes[S]) -> S:
        return product(x) * parted(self.out_channels, self.groups) * product(self.kernel_size)

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        """Multiply-accumulates as tools see them that take it for a convolution, or mix up its channels."""
        macs, window, filters = self.macs(x, out), product(self.kernel_size), self.out_channels // self.groups
        by_outputs = product(out) * (x[0] // self.groups) * window
        return {
            "ungrouped": macs * self.groups,
            "split": product(x) * (filters // self.groups) * window,
            "by_outputs": by_outputs,
            "by_outputs_ungrouped": by_outputs * self.groups,
            "by_strides": 2 * by_outputs // product(self.stride),
            "by_filters": product(out) * filters * window,
            "folded_bias": self.bias * filters * product(self._folded(x, axis) for axis in range(self.axes)),
            "unbiased_places": (not self.bias) * self.out_channels * product(x[1:]),
        }

    def _folded(self, x: Shape, axis: int) -> int:
        """Return the places of a convolution with the same window."""
        reach = span(self.kernel_size[axis], self.dilation[axis])
        return (x[1 + axis] + 2 * self.padding[axis] - reach) // self.stride[axis] + 1

    def units(self, out: Sizes[S]) -> S:
        return product(out)

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        is_plain = self.axes == 3 and any(map(ge, self.output_padding, self.stride))
        shape = eager.sized(self.output_shape(x.sizes))
        return convolved(eager, x, eager.params["weight"], shape, is_plain=is_plain)

    def reads(self, x: Shape) -> Iterable[Reading]:
        fields = zip(self.kernel_size, self.stride, self.padding, self.dilation, strict=True)
        return [Reading((whole(x[0]), *(spread(axis, *numbers) for axis, numbers in enumerate(fields, start=1))))]

    def slides(self) -> None:
        return None

    def window(self, x: Shape) -> Window:
        sides = Sides(*(side for side in self.padding for _ in range(2)))
        return Window(self.kernel_size, self.stride, sides, self.dilation)

    def twin(self, x: Shape) -> Twin:
        keywords = {
            "in_channels": x[0],
            "out_channels": self.out_channels,
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "padding": self.padding,
            "output_padding": self.output_padding,
            "groups": self.groups,
            "bias": self.bias,
            "dilation": self.dilation,
        }
        return Twin(
            self.torch_call,
            keywords,
            positional=("in_channels", "out_channels"),
            defaults=torch_defaults(self.axes) | {"output_padding": (0,) * self.axes},
            adds_up=("out_channels",),
            adds_up_apart=("in_channels", "groups"),
        )


@kind("conv_transpose1d")
class ConvTranspose1d(TransposedConvolution):
    """Transposed convolution, (in_channels, l) to (out_channels, l'): each place of the input makes a window."""

    axes = 1
    torch_call = "nn.ConvTranspose1d"
    torch_weighted = {"conv_transpose1d": _GIVEN}
    also_called = ("deconv1d", "transposed_conv1d")


@kind("conv_transpose2d")
class ConvTranspose2d(TransposedConvolution):
    """Transposed convolution, (in_channels, h, w) to (out_channels, h', w'): each place of the input makes a window."""

    axes = 2
    torch_call = "nn.ConvTranspose2d"
    torch_weighted = {"conv_transpose2d": _GIVEN}
    also_called = ("deconv", "deconv2d", "deconvolution", "transposed_conv2d")


@kind("conv_transpose3d")
class ConvTranspose3d(TransposedConvolution):
    """Transposed convolution, (in_channels, d, h, w) to (out_channels, d', h', w')."""

    axes = 3
    torch_call = "nn.ConvTranspose3d"
    torch_weighted = {"conv_transpose3d": _GIVEN}
    also_called = ("deconv3d", "transposed_conv3d")


def _fills_no_gap(more: int, stride: int, dilation: int) -> str:
    return f"output_padding {more} must be less than its stride {stride} or its dilation {dilation}, as torch asks"


def _all_cut_off(size: object, made: object) -> str:
    return f"padding leaves no output: a size of {size} makes {made}"
