"""Layers that make maps of another size from the same places."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import partial
from itertools import chain
from math import prod
from typing import Annotated, Final

from archcalc.errors import listing
from archcalc.layers.base import Role, Weightless, Windowless, kind
from archcalc.layers.eager import Eager
from archcalc.layers.fields import Choice, Factors, Flag, OfAnyAxes, Optional
from archcalc.layers.reach import Reach, Reading, at_place, sampled
from archcalc.layers.requirement import Requirement
from archcalc.layers.sizes import AXES, N, S, Shape, Sizes, dims, product
from archcalc.layers.tensors import Tensor
from archcalc.layers.twin import Twin

_SMOOTH: Final = {1: ("linear",), 2: ("bilinear", "bicubic"), 3: ("trilinear",)}
"""The modes that make means, by how many axes they go over."""

_PLACES: Final = {1: "sequences", 2: "maps", 3: "volumes"}

Mode = Annotated[str, Choice("nearest", "nearest-exact", *chain.from_iterable(_SMOOTH.values()))]


@kind("upsample")
class Upsample(Weightless, Windowless):
    """A map of the `size` given, or `scale_factor` times as high and wide: places are repeated, or means of neighbours.

    What is no whole number is rounded down. Sequences and volumes likewise. `align_corners` says whether the corners of
    both maps are the same places, as in Caffe and old TensorFlow.
    """

    role = Role.RESHAPE
    idle = False
    mixes_channels = False
    torch_call = "nn.Upsample"
    torch_functions = dict.fromkeys(("interpolate", "upsample"), ("size", "scale_factor", "mode", "align_corners"))
    torch_ignored = ("name",)
    also_called = ("interpolate", "resize", "upsampling2d", "interp")

    size: Annotated[tuple[int, ...] | None, Optional(OfAnyAxes())] = None
    scale_factor: Annotated[tuple[int | float, ...] | None, Optional(Factors())] = None
    mode: Mode = "nearest"
    align_corners: Flag = False

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        is_one = (self.size is None) != (self.scale_factor is None)
        yield Requirement(is_one, lambda: "needs a size or a scale_factor, and not both")
        axes = AXES.get(len(x) - 1, ())
        what = f"{dims(x)} features" if len(x) == 1 else dims(x)
        yield Requirement(bool(axes), lambda: f"reads channels and one to three axes of places, not {what}")
        for name in ("size", "scale_factor"):
            count = len(getattr(self, name) or (1,))
            words = partial("{} has {} numbers; places have {}".format, name, count, listing(axes, "and"))
            yield Requirement(count in (1, len(axes)), words)
        for axis, size, factor in self._axes(x):
            made = _times(size, factor)
            yield Requirement(made >= 1, partial("{} times a {} of {} is less than 1".format, factor, axis, size))
        yield from self._suits(len(axes))

    def _suits(self, axes: int) -> Iterator[Requirement]:
        """Require a mode for so many axes, and one that knows corners where they are meant."""
        over = next((count for count, modes in _SMOOTH.items() if self.mode in modes), axes)
        fault = "mode {} is for {}; {} take {}"
        words = partial(fault.format, self.mode, _PLACES.get(over), _PLACES.get(axes), listing(_SMOOTH.get(axes, ())))
        yield Requirement(over == axes, words)
        smooth = listing(tuple(chain.from_iterable(_SMOOTH.values())), "and")
        aligned = f"align_corners is for the modes {smooth}, not {self.mode}"
        yield Requirement(not self.align_corners or self._is_smooth, lambda: aligned)

    @property
    def _is_smooth(self) -> bool:
        return any(self.mode in modes for modes in _SMOOTH.values())

    def output_shape(self, x: Sizes[S]) -> Sizes[S | int]:
        if self.size is not None:
            return (x[0], *_each(self.size, x))
        return (x[0], *(_times(size, factor) for _, size, factor in self._axes(x)))

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        """Return its outputs by its mode, of which tools do not know two, and as ptflops counts them again.

        That is by the factors, of which it cuts two to integers, or by the size if that is given.
        """
        by_mode = {} if self.mode in ("nearest-exact", "trilinear") else {self.mode: product(out)}
        if self.mode == "nearest" and len(x) == 3:
            by_mode |= {"nearest_on_maps": product(out)}
        scale = self.twin(x).written["scale_factor"]
        if scale is None:
            return by_mode | {"stretched": product(out)}
        factor = prod(map(int, scale)) if isinstance(scale, tuple) else scale ** (len(x) - 1)
        return by_mode | {"stretched": int(product(x) * factor)}

    def reads(self, x: Shape) -> Iterable[Reading]:
        made, by_size = self.output_shape(x), self.scale_factor is None or bool(self.caution(x))
        factors = (None,) * len(x) if by_size else _each(self.scale_factor or (1,), x)
        return [Reading((at_place(0), *map(self._reach, range(1, len(x)), x[1:], made[1:], factors)))]

    def _reach(self, axis: int, size: int, made: int, factor: int | float | None) -> Reach:
        """Return what outputs read along an axis: output v is at v * rate + shift, by torch's rules."""
        rate = Fraction(size, made) if factor is None else 1 / Fraction(repr(factor))
        half = rate / 2
        if self.mode == "nearest":
            return sampled(axis, made, rate)
        if self.mode == "nearest-exact":
            return sampled(axis, made, rate, half)
        if self.align_corners:
            rate, half = Fraction(size - 1, max(made - 1, 1)), Fraction(1, 2)
        taps = (1, 2) if self.mode == "bicubic" else (0, 1)
        return sampled(axis, made, rate, half - Fraction(1, 2), taps)

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        shape = eager.sized(self.output_shape(x.sizes))
        return eager.call(shape, [x], strides=eager.of_maps(shape, x))

    def caution(self, x: Shape) -> str:
        """Return where torch makes another size, since it multiplies in floats."""
        for axis, size, factor in self._axes(x):
            product, made = size * float(factor), _times(size, factor)
            if int(product) != made:
                by_torch = f"torch, in floats, makes {int(product)} of {product!r}"
                return f"{factor} times a {axis} of {size} is {made}, and {by_torch}"
        return ""

    def _axes(self, x: Sizes[S]) -> tuple[tuple[str, S, int | float], ...]:
        """Return the axes of places, each with its size and its factor; nothing where the size is given."""
        if self.scale_factor is None:
            return ()
        return tuple(zip(AXES.get(len(x) - 1, ()), x[1:], _each(self.scale_factor, x), strict=False))

    def twin(self, x: Shape) -> Twin:
        """Return torch's layer, told the size itself where it would make another of the factor."""
        if self.caution(x):
            return type(self)(**vars(self) | {"size": self.output_shape(x)[1:], "scale_factor": None}).twin(x)
        size, factors = self.size, self.scale_factor
        keywords = {
            "size": None if size is None else _each(size, x),
            "scale_factor": None if factors is None else tuple(map(float, _each(factors, x))),
            "mode": self.mode,
            "align_corners": self.align_corners if self._is_smooth else None,
        }
        defaults = {"size": None, "scale_factor": None, "mode": "nearest", "align_corners": None}
        return Twin(self.torch_call, keywords, defaults=defaults)


def _each(numbers: tuple[N, ...], x: Sizes[S]) -> tuple[N, ...]:
    """Return a number for each axis of places, of numbers of which one may stand for all."""
    return numbers * (len(x) - 1) if len(numbers) == 1 else numbers


def _times(size: S, factor: int | float) -> S:
    """Return a size times a factor, rounded down; a decimal as it is written, where a float is another number.

    >>> _times(100, 0.29), int(100 * 0.29)
    (29, 28)
    """
    if not isinstance(factor, float):
        return size * factor
    exact = Fraction(repr(factor))
    return size * exact.numerator // exact.denominator
