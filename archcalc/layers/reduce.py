"""Layers that make one number of all along some axes."""

from collections.abc import Iterable, Iterator
from typing import Annotated

from archcalc.layers.base import Role, Weightless, Windowless, kind
from archcalc.layers.eager import Eager
from archcalc.layers.fields import Flag, SomeAxes
from archcalc.layers.pool import AdaptiveAvgPool2d
from archcalc.layers.reach import Reading, along, at_place, whole
from archcalc.layers.requirement import Requirement, is_axis
from archcalc.layers.reshape import laid_out
from archcalc.layers.sizes import S, Shape, Sizes, dims
from archcalc.layers.tensors import Tensor
from archcalc.layers.twin import Twin, Work


class Reduction(Weightless, Windowless):
    """Kinds that make one number of all along the axes `dim`."""

    role = Role.POOL
    idle = False
    mixes_channels = True
    torch_ignored = ()

    dim: Annotated[tuple[int, ...], SomeAxes()]
    keepdim: Flag = False

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        for axis in self.dim:
            yield from is_axis(axis, x)
        leaves_one = self.keepdim or len(self.dim) < len(x)
        yield Requirement(leaves_one, lambda: f"leaves no axis of batch x {dims(x)} but the batch: give keepdim: true")

    def output_shape(self, x: Sizes[S]) -> Sizes[S | int]:
        sizes = [(axis, 1 if axis in self.dim else size) for axis, size in enumerate(x, start=1)]
        return tuple(size for axis, size in sizes if self.keepdim or axis not in self.dim)

    def reads(self, x: Shape) -> Iterable[Reading]:
        kept = [axis for axis in range(len(x)) if self.keepdim or axis + 1 not in self.dim]
        moved = {axis: at_place(axis, to) for to, axis in enumerate(kept)}
        return [Reading(along(x, moved | {axis - 1: whole(x[axis - 1]) for axis in self.dim}))]

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        return eager.reduce(x, self.dim, self.keepdim, is_mean=self.op == Mean.op)

    def twin(self, x: Shape) -> Twin:
        keywords = {"dim": self.dim[0] if len(self.dim) == 1 else self.dim, "keepdim": self.keepdim}
        return Twin(self.torch_call, keywords, defaults={"keepdim": False}, same_work=self.same_work(x))

    def same_work(self, x: Shape) -> tuple[Work, ...]:
        """Return other calls of torch that do the same."""
        return ()


@kind("mean")
class Mean(Reduction):
    """The mean along the axes `dim`, which then are gone, or with `keepdim` 1; as torch counts axes: 1 is channels."""

    torch_call = "torch.mean"
    torch_functions = {"mean": ("dim", "keepdim")}
    also_called = ("reduce_mean",)

    def same_work(self, x: Shape) -> tuple[Work, ...]:
        """Return a mean over height, width or both as the pool that it is, after which axes are dropped."""
        if len(x) != 3 or 1 in self.dim:
            return ()
        kept = tuple(1 if axis in self.dim else size for axis, size in enumerate(x, start=1))
        pool = Work(AdaptiveAvgPool2d.torch_call, {"output_size": kept[1:]}, kept)
        return (pool,) if self.keepdim else (pool, laid_out(kept, self.output_shape(x)))


@kind("sum")
class Sum(Reduction):
    """The sum along the axes `dim`, which then are gone, or with `keepdim` 1; as torch counts axes: 1 is channels.

    Branches that are stacked are added so, as in networks that select among their kernels.
    """

    torch_call = "torch.sum"
    torch_functions = {"sum": ("dim", "keepdim")}
    also_called = ("reduce_sum",)
