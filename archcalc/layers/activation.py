"""Activations: one number in, one number out. Each may be written as `activation:` of the layer before it."""

from archcalc.layers.base import Curve, kind
from archcalc.layers.sizes import Shape
from archcalc.layers.twin import Twin


@kind("relu")
class Relu(Curve):
    """max(x, 0)."""

    torch_call = "nn.ReLU"
    torch_functions = {"relu": ()}
    torch_ignored = ("inplace",)

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {})


@kind("tanh")
class Tanh(Curve):
    """The hyperbolic tangent."""

    torch_call = "nn.Tanh"
    torch_functions = {"tanh": ()}
    torch_ignored = ()

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {})


@kind("sigmoid")
class Sigmoid(Curve):
    """1 / (1 + exp(-x))."""

    torch_call = "nn.Sigmoid"
    torch_functions = {"sigmoid": ()}
    torch_ignored = ()

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {})
