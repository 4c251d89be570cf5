"""Pools: windows that take a maximum or a mean of each channel, and pools that are given their output size."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Final

from archcalc.errors import ArchError, listing
from archcalc.layers import window
from archcalc.layers.base import Role, Spatial, Weightless, Windowed, Windowless, kind
from archcalc.layers.eager import INDEX, Eager
from archcalc.layers.fields import NONE, ONE, CeilMode, Flag, KernelSize, Padding, PerAxis, Spread
from archcalc.layers.padding import padded
from archcalc.layers.reach import Reading, at_place, binned
from archcalc.layers.requirement import Requirement
from archcalc.layers.sizes import S, Shape, Sizes, dims, product
from archcalc.layers.tensors import Tensor
from archcalc.layers.twin import Twin

PoolStride = Annotated[tuple[int, ...], PerAxis(1), "kernel_size"]
"""A stride that follows the kernel size where it is not given, as in torch."""

AS_KERNEL: Any = None

Bins = Annotated[tuple[int | None, ...], PerAxis(1, or_null=True)]
"""How many bins along each axis, or null for as many as there are elements."""


class WindowPool(Weightless, Windowed, Spatial):
    """Pools with a window."""

    role = Role.POOL
    idle = False
    mixes_channels = False

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from super().requirements(x)
        yield from window.pads_less_than_windows(self.slides())
        yield from window.fits(self.slides(), x)

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        return (x[0], *window.places(self.slides(), x))

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        shape = eager.sized(self.output_shape(x.sizes))
        return self.pool(eager, padded(eager, x, self.twin(x.sizes).pad), shape)

    @abstractmethod
    def pool(self, eager: Eager, x: Tensor, shape: Shape) -> Tensor:
        """Play the pool of what is padded."""


class MaxPool(WindowPool):
    """Maxima under windows."""

    torch_ignored = ("return_indices",)

    kernel_size: KernelSize
    stride: PoolStride = AS_KERNEL
    padding: Padding = NONE
    dilation: Spread = ONE
    ceil_mode: CeilMode = False

    def pool(self, eager: Eager, x: Tensor, shape: Shape) -> Tensor:
        return maxima(eager, x, shape)

    def twin(self, x: Shape) -> Twin:
        padding, ceil_mode, pad = window.twin_pool_padding(self, x, fill=float("-inf"))
        keywords = {
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "padding": padding,
            "dilation": self.dilation,
            "ceil_mode": ceil_mode,
        }
        defaults = {"padding": (0,) * self.axes, "dilation": (1,) * self.axes, "ceil_mode": False}
        return Twin(self.torch_call, keywords, pad, defaults=defaults)


def maxima(eager: Eager, x: Tensor, shape: Shape) -> Tensor:
    """Play a pool that makes the places of its maxima too, in inference as well, and keeps them."""
    places = [(shape, INDEX)] if eager.indexes else []
    return _of_sequences(eager, eager.call(shape, [x], [x], places, strides=eager.of_maps(shape, x)))


def means(eager: Eager, x: Tensor, shape: Shape) -> Tensor:
    """Play a pool that keeps its input, if only for its shape."""
    return _of_sequences(eager, eager.call(shape, [x], [x], strides=eager.of_maps(shape, x)))


def _of_sequences(eager: Eager, made: Tensor) -> Tensor:
    """See what torch makes of sequences as such: it pools them as maps of one row."""
    return eager.reshape(made, made.shape) if len(made.shape) == 3 else made


_OF_MAXIMA: Final = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")


@kind("max_pool1d")
class MaxPool1d(MaxPool):
    """The largest element under each window of a sequence; padding never wins."""

    axes = 1
    torch_call = "nn.MaxPool1d"
    torch_functions = {"max_pool1d": _OF_MAXIMA}


@kind("max_pool2d")
class MaxPool2d(MaxPool):
    """The largest element under each window; padding never wins."""

    axes = 2
    torch_call = "nn.MaxPool2d"
    torch_functions = {"max_pool2d": _OF_MAXIMA, "max_pool2d_with_indices": _OF_MAXIMA}


@kind("max_pool3d")
class MaxPool3d(MaxPool):
    """The largest element under each window of a volume; padding never wins."""

    axes = 3
    torch_call = "nn.MaxPool3d"
    torch_functions = {"max_pool3d": _OF_MAXIMA}


class AvgPool(WindowPool):
    """Means under windows.

    torch has no twin for a mean that leaves one-sided padding out, as TensorFlow's SAME does.
    """

    torch_ignored = ()

    @property
    def dilation(self) -> tuple[int, ...]:
        return (1,) * self.axes

    def is_padded_by_torch(self, x: Shape) -> bool:
        """Return whether torch's layer pads what it reads; over volumes it refuses those smaller than its window."""
        return self.axes < 3 or all(size >= kernel for size, kernel in zip(x[1:], self.kernel_size, strict=True))

    kernel_size: KernelSize
    stride: PoolStride = AS_KERNEL
    padding: Padding = NONE
    ceil_mode: CeilMode = False
    count_include_pad: Flag = True

    def pool(self, eager: Eager, x: Tensor, shape: Shape) -> Tensor:
        return means(eager, x, shape)

    def twin(self, x: Shape) -> Twin:
        padding, ceil_mode, pad = window.twin_pool_padding(self, x, fill=0.0, takes_padding=self.is_padded_by_torch(x))
        if pad and not (self.count_include_pad and window.fits_exactly(self, x)):
            raise ArchError(f"torch's AvgPool{self.axes}d has no padding like this: it would divide by other counts")
        keywords = {
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "padding": padding,
            "ceil_mode": ceil_mode,
            "count_include_pad": self.count_include_pad,
        }
        defaults = {"padding": (0,) * self.axes, "ceil_mode": False, "count_include_pad": True}
        return Twin(self.torch_call, keywords, pad, defaults=defaults)


