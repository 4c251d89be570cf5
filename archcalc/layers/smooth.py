"""Smooth activations."""

from typing import Annotated

from archcalc.layers.base import Curve, kind
from archcalc.layers.fields import Choice, Positive, Real

Approximation = Annotated[str, Choice("none", "tanh")]


@kind("gelu")
class Gelu(Curve):
    """x times the normal distribution function of x, exact or by its tanh approximation."""

    keeps_output = False
    torch_call = "nn.GELU"
    torch_functions = {"gelu": ("approximate",)}
    torch_ignored = ()

    approximate: Approximation = "none"


@kind("silu")
class Silu(Curve):
    """x * sigmoid(x), also called swish."""

    keeps_output = False
    clones_input = True
    torch_call = "nn.SiLU"
    torch_functions = {"silu": ()}
    torch_ignored = ("inplace",)
    also_called = ("swish",)


@kind("mish")
class Mish(Curve):
    """x * tanh(softplus(x))."""

    keeps_output = False
    clones_input = True
    torch_call = "nn.Mish"
    torch_functions = {"mish": ()}
    torch_ignored = ("inplace",)


@kind("softplus")
class Softplus(Curve):
    """log(1 + exp(beta * x)) / beta; x itself where beta * x is over the threshold."""

    keeps_output = False
    torch_call = "nn.Softplus"
    torch_functions = {"softplus": ("beta", "threshold")}
    torch_ignored = ()
    also_called = ("softrelu", "bnll")

    beta: Positive = 1.0
    threshold: Real = 20.0
