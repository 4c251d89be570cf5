"""Activations that compare the elements along an axis."""

from collections.abc import Iterable, Iterator

from archcalc.layers.base import Role, Weightless, Windowless, kind
from archcalc.layers.eager import Eager
from archcalc.layers.fields import Dim
from archcalc.layers.reach import Reach, Reading, along, by_statistics
from archcalc.layers.requirement import Requirement, is_axis
from archcalc.layers.sizes import S, Shape, Sizes, divisible, parted, product
from archcalc.layers.tensors import Tensor
from archcalc.layers.twin import Twin


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

    def reads(self, x: Shape) -> Iterable[Reading]:
        return by_statistics(x, (self.dim - 1,))

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        return eager.pointwise(x, keeps_output=True)

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

    def reads(self, x: Shape) -> Iterable[Reading]:
        axis = self.dim - 1
        return [Reading(along(x, {axis: Reach(axis, ((0, x[axis] // 2 + 1),), 1)}))]

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        return eager.call(eager.sized(self.output_shape(x.sizes)), [x], [x])

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"dim": self.dim})
