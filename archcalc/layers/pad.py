"""Layers that put rows and columns around a map."""

from collections.abc import Iterator
from functools import partial
from typing import Any

from archcalc.layers.base import Role, Weightless, Windowless, kind
from archcalc.layers.fields import Real, SidePadding
from archcalc.layers.requirement import Requirement, has_rank
from archcalc.layers.sizes import S, Shape, Sizes
from archcalc.layers.twin import Twin


class Pad2d(Weightless, Windowless):
    """More rows and columns around height and width."""

    role = Role.PADDING
    idle = False
    mixes_channels = False
    torch_functions = {}
    torch_ignored = ()

    padding: SidePadding

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        top, bottom, left, right = self.padding
        return (x[0], top + x[1] + bottom, left + x[2] + right)

    def mixes_places(self, x: Sizes[S]) -> bool:
        return False

    def twin(self, x: Shape) -> Twin:
        top, bottom, left, right = self.padding
        return Twin(self.torch_call, {"padding": (left, right, top, bottom)}, positional=("padding",))


@kind("zero_pad2d")
class ZeroPad2d(Pad2d):
    """Zeros around height and width."""

    torch_call = "nn.ZeroPad2d"


@kind("constant_pad2d")
class ConstantPad2d(Pad2d):
    """One number around height and width."""

    torch_call = "nn.ConstantPad2d"

    value: Real

    def twin(self, x: Shape) -> Twin:
        twin = super().twin(x)
        keywords = {**twin.keywords, "value": self.value}
        return twin._replace(keywords=keywords, positional=("padding", "value"))


@kind("reflection_pad2d")
class ReflectionPad2d(Pad2d):
    """What lies inside of the border, mirrored around height and width; the border itself is not repeated."""

    torch_call = "nn.ReflectionPad2d"

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)
        for sides, size in zip((self.padding[:2], self.padding[2:]), x[1:], strict=True):
            for side in sides:
                yield Requirement(size >= side + 1, partial(_too_wide, side, size))


def _too_wide(side: int, size: Any) -> str:
    return f"padding {side} is not less than the size that it mirrors, which is {size}"


@kind("replication_pad2d")
class ReplicationPad2d(Pad2d):
    """The border, repeated around height and width."""

    torch_call = "nn.ReplicationPad2d"
