"""A pool with a fixed filter, which smooths a map before it leaves places out."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, NamedTuple

from archcalc.layers import window
from archcalc.layers.base import Layer, Role, Windowed, kind
from archcalc.layers.eager import Eager, convolved
from archcalc.layers.fields import EachAxis, KernelSize, Optional, PaddingType, Sides
from archcalc.layers.padding import padded
from archcalc.layers.requirement import Requirement, can_be_mirrored, has_rank
from archcalc.layers.sizes import S, Shape, Sizes, product
from archcalc.layers.tensors import Tensor
from archcalc.layers.twin import Twin

_PAPER: Final = "https://arxiv.org/abs/1904.11486"


class _Window(NamedTuple):
    """The filter as a window."""

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: Sides
    dilation: tuple[int, ...]
    ceil_mode: bool


@kind("blur_pool2d")
class BlurPool2d(Windowed):
    """A mean of each channel under a window, weighted by binomial coefficients; its padding mirrors what lies inside.

    Without a `padding` it is (stride - 1 + kernel_size - 1) // 2 on each side, as timm has it. The weights are stored,
    a window for each channel, and not learnt.
    """

    role = Role.POOL
    counted = True
    convolves = True
    idle = False
    mixes_channels = False
    input_axis = None
    torch_call = "BlurPool2d"
    torch_functions = {}
    torch_ignored = ()
    also_called = ("blurpool",)

    kernel_size: KernelSize = (3, 3)
    stride: EachAxis = (2, 2)
    padding: Annotated[Sides | None, Optional(PaddingType())] = None

    def slides(self) -> _Window:
        high, wide = ((s - 1 + k - 1) // 2 for s, k in zip(self.stride, self.kernel_size, strict=True))
        sides = Sides(high, high, wide, wide) if self.padding is None else self.padding
        return _Window(self.kernel_size, self.stride, sides, (1, 1), False)

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)
        yield from can_be_mirrored(x[1:], self.slides().padding)
        yield from window.fits(self.slides(), x)

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        return (x[0], *window.places(self.slides(), x))

    def param_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S]]:
        return {}

    def buffer_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S | int]]:
        return {"filt": (x[0], 1, *self.kernel_size)}

    def macs(self, x: Sizes[S], out: Sizes[S]) -> S:
        macs: S = product(out) * product(self.kernel_size)
        return macs

    def units(self, out: Sizes[S]) -> int:
        return 0

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        around = {"padding": window.last_axis_first(self.slides().padding)}
        reads = padded(eager, x, Twin("nn.ReflectionPad2d", around))
        return convolved(eager, reads, eager.params["filt"], eager.sized(self.output_shape(x.sizes)))

    def sources(self) -> tuple[tuple[str, str], ...]:
        return (("the filter of a blur pool is binomial", _PAPER),)

    @classmethod
    def of_torch(cls, said: Mapping[str, Any], tensors: Mapping[str, Shape]) -> Layer:
        """Return the layer of the size of the filter that is stored; its padding is told at the last axis first."""
        pairs = [tuple(said["padding"][place : place + 2]) for place in (2, 0)]
        sides = Sides(*pairs[0], *pairs[1])
        layer = cls(kernel_size=tensors["filt"][2:], stride=said["stride"])
        return layer if layer.slides().padding == sides else cls(**{**vars(layer), "padding": sides})

    def twin(self, x: Shape) -> Twin:
        keywords = {
            "channels": x[0],
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "padding": window.last_axis_first(self.slides().padding),
        }
        return Twin(self.torch_call, keywords, positional=("channels",), adds_up_apart=("channels",))
