"""Layers that act in training only."""

from collections.abc import Iterator
from typing import ClassVar

from archcalc.layers.base import Pointwise, Role, Spatial, Weightless, kind
from archcalc.layers.fields import Probability
from archcalc.layers.requirement import Requirement
from archcalc.layers.sizes import S, Shape, Sizes, product
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
