"""Layers that put more elements around sequences, maps and volumes."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

from archcalc.layers.base import Layer, Role, Spatial, Weightless, Windowless, find, kind
from archcalc.layers.eager import Eager
from archcalc.layers.fields import Real, SidePadding, Sides
from archcalc.layers.padding import padded
from archcalc.layers.reach import Reach, Reading, along
from archcalc.layers.requirement import Requirement, can_be_mirrored
from archcalc.layers.sizes import S, Shape, Sizes
from archcalc.layers.tensors import Tensor
from archcalc.layers.twin import Twin
from archcalc.layers.window import last_axis_first


class Pad(Weightless, Windowless, Spatial):
    """More elements at both ends of each axis of places."""

    role = Role.PADDING
    idle = False
    mixes_channels = False
    torch_functions = {}
    torch_ignored = ()

    padding: SidePadding

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        sides = zip(self.padding.along_axes, x[1:], strict=True)
        return (x[0], *(before + size + after for (before, after), size in sides))

    def reads(self, x: Shape) -> Iterable[Reading]:
        befores = enumerate((before for before, _ in self.padding.along_axes), start=1)
        return [Reading(along(x, {axis: Reach(axis, ((-before, 1),), 1) for axis, before in befores}))]

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"padding": last_axis_first(self.padding)}, positional=("padding",))

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        return padded(eager, x, self.twin(x.sizes))

    @classmethod
    def of_torch(cls, said: Mapping[str, Any], tensors: Mapping[str, Shape]) -> Layer:
        sides = said["padding"]
        pairs = [sides[place : place + 2] for place in range(0, len(sides), 2)]
        return super().of_torch({**said, "padding": Sides(*chain.from_iterable(reversed(pairs)))}, tensors)


class ZeroPad(Pad):
    """Zeros."""


@kind("zero_pad1d")
class ZeroPad1d(ZeroPad):
    """Zeros around the ends of a sequence."""

    axes = 1
    torch_call = "nn.ZeroPad1d"


@kind("zero_pad2d")
class ZeroPad2d(ZeroPad):
    """Zeros around height and width."""

    axes = 2
    torch_call = "nn.ZeroPad2d"


@kind("zero_pad3d")
class ZeroPad3d(ZeroPad):
    """Zeros around depth, height and width."""

    axes = 3
    torch_call = "nn.ZeroPad3d"


class ConstantPad(Pad):
    """One number."""

    value: Real

    def twin(self, x: Shape) -> Twin:
        twin = super().twin(x)
        keywords = {**twin.keywords, "value": self.value}
        return twin._replace(keywords=keywords, positional=("padding", "value"))

    @classmethod
    def of_torch(cls, said: Mapping[str, Any], tensors: Mapping[str, Shape]) -> Layer:
        """Return the padding; one of zeros is a kind of its own."""
        if said["value"] == 0:
            return find(cls.op.replace("constant", "zero")).of_torch(said, tensors)
        return super().of_torch(said, tensors)


@kind("constant_pad1d")
class ConstantPad1d(ConstantPad):
    """One number around the ends of a sequence."""

    axes = 1
    torch_call = "nn.ConstantPad1d"


@kind("constant_pad2d")
class ConstantPad2d(ConstantPad):
    """One number around height and width."""

    axes = 2
    torch_call = "nn.ConstantPad2d"


@kind("constant_pad3d")
class ConstantPad3d(ConstantPad):
    """One number around depth, height and width."""

    axes = 3
    torch_call = "nn.ConstantPad3d"


class ReflectionPad(Pad):
    """What lies inside of the border, mirrored."""

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from super().requirements(x)
        yield from can_be_mirrored(x[1:], self.padding)


@kind("reflection_pad1d")
class ReflectionPad1d(ReflectionPad):
    """What lies inside of the border, mirrored around the ends of a sequence; the border itself is not repeated."""

    axes = 1
    torch_call = "nn.ReflectionPad1d"


@kind("reflection_pad2d")
class ReflectionPad2d(ReflectionPad):
    """What lies inside of the border, mirrored around height and width; the border itself is not repeated."""

    axes = 2
    torch_call = "nn.ReflectionPad2d"


@kind("reflection_pad3d")
class ReflectionPad3d(ReflectionPad):
    """What lies inside of the border, mirrored around depth, height and width; the border itself is not repeated."""

    axes = 3
    torch_call = "nn.ReflectionPad3d"


class ReplicationPad(Pad):
    """The border, repeated."""


@kind("replication_pad1d")
class ReplicationPad1d(ReplicationPad):
    """The border, repeated around the ends of a sequence."""

    axes = 1
    torch_call = "nn.ReplicationPad1d"


@kind("replication_pad2d")
class ReplicationPad2d(ReplicationPad):
    """The border, repeated around height and width."""

    axes = 2
    torch_call = "nn.ReplicationPad2d"


@kind("replication_pad3d")
class ReplicationPad3d(ReplicationPad):
    """The border, repeated around depth, height and width."""

    axes = 3
    torch_call = "nn.ReplicationPad3d"
