"""Branches that are left out in training."""

from collections.abc import Iterator
from typing import Annotated

from archcalc.layers.base import Pointwise, Role, Weightless, kind
from archcalc.layers.eager import FLAG, FLOAT, Eager
from archcalc.layers.fields import Choice, Probability
from archcalc.layers.sizes import Shape
from archcalc.layers.tensors import Tensor
from archcalc.layers.twin import Twin

Rows = Annotated[str, Choice("row", "batch")]


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

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        """Play, in training, a number for each that may be left out, which are compared with p; then their product."""
        if not (eager.is_training and self.p):
            return x
        count = (eager.batch if self.mode == "row" else 1, *(1 for _ in x.sizes))
        drawn = eager.new(count, item=FLOAT)
        kept = eager.new(count, item=FLAG)
        eager.let_go(drawn)
        made = eager.multiply(x, kept)
        if self.p == 1:
            return made
        scaled = eager.times(made)
        eager.let_go(made)
        return scaled

    def sources(self) -> tuple[tuple[str, str], ...]:
        return (("branches are left out in training as in Stochastic Depth", "https://arxiv.org/abs/1603.09382"),)

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"p": self.p, "mode": self.mode}, positional=("p",), defaults={"mode": "row"})
