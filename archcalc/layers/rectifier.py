"""Activations that are made of straight pieces, and relatives of the ReLU."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from archcalc.layers.base import Activation, Curve, Layer, Uncounted, kind
from archcalc.layers.eager import Eager
from archcalc.layers.fields import Count, Real
from archcalc.layers.gradients import Gradients
from archcalc.layers.requirement import Requirement
from archcalc.layers.sizes import S, Shape, Sizes, equal
from archcalc.layers.tensors import Tensor, ordered
from archcalc.layers.twin import Twin


@kind("hardswish")
class Hardswish(Curve):
    """x * relu6(x + 3) / 6."""

    keeps_output = False
    clones_input = True
    torch_call = "nn.Hardswish"
    torch_functions = {"hardswish": ()}
    torch_ignored = ("inplace",)
    also_called = ("hard_swish", "h_swish", "hard_silu")


@kind("leaky_relu")
class LeakyRelu(Curve):
    """x where it is positive, negative_slope * x elsewhere."""

    keeps_output = False
    torch_call = "nn.LeakyReLU"
    torch_functions = {"leaky_relu": ("negative_slope",)}
    torch_ignored = ("inplace",)
    also_called = ("leaky", "lrelu")

    negative_slope: Real = 0.01


@kind("relu6")
class Relu6(Curve):
    """min(max(x, 0), 6)."""

    keeps_output = False
    clones_input = True
    torch_call = "nn.ReLU6"
    torch_functions = {"relu6": ()}
    torch_ignored = ("inplace", "min_val", "max_val")


@kind("elu")
class Elu(Curve):
    """x where it is positive, alpha * (exp(x) - 1) elsewhere."""

    keeps_output = False
    torch_call = "nn.ELU"
    torch_functions = {"elu": ("alpha",)}
    torch_ignored = ("inplace",)

    alpha: Real = 1.0


@kind("prelu")
class Prelu(Uncounted, Activation):
    """x where it is positive, a learned slope times x elsewhere: one slope, or one for each channel."""

    input_axis = None
    torch_call = "nn.PReLU"
    torch_functions = {}
    torch_weighted = {"prelu": ("weight",)}
    torch_ignored = ()

    num_parameters: Count = 1

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        is_one = self.num_parameters == 1
        fits = is_one is True or is_one | equal(x[0], self.num_parameters)
        yield Requirement(fits, lambda: f"num_parameters {self.num_parameters} is neither 1 nor its {x[0]} channels")

    def param_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S | int]]:
        return {"weight": (self.num_parameters,)}

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        weight = eager.params["weight"]
        return eager.call(x.shape, [x, weight], [x], strides=ordered(x), backward=partial(_back_to_slopes, x, weight))

    @classmethod
    def of_weights(cls, said: Mapping[str, Any], tensors: Mapping[str, Shape]) -> Layer:
        return cls.of_torch({"num_parameters": tensors["weight"][0]}, tensors)

    def twin(self, x: Shape) -> Twin:
        keywords = {"num_parameters": self.num_parameters}
        adds_up = ("num_parameters",) if self.num_parameters > 1 else ()
        return Twin(self.torch_call, keywords, defaults={"num_parameters": 1}, adds_up=adds_up)


def _back_to_slopes(x: Tensor, weight: Tensor, eager: Eager, grad: Tensor, needs: Sequence[bool]) -> Gradients:
    """Make both gradients at every place, then add up those of the slopes."""
    of_x, at_places = eager.new(x.shape, ordered(x)), eager.new(x.shape, ordered(x))
    if not needs[0]:
        eager.let_go(of_x)
    of_slopes = eager.new(weight.shape)
    eager.let_go(at_places)
    return [of_x if needs[0] else None, of_slopes]


@kind("hardsigmoid")
class Hardsigmoid(Curve):
    """relu6(x + 3) / 6."""

    keeps_output = False
    clones_input = True
    torch_call = "nn.Hardsigmoid"
    torch_functions = {"hardsigmoid": ()}
    torch_ignored = ("inplace",)
    also_called = ("hard_sigmoid", "h_sigmoid")


@kind("hardtanh")
class Hardtanh(Curve):
    """x, cut off at min_val and at max_val."""

    keeps_output = False
    torch_call = "nn.Hardtanh"
    torch_functions = {"hardtanh": ("min_val", "max_val")}
    torch_ignored = ("inplace",)

    min_val: Real = -1.0
    max_val: Real = 1.0

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        words = f"min_val {self.min_val:g} is not less than max_val {self.max_val:g}"
        yield Requirement(self.min_val < self.max_val, lambda: words)
