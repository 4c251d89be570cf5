"""Fully connected layers."""

from math import prod
from typing import ClassVar

from archcalc.layers.base import Layer, Shape, Twin, dims, kind
from archcalc.layers.fields import Count, Flag


@kind("linear")
class Linear(Layer):
    """y = Wx + b over the last axis, (..., in_features) to (..., out_features)."""

    takes_activation: ClassVar[bool] = True

    out_features: Count
    bias: Flag = True

    def check(self, x: Shape) -> None:
        pass

    def doubt(self, x: Shape) -> str:
        return f"works on the last axis of {dims(x)}; is a flatten missing before it?" if len(x) > 1 else ""

    def output_shape(self, x: Shape) -> Shape:
        return (*x[:-1], self.out_features)

    def param_shapes(self, x: Shape) -> dict[str, Shape]:
        weight: dict[str, Shape] = {"weight": (self.out_features, x[-1])}
        return weight | {"bias": (self.out_features,)} if self.bias else weight

    def buffer_shapes(self, x: Shape) -> dict[str, Shape]:
        return {}

    def macs(self, x: Shape, out: Shape) -> int:
        return x[-1] * prod(out)

    def units(self, out: Shape) -> int:
        return prod(out)

    def mixes_places(self, x: Shape) -> bool:
        return len(x) > 1

    def window(self, x: Shape) -> None:
        return None

    def twin(self, x: Shape) -> Twin:
        keywords = {"in_features": x[-1], "out_features": self.out_features, "bias": self.bias}
        return Twin("nn.Linear", keywords)
