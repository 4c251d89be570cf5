"""Layers that read several others."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import combinations, pairwise
from math import prod
from typing import Any, ClassVar, NamedTuple

from archcalc.layers import window
from archcalc.layers.base import Role, Weightless, Windowless, kind
from archcalc.layers.eager import FLAG, INDEX, Eager
from archcalc.layers.fields import NONE, Dim, EachAxis, Flag, SidePadding, Sides
from archcalc.layers.gradients import Gradients
from archcalc.layers.middle import CENTER_CROP, cut, cuts, is_inside, of_middle
from archcalc.layers.pool import AS_KERNEL, PoolStride
from archcalc.layers.reach import Reading, along, at_place, repeated, spread, through, whole
from archcalc.layers.requirement import Requirement, has_rank
from archcalc.layers.sizes import S, Shape, Sizes, broadcast, broadcasts, dims, equal, product
from archcalc.layers.tensors import Tensor, ordered
from archcalc.layers.twin import Twin


def alike(inputs: Sequence[Sizes[S]], words: str, but: int | None = None) -> Iterator[Requirement]:
    """Require that all shapes are equal, apart from the axis `but`."""
    for one, other in pairwise(inputs):
        yield Requirement(len(one) == len(other), lambda: f"{words}, not {' and '.join(map(dims, inputs))}")
    for one, other in pairwise(inputs):
        for axis, (size, beside) in enumerate(zip(one, other, strict=True)):
            if axis != but:
                holds = equal(size, beside)
                yield Requirement(holds, lambda: f"{words}, not {' and '.join(map(dims, inputs))}")


def _shortest(inputs: Sequence[Sizes[S]]) -> Sizes[S]:
    return min(inputs, key=len)


class Merge(Weightless, Windowless):
    """Kinds that read several layers, and make each element of the elements at its place."""

    role = Role.MERGE
    idle = False
    mixes_channels = False
    torch_ignored: ClassVar[tuple[str, ...]] = ()
    merges = True

    def reads(self, *inputs: Shape) -> Iterable[Reading]:
        made = self.output_shape(*inputs)
        return [Reading(tuple(map(repeated, range(len(x)), x, made)), of) for of, x in enumerate(inputs)]

    def runs(self, eager: Eager, *inputs: Any) -> Tensor:
        """Play a call of two at a time."""
        made: Tensor = inputs[0]
        for place, other in enumerate(inputs[1:]):
            before, made = made, self.of_two(eager, made, other)
            if place:
                eager.let_go(before)
        return made

    @abstractmethod
    def of_two(self, eager: Eager, one: Tensor, other: Tensor) -> Tensor:
        """Play the call of two tensors."""


class OfAlike(Merge):
    """Merges of equal shapes only."""

    does: ClassVar[str]
    """What it does with them, in a word."""

    def requirements(self, *inputs: Sizes[S]) -> Iterator[Requirement]:
        yield from alike(inputs, f"{self.does} equal shapes only")

    def output_shape(self, *inputs: Sizes[S]) -> Sizes[S]:
        return inputs[0]


@kind("add")
class Add(OfAlike):
    """The sum of its inputs, element by element; all shapes are equal."""

    does = "adds"
    torch_call = "torch.add"
    torch_functions = {"add": ()}
    commutes = True
    associates = True
    takes_activation = True

    def of_two(self, eager: Eager, one: Tensor, other: Tensor) -> Tensor:
        return eager.add(one, other)

    def twin(self, *inputs: Shape) -> Twin:
        return Twin(self.torch_call, {}, operator="+")


@kind("sub")
class Sub(OfAlike):
    """Its first input less its second, element by element; both shapes are equal."""

    does = "subtracts"
    reads_exactly = 2
    torch_call = "torch.sub"
    torch_functions = {"sub": (), "subtract": ()}

    def requirements(self, *inputs: Sizes[S]) -> Iterator[Requirement]:
        yield from _two(inputs, "subtracts one layer from another")
        yield from super().requirements(*inputs)

    def of_two(self, eager: Eager, one: Tensor, other: Tensor) -> Tensor:
        return eager.call(one.shape, [one, other], strides=ordered(one), backward=_negated)

    def twin(self, *inputs: Shape) -> Twin:
        return Twin(self.torch_call, {}, operator="-")


def _negated(eager: Eager, grad: Tensor, needs: Sequence[bool]) -> Gradients:
    return [grad if needs[0] else None, eager.new(grad.shape, ordered(grad)) if needs[1] else None]


@kind("maximum")
class Maximum(OfAlike):
    """The largest of its inputs, element by element; all shapes are equal."""

    does = "compares"
    torch_call = "torch.maximum"
    torch_functions = {"maximum": ()}
    commutes = True
    associates = True

    def of_two(self, eager: Eager, one: Tensor, other: Tensor) -> Tensor:
        return eager.call(one.shape, [one, other], [one, other], strides=ordered(one), backward=_chosen)

    def twin(self, *inputs: Shape) -> Twin:
        return Twin(self.torch_call, {})


def _chosen(eager: Eager, grad: Tensor, needs: Sequence[bool]) -> Gradients:
    """Halve the gradient where both are equal, and leave it out where the other is larger; for the second first."""
    made: list[Tensor | None] = [None, None]
    for place in (1, 0):
        if needs[place]:
            larger = eager.new(grad.shape, item=FLAG)
            half = eager.new(grad.shape)
            equal_ = eager.new(grad.shape, item=FLAG)
            shared = eager.new(grad.shape)
            made[place] = eager.new(grad.shape, ordered(grad))
            eager.let_go(larger, half, equal_, shared)
    return made


@kind("mul")
class Mul(Merge):
    """The product of its inputs, element by element; sizes are equal, or 1, which stands for all along its axis."""

    torch_call = "torch.mul"
    torch_functions = {"mul": (), "multiply": ()}
    commutes = True
    broadcasts = True
    associates = True

    def requirements(self, *inputs: Sizes[S]) -> Iterator[Requirement]:
        words = "multiplies shapes that are equal, or 1 along an axis"
        for one, other in combinations(inputs, 2):
            yield Requirement(len(one) == len(other), lambda: f"{words}, not {' and '.join(map(dims, inputs))}")
            for size, beside in zip(one, other, strict=True):
                fits = broadcasts(size, beside)
                yield Requirement(fits, lambda: f"{words}, not {' and '.join(map(dims, inputs))}")

    def output_shape(self, *inputs: Sizes[S]) -> Sizes[S]:
        return tuple(reduce(broadcast, sizes) for sizes in zip(*inputs, strict=True))

    def twin(self, *inputs: Shape) -> Twin:
        return Twin(self.torch_call, {}, operator="*")

    def of_two(self, eager: Eager, one: Tensor, other: Tensor) -> Tensor:
        return eager.multiply(one, other)


def _two(inputs: Sequence[object], does: str) -> Iterator[Requirement]:
    yield Requirement(len(inputs) == 2, lambda: f"{does}, so it reads 2, not {len(inputs)}")


@kind("matmul")
class Matmul(Windowless):
    """Matrix products over the last two axes, (..., n, m) by (..., m, p); sizes before them are equal, or 1 for all."""

    role = Role.MERGE
    counted = True
    idle = False
    mixes_channels = False
    input_axis = None
    reads_exactly = 2
    torch_call = "torch.matmul"
    torch_functions = {"matmul": ()}
    torch_ignored = ()
    merges = True
    associates = True

    def requirements(self, *inputs: Sizes[S]) -> Iterator[Requirement]:
        yield from _two(inputs, "multiplies the matrices of one layer by those of another")
        one, other = inputs
        both = f"{dims(one)} and {dims(other)}"
        ranks = f"multiplies matrices, with as many axes before them on both sides, not {both}"
        yield Requirement(len(one) == len(other) >= 2, lambda: ranks)
        words = f"multiplies matrices of n x m by m x p, and {both} have {one[-1]} columns and {other[-2]} rows"
        yield Requirement(equal(one[-1], other[-2]), lambda: words)
        before = f"multiplies matrices, of which there are equally many, or 1 along an axis, not {both}"
        for size, beside in zip(one[:-2], other[:-2], strict=True):
            yield Requirement(broadcasts(size, beside), lambda: before)

    def output_shape(self, one: Sizes[S], other: Sizes[S]) -> Sizes[S]:
        before = tuple(map(broadcast, one[:-2], other[:-2]))
        return (*before, one[-2], other[-1])

    def param_shapes(self, *inputs: Sizes[S]) -> dict[str, Sizes[S]]:
        return {}

    def buffer_shapes(self, *inputs: Sizes[S]) -> dict[str, Sizes[S]]:
        return {}

    def macs(self, one: Sizes[S], other: Sizes[S], out: Sizes[S]) -> S:
        return product(out) * one[-1]

    def units(self, out: Sizes[S]) -> int:
        return 0

    def runs(self, eager: Eager, one: Tensor, other: Tensor) -> Tensor:
        """Play a product of matrices in one row, of which those that stand for several are copied."""
        shape = eager.sized(self.output_shape(one.sizes, other.sizes))
        before = shape[:-2]
        rows = [
            eager.reshape(eager.expand(x, (*before, *x.shape[-2:])), (prod(before), *x.shape[-2:]))
            for x in (one, other)
        ]
        return eager.laid_out(eager.matrix_product(*rows), shape)

    def reads(self, one: Shape, other: Shape) -> Iterable[Reading]:
        *before, rows, columns = range(len(one))
        made = self.output_shape(one, other)
        of_one, of_other = ([repeated(axis, x[axis], made[axis]) for axis in before] for x in (one, other))
        yield Reading((*of_one, at_place(rows), whole(one[columns])), 0)
        yield Reading((*of_other, whole(other[rows]), at_place(columns)), 1)

    def twin(self, *inputs: Shape) -> Twin:
        return Twin(self.torch_call, {})


class _Pool(NamedTuple):
    """The window of a pool that is undone."""

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: Sides
    dilation: tuple[int, ...]
    ceil_mode: bool


@kind("max_unpool2d")
class MaxUnpool2d(Merge):
    """Its first input put back where a max_pool2d found the maxima of its second, which is what that pool read; else 0.

    So it makes the size that the pool had, whichever of several that was. Its fields are those of the pool.
    """

    reads_exactly = 2
    torch_call = "MaxUnpool2d"
    torch_functions = {"max_unpool2d": ("indices", "kernel_size", "stride", "padding", "output_size")}
    torch_ignored = ("indices", "output_size")
    also_called = ("unpool", "unpooling")

    kernel_size: EachAxis
    stride: PoolStride = AS_KERNEL
    padding: SidePadding = NONE
    ceil_mode: Flag = False

    def requirements(self, *inputs: Sizes[S]) -> Iterator[Requirement]:
        yield from _two(inputs, "puts one layer where a pool found the maxima of another")
        pooled, whole = inputs
        for x in inputs:
            yield from has_rank(x, 3)
        for before, after in self.padding.along_axes:
            yield Requirement(before == after, lambda: "undoes pools that pad both sides alike, as torch has it")
        pool = self._pool
        yield from window.pads_less_than_windows(pool)
        yield from window.fits(pool, whole)
        made = (whole[0], *window.places(pool, whole))
        undone = f"undoes a pool that makes {dims(made)} of {dims(whole)}, and reads {dims(pooled)}"
        for size, beside in zip(pooled, made, strict=True):
            yield Requirement(equal(size, beside), lambda: undone)

    def output_shape(self, pooled: Sizes[S], whole: Sizes[S]) -> Sizes[S]:
        return whole

    def reads(self, *inputs: Shape) -> Iterable[Reading]:
        """Return the places whose windows an output may be the maximum of, and all that these windows read."""
        fields = zip(self.kernel_size, self.stride, self.padding.before, strict=True)
        places = [spread(axis, *numbers) for axis, numbers in enumerate(fields, start=1)]
        windows = window.reaches(self._pool, inputs[1])
        yield Reading((at_place(0), *places), 0)
        yield Reading((at_place(0), *map(through, windows[1:], places)), 1)

    def twin(self, *inputs: Shape) -> Twin:
        keywords = {
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "padding": self.padding.before,
            "ceil_mode": self.ceil_mode,
        }
        return Twin(self.torch_call, keywords, defaults={"padding": (0, 0), "ceil_mode": False})

    def of_two(self, eager: Eager, x: Tensor, whole: Tensor) -> Tensor:
        """Play the pool again, for the places of its maxima, and zeros into which is put what is read first."""
        places = eager.new(x.shape, item=INDEX)
        again = eager.call(x.shape, [whole], [whole, places])
        made = eager.call(whole.shape, [x], [places], strides=eager.of_maps(whole.shape, x))
        eager.let_go(again)
        return made

    @property
    def _pool(self) -> _Pool:
        return _Pool(self.kernel_size, self.stride, self.padding, (1, 1), self.ceil_mode)


@kind("center_crop_like")
class CenterCropLike(Merge):
    """The middle of its first input, with as many places as its second has: U-Net cuts so what it joins on the way up.

    It begins where torchvision's center_crop does.
    """

    reads_exactly = 2
    torch_call = "CenterCropLike"
    torch_functions = {}
    also_called = ("crop_like",)

    def requirements(self, *inputs: Sizes[S]) -> Iterator[Requirement]:
        yield from _two(inputs, "cuts one layer to the places of another")
        for x in inputs:
            yield from has_rank(x, 3)
        yield from is_inside(inputs[0], inputs[1])

    def output_shape(self, whole: Sizes[S], like: Sizes[S]) -> Sizes[S]:
        return (whole[0], *like[1:])

    def reads(self, *inputs: Shape) -> Iterable[Reading]:
        """Return what is read of the first input: of the second, only its size matters."""
        return [of_middle(inputs[0], self.output_shape(*inputs))]

    def of_two(self, eager: Eager, one: Tensor, other: Tensor) -> Tensor:
        return cut(eager, one, self.output_shape(one.sizes, other.sizes))

    def sources(self) -> tuple[tuple[str, str], ...]:
        return (("where the middle begins", CENTER_CROP),)

    def twin(self, *inputs: Shape) -> Twin:
        return Twin(self.torch_call, {}, same_work=cuts(inputs[0], self.output_shape(*inputs)))


@kind("concat")
class Concat(Weightless, Windowless):
    """Its inputs one after the other along `dim`, as torch counts axes: 1 is channels or features."""

    role = Role.MERGE
    idle = False
    mixes_channels = False
    torch_call = "torch.cat"
    torch_functions = {"cat": ("dim",), "concat": ("dim",), "concatenate": ("dim",)}
    torch_ignored = ()
    merges = True
    associates = True

    dim: Dim = 1

    def requirements(self, *inputs: Sizes[S]) -> Iterator[Requirement]:
        within = all(self.dim <= len(x) for x in inputs)
        yield Requirement(within, lambda: f"dim {self.dim} is past the last axis of batch x {dims(_shortest(inputs))}")
        yield from alike(inputs, f"joins shapes that differ in axis {self.dim} only", but=self.dim - 1)

    def output_shape(self, *inputs: Sizes[S]) -> Sizes[S]:
        along = self.dim - 1
        first, *others = inputs
        joined = first[along]
        for x in others:
            joined = joined + x[along]
        return (*first[:along], joined, *first[along + 1 :])

    def reads(self, *inputs: Shape) -> Iterable[Reading]:
        """Return what lies at the same place; all along the axis where inputs follow each other in it, but channels."""
        axis = self.dim - 1
        changed = (({axis: whole(x[axis])} if axis else {}) for x in inputs)
        return [Reading(along(x, own), of) for of, (x, own) in enumerate(zip(inputs, changed, strict=True))]

    def runs(self, eager: Eager, *inputs: Tensor) -> Tensor:
        return eager.join(inputs, self.dim)

    def twin(self, *inputs: Shape) -> Twin:
        return Twin(self.torch_call, {"dim": self.dim}, takes_list=True)


@kind("stack")
class Stack(Weightless, Windowless):
    """Its inputs, all of one shape, side by side along a new axis `dim`, as torch counts axes: 1 is before channels."""

    role = Role.MERGE
    idle = False
    mixes_channels = False
    torch_call = "torch.stack"
    torch_functions = {"stack": ("dim",)}
    torch_ignored = ()
    merges = True

    dim: Dim = 1

    def requirements(self, *inputs: Sizes[S]) -> Iterator[Requirement]:
        yield from alike(inputs, "stacks equal shapes only")
        shown = dims(inputs[0])
        yield Requirement(self.dim <= len(inputs[0]) + 1, lambda: f"dim {self.dim} leaves a gap after batch x {shown}")

    def output_shape(self, *inputs: Sizes[S]) -> Sizes[S | int]:
        before, after = inputs[0][: self.dim - 1], inputs[0][self.dim - 1 :]
        return (*before, len(inputs), *after)

    def reads(self, *inputs: Shape) -> Iterable[Reading]:
        moved = tuple(at_place(axis, axis + (axis >= self.dim - 1)) for axis in range(len(inputs[0])))
        return [Reading(moved, of) for of in range(len(inputs))]

    def runs(self, eager: Eager, *inputs: Tensor) -> Tensor:
        beside = [(*x.shape[: self.dim], 1, *x.shape[self.dim :]) for x in inputs]
        return eager.join([eager.reshape(x, shape) for x, shape in zip(inputs, beside, strict=True)], self.dim)

    def twin(self, *inputs: Shape) -> Twin:
        return Twin(self.torch_call, {"dim": self.dim}, takes_list=True)
