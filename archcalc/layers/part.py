"""Layers that divide what they read into parts: each part is a layer of its own."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import takewhile
from math import prod
from typing import Annotated, Any, Final, Self

from archcalc.errors import listing
from archcalc.layers.base import kind
from archcalc.layers.eager import Eager
from archcalc.layers.fields import Dim, Integer, PartIndex, PartSizes
from archcalc.layers.gradients import Gradients
from archcalc.layers.middle import NARROW
from archcalc.layers.reach import Reach, Reading, along
from archcalc.layers.rearrange import Rearrangement
from archcalc.layers.requirement import Requirement, is_axis
from archcalc.layers.sizes import S, Shape, Sizes, divisible, equal, parted
from archcalc.layers.tensors import Tensor
from archcalc.layers.twin import Part, Twin, Work

PartCount = Annotated[int, Integer(2)]
Index = Annotated[int | None, PartIndex()]

_MOST_SHOWN: Final = 8


class Division(Rearrangement):
    """Kinds that divide what they read along `dim`; of the parts a layer is the one with its `index`.

    A statement without an index stands for all of them, `NAME.0`, `NAME.1` and so on.
    """

    dim: Dim
    index: Index

    @property
    @abstractmethod
    def count(self) -> int:
        """How many parts there are."""

    @abstractmethod
    def start(self, x: Sizes[S]) -> S | int:
        """Return how many elements along `dim` lie before the part."""

    @abstractmethod
    def length(self, x: Sizes[S]) -> S | int:
        """Return how many elements along `dim` the part has."""

    @abstractmethod
    def divides(self, x: Sizes[S]) -> Iterator[Requirement]:
        """Require that the parts are the whole."""

    def parts(self) -> Iterator[Self]:
        """Return each part as a layer; none of what is one already."""
        if self.index is None:
            yield from (self.with_stand_ins(index=index) for index in range(self.count))

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from is_axis(self.dim, x)
        is_part = self.index is not None and self.index < self.count
        yield Requirement(is_part, lambda: f"index {self.index} is no part of {self.count}, which are counted from 0")
        yield from self.divides(x)

    def output_shape(self, x: Sizes[S]) -> Sizes[S | int]:
        return (*x[: self.dim - 1], self.length(x), *x[self.dim :])

    def reads(self, x: Shape) -> Iterable[Reading]:
        axis = self.dim - 1
        return [Reading(along(x, {axis: Reach(axis, ((self.start(x), 1),), 1)}))]

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        """Play a view; its gradient is joined with zeros for the other parts, each in a tensor of its own."""
        shape = eager.sized(self.output_shape(x.sizes))
        return eager.view(x, shape, x.strides, partial(_joined_with_zeros, x.shape, shape), is_one_of_several=True)

    @property
    def part(self) -> Part | None:
        """Which part it is."""
        return None if self.index is None else Part(self.index, self.count)

    def as_slice(self, x: Shape) -> Work:
        """Return the part as the slice that it is."""
        fields = {"dim": self.dim, "start": self.start(x), "length": self.length(x)}
        return Work(NARROW, fields, self.output_shape(x))


def _joined_with_zeros(whole: Shape, part: Shape, eager: Eager, grad: Tensor, needs: Sequence[bool]) -> Gradients:
    eager.new((prod(whole) - prod(part),))
    return [eager.new(whole)]


@kind("chunk")
class Chunk(Division):
    """Equal parts along `dim`, as torch counts axes: 1 is channels or features."""

    torch_call = "torch.chunk"
    torch_functions = {"chunk": ("chunks", "dim")}

    chunks: PartCount
    dim: Dim = 1
    index: Index = None

    @property
    def count(self) -> int:
        return self.chunks

    def start(self, x: Sizes[S]) -> S | int:
        return (self.index or 0) * self.length(x)

    def length(self, x: Sizes[S]) -> S:
        return parted(x[self.dim - 1], self.chunks)

    def divides(self, x: Sizes[S]) -> Iterator[Requirement]:
        size = x[self.dim - 1]
        yield Requirement(divisible(size, self.chunks), lambda: _unequal(size, self.chunks, self.dim))

    def twin(self, x: Shape) -> Twin:
        keywords = {"chunks": self.chunks, "dim": self.dim}
        return Twin(self.torch_call, keywords, positional=("chunks",), part=self.part, same_work=(self.as_slice(x),))


def _unequal(size: Any, chunks: int, dim: int) -> str:
    """Return why a size has no equal parts, and what torch makes of it: parts of one size, rounded up, and the rest."""
    most = -(-size // chunks)
    count = -(-size // most)
    before = takewhile(lambda place: place < count, range(1, min(chunks, _MOST_SHOWN + 2)))
    parts = [*(most for _ in before), size - most * (count - 1)]
    instead = f"torch makes {listing([*map(str, parts)], 'and')}: write op: split, sizes: {parts}"
    whole = f"{size} along dim {dim} cannot be divided into {chunks} equal parts: "
    arithmetic = f"{size} = {size // chunks} * {chunks} + {size % chunks}"
    return whole + arithmetic + (f"; {instead}" if 1 < len(parts) <= _MOST_SHOWN else "")


@kind("split")
class Split(Division):
    """Parts of the `sizes` given along `dim`, as torch counts axes: 1 is channels or features."""

    torch_call = "torch.split"
    torch_functions = {"split": ("split_size_or_sections", "dim")}

    sizes: Annotated[tuple[int, ...], PartSizes()]
    dim: Dim = 1
    index: Index = None

    @property
    def count(self) -> int:
        return len(self.sizes)

    def start(self, x: Any) -> int:
        return sum(self.sizes[: self.index or 0])

    def length(self, x: Any) -> int:
        return self.sizes[self.index or 0]

    def divides(self, x: Sizes[S]) -> Iterator[Requirement]:
        size, whole = x[self.dim - 1], sum(self.sizes)
        added = f"{' + '.join(map(str, self.sizes))} = {whole}"
        yield Requirement(equal(size, whole), lambda: f"its sizes do not make the {size} along dim {self.dim}: {added}")

    def twin(self, x: Shape) -> Twin:
        keywords = {"split_size_or_sections": list(self.sizes), "dim": self.dim}
        return Twin(
            self.torch_call,
            keywords,
            positional=("split_size_or_sections",),
            part=self.part,
            same_work=(self.as_slice(x),),
        )
