"""Layers that put elements in another order, or take some of them."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from archcalc.errors import ArchError
from archcalc.layers.base import Layer, Role, Weightless, Windowless, kind
from archcalc.layers.eager import Eager
from archcalc.layers.fields import Axes, Count, Dim, EachAxis, Groups, IntegerFromZero
from archcalc.layers.middle import CENTER_CROP, NARROW, cut, cuts, is_inside, of_middle
from archcalc.layers.reach import Reach, Reading, along, at_place, whole
from archcalc.layers.requirement import Requirement, can_be_divided, has_rank, is_axis
from archcalc.layers.sizes import S, Shape, Sizes, dims, parted
from archcalc.layers.tensors import Tensor
from archcalc.layers.twin import Twin, Work

PERMUTE: Final = "torch.permute"
"""The function that puts axes in another order, whichever way a model says it."""


class Rearrangement(Weightless, Windowless):
    """Kinds that compute nothing: each element of the output is one of the input."""

    role = Role.RESHAPE
    idle = False
    mixes_channels = False
    torch_ignored = ()

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        return eager.call(eager.sized(self.output_shape(x.sizes)), [x])


@kind("pixel_shuffle")
class PixelShuffle(Rearrangement):
    """Channels laid out as places: (c * r * r, h, w) to (c, h * r, w * r), with r the upscale_factor."""

    torch_call = "nn.PixelShuffle"
    torch_functions = {"pixel_shuffle": ("upscale_factor",)}
    also_called = ("depth_to_space",)

    upscale_factor: Count

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)
        yield from can_be_divided(self.upscale_factor**2, channels=x[0])

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        factor = self.upscale_factor
        return (parted(x[0], factor * factor), x[1] * factor, x[2] * factor)

    def reads(self, x: Shape) -> Iterable[Reading]:
        return [Reading((whole(x[0]), *(Reach(axis, ((0, 1),) * self.upscale_factor, 1) for axis in (1, 2))))]

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"upscale_factor": self.upscale_factor}, positional=("upscale_factor",))


@kind("pixel_unshuffle")
class PixelUnshuffle(Rearrangement):
    """Places laid out as channels: (c, h * r, w * r) to (c * r * r, h, w), with r the downscale_factor."""

    torch_call = "nn.PixelUnshuffle"
    torch_functions = {"pixel_unshuffle": ("downscale_factor",)}
    also_called = ("space_to_depth", "reorg")

    downscale_factor: Count

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)
        yield from can_be_divided(self.downscale_factor, height=x[1], width=x[2])

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        factor = self.downscale_factor
        return (x[0] * (factor * factor), parted(x[1], factor), parted(x[2], factor))

    def reads(self, x: Shape) -> Iterable[Reading]:
        factor = self.downscale_factor
        return [Reading((whole(x[0]), *(Reach(axis, ((0, factor),), factor) for axis in (1, 2))))]

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"downscale_factor": self.downscale_factor}, positional=("downscale_factor",))


@kind("channel_shuffle")
class ChannelShuffle(Rearrangement):
    """Channels in another order: the first of each group, then the second of each, and so on."""

    torch_call = "nn.ChannelShuffle"
    torch_functions = {"channel_shuffle": ("groups",)}

    groups: Groups

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)
        yield from can_be_divided(self.groups, "groups", channels=x[0])

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        return x

    def reads(self, x: Shape) -> Iterable[Reading]:
        return [Reading(along(x, {0: whole(x[0])}))]

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"groups": self.groups}, positional=("groups",))


@kind("slice")
class Slice(Rearrangement):
    """`length` elements along `dim`, from `start` on; as torch counts axes: 1 is channels or features."""

    torch_call = NARROW
    torch_functions = {"narrow": ("dim", "start", "length")}
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

    def reads(self, x: Shape) -> Iterable[Reading]:
        axis = self.dim - 1
        return [Reading(along(x, {axis: Reach(axis, ((self.start, 1),), 1)}))]

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        return eager.part(x, self.dim, self.length)

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"dim": self.dim, "start": self.start, "length": self.length})


@kind("center_crop")
class CenterCrop(Rearrangement):
    """The middle of a map, `output_size` large, from where torchvision's center_crop takes it."""

    torch_call = "CenterCrop"
    torch_functions = {}
    also_called = ("crop", "centercrop")

    output_size: EachAxis

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)
        yield from is_inside(x, self.output_shape(x))

    def output_shape(self, x: Sizes[S]) -> Sizes[S | int]:
        return (x[0], *self.output_size)

    def reads(self, x: Shape) -> Iterable[Reading]:
        return [of_middle(x, self.output_shape(x))]

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        return cut(eager, x, self.output_shape(x.sizes))

    def sources(self) -> tuple[tuple[str, str], ...]:
        return (("where the middle begins", CENTER_CROP),)

    def twin(self, x: Shape) -> Twin:
        keywords = {"output_size": self.output_size}
        same_work = cuts(x, self.output_shape(x))
        return Twin(self.torch_call, keywords, positional=("output_size",), same_work=same_work)


