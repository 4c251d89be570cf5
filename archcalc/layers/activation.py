"""Activations: one number in, one number out. Each may be written as `activation:` of the layer before it."""

from collections.abc import Iterator
from typing import Annotated

from archcalc.layers.base import Activation, Curve, Role, Weightless, Windowless, kind
from archcalc.layers.fields import Choice, Count, Dim, Positive, Real
from archcalc.layers.requirement import Requirement, is_axis
from archcalc.layers.sizes import S, Shape, Sizes, divisible, equal, parted, product
from archcalc.layers.twin import Twin

Approximation = Annotated[str, Choice("none", "tanh")]


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


@kind("hardswish")
class Hardswish(Curve):
    """x * relu6(x + 3) / 6."""

    torch_call = "nn.Hardswish"
    torch_functions = {"hardswish": ()}
    torch_ignored = ("inplace",)

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {})


@kind("leaky_relu")
class LeakyRelu(Curve):
    """x where it is positive, negative_slope * x elsewhere."""

    torch_call = "nn.LeakyReLU"
    torch_functions = {"leaky_relu": ("negative_slope",)}
    torch_ignored = ("inplace",)

    negative_slope: Real = 0.01

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"negative_slope": self.negative_slope}, defaults={"negative_slope": 0.01})


@kind("relu6")
class Relu6(Curve):
    """min(max(x, 0), 6)."""

    torch_call = "nn.ReLU6"
    torch_functions = {"relu6": ()}
    torch_ignored = ("inplace", "min_val", "max_val")

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {})


@kind("elu")
class Elu(Curve):
    """x where it is positive, alpha * (exp(x) - 1) elsewhere."""

    torch_call = "nn.ELU"
    torch_functions = {"elu": ("alpha",)}
    torch_ignored = ("inplace",)

    alpha: Real = 1.0

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"alpha": self.alpha}, defaults={"alpha": 1.0})


@kind("prelu")
class Prelu(Activation):
    """x where it is positive, a learned slope times x elsewhere: one slope, or one for each channel."""

    counted = False
    input_axis = None
    torch_call = "nn.PReLU"
    torch_functions = {}
    torch_ignored = ()

    num_parameters: Count = 1

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        is_one = self.num_parameters == 1
        fits = is_one is True or is_one | equal(x[0], self.num_parameters)
        yield Requirement(fits, lambda: f"num_parameters {self.num_parameters} is neither 1 nor its {x[0]} channels")

    def param_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S | int]]:
        return {"weight": (self.num_parameters,)}

    def buffer_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S]]:
        return {}

    def macs(self, x: Sizes[S], out: Sizes[S]) -> int:
        return 0

    def units(self, out: Sizes[S]) -> int:
        return 0

    def twin(self, x: Shape) -> Twin:
        keywords = {"num_parameters": self.num_parameters}
        adds_up = ("num_parameters",) if self.num_parameters > 1 else ()
        return Twin(self.torch_call, keywords, defaults={"num_parameters": 1}, adds_up=adds_up)


@kind("hardsigmoid")
class Hardsigmoid(Curve):
    """relu6(x + 3) / 6."""

    torch_call = "nn.Hardsigmoid"
    torch_functions = {"hardsigmoid": ()}
    torch_ignored = ("inplace",)

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


@kind("hardtanh")
class Hardtanh(Curve):
    """x, cut off at min_val and at max_val."""

    torch_call = "nn.Hardtanh"
    torch_functions = {"hardtanh": ("min_val", "max_val")}
    torch_ignored = ("inplace",)

    min_val: Real = -1.0
    max_val: Real = 1.0

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        words = f"min_val {self.min_val:g} is not less than max_val {self.max_val:g}"
        yield Requirement(self.min_val < self.max_val, lambda: words)

    def twin(self, x: Shape) -> Twin:
        keywords = {"min_val": self.min_val, "max_val": self.max_val}
        return Twin(self.torch_call, keywords, defaults={"min_val": -1.0, "max_val": 1.0})


class Normalized(Weightless, Windowless):
    """Activations that compare all elements along an axis, `dim`, as torch counts axes: 1 is channels or features."""

    role = Role.ACTIVATION
    idle = False
    mixes_channels = True
    torch_ignored = ()

    dim: Dim = 1

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from is_axis(self.dim, x)

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        return x

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        return {"slices": product(out) // out[self.dim - 1]}

    def mixes_places(self, x: Sizes[S]) -> bool:
        return self.dim > 1

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"dim": self.dim})


@kind("softmax")
class Softmax(Normalized):
    """exp(x), scaled to sum to 1 along `dim`, as torch counts axes: 1 is channels or features."""

    torch_call = "nn.Softmax"
    torch_functions = {"softmax": ("dim",)}


@kind("log_softmax")
class LogSoftmax(Normalized):
    """The logarithm of softmax along `dim`, as torch counts axes: 1 is channels or features."""

    torch_call = "nn.LogSoftmax"
    torch_functions = {"log_softmax": ("dim",)}


@kind("glu")
class Glu(Weightless, Windowless):
    """The first half along `dim`, times the sigmoid of the second; as torch counts axes: 1 is channels or features."""

    role = Role.ACTIVATION
    idle = False
    mixes_channels = True
    torch_call = "nn.GLU"
    torch_functions = {"glu": ("dim",)}
    torch_ignored = ()

    dim: Dim = 1

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from is_axis(self.dim, x)
        size = x[self.dim - 1]
        yield Requirement(divisible(size, 2), lambda: f"{size} along dim {self.dim} cannot be halved")

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        along = self.dim - 1
        return (*x[:along], parted(x[along], 2), *x[along + 1 :])

    def mixes_places(self, x: Sizes[S]) -> bool:
        return self.dim > 1

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"dim": self.dim})
