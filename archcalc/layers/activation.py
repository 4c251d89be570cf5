"""Activations: one number in, one number out. Each may be written as `activation:` of the layer before it."""

from collections.abc import Sequence

from archcalc.layers.base import Curve, kind
from archcalc.layers.eager import Eager
from archcalc.layers.gradients import Gradients
from archcalc.layers.tensors import Tensor, ordered


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
    also_called = ("logistic",)


@kind("abs")
class Abs(Curve):
    """x without its sign, max(x, -x)."""

    keeps_output = False
    torch_call = "torch.abs"
    torch_functions = {"abs": (), "absolute": ()}
    torch_ignored = ()
    also_called = ("absval", "absolute")

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        return eager.call(x.shape, [x], [x], strides=ordered(x), backward=_signed)


def _signed(eager: Eager, grad: Tensor, needs: Sequence[bool]) -> Gradients:
    """Give the gradient the signs of the input, which are made first."""
    sign = eager.new(grad.shape, ordered(grad))
    made = eager.new(grad.shape, ordered(grad))
    eager.let_go(sign)
    return [made]
