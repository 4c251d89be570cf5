"""Activations: one number in, one number out. Each may be written as `activation:` of the layer before it."""

from archcalc.layers.base import Curve, kind


@kind("relu")
class Relu(Curve):
    """max(x, 0)."""

    keeps_output = True
    torch_call = "nn.ReLU"
    torch_functions = {"relu": ()}
    torch_ignored = ("inplace",)


@kind("tanh")
class Tanh(Curve):
    """The hyperbolic tangent."""

    keeps_output = True
    torch_call = "nn.Tanh"
    torch_functions = {"tanh": ()}
    torch_ignored = ()


@kind("sigmoid")
class Sigmoid(Curve):
    """1 / (1 + exp(-x))."""

    keeps_output = True
    torch_call = "nn.Sigmoid"
    torch_functions = {"sigmoid": ()}
    torch_ignored = ()
