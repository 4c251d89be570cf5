"""Layers that make maps of another size from the same places."""

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from math import prod
from typing import Annotated

from archcalc.layers.base import Role, Weightless, Windowless, kind
from archcalc.layers.fields import Choice, Factors, Flag, MaybeEachAxis, Optional
from archcalc.layers.requirement import Requirement, has_rank
from archcalc.layers.sizes import S, Shape, Sizes, product
from archcalc.layers.twin import Twin

Mode = Annotated[str, Choice("nearest", "nearest-exact", "bilinear", "bicubic")]

_SMOOTH = ("bilinear", "bicubic")


@kind("upsample")
class Upsample(Weightless, Windowless):
    """A map of the `size` given, or `scale_factor` times as high and wide: places are repeated, or means of neighbours.

    What is no whole number is rounded down. `align_corners` says whether the corners of both maps are the same places,
    as in Caffe and old TensorFlow.
    """

    role = Role.RESHAPE
    idle = False
    mixes_channels = False
    torch_call = "nn.Upsample"
    torch_functions = dict.fromkeys(("interpolate", "upsample"), ("size", "scale_factor", "mode", "align_corners"))
    torch_ignored = ("recompute_scale_factor", "antialias", "name")
    also_called = ("interpolate", "resize", "upsampling2d", "interp")

    size: MaybeEachAxis = None
    scale_factor: Annotated[tuple[int | float, int | float] | None, Optional(Factors())] = None
    mode: Mode = "nearest"
    align_corners: Flag = False

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)
        is_one = (self.size is None) != (self.scale_factor is None)
        yield Requirement(is_one, lambda: "needs a size or a scale_factor, and not both")
        for axis, size, factor in self._axes(x):
            made = _times(size, factor)
            yield Requirement(made >= 1, partial("{} times a {} of {} is less than 1".format, factor, axis, size))
        aligned = f"align_corners is for the modes {' and '.join(_SMOOTH)}, not {self.mode}"
        yield Requirement(not self.align_corners or self.mode in _SMOOTH, lambda: aligned)

    def output_shape(self, x: Sizes[S]) -> Sizes[S | int]:
        if self.size is not None:
            return (x[0], *self.size)
        return (x[0], *(_times(size, factor) for _, size, factor in self._axes(x)))

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        """Return its outputs by its mode, of which tools do not know nearest-exact, and as ptflops counts them again.

        That is by the factors, of which it cuts two to integers, or by the size if that is given.
        """
        by_mode = {} if self.mode == "nearest-exact" else {self.mode: product(out)}
        scale = self.twin(x).written["scale_factor"]
        if scale is None:
            return by_mode | {"stretched": product(out)}
        factor = prod(map(int, scale)) if isinstance(scale, tuple) else scale**2
        return by_mode | {"stretched": int(product(x) * factor)}

    def mixes_places(self, x: Sizes[S]) -> bool:
        return True

    def caution(self, x: Shape) -> str:
        """Return where torch makes another size, since it multiplies in floats."""
        for axis, size, factor in self._axes(x):
            product, made = size * float(factor), _times(size, factor)
            if int(product) != made:
                by_torch = f"torch, in floats, makes {int(product)} of {product!r}"
                return f"{factor} times a {axis} of {size} is {made}, and {by_torch}"
        return ""

    def _axes(self, x: Sizes[S]) -> tuple[tuple[str, S, int | float], ...]:
        """Return height and width, each with its size and its factor; nothing where the size is given."""
        if self.scale_factor is None:
            return ()
        return tuple(zip(("height", "width"), x[1:], self.scale_factor, strict=True))

    def twin(self, x: Shape) -> Twin:
        """Return torch's layer, told the size itself where it would make another of the factor."""
        if self.caution(x):
            return type(self)(**vars(self) | {"size": self.output_shape(x)[1:], "scale_factor": None}).twin(x)
        scale = None if self.scale_factor is None else tuple(float(factor) for factor in self.scale_factor)
        aligned = self.align_corners if self.mode in _SMOOTH else None
        keywords = {"size": self.size, "scale_factor": scale, "mode": self.mode, "align_corners": aligned}
        defaults = {"size": None, "scale_factor": None, "mode": "nearest", "align_corners": None}
        return Twin(self.torch_call, keywords, defaults=defaults)


def _times(size: S, factor: int | float) -> S:
    """Return a size times a factor, rounded down; a decimal as it is written, where a float is another number.

    >>> _times(100, 0.29), int(100 * 0.29)
    (29, 28)
    """
    if not isinstance(factor, float):
        return size * factor
    exact = Fraction(repr(factor))
    return size * exact.numerator // exact.denominator
