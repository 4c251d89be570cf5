"""Pools: windows that take a maximum or a mean of each channel, and pools that are told their output size."""

from typing import Annotated, Any, ClassVar

from archcalc.errors import ArchError
from archcalc.layers import window
from archcalc.layers.base import Shape, Twin, Weightless, Window, expect_rank, kind
from archcalc.layers.fields import CeilMode, Flag, Padding, Pair, Sides, TwoIntegers

PoolStride = Annotated[tuple[int, int], TwoIntegers(1), "kernel_size"]
"""A stride that follows the kernel size where it is not given, as in torch."""

AS_KERNEL: Any = None


@kind("max_pool2d")
class MaxPool2d(Weightless):
    """The largest element under each window; padding never wins."""

    kernel_size: Pair
    stride: PoolStride = AS_KERNEL
    padding: Padding = Sides(0, 0, 0, 0)
    dilation: Pair = (1, 1)
    ceil_mode: CeilMode = False

    def check(self, x: Shape) -> None:
        expect_rank(x, 3)
        window.check_pool_padding(self)
        window.check_fit(self, x)

    def output_shape(self, x: Shape) -> Shape:
        return (x[0], *window.places(self, x))

    def mixes_places(self, x: Shape) -> bool:
        return False

    def window(self, x: Shape) -> Window:
        return window.applied(self, x)

    def twin(self, x: Shape) -> Twin:
        padding, ceil_mode, pad = window.twin_pool_padding(self, x, fill=float("-inf"))
        keywords = {
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "padding": padding,
            "dilation": self.dilation,
            "ceil_mode": ceil_mode,
        }
        return Twin("nn.MaxPool2d", keywords, pad)


@kind("avg_pool2d")
class AvgPool2d(Weightless):
    """The mean under each window; `count_include_pad` says whether padding counts as zeros or not at all.

    torch has no twin for a mean that leaves one-sided padding out, as TensorFlow's SAME does.
    """

    dilation: ClassVar[tuple[int, int]] = (1, 1)

    kernel_size: Pair
    stride: PoolStride = AS_KERNEL
    padding: Padding = Sides(0, 0, 0, 0)
    ceil_mode: CeilMode = False
    count_include_pad: Flag = True

    def check(self, x: Shape) -> None:
        expect_rank(x, 3)
        window.check_pool_padding(self)
        window.check_fit(self, x)

    def output_shape(self, x: Shape) -> Shape:
        return (x[0], *window.places(self, x))

    def mixes_places(self, x: Shape) -> bool:
        return False

    def window(self, x: Shape) -> Window:
        return window.applied(self, x)

    def twin(self, x: Shape) -> Twin:
        padding, ceil_mode, pad = window.twin_pool_padding(self, x, fill=0.0)
        if pad and not (self.count_include_pad and window.fits_exactly(self, x)):
            raise ArchError("torch's AvgPool2d has no padding like this: it would divide by other counts")
        keywords = {
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "padding": padding,
            "ceil_mode": ceil_mode,
            "count_include_pad": self.count_include_pad,
        }
        return Twin("nn.AvgPool2d", keywords, pad)


class AdaptivePool2d(Weightless):
    """What the adaptive pools share: as many bins as `output_size` asks, whatever the input's size."""

    output_size: Pair

    def check(self, x: Shape) -> None:
        expect_rank(x, 3)

    def output_shape(self, x: Shape) -> Shape:
        return (x[0], *self.output_size)

    def mixes_places(self, x: Shape) -> bool:
        return True

    def window(self, x: Shape) -> None:
        return None


@kind("adaptive_avg_pool2d")
class AdaptiveAvgPool2d(AdaptivePool2d):
    """Means over as many bins as `output_size` asks, whatever the input's size."""

    def twin(self, x: Shape) -> Twin:
        return Twin("nn.AdaptiveAvgPool2d", {"output_size": self.output_size})


@kind("adaptive_max_pool2d")
class AdaptiveMaxPool2d(AdaptivePool2d):
    """Maxima over as many bins as `output_size` asks, whatever the input's size."""

    def twin(self, x: Shape) -> Twin:
        return Twin("nn.AdaptiveMaxPool2d", {"output_size": self.output_size})
