"""Activations: one number in, one number out. Each may be written as `activation:` of the layer before it."""

from collections.abc import Iterator
from typing import Annotated

from archcalc.layers.base import Activation, Role, Weightless, Windowless, kind
from archcalc.layers.fields import Choice, Dim, Real
from archcalc.layers.requirement import Requirement
from archcalc.layers.sizes import S, Shape, Sizes, dims, product
from archcalc.layers.twin import Twin

Approximation = Annotated[str, Choice("none", "tanh")]


@kind("relu")
class Relu(Activation):
    """max(x, 0)."""

    torch_call = "nn.ReLU"
    torch_functions = {"relu": ()}
    torch_ignored = ("inplace",)

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {})


@kind("tanh")
class Tanh(Activation):
    """The hyperbolic tangent."""

    torch_call = "nn.Tanh"
    torch_functions = {"tanh": ()}
    torch_ignored = ()

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {})


@kind("sigmoid")
class Sigmoid(Activation):
    """1 / (1 + exp(-x))."""

    torch_call = "nn.Sigmoid"
    torch_functions = {"sigmoid": ()}
    torch_ignored = ()

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {})


@kind("gelu")
class Gelu(Activation):
    """x times the normal distribution function of x, exact or by its tanh approximation."""

    torch_call = "nn.GELU"
    torch_functions = {"gelu": ("approximate",)}
    torch_ignored = ()

    approximate: Approximation = "none"

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"approximate": self.approximate}, defaults={"approximate": "none"})


@kind("silu")
class Silu(Activation):
    """x * sigmoid(x), also called swish."""

    torch_call = "nn.SiLU"
    torch_functions = {"silu": ()}
    torch_ignored = ("inplace",)
    also_called = ("swish",)

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {})


@kind("hardswish")
class Hardswish(Activation):
    """x * relu6(x + 3) / 6."""

    torch_call = "nn.Hardswish"
    torch_functions = {"hardswish": ()}
    torch_ignored = ("inplace",)

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {})


@kind("leaky_relu")
class LeakyRelu(Activation):
    """x where it is positive, negative_slope * x elsewhere."""

    torch_call = "nn.LeakyReLU"
    torch_functions = {"leaky_relu": ("negative_slope",)}
    torch_ignored = ("inplace",)

    negative_slope: Real = 0.01

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"negative_slope": self.negative_slope}, defaults={"negative_slope": 0.01})


@kind("relu6")
class Relu6(Activation):
    """min(max(x, 0), 6)."""

    torch_call = "nn.ReLU6"
    torch_functions = {"relu6": ()}
    torch_ignored = ("inplace", "min_val", "max_val")

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {})


@kind("elu")
class Elu(Activation):
    """x where it is positive, alpha * (exp(x) - 1) elsewhere."""

    torch_call = "nn.ELU"
    torch_functions = {"elu": ("alpha",)}
    torch_ignored = ("inplace",)

    alpha: Real = 1.0

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"alpha": self.alpha}, defaults={"alpha": 1.0})


@kind("softmax")
class Softmax(Weightless, Windowless):
    """exp(x), scaled to sum to 1 along `dim`, as torch counts axes: 1 is channels or features."""

    role = Role.ACTIVATION
    idle = False
    mixes_channels = True
    torch_call = "nn.Softmax"
    torch_functions = {"softmax": ("dim",)}
    torch_ignored = ()

    dim: Dim = 1

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield Requirement(self.dim <= len(x), lambda: f"dim {self.dim} is past the last axis of batch x {dims(x)}")

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        return x

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        return {"slices": product(out) // out[self.dim - 1]}

    def mixes_places(self, x: Sizes[S]) -> bool:
        return self.dim > 1

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"dim": self.dim})
