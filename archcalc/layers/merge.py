"""Layers that read several others."""

from typing import ClassVar

from archcalc.errors import ArchError
from archcalc.layers.base import Shape, Twin, Weightless, dims, kind
from archcalc.layers.fields import Dim


@kind("add")
class Add(Weightless):
    """The sum of its inputs, element by element; all shapes are equal."""

    merges: ClassVar[bool] = True
    takes_activation: ClassVar[bool] = True

    def check(self, *inputs: Shape) -> None:
        if len(set(inputs)) > 1:
            raise ArchError(f"adds equal shapes only, not {' and '.join(map(dims, inputs))}")

    def output_shape(self, *inputs: Shape) -> Shape:
        return inputs[0]

    def mixes_places(self, *inputs: Shape) -> bool:
        return False

    def window(self, *inputs: Shape) -> None:
        return None

    def twin(self, *inputs: Shape) -> Twin:
        return Twin("torch.add", {})


@kind("concat")
class Concat(Weightless):
    """Its inputs one after the other along `dim`, as torch counts axes: 1 is channels or features."""

    merges: ClassVar[bool] = True

    dim: Dim = 1

    def check(self, *inputs: Shape) -> None:
        rests = {(*x[: self.dim - 1], None, *x[self.dim :]) for x in inputs}
        if any(self.dim > len(x) for x in inputs):
            raise ArchError(f"dim {self.dim} is past the last axis of batch x {dims(min(inputs, key=len))}")
        if len(rests) > 1:
            raise ArchError(f"joins shapes that differ in axis {self.dim} only, not {' and '.join(map(dims, inputs))}")

    def output_shape(self, *inputs: Shape) -> Shape:
        along = self.dim - 1
        first = inputs[0]
        return (*first[:along], sum(x[along] for x in inputs), *first[along + 1 :])

    def mixes_places(self, *inputs: Shape) -> bool:
        return self.dim > 1

    def window(self, *inputs: Shape) -> None:
        return None

    def twin(self, *inputs: Shape) -> Twin:
        return Twin("torch.cat", {"dim": self.dim})
