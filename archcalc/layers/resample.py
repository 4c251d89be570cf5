"""Layers that make maps of another size from the same places."""

from collections.abc import Iterator
from typing import Annotated

from archcalc.layers.base import Role, Weightless, Windowless, kind
from archcalc.layers.fields import Choice, Flag, MaybeEachAxis
from archcalc.layers.requirement import Requirement, has_rank
from archcalc.layers.sizes import S, Shape, Sizes, product
from archcalc.layers.twin import Twin

Mode = Annotated[str, Choice("nearest", "nearest-exact", "bilinear", "bicubic")]

_SMOOTH = ("bilinear", "bicubic")


@kind("upsample")
class Upsample(Weightless, Windowless):
    """A map of the `size` given, or `scale_factor` times as high and wide: places are repeated, or means of neighbours.

    `align_corners` says whether the corners of both maps are the same places, as in Caffe and old TensorFlow.
    """

    role = Role.RESHAPE
    idle = False
    mixes_channels = False
    torch_call = "nn.Upsample"
    torch_functions = dict.fromkeys(("interpolate", "upsample"), ("size", "scale_factor", "mode", "align_corners"))
    torch_ignored = ("recompute_scale_factor", "antialias", "name")
    also_called = ("interpolate", "resize", "upsampling2d", "interp")

    size: MaybeEachAxis = None
    scale_factor: MaybeEachAxis = None
    mode: Mode = "nearest"
    align_corners: Flag = False

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)
        is_one = (self.size is None) != (self.scale_factor is None)
        yield Requirement(is_one, lambda: "needs a size or a scale_factor, and not both")
        aligned = f"align_corners is for the modes {' and '.join(_SMOOTH)}, not {self.mode}"
        yield Requirement(not self.align_corners or self.mode in _SMOOTH, lambda: aligned)

    def output_shape(self, x: Sizes[S]) -> Sizes[S | int]:
        if self.size is not None:
            return (x[0], *self.size)
        assert self.scale_factor is not None
        high, wide = self.scale_factor
        return (x[0], x[1] * high, x[2] * wide)

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        """Return its outputs by its mode; tools know nothing of nearest-exact."""
        return {} if self.mode == "nearest-exact" else {self.mode: product(out)}

    def mixes_places(self, x: Sizes[S]) -> bool:
        return True

    def twin(self, x: Shape) -> Twin:
        scale = None if self.scale_factor is None else tuple(float(factor) for factor in self.scale_factor)
        aligned = self.align_corners if self.mode in _SMOOTH else None
        keywords = {"size": self.size, "scale_factor": scale, "mode": self.mode, "align_corners": aligned}
        defaults = {"size": None, "scale_factor": None, "mode": "nearest", "align_corners": None}
        return Twin(self.torch_call, keywords, defaults=defaults)
