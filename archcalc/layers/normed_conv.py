"""Convolutions whose weights are normalized each time before they are used."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from archcalc.layers.base import kind
from archcalc.layers.conv import GIVEN, Convolution
from archcalc.layers.eager import Eager
from archcalc.layers.fields import Flag
from archcalc.layers.gradients import Gradients
from archcalc.layers.requirement import Requirement
from archcalc.layers.sizes import S, Shape, Sizes, parted, product
from archcalc.layers.tensors import Tensor
from archcalc.layers.twin import Twin

_STANDARDIZED: Final = "https://arxiv.org/abs/1903.10520"
_SCALED: Final = "https://arxiv.org/abs/2101.08692"
_WEIGHT_NORM: Final = "https://arxiv.org/abs/1602.07868"


@kind("standardized_conv2d")
class StandardizedConv2d(Convolution):
    """A conv2d whose filters have mean 0 and variance 1; with `gain` each is then scaled by a learned number.

    The first are those of BiT's ResNets, the second those of normalizer-free networks (ScaledStdConv2d in timm).
    """

    axes = 2
    torch_call = "StandardizedConv2d"
    torch_weighted = {"conv2d": GIVEN}
    torch_weights_by = "batch_norm"
    also_called = ("stdconv2d", "scaledstdconv2d", "wsconv2d")

    gain: Flag = False

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from super().requirements(x)
        words = "a filter of one weight has no variance: it reads {} of {} channels at one place"
        each = parted(x[0], self.groups)
        yield Requirement(each * product(self.kernel_size) > 1, partial(words.format, each, x[0]))

    def param_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S | int]]:
        gain: dict[str, Sizes[S | int]] = {"gain": (self.out_channels, 1, 1, 1)} if self.gain else {}
        return super().param_shapes(x) | gain

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        weights = product(super().param_shapes(x)["weight"])
        gained = {"gained": weights, "gains": self.out_channels} if self.gain else {}
        return super().quantities(x, out) | {"standardized": weights} | gained

    def sources(self) -> tuple[tuple[str, str], ...]:
        gain = (("their gain is that of normalizer-free networks", _SCALED),) if self.gain else ()
        return (("filters are standardized as BiT does", _STANDARDIZED), *gain)

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        """Play a batch norm of the filters, each as one channel, with a factor of the gain; then the convolution."""
        weight, gain = eager.params["weight"], eager.params.get("gain")
        scale = [] if gain is None else [eager.times(eager.reshape(gain, (self.out_channels,)))]
        beside = [((self.out_channels,), None)] * 2
        normed = eager.call(weight.shape, [weight, *scale], [weight, *scale], beside)
        return self.convolve(eager, x, normed)

    def twin(self, x: Shape) -> Twin:
        twin = super().twin(x)
        return twin._replace(keywords={**twin.keywords, "gain": self.gain}, defaults={**twin.defaults, "gain": False})


def _parted(learnt: Sequence[Tensor], eager: Eager, grad: Tensor, needs: Sequence[bool]) -> Gradients:
    """Make the gradients of directions and lengths, of one in order, or of a copy that is."""
    if not grad.is_contiguous:
        eager.new(grad.shape)
    return [eager.new(x.shape) for x in learnt]


class WeightNorm(Convolution):
    """Convolutions whose filters are each a direction and a length, learned apart, as of torch's weight_norm."""

    def param_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S | int]]:
        """Return torch's own: a length for each filter, and the filters of which only the direction counts."""
        params = super().param_shapes(x)
        weight = params.pop("weight")
        return params | {"weight_g": (self.out_channels, *[1] * (1 + self.axes)), "weight_v": weight}

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        weights = sum(product(shape) for name, shape in self.param_shapes(x).items() if name != "bias")
        return super().quantities(x, out) | {"recurrent": weights * self.out_channels}

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        """Play the filters made of their directions and lengths, and then the convolution."""
        direction, length = eager.params["weight_v"], eager.params["weight_g"]
        learnt = [direction, length]
        weight = eager.call(direction.shape, learnt, learnt, [(length.shape, None)], backward=partial(_parted, learnt))
        return self.convolve(eager, x, weight)

    def sources(self) -> tuple[tuple[str, str], ...]:
        return (("weights are a length and a direction", _WEIGHT_NORM),)


@kind("weight_norm_conv1d")
class WeightNormConv1d(WeightNorm):
    """A conv1d whose filters are each a direction and a length, learned apart, as torch's weight_norm makes it."""

    axes = 1
    torch_call = "WeightNormConv1d"


@kind("weight_norm_conv2d")
class WeightNormConv2d(WeightNorm):
    """A conv2d whose filters are each a direction and a length, learned apart, as torch's weight_norm makes it."""

    axes = 2
    torch_call = "WeightNormConv2d"


@kind("weight_norm_conv3d")
class WeightNormConv3d(WeightNorm):
    """A conv3d whose filters are each a direction and a length, learned apart, as torch's weight_norm makes it."""

    axes = 3
    torch_call = "WeightNormConv3d"
