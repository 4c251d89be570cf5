"""Fully connected layers."""

from collections.abc import Iterable, Iterator, Mapping
from math import prod
from typing import Any

from archcalc.layers.base import Layer, Role, Windowless, kind
from archcalc.layers.eager import Eager
from archcalc.layers.fields import Flag, Outputs
from archcalc.layers.reach import Reading, along, whole
from archcalc.layers.requirement import Requirement
from archcalc.layers.sizes import S, Shape, Sizes, dims, product
from archcalc.layers.tensors import Tensor
from archcalc.layers.twin import Twin


@kind("linear")
class Linear(Windowless):
    """y = Wx + b over the last axis, (..., in_features) to (..., out_features)."""

    role = Role.WEIGHTS
    counted = True
    idle = False
    mixes_channels = True
    input_axis = -1
    torch_call = "nn.Linear"
    torch_functions = {}
    torch_weighted = {"linear": ("weight", "bias")}
    torch_ignored = ()
    takes_activation = True
    also_called = ("dense", "fc")

    out_features: Outputs
    bias: Flag = True

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from ()

    def caution_of_maps(self, x: Shape) -> str:
        return f"works on the last axis of {dims(x)}; is a flatten missing before it?" if len(x) > 1 else ""

    def output_shape(self, x: Sizes[S]) -> Sizes[S | int]:
        return (*x[:-1], self.out_features)

    def param_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S | int]]:
        weight: Sizes[S | int] = (self.out_features, x[-1])
        return {"weight": weight} | ({"bias": (self.out_features,)} if self.bias else {})

    def buffer_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S]]:
        return {}

    def macs(self, x: Sizes[S], out: Sizes[S]) -> S:
        return x[-1] * product(out)

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        """Play a product with the bias added in it; of what is out of order, a product of a copy, and then the sum."""
        weight, bias = eager.params["weight"], eager.params.get("bias")
        shape = (*x.shape[:-1], self.out_features)
        if len(x.shape) == 2:
            return eager.call(shape, [x, *eager.params.values()], [x, weight])
        rows = eager.reshape(x, (prod(x.shape[:-1]), x.shape[-1]))
        if x.is_contiguous and bias is not None:
            made = eager.call((rows.shape[0], shape[-1]), [rows, weight, bias], [rows, weight])
            return eager.reshape(made, shape)
        made = eager.laid_out(eager.call((rows.shape[0], shape[-1]), [rows, weight], [rows, weight]), shape)
        eager.let_go(rows)
        return made if bias is None else eager.add(made, bias)

    def units(self, out: Sizes[S]) -> S:
        return product(out)

    def reads(self, x: Shape) -> Iterable[Reading]:
        last = len(x) - 1
        return [Reading(along(x, {last: whole(x[last])}))]

    @classmethod
    def of_weights(cls, said: Mapping[str, Any], tensors: Mapping[str, Shape]) -> Layer:
        return cls.of_torch({**said, "out_features": tensors["weight"][0]}, tensors)

    def twin(self, x: Shape) -> Twin:
        keywords = {"in_features": x[-1], "out_features": self.out_features, "bias": self.bias}
        return Twin(
            self.torch_call,
            keywords,
            positional=("in_features", "out_features"),
            defaults={"bias": True},
            adds_up=("out_features",),
        )
