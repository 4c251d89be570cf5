"""A pool with a fixed filter, which smooths a map before it leaves places out."""

from collections.abc import Iterator
from functools import partial
from typing import Annotated, Final, NamedTuple

from archcalc.layers import window
from archcalc.layers.base import Role, Windowed, kind
from archcalc.layers.fields import Optional, PaddingType, Pair, Sides
from archcalc.layers.requirement import Requirement, has_rank
from archcalc.layers.sizes import S, Shape, Sizes, product
from archcalc.layers.twin import Twin

_PAPER: Final = "https://arxiv.org/abs/1904.11486"


class _Window(NamedTuple):
    """The filter as a window."""

    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: Sides
    dilation: tuple[int, int]
    ceil_mode: bool


@kind("blur_pool2d")
class BlurPool2d(Windowed):
    """A mean of each channel under a window, weighted by binomial coefficients; its padding mirrors what lies inside.

    Without a `padding` it is (stride - 1 + kernel_size - 1) // 2 on each side, as timm has it. The weights are stored,
    a window for each channel, and not learnt.
    """

    role = Role.POOL
    counted = True
    idle = False
    mixes_channels = False
    input_axis = None
    torch_call = "BlurPool2d"
    torch_functions = {}
    torch_ignored = ()
    also_called = ("blurpool",)

    kernel_size: Pair = (3, 3)
    stride: Pair = (2, 2)
    padding: Annotated[Sides | None, Optional(PaddingType())] = None

    def slides(self) -> _Window:
        high, wide = ((s - 1 + k - 1) // 2 for s, k in zip(self.stride, self.kernel_size, strict=True))
        sides = Sides(high, high, wide, wide) if self.padding is None else self.padding
        return _Window(self.kernel_size, self.stride, sides, (1, 1), False)

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)
        sides = self.slides().padding
        for both, size in ((sides[:2], x[1]), (sides[2:], x[2])):
            for side in both:
                words = "padding {} is not less than the size that it mirrors, which is {}"
                yield Requirement(size >= side + 1, partial(words.format, side, size))
        yield from window.fits(self.slides(), x)

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        return (x[0], *window.places(self.slides(), x))

    def param_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S]]:
        return {}

    def buffer_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S | int]]:
        return {"filt": (x[0], 1, *self.kernel_size)}

    def macs(self, x: Sizes[S], out: Sizes[S]) -> S:
        return product(out) * product(self.kernel_size)

    def units(self, out: Sizes[S]) -> int:
        return 0

    def sources(self) -> tuple[tuple[str, str], ...]:
        return (("the filter of a blur pool is binomial", _PAPER),)

    def twin(self, x: Shape) -> Twin:
        top, bottom, left, right = self.slides().padding
        keywords = {
            "channels": x[0],
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "padding": (left, right, top, bottom),
        }
        return Twin(self.torch_call, keywords, positional=("channels",), adds_up_apart=("channels",))
