"""Smooth activations."""

from typing import Annotated

from archcalc.layers.base import Curve, kind
from archcalc.layers.fields import Choice, Positive, Real
from archcalc.layers.sizes import Shape
from archcalc.layers.twin import Twin

Approximation = Annotated[str, Choice("none", "tanh")]


@kind("gelu")
class Gelu(Curve):
    """x times the normal distribution function of x, exact or by its tanh approximation."""

    torch_call = "nn.GELU"
    torch_functions = {"gelu": ("approximate",)}
    torch_ignored = ()

    approximate: Approximation = "none"

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"approximate": self.approximate}, defaults={"approximate": "none"})


@kind("silu")
class Silu(Curve):
    """x * sigmoid(x), also called swish."""

    torch_call = "nn.SiLU"
    torch_functions = {"silu": ()}
    torch_ignored = ("inplace",)
    also_called = ("swish",)

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {})


@kind("mish")
class Mish(Curve):
    """x * tanh(softplus(x))."""

    torch_call = "nn.Mish"
    torch_functions = {"mish": ()}
    torch_ignored = ("inplace",)

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {})


@kind("softplus")
class Softplus(Curve):
    """log(1 + exp(beta * x)) / beta; x itself where beta * x is over the threshold."""

    torch_call = "nn.Softplus"
    torch_functions = {"softplus": ("beta", "threshold")}
    torch_ignored = ()

    beta: Positive = 1.0
    threshold: Real = 20.0

    def twin(self, x: Shape) -> Twin:
        keywords = {"beta": self.beta, "threshold": self.threshold}
        return Twin(self.torch_call, keywords, defaults={"beta": 1.0, "threshold": 20.0})
