"""Layers that move elements without computing on them."""

from collections.abc import Iterator
from typing import Annotated

from archcalc.layers.base import Pointwise, Role, Weightless, Windowless, kind
from archcalc.layers.fields import Axis
from archcalc.layers.requirement import Requirement
from archcalc.layers.sizes import S, Shape, Sizes, dims, product
from archcalc.layers.twin import Twin

FirstAxis = Annotated[int, Axis(1)]
LastAxis = Annotated[int, Axis(-1)]


@kind("flatten")
class Flatten(Weightless, Windowless):
    """Axes `start_dim` to `end_dim` as one, as torch counts axes: the batch is 0, the last is -1."""

    role = Role.RESHAPE
    idle = True
    mixes_channels = False
    torch_call = "nn.Flatten"
    torch_functions = {"flatten": ("start_dim", "end_dim")}
    torch_ignored = ()

    start_dim: FirstAxis = 1
    end_dim: LastAxis = -1

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        start, end = self._axes(x)
        words = f"start_dim {self.start_dim} to end_dim {self.end_dim} is not a range of axes of batch x"
        yield Requirement(0 <= start < end <= len(x), lambda: f"{words} {dims(x)}")

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        start, end = self._axes(x)
        return (*x[:start], product(x[start:end]), *x[end:])

    def mixes_places(self, x: Sizes[S]) -> bool:
        return len(x) > 1

    def twin(self, x: Shape) -> Twin:
        keywords = {"start_dim": self.start_dim, "end_dim": self.end_dim}
        return Twin(self.torch_call, keywords, defaults={"start_dim": 1, "end_dim": -1})

    def _axes(self, x: Sizes[S]) -> tuple[int, int]:
        """Return the range of `x`, which has no batch axis, that becomes one."""
        return self.start_dim - 1, len(x) if self.end_dim == -1 else self.end_dim


@kind("identity")
class Identity(Weightless, Pointwise):
    """Its input, unchanged: a name for a place."""

    role = Role.IDENTITY
    idle = True
    torch_call = "nn.Identity"
    torch_functions = {}
    torch_ignored = ()

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {})
