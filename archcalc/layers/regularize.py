"""Layers that act in training only."""

from archcalc.layers.base import Pointwise, Shape, Twin, kind
from archcalc.layers.fields import Probability


@kind("dropout")
class Dropout(Pointwise):
    """Zeroes elements with probability `p` in training, does nothing in inference."""

    p: Probability = 0.5

    def twin(self, x: Shape) -> Twin:
        return Twin("nn.Dropout", {"p": self.p})
