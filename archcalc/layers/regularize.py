"""Layers that act in training only."""

from collections.abc import Iterator
from typing import Annotated

from archcalc.layers.base import Pointwise, Role, Weightless, kind
from archcalc.layers.fields import Choice, Probability
from archcalc.layers.requirement import Requirement, has_rank
from archcalc.layers.sizes import S, Shape, Sizes, product
from archcalc.layers.twin import Twin

Rows = Annotated[str, Choice("row", "batch")]


@kind("dropout")
class Dropout(Weightless, Pointwise):
    """Zeroes elements with probability `p` in training, does nothing in inference."""

    role = Role.REGULARIZER
    idle = True
    torch_call = "nn.Dropout"
    torch_functions = {"dropout": ("p",)}
    torch_ignored = ("inplace",)

    p: Probability = 0.5

    def remarks(self, x: Shape) -> Iterator[str]:
        kept = f"the others are multiplied by 1 / (1 - {self.p:g})" if self.p < 1 else "so all are"
        yield f"in training, each element is zero with probability {self.p:g}, and {kept}; in inference nothing changes"

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        return {"dropped": product(out) if self.p else 0}

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"p": self.p}, positional=("p",))


@kind("dropout2d")
class Dropout2d(Weightless, Pointwise):
    """Zeroes whole channels with probability `p` in training, does nothing in inference."""

    role = Role.REGULARIZER
    idle = True
    torch_call = "nn.Dropout2d"
    torch_functions = {"dropout2d": ("p",)}
    torch_ignored = ("inplace",)
    also_called = ("spatial_dropout",)

    p: Probability = 0.5

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)

    def remarks(self, x: Shape) -> Iterator[str]:
        kept = f"the others are multiplied by 1 / (1 - {self.p:g})" if self.p < 1 else "so all are"
        yield f"in training, each channel is zero with probability {self.p:g}, and {kept}; in inference nothing changes"

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        return {"dropped": product(out) if self.p else 0}

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"p": self.p}, positional=("p",))


@kind("stochastic_depth")
class StochasticDepth(Weightless, Pointwise):
    """Zeroes what it reads with probability `p` in training: for each example (row), or for all of a batch.

    It stands before the sum of a residual, so that whole branches are left out: https://arxiv.org/abs/1603.09382.
    """

    role = Role.REGULARIZER
    idle = True
    torch_call = "StochasticDepth"
    torch_functions = {}
    torch_ignored = ()
    also_called = ("drop_path", "droppath")

    p: Probability
    mode: Rows = "row"

    def remarks(self, x: Shape) -> Iterator[str]:
        what = "each example" if self.mode == "row" else "the whole batch"
        yield f"in training, {what} is zero here with probability {self.p:g}; in inference nothing changes"

    def sources(self) -> tuple[tuple[str, str], ...]:
        return (("branches are left out in training as in Stochastic Depth", "https://arxiv.org/abs/1603.09382"),)

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"p": self.p, "mode": self.mode}, positional=("p",), defaults={"mode": "row"})
