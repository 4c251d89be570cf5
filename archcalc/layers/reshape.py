"""Layers that move elements without computing on them."""

from collections.abc import Iterator
from typing import Annotated

from archcalc.layers.base import Pointwise, Role, Weightless, Windowless, kind
from archcalc.layers.fields import Axes, Axis, Count, Dim, Groups, IntegerFromZero
from archcalc.layers.requirement import Requirement, can_be_divided, has_rank, is_axis
from archcalc.layers.sizes import S, Shape, Sizes, dims, parted, product
from archcalc.layers.twin import Twin

FirstAxis = Annotated[int, Axis(1)]
LastAxis = Annotated[int, Axis(-1)]


@kind("flatten")
class Flatten(Weightless, Windowless):
    """Axes `start_dim` to `end_dim` as one, as torch counts axes: the batch is 0, the last is -1."""

    role = Role.RESHAPE
    idle = True
    mixes_channels = False
    torch_call = "nn.Flatten"
    torch_functions = {"flatten": ("start_dim", "end_dim")}
    torch_ignored = ()

    start_dim: FirstAxis = 1
    end_dim: LastAxis = -1

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        start, end = self._axes(x)
        words = f"start_dim {self.start_dim} to end_dim {self.end_dim} is not a range of axes of batch x"
        yield Requirement(0 <= start < end <= len(x), lambda: f"{words} {dims(x)}")

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        start, end = self._axes(x)
        return (*x[:start], product(x[start:end]), *x[end:])

    def mixes_places(self, x: Sizes[S]) -> bool:
        return len(x) > 1

    def twin(self, x: Shape) -> Twin:
        keywords = {"start_dim": self.start_dim, "end_dim": self.end_dim}
        return Twin(self.torch_call, keywords, defaults={"start_dim": 1, "end_dim": -1})

    def _axes(self, x: Sizes[S]) -> tuple[int, int]:
        """Return the range of `x`, which has no batch axis, that becomes one."""
        return self.start_dim - 1, len(x) if self.end_dim == -1 else self.end_dim


@kind("identity")
class Identity(Weightless, Pointwise):
    """Its input, unchanged: a name for a place."""

    role = Role.IDENTITY
    idle = True
    torch_call = "nn.Identity"
    torch_functions = {}
    torch_ignored = ()

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {})


@kind("pixel_shuffle")
class PixelShuffle(Weightless, Windowless):
    """Channels laid out as places: (c * r * r, h, w) to (c, h * r, w * r), with r the upscale_factor."""

    role = Role.RESHAPE
    idle = False
    mixes_channels = False
    torch_call = "nn.PixelShuffle"
    torch_functions = {"pixel_shuffle": ("upscale_factor",)}
    torch_ignored = ()
    also_called = ("depth_to_space",)

    upscale_factor: Count

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)
        yield from can_be_divided(self.upscale_factor**2, channels=x[0])

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        factor = self.upscale_factor
        return (parted(x[0], factor * factor), x[1] * factor, x[2] * factor)

    def mixes_places(self, x: Sizes[S]) -> bool:
        return True

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"upscale_factor": self.upscale_factor}, positional=("upscale_factor",))


@kind("pixel_unshuffle")
class PixelUnshuffle(Weightless, Windowless):
    """Places laid out as channels: (c, h * r, w * r) to (c * r * r, h, w), with r the downscale_factor."""

    role = Role.RESHAPE
    idle = False
    mixes_channels = False
    torch_call = "nn.PixelUnshuffle"
    torch_functions = {"pixel_unshuffle": ("downscale_factor",)}
    torch_ignored = ()
    also_called = ("space_to_depth", "reorg")

    downscale_factor: Count

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)
        yield from can_be_divided(self.downscale_factor, height=x[1], width=x[2])

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        factor = self.downscale_factor
        return (x[0] * (factor * factor), parted(x[1], factor), parted(x[2], factor))

    def mixes_places(self, x: Sizes[S]) -> bool:
        return True

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"downscale_factor": self.downscale_factor}, positional=("downscale_factor",))


@kind("channel_shuffle")
class ChannelShuffle(Weightless, Windowless):
    """Channels in another order: the first of each group, then the second of each, and so on."""

    role = Role.RESHAPE
    idle = False
    mixes_channels = False
    torch_call = "nn.ChannelShuffle"
    torch_functions = {"channel_shuffle": ("groups",)}
    torch_ignored = ()

    groups: Groups

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)
        yield from can_be_divided(self.groups, "groups", channels=x[0])

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        return x

    def mixes_places(self, x: Sizes[S]) -> bool:
        return False

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"groups": self.groups}, positional=("groups",))


@kind("slice")
class Slice(Weightless, Windowless):
    """`length` elements along `dim`, from `start` on; as torch counts axes: 1 is channels or features."""

    role = Role.RESHAPE
    idle = False
    mixes_channels = False
    torch_call = "torch.narrow"
    torch_functions = {"narrow": ("dim", "start", "length")}
    torch_ignored = ()
    also_called = ("narrow", "crop")

    start: IntegerFromZero = 0
    length: Count
    dim: Dim = 1

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from is_axis(self.dim, x)
        size, end = x[self.dim - 1], self.start + self.length
        words = f"{self.length} elements from {self.start} on end at {end}, past the {size} along dim {self.dim}"
        yield Requirement(size >= end, lambda: words)

    def output_shape(self, x: Sizes[S]) -> Sizes[S | int]:
        return (*x[: self.dim - 1], self.length, *x[self.dim :])

    def mixes_places(self, x: Sizes[S]) -> bool:
        return self.dim > 1

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"dim": self.dim, "start": self.start, "length": self.length})


@kind("permute")
class Permute(Weightless, Windowless):
    """Axes in another order: `dims` says which comes where, as torch counts axes; the batch, 0, stays the first."""

    role = Role.RESHAPE
    idle = False
    mixes_channels = False
    torch_call = "torch.permute"
    torch_functions = {"permute": ("dims",)}
    torch_ignored = ()

    dims: Axes

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        whole = f"dims {list(self.dims)} is not an order of the {len(x)} axes of batch x {dims(x)}"
        yield Requirement(sorted(self.dims) == [*range(1, len(x) + 1)], lambda: whole)

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        return tuple(x[axis - 1] for axis in self.dims)

    def mixes_places(self, x: Sizes[S]) -> bool:
        return len(x) > 1

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"dims": (0, *self.dims)})
