"""Activations: one number in, one number out. Each may be written as `activation:` of the layer before it."""

from typing import Annotated

from archcalc.errors import ArchError
from archcalc.layers.base import Activation, Shape, Twin, Weightless, dims, kind
from archcalc.layers.fields import Choice, Dim, Real

Approximation = Annotated[str, Choice("none", "tanh")]


@kind("relu")
class Relu(Activation):
    """max(x, 0)."""

    def twin(self, x: Shape) -> Twin:
        return Twin("nn.ReLU", {})


@kind("tanh")
class Tanh(Activation):
    """The hyperbolic tangent."""

    def twin(self, x: Shape) -> Twin:
        return Twin("nn.Tanh", {})


@kind("sigmoid")
class Sigmoid(Activation):
    """1 / (1 + exp(-x))."""

    def twin(self, x: Shape) -> Twin:
        return Twin("nn.Sigmoid", {})


@kind("gelu")
class Gelu(Activation):
    """x times the normal distribution function of x, exact or by its tanh approximation."""

    approximate: Approximation = "none"

    def twin(self, x: Shape) -> Twin:
        return Twin("nn.GELU", {"approximate": self.approximate})


@kind("silu")
class Silu(Activation):
    """x * sigmoid(x), also called swish."""

    def twin(self, x: Shape) -> Twin:
        return Twin("nn.SiLU", {})


@kind("hardswish")
class Hardswish(Activation):
    """x * relu6(x + 3) / 6."""

    def twin(self, x: Shape) -> Twin:
        return Twin("nn.Hardswish", {})


@kind("leaky_relu")
class LeakyRelu(Activation):
    """x where it is positive, negative_slope * x elsewhere."""

    negative_slope: Real = 0.01

    def twin(self, x: Shape) -> Twin:
        return Twin("nn.LeakyReLU", {"negative_slope": self.negative_slope})


@kind("relu6")
class Relu6(Activation):
    """min(max(x, 0), 6)."""

    def twin(self, x: Shape) -> Twin:
        return Twin("nn.ReLU6", {})


@kind("elu")
class Elu(Activation):
    """x where it is positive, alpha * (exp(x) - 1) elsewhere."""

    alpha: Real = 1.0

    def twin(self, x: Shape) -> Twin:
        return Twin("nn.ELU", {"alpha": self.alpha})


@kind("softmax")
class Softmax(Weightless):
    """exp(x), scaled to sum to 1 along `dim`, as torch counts axes: 1 is channels or features."""

    dim: Dim = 1

    def check(self, x: Shape) -> None:
        if self.dim > len(x):
            raise ArchError(f"dim {self.dim} is past the last axis of batch x {dims(x)}")

    def output_shape(self, x: Shape) -> Shape:
        return x

    def mixes_places(self, x: Shape) -> bool:
        return self.dim > 1

    def window(self, x: Shape) -> None:
        return None

    def twin(self, x: Shape) -> Twin:
        return Twin("nn.Softmax", {"dim": self.dim})
