"""Transposed convolutions."""

from collections.abc import Iterator
from functools import partial

from archcalc.layers.base import Layer, Role, kind
from archcalc.layers.conv import TORCH_DEFAULTS
from archcalc.layers.fields import Flag, Groups, Outputs, Pair, PairFromZero, Sides, Spread
from archcalc.layers.requirement import Requirement, can_be_divided, has_rank
from archcalc.layers.sizes import S, Shape, Sizes, larger, parted, product
from archcalc.layers.twin import Twin
from archcalc.layers.window import Window, span


@kind("conv_transpose2d")
class ConvTranspose2d(Layer):
    """Transposed convolution, (in_channels, h, w) to (out_channels, h', w'): each place of the input makes a window.

    h' = (h - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1, as torch has it
    (https://docs.pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html).
    """

    role = Role.WEIGHTS
    counted = True
    idle = False
    mixes_channels = True
    input_axis = 0
    torch_call = "nn.ConvTranspose2d"
    torch_functions = {}
    torch_ignored = ()
    takes_activation = True
    also_called = ("deconv", "deconv2d", "deconvolution", "transposed_conv2d")

    out_channels: Outputs
    kernel_size: Pair
    stride: Pair = (1, 1)
    padding: PairFromZero = (0, 0)
    output_padding: PairFromZero = (0, 0)
    dilation: Spread = (1, 1)
    groups: Groups = 1
    bias: Flag = True

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)
        yield from can_be_divided(self.groups, "groups", in_channels=x[0], out_channels=self.out_channels)
        for more, stride, dilation in zip(self.output_padding, self.stride, self.dilation, strict=True):
            yield Requirement(larger(stride, dilation) > more, partial(_fills_no_gap, more, stride, dilation))
        for size, made in zip(x[1:], self.output_shape(x)[1:], strict=True):
            yield Requirement(made >= 1, partial(_all_cut_off, size, made))

    def output_shape(self, x: Sizes[S]) -> Sizes[S | int]:
        return (self.out_channels, self._unfolded(x, 0), self._unfolded(x, 1))

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
            "folded_bias": self.bias * filters * product(self._folded(x, axis) for axis in (0, 1)),
            "unbiased_places": (not self.bias) * self.out_channels * product(x[1:]),
        }

    def _folded(self, x: Shape, axis: int) -> int:
        """Return the places of a convolution with the same window."""
        reach = span(self.kernel_size[axis], self.dilation[axis])
        return (x[1 + axis] + 2 * self.padding[axis] - reach) // self.stride[axis] + 1

    def units(self, out: Sizes[S]) -> S:
        return product(out)

    def mixes_places(self, x: Sizes[S]) -> bool:
        return True

    def slides(self) -> None:
        return None

    def window(self, x: Shape) -> Window:
        (height, width) = self.padding
        return Window(self.kernel_size, self.stride, Sides(height, height, width, width), self.dilation)

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
            defaults=TORCH_DEFAULTS | {"output_padding": (0, 0)},
            adds_up=("out_channels",),
            adds_up_apart=("in_channels", "groups"),
        )


def _fills_no_gap(more: int, stride: int, dilation: int) -> str:
    return f"output_padding {more} must be less than its stride {stride} or its dilation {dilation}, as torch asks"


def _all_cut_off(size: object, made: object) -> str:
    return f"padding leaves no output: a size of {size} makes {made}"
