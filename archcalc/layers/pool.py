"""Pools: windows that take a maximum or a mean of each channel, and pools that are given their output size."""

from collections.abc import Iterator
from typing import Annotated, Any

from archcalc.errors import ArchError
from archcalc.layers import window
from archcalc.layers.base import Role, Weightless, Windowed, Windowless, kind
from archcalc.layers.fields import CeilMode, Flag, Padding, Pair, Sides, Spread, TwoIntegers
from archcalc.layers.requirement import Requirement, has_rank
from archcalc.layers.sizes import S, Shape, Sizes, dims, product
from archcalc.layers.twin import Twin

PoolStride = Annotated[tuple[int, int], TwoIntegers(1), "kernel_size"]
"""A stride that follows the kernel size where it is not given, as in torch."""

AS_KERNEL: Any = None

Bins = Annotated[tuple[int | None, int | None], TwoIntegers(1, or_null=True)]
"""How many bins along height and width, or null for as many as there are elements."""


class WindowPool(Weightless, Windowed):
    """Pools with a window."""

    role = Role.POOL
    idle = False
    mixes_channels = False

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)
        yield from window.pads_less_than_windows(self.slides())
        yield from window.fits(self.slides(), x)

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        return (x[0], *window.places(self.slides(), x))


@kind("max_pool2d")
class MaxPool2d(WindowPool):
    """The largest element under each window; padding never wins."""

    torch_call = "nn.MaxPool2d"
    torch_functions = dict.fromkeys(
        ("max_pool2d", "max_pool2d_with_indices"), ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
    )
    torch_ignored = ("return_indices",)

    kernel_size: Pair
    stride: PoolStride = AS_KERNEL
    padding: Padding = Sides(0, 0, 0, 0)
    dilation: Spread = (1, 1)
    ceil_mode: CeilMode = False

    def twin(self, x: Shape) -> Twin:
        padding, ceil_mode, pad = window.twin_pool_padding(self, x, fill=float("-inf"))
        keywords = {
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "padding": padding,
            "dilation": self.dilation,
            "ceil_mode": ceil_mode,
        }
        return Twin(
            self.torch_call, keywords, pad, defaults={"padding": (0, 0), "dilation": (1, 1), "ceil_mode": False}
        )


@kind("avg_pool2d")
class AvgPool2d(WindowPool):
    """The mean under each window; `count_include_pad` says whether padding counts as zeros or not at all.

    torch has no twin for a mean that leaves one-sided padding out, as TensorFlow's SAME does.
    """

    torch_call = "nn.AvgPool2d"
    torch_functions = {"avg_pool2d": ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad")}
    torch_ignored = ()
    dilation = (1, 1)

    kernel_size: Pair
    stride: PoolStride = AS_KERNEL
    padding: Padding = Sides(0, 0, 0, 0)
    ceil_mode: CeilMode = False
    count_include_pad: Flag = True

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
        defaults = {"padding": (0, 0), "ceil_mode": False, "count_include_pad": True}
        return Twin(self.torch_call, keywords, pad, defaults=defaults)


class AdaptivePool2d(Weightless, Windowless):
    """Adaptive pools: as many bins as `output_size` says, for any size of the input."""

    role = Role.POOL
    idle = False
    mixes_channels = False

    output_size: Bins

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)

    def output_shape(self, x: Sizes[S]) -> Sizes[S | int]:
        return (x[0], *self._bins(x))

    def _bins(self, x: Sizes[S]) -> tuple[S | int, S | int]:
        """Return how many bins there are along height and width: null leaves an axis as it is."""
        high, wide = self.output_size
        return x[1] if high is None else high, x[2] if wide is None else wide

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        """Return rows times columns of the input for each output, in ways to round, and the outputs of a global pool.

        A rough bin has the remainder and 1 where the size is no multiple.
        """
        both = tuple(zip(x[1:], out[1:], strict=True))
        whole = product(size // bins for size, bins in both)
        rough = product(size % bins + 1 if size % bins else size // bins for size, bins in both)
        return {
            "bins": whole * product(out),
            "rough_bins": rough * product(out),
            "pooled": product(out) if product(out[1:]) == 1 else 0,
        }

    def mixes_places(self, x: Sizes[S]) -> bool:
        return True

    def remarks(self, x: Shape) -> Iterator[str]:
        """Yield remarks: neighbouring bins share what a boundary cuts through, as in torch."""
        sizes, bins = x[1:], self._bins(x)
        if sizes == bins:
            yield f"{dims(sizes)} is already its output_size: it changes nothing here"
            return
        height, width = zip(sizes, bins, strict=True)
        both = [(height, "rows and columns")] if height == width else [(height, "rows"), (width, "columns")]
        for (size, count), elements in both:
            if count > size:
                yield f"more bins than {elements}: some are read more than once"
            elif size % count:
                yield f"{size:,} / {count:,} is not exact: bins share {elements} with their neighbours"

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"output_size": self.output_size}, positional=("output_size",))


@kind("adaptive_avg_pool2d")
class AdaptiveAvgPool2d(AdaptivePool2d):
    """Means over as many bins as `output_size` says, for any size of the input."""

    torch_call = "nn.AdaptiveAvgPool2d"
    torch_functions = {"adaptive_avg_pool2d": ("output_size",)}
    torch_reductions = ("mean",)
    torch_ignored = ()
    also_called = ("global_avg_pool",)


@kind("adaptive_max_pool2d")
class AdaptiveMaxPool2d(AdaptivePool2d):
    """Maxima over as many bins as `output_size` says, for any size of the input."""

    torch_call = "nn.AdaptiveMaxPool2d"
    torch_functions = {"adaptive_max_pool2d": ("output_size",)}
    torch_reductions = ("amax", "max")
    torch_ignored = ("return_indices",)
