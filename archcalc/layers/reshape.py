"""Layers that move elements without computing on them."""

from math import prod
from typing import Annotated

from archcalc.errors import ArchError
from archcalc.layers.base import Pointwise, Shape, Twin, Weightless, dims, expect_rank, kind
from archcalc.layers.fields import Integer, SidePadding

FirstAxis = Annotated[int, Integer(1)]
LastAxis = Annotated[int, Integer(-1)]


@kind("flatten")
class Flatten(Weightless):
    """Axes `start_dim` to `end_dim` as one, as torch counts axes: the batch is 0, the last is -1."""

    start_dim: FirstAxis = 1
    end_dim: LastAxis = -1

    def check(self, x: Shape) -> None:
        start, end = self._axes(x)
        if not 0 <= start < end <= len(x):
            raise ArchError(f"start_dim {self.start_dim} to end_dim {self.end_dim} is no range of batch x {dims(x)}")

    def output_shape(self, x: Shape) -> Shape:
        start, end = self._axes(x)
        return (*x[:start], prod(x[start:end]), *x[end:])

    def mixes_places(self, x: Shape) -> bool:
        return len(x) > 1

    def window(self, x: Shape) -> None:
        return None

    def twin(self, x: Shape) -> Twin:
        return Twin("nn.Flatten", {"start_dim": self.start_dim, "end_dim": self.end_dim})

    def _axes(self, x: Shape) -> tuple[int, int]:
        """The range of `x`, which has no batch axis, that becomes one."""
        return self.start_dim - 1, len(x) if self.end_dim == -1 else self.end_dim


@kind("identity")
class Identity(Pointwise):
    """What goes in comes out: a name for a place."""

    def twin(self, x: Shape) -> Twin:
        return Twin("nn.Identity", {})


@kind("zero_pad2d")
class ZeroPad2d(Weightless):
    """Zeros around height and width."""

    padding: SidePadding

    def check(self, x: Shape) -> None:
        expect_rank(x, 3)

    def output_shape(self, x: Shape) -> Shape:
        top, bottom, left, right = self.padding
        return (x[0], top + x[1] + bottom, left + x[2] + right)

    def mixes_places(self, x: Shape) -> bool:
        return False

    def window(self, x: Shape) -> None:
        return None

    def twin(self, x: Shape) -> Twin:
        top, bottom, left, right = self.padding
        return Twin("nn.ZeroPad2d", {"padding": (left, right, top, bottom)})
