"""Layers that read several others."""

from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import combinations, pairwise

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


@kind("add")
class Add(Weightless, Windowless):
    """The sum of its inputs, element by element; all shapes are equal."""

    role = Role.MERGE
    idle = False
    mixes_channels = False
    torch_call = "torch.add"
    torch_functions = {"add": ()}
    torch_ignored = ()
    merges = True
    commutes = True
    associates = True
    takes_activation = True

    def requirements(self, *inputs: Sizes[S]) -> Iterator[Requirement]:
        yield from alike(inputs, "adds equal shapes only")

    def output_shape(self, *inputs: Sizes[S]) -> Sizes[S]:
        return inputs[0]

    def mixes_places(self, *inputs: Sizes[S]) -> bool:
        return False

    def twin(self, *inputs: Shape) -> Twin:
        return Twin(self.torch_call, {}, operator="+")


@kind("sub")
class Sub(Weightless, Windowless):
    """Its first input less its second, element by element; both shapes are equal."""

    role = Role.MERGE
    idle = False
    mixes_channels = False
    torch_call = "torch.sub"
    torch_functions = {"sub": (), "subtract": ()}
    torch_ignored = ()
    merges = True

    def requirements(self, *inputs: Sizes[S]) -> Iterator[Requirement]:
        yield Requirement(
            len(inputs) == 2, lambda: f"subtracts one layer from another, so it reads 2, not {len(inputs)}"
        )
        yield from alike(inputs, "subtracts equal shapes only")

    def output_shape(self, *inputs: Sizes[S]) -> Sizes[S]:
        return inputs[0]

    def mixes_places(self, *inputs: Sizes[S]) -> bool:
        return False

    def twin(self, *inputs: Shape) -> Twin:
        return Twin(self.torch_call, {}, operator="-")


@kind("maximum")
class Maximum(Weightless, Windowless):
    """The largest of its inputs, element by element; all shapes are equal."""

    role = Role.MERGE
    idle = False
    mixes_channels = False
    torch_call = "torch.maximum"
    torch_functions = {"maximum": ()}
    torch_ignored = ()
    merges = True
    commutes = True
    associates = True

    def requirements(self, *inputs: Sizes[S]) -> Iterator[Requirement]:
        yield from alike(inputs, "compares equal shapes only")

    def output_shape(self, *inputs: Sizes[S]) -> Sizes[S]:
        return inputs[0]

    def mixes_places(self, *inputs: Sizes[S]) -> bool:
        return False

    def twin(self, *inputs: Shape) -> Twin:
        return Twin(self.torch_call, {})


@kind("mul")
class Mul(Weightless, Windowless):
    """The product of its inputs, element by element; sizes are equal, or 1, which stands for all along its axis."""

    role = Role.MERGE
    idle = False
    mixes_channels = False
    torch_call = "torch.mul"
    torch_functions = {"mul": (), "multiply": ()}
    torch_ignored = ()
    merges = True
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

    def mixes_places(self, *inputs: Sizes[S]) -> bool:
        return False

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
