"""Learned factors."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from archcalc.layers.base import Layer, Pointwise, Role, Uncounted, Weightless, kind
from archcalc.layers.eager import Eager
from archcalc.layers.fields import Choice, Flag, Real
from archcalc.layers.requirement import Requirement
from archcalc.layers.sizes import S, Shape, Sizes, product
from archcalc.layers.tensors import Tensor
from archcalc.layers.twin import Twin

Per = Annotated[str, Choice("channel", "tensor")]

_LAYER_SCALE: Final = "https://arxiv.org/abs/2103.17239"


@kind("scale")
class Scale(Uncounted, Pointwise):
    """weight * x, weight * x + bias or x + bias, with what is learned for each channel or feature, or one for all.

    ConvNeXt has it as its layer scale, NFNet (one for all) as the gain of its skip connections, Caffe after its norms;
    Keras' norms may have a bias alone.
    """

    role = Role.NORM
    idle = False
    input_axis = 0  # where `per` is channel
    torch_call = "Scale"
    torch_functions = {}
    torch_ignored = ()
    torch_by_parameter = ("mul",)
    takes_activation = True
    also_called = ("layer_scale", "skip_init", "affine")

    per: Per = "channel"
    weight: Flag = True
    bias: Flag = False

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield Requirement(self.weight or self.bias, lambda: "needs a weight or a bias")

    def param_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S | int]]:
        learnt: Sizes[S | int] = (x[0], *(1 for _ in x[1:])) if self.per == "channel" else (1,)
        return dict.fromkeys([name for name in ("weight", "bias") if getattr(self, name)], learnt)

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        return {"scaled": product(out)} if self.weight else {}

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        scaled = eager.multiply(x, eager.params["weight"]) if self.weight else x
        return eager.add(scaled, eager.params["bias"]) if self.bias else scaled

    def sources(self) -> tuple[tuple[str, str], ...]:
        return (("a learned factor for each channel is the layer scale of CaiT, section 2", _LAYER_SCALE),)

    def twin(self, x: Shape) -> Twin:
        each = self.per == "channel"
        channels, axes_after = (x[0], len(x) - 1) if each else (1, 0)
        return Twin(
            self.torch_call,
            {"num_channels": channels, "axes_after": axes_after, "bias": self.bias, "weight": self.weight},
            positional=("num_channels",),
            defaults={"axes_after": 0, "bias": False, "weight": True},
            adds_up=("num_channels",) if each else (),
        )

    @classmethod
    def of_parameter(cls, shape: Shape) -> Layer:
        return cls(per="tensor" if shape in ((), (1,)) else "channel")

    @classmethod
    def of_torch(cls, said: Mapping[str, Any], tensors: Mapping[str, Shape]) -> Layer:
        per = "channel" if said["num_channels"] > 1 or said["axes_after"] else "tensor"
        return cls(per=per, weight="weight" in tensors, bias="bias" in tensors)


@kind("times")
class Times(Weightless, Pointwise):
    """number * x, with a number that is not learnt: normalizer-free networks keep their variance so."""

    role = Role.NORM
    idle = False
    torch_call = "torch.mul"
    torch_functions = {}
    torch_ignored = ()
    torch_by_number = ("mul", "multiply")
    takes_activation = True

    number: Real

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        return eager.times(x)

    def twin(self, x: Shape) -> Twin:
        return Twin(self.torch_call, {"other": self.number}, positional=("other",))

    @classmethod
    def of_torch(cls, said: Mapping[str, Any], tensors: Mapping[str, Shape]) -> Layer:
        return cls(number=said["other"])
