"""Layers that act in training only."""

from collections.abc import Iterator
from typing import ClassVar

from archcalc.layers.base import Pointwise, Role, Spatial, Weightless, kind
from archcalc.layers.eager import Eager
from archcalc.layers.fields import Probability
from archcalc.layers.requirement import Requirement
from archcalc.layers.sizes import S, Shape, Sizes, product
from archcalc.layers.tensors import Tensor, ordered
from archcalc.layers.twin import Twin


class Dropping(Weightless, Pointwise):
    """Kinds that zero some of what they read with probability `p` in training, and do nothing in inference."""

    role = Role.REGULARIZER
    idle = True
    torch_ignored = ("inplace", "training")
    part: ClassVar[str]
    """What is zero, or is not, as a whole."""

    p: Probability = 0.5

    def remarks(self, x: Shape) -> Iterator[str]:
        kept = f"the others are multiplied by 1 / (1 - {self.p:g})" if self.p < 1 else "so all are"
        zero = f"each {self.part} is zero with probability {self.p:g}"
        yield f"in training, {zero}, and {kept}; in inference nothing changes"

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        return {"dropped": product(out) if self.p else 0}

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        """Play a product with a mask of numbers in training; one number where all is zero, or nothing where none is."""
        if not (eager.is_training and self.p):
            return x
        mask = eager.new(self.mask(x.shape) if self.p < 1 else ())
        if eager.overwrites:
            made = eager.overwrite(x, keeps=[mask])
        else:
            made = eager.call(x.shape, [x], [mask], strides=ordered(x))
        eager.let_go(mask)
        return made

    def mask(self, x: Shape) -> Shape:
        """Return the shape of what says, in training, which are zero."""
        return x

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"p": self.p}, positional=("p",))


@kind("dropout")
class Dropout(Dropping):
    """Zeroes elements with probability `p` in training, does nothing in inference."""

    part = "element"
    torch_call = "nn.Dropout"
    torch_functions = {"dropout": ("p",)}


class ChannelDropping(Dropping, Spatial):
    """Kinds that zero whole channels."""

    part = "channel"

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from Spatial.requirements(self, x)

    def mask(self, x: Shape) -> Shape:
        return (*x[:2], *(1 for _ in x[2:]))


@kind("dropout1d")
class Dropout1d(ChannelDropping):
    """Zeroes whole channels of sequences with probability `p` in training, does nothing in inference."""

    axes = 1
    torch_call = "nn.Dropout1d"
    torch_functions = {"dropout1d": ("p",)}


@kind("dropout2d")
class Dropout2d(ChannelDropping):
    """Zeroes whole channels of maps with probability `p` in training, does nothing in inference."""

    axes = 2
    torch_call = "nn.Dropout2d"
    torch_functions = {"dropout2d": ("p",)}
    also_called = ("spatial_dropout",)


@kind("dropout3d")
class Dropout3d(ChannelDropping):
    """Zeroes whole channels of volumes with probability `p` in training, does nothing in inference."""

    axes = 3
    torch_call = "nn.Dropout3d"
    torch_functions = {"dropout3d": ("p",)}
