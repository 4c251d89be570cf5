"""Layers that read several others."""

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import combinations, pairwise
from typing import ClassVar

from archcalc.layers.base import Role, Weightless, Windowless, kind
from archcalc.layers.fields import Dim
from archcalc.layers.requirement import Requirement
from archcalc.layers.sizes import S, Shape, Sizes, broadcast, broadcasts, dims, equal
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
    torch_ignored = ()
    merges = True

    def mixes_places(self, *inputs: Sizes[S]) -> bool:
        return False


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

    def twin(self, *inputs: Shape) -> Twin:
        return Twin(self.torch_call, {}, operator="+")


@kind("sub")
class Sub(OfAlike):
    """Its first input less its second, element by element; both shapes are equal."""

    does = "subtracts"
    torch_call = "torch.sub"
    torch_functions = {"sub": (), "subtract": ()}

    def requirements(self, *inputs: Sizes[S]) -> Iterator[Requirement]:
        yield Requirement(
            len(inputs) == 2, lambda: f"subtracts one layer from another, so it reads 2, not {len(inputs)}"
        )
        yield from super().requirements(*inputs)

    def twin(self, *inputs: Shape) -> Twin:
        return Twin(self.torch_call, {}, operator="-")


@kind("maximum")
class Maximum(OfAlike):
    """The largest of its inputs, element by element; all shapes are equal."""

    does = "compares"
    torch_call = "torch.maximum"
    torch_functions = {"maximum": ()}
    commutes = True
    associates = True

    def twin(self, *inputs: Shape) -> Twin:
        return Twin(self.torch_call, {})


@kind("mul")
class Mul(Merge):
    """The product of its inputs, element by element; sizes are equal, or 1, which stands for all along its axis."""

    torch_call = "torch.mul"
    torch_functions = {"mul": (), "multiply": ()}
    commutes = True
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

    def mixes_places(self, *inputs: Sizes[S]) -> bool:
        return self.dim > 1

    def twin(self, *inputs: Shape) -> Twin:
        return Twin(self.torch_call, {"dim": self.dim}, takes_list=True)
