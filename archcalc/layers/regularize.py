"""Layers that act in training only."""

from archcalc.layers.base import Pointwise, Role, kind
from archcalc.layers.fields import Probability
from archcalc.layers.sizes import Shape, product
from archcalc.layers.twin import Twin


@kind("dropout")
class Dropout(Pointwise):
    """Zeroes elements with probability `p` in training, does nothing in inference."""

    role = Role.REGULARIZER
    idle = True
    torch_call = "nn.Dropout"
    torch_functions = {"dropout": ("p",)}
    torch_ignored = ("inplace",)

    p: Probability = 0.5

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        return {"dropped": product(out) if self.p else 0}

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"p": self.p}, positional=("p",))