_OF_MEANS: Final = ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad")


@kind("avg_pool1d")
class AvgPool1d(AvgPool):
    """The mean under each window of a sequence; `count_include_pad` says whether padding counts as zeros or not."""

    axes = 1
    torch_call = "nn.AvgPool1d"
    torch_functions = {"avg_pool1d": _OF_MEANS}


@kind("avg_pool2d")
class AvgPool2d(AvgPool):
    """The mean under each window; `count_include_pad` says whether padding counts as zeros or not at all."""

    axes = 2
    torch_call = "nn.AvgPool2d"
    torch_functions = {"avg_pool2d": _OF_MEANS}


@kind("avg_pool3d")
class AvgPool3d(AvgPool):
    """The mean under each window of a volume; `count_include_pad` says whether padding counts as zeros or not."""

    axes = 3
    torch_call = "nn.AvgPool3d"
    torch_functions = {"avg_pool3d": _OF_MEANS}


class AdaptivePool(Weightless, Windowless, Spatial):
    """Adaptive pools: as many bins as `output_size` says, for any size of the input."""

    role = Role.POOL
    idle = False
    mixes_channels = False

    output_size: Bins

    def output_shape(self, x: Sizes[S]) -> Sizes[S | int]:
        return (x[0], *self._bins(x))

    def _bins(self, x: Sizes[S]) -> tuple[S | int, ...]:
        """Return how many bins there are along each axis: null leaves an axis as it is."""
        return tuple(size if bins is None else bins for size, bins in zip(x[1:], self.output_size, strict=True))

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

    def reads(self, x: Shape) -> Iterable[Reading]:
        return [Reading((at_place(0), *map(binned, range(1, len(x)), x[1:], self._bins(x))))]

    def remarks(self, x: Shape) -> Iterator[str]:
        """Yield remarks: neighbouring bins share what a boundary cuts through, as in torch."""
        sizes, bins = x[1:], self._bins(x)
        if sizes == bins:
            yield f"{dims(sizes)} is already its output_size: it changes nothing here"
            return
        for (size, count), elements in _said_apart(list(zip(sizes, bins, strict=True)), self.axes):
            if count > size:
                yield f"more bins than {elements}: some are read more than once"
            elif size % count:
                yield f"{size:,} / {count:,} is not exact: bins share {elements} with their neighbours"

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"output_size": self.output_size}, positional=("output_size",))