class Reordering(Rearrangement):
    """Kinds that put axes in another order."""

    @abstractmethod
    def order(self, rank: int) -> tuple[int, ...]:
        """Return which of `rank` axes comes where, as torch counts axes, without the batch."""

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        return tuple(x[axis - 1] for axis in self.order(len(x)))

    def reads(self, x: Shape) -> Iterable[Reading]:
        order = self.order(len(x))
        return [Reading(tuple(at_place(axis, order.index(axis + 1)) for axis in range(len(x))))]

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        return eager.permute(x, (0, *self.order(len(x.sizes))))


@kind("permute")
class Permute(Reordering):
    """Axes in another order: `dims` says which comes where, as torch counts axes; the batch, 0, stays the first."""

    torch_call = PERMUTE
    torch_functions = {"permute": ("dims",)}

    dims: Axes

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        whole = f"dims {list(self.dims)} is not an order of the {len(x)} axes of batch x {dims(x)}"
        yield Requirement(sorted(self.dims) == [*range(1, len(x) + 1)], lambda: whole)

    def order(self, rank: int) -> tuple[int, ...]:
        return self.dims

    def puts_channels_last(self) -> bool:
        return self.dims[-1] == 1

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"dims": (0, *self.dims)})

    @classmethod
    def of_torch(cls, said: Mapping[str, Any], tensors: Mapping[str, Shape]) -> Layer:
        batch, *order = said["dims"]
        if batch != 0:
            raise ArchError(f"dims {list(said['dims'])} moves the batch")
        return super().of_torch({"dims": order}, tensors)


@kind("transpose")
class Transpose(Reordering):
    """Axes `dim0` and `dim1` exchanged, as torch counts axes: 1 is channels or features."""

    torch_call = "torch.transpose"
    torch_functions = {"transpose": ("dim0", "dim1")}
    also_called = ("swapaxes",)

    dim0: Dim
    dim1: Dim

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from is_axis(self.dim0, x)
        yield from is_axis(self.dim1, x)
        yield Requirement(self.dim0 != self.dim1, lambda: f"exchanges two axes, and dim0 and dim1 are both {self.dim0}")

    def order(self, rank: int) -> tuple[int, ...]:
        exchanged = {self.dim0: self.dim1, self.dim1: self.dim0}
        return tuple(exchanged.get(axis, axis) for axis in range(1, rank + 1))

    def puts_channels_last(self) -> bool:
        return 1 in (self.dim0, self.dim1)

    def twin(self, x: Shape) -> Twin:
        ordered = Work(PERMUTE, {"dims": (0, *self.order(len(x)))}, self.output_shape(x))
        keywords = {"dim0": self.dim0, "dim1": self.dim1}
        return Twin(self.torch_call, keywords, positional=("dim0", "dim1"), same_work=(ordered,))