def _said_apart(axes: list[tuple[int, int]], number: int) -> list[tuple[tuple[int, int], str]]:
    """Return what is said of each axis, with the word for its elements; once where all are alike."""
    words = _ELEMENTS[number]
    return [(axes[0], listing(words, "and"))] if len(set(axes)) == 1 else list(zip(axes, words, strict=True))


_ELEMENTS: Final = {1: ("elements",), 2: ("rows", "columns"), 3: ("slices", "rows", "columns")}
"""What bins share with their neighbours along each axis."""


class AdaptiveMeans(AdaptivePool):
    """Means over bins; of all at once, as torch has it, it is a mean."""

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        shape = self.output_shape(x.sizes)
        if set(shape[1:]) == {1}:
            return _of_sequences(eager, eager.reduce(x, range(2, len(x.shape)), keepdim=True, is_mean=True))
        return means(eager, x, eager.sized(shape))


class AdaptiveMaxima(AdaptivePool):
    """Maxima over bins."""

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        return maxima(eager, x, eager.sized(self.output_shape(x.sizes)))


@kind("adaptive_avg_pool1d")
class AdaptiveAvgPool1d(AdaptiveMeans):
    """Means of a sequence over as many bins as `output_size` says, for any size of the input."""

    axes = 1
    torch_call = "nn.AdaptiveAvgPool1d"
    torch_functions = {"adaptive_avg_pool1d": ("output_size",)}
    torch_ignored = ()


@kind("adaptive_avg_pool2d")
class AdaptiveAvgPool2d(AdaptiveMeans):
    """Means over as many bins as `output_size` says, for any size of the input."""

    axes = 2
    torch_call = "nn.AdaptiveAvgPool2d"
    torch_functions = {"adaptive_avg_pool2d": ("output_size",)}
    torch_reductions = ("mean",)
    torch_ignored = ()
    also_called = ("global_avg_pool",)


@kind("adaptive_avg_pool3d")
class AdaptiveAvgPool3d(AdaptiveMeans):
    """Means of a volume over as many bins as `output_size` says, for any size of the input."""

    axes = 3
    torch_call = "nn.AdaptiveAvgPool3d"
    torch_functions = {"adaptive_avg_pool3d": ("output_size",)}
    torch_ignored = ()


@kind("adaptive_max_pool1d")
class AdaptiveMaxPool1d(AdaptiveMaxima):
    """Maxima of a sequence over as many bins as `output_size` says, for any size of the input."""

    axes = 1
    torch_call = "nn.AdaptiveMaxPool1d"
    torch_functions = {"adaptive_max_pool1d": ("output_size",)}
    torch_ignored = ("return_indices",)


@kind("adaptive_max_pool2d")
class AdaptiveMaxPool2d(AdaptiveMaxima):
    """Maxima over as many bins as `output_size` says, for any size of the input."""

    axes = 2
    torch_call = "nn.AdaptiveMaxPool2d"
    torch_functions = {"adaptive_max_pool2d": ("output_size",)}
    torch_reductions = ("amax", "max")
    torch_ignored = ("return_indices",)


@kind("adaptive_max_pool3d")
class AdaptiveMaxPool3d(AdaptiveMaxima):
    """Maxima of a volume over as many bins as `output_size` says, for any size of the input."""

    axes = 3
    torch_call = "nn.AdaptiveMaxPool3d"
    torch_functions = {"adaptive_max_pool3d": ("output_size",)}
    torch_ignored = ("return_indices",)
