"""Convolutions."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Annotated, Any, Final

from archcalc.layers import window
from archcalc.layers.base import Layer, Role, Spatial, Windowed, kind
from archcalc.layers.eager import Eager, convolved
from archcalc.layers.fields import (
    NONE,
    ONE,
    CeilMode,
    Choice,
    EachAxis,
    Flag,
    Groups,
    KernelSize,
    Outputs,
    Padding,
    Sides,
    Spread,
)
from archcalc.layers.padding import padded
from archcalc.layers.requirement import MIRRORED, Requirement, can_be_divided
from archcalc.layers.sizes import S, Shape, Sizes, parted, product
from archcalc.layers.tensors import Tensor
from archcalc.layers.twin import Twin


def torch_defaults(axes: int) -> dict[str, Any]:
    """Return the defaults of torch's convolutions over so many axes."""
    ones, none = (1,) * axes, (0,) * axes
    return {"stride": ones, "padding": none, "dilation": ones, "groups": 1, "bias": True}


ZEROS: Final = "zeros"
PADS: Final = {"reflect": "nn.ReflectionPad{}d", "replicate": "nn.ReplicationPad{}d", "circular": "nn.CircularPad{}d"}
"""What a convolution may be padded with other than zeros, and torch's layer that pads so."""

_MOST: Final = {
    "reflect": (1, MIRRORED),
    "circular": (0, "padding {} is more than the size that it takes from the other side, which is {}"),
}
"""By how much a size is at least larger than the padding of one side that is made of it, and the words where not."""

GIVEN: Final = ("weight", "bias", "stride", "padding", "dilation", "groups")
"""The arguments of torch's functions after the input."""

PaddingMode = Annotated[str, Choice(ZEROS, *PADS)]


class Convolution(Windowed, Spatial):
    """Convolutions, over as many axes as there are after channels."""

    role = Role.WEIGHTS
    counted = True
    convolves = True
    idle = False
    mixes_channels = True
    input_axis = 0
    torch_functions = {}
    torch_ignored = ("output_padding",)
    takes_activation = True

    out_channels: Outputs
    kernel_size: KernelSize
    stride: EachAxis = ONE
    padding: Padding = NONE
    dilation: Spread = ONE
    groups: Groups = 1
    bias: Flag = True
    ceil_mode: CeilMode = False
    padding_mode: PaddingMode = ZEROS

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from super().requirements(x)
        yield from can_be_divided(self.groups, "groups", in_channels=x[0], out_channels=self.out_channels)
        yield from window.fits(self, x)
        yield from self._can_be_padded(x)

    def output_shape(self, x: Sizes[S]) -> Sizes[S | int]:
        return (self.out_channels, *window.places(self, x))

    def param_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S | int]]:
        weight: Sizes[S | int] = (self.out_channels, parted(x[0], self.groups), *self.kernel_size)
        return {"weight": weight} | ({"bias": (self.out_channels,)} if self.bias else {})

    def buffer_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S]]:
        return {}

    def macs(self, x: Sizes[S], out: Sizes[S]) -> S:
        return product(out) * parted(x[0], self.groups) * product(self.kernel_size)

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        macs = self.macs(x, out)
        whole = macs * self.groups
        return {"ungrouped": whole, "split": macs // self.groups, "by_outputs_ungrouped": whole}

    def units(self, out: Sizes[S]) -> S:
        return product(out)

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        return self.convolve(eager, x, eager.params["weight"])

    def convolve(self, eager: Eager, x: Tensor, weight: Tensor) -> Tensor:
        """Play the convolution with a weight, after the padding that torch's layer does not do itself, or in a copy."""
        shape, twin = eager.sized(self.output_shape(x.sizes)), self.twin(x.sizes)
        reads = padded(eager, x, twin.pad)
        if twin.keywords["padding_mode"] != ZEROS:
            around = [side for size in reversed(twin.keywords["padding"]) for side in (size, size)]
            reads = padded(eager, x, Twin(PADS[self.padding_mode].format(self.axes), {"padding": around}))
        return convolved(eager, reads, weight, shape)

    def twin(self, x: Shape) -> Twin:
        padding, pad = window.twin_padding(self, x)
        if pad is not None and self.padding_mode != ZEROS:
            pad = Twin(
                PADS[self.padding_mode].format(self.axes), {"padding": pad.keywords["padding"]}, positional=("padding",)
            )
        keywords = {
            "in_channels": x[0],
            "out_channels": self.out_channels,
            "kernel_size": self.kernel_size,
            "stride": self.stride,
            "padding": padding,
            "dilation": self.dilation,
            "groups": self.groups,
            "bias": self.bias,
            "padding_mode": ZEROS if pad is not None else self.padding_mode,
        }
        return Twin(
            self.torch_call,
            keywords,
            pad,
            positional=("in_channels", "out_channels"),
            defaults=torch_defaults(self.axes) | {"padding_mode": ZEROS},
            adds_up=("out_channels",),
            adds_up_apart=("in_channels", "groups"),
        )

    @classmethod
    def of_weights(cls, said: Mapping[str, Any], tensors: Mapping[str, Shape]) -> Layer:
        out, _, *kernel = tensors["weight"]
        return cls.of_torch({**said, "out_channels": out, "kernel_size": kernel}, tensors)

    def _can_be_padded(self, x: Sizes[S]) -> Iterator[Requirement]:
        """Require that a map has the elements that its padding repeats, as torch asks."""
        mode = self.padding_mode
        past = f"what ceil_mode reads past the end is zeros, so padding_mode {mode} needs ceil_mode false"
        yield Requirement(mode == ZEROS or self.ceil_mode is False, lambda: past)
        if mode not in _MOST:
            return
        by, words = _MOST[mode]
        for axis, size in enumerate(x[1:]):
            for side in self._sides(axis, size):
                yield Requirement(size >= side + by, partial(words.format, side, size))

    def _sides(self, axis: int, size: S) -> tuple[S | int, S | int]:
        """Return how many elements are put before and after an axis of maps."""
        if isinstance(self.padding, Sides):
            return self.padding.along_axes[axis]
        field = (self.kernel_size[axis], self.stride[axis], self.dilation[axis])
        return window.same_padding(size, *field, self.padding)


@kind("conv1d")
class Conv1d(Convolution):
    """Convolution over a sequence, (in_channels, l) to (out_channels, l')."""

    axes = 1
    torch_call = "nn.Conv1d"
    torch_weighted = {"conv1d": GIVEN}


@kind("conv2d")
class Conv2d(Convolution):
    """Convolution over height and width, (in_channels, h, w) to (out_channels, h', w')."""

    axes = 2
    torch_call = "nn.Conv2d"
    torch_weighted = {"conv2d": GIVEN}


@kind("conv3d")
class Conv3d(Convolution):
    """Convolution over depth, height and width, (in_channels, d, h, w) to (out_channels, d', h', w')."""

    axes = 3
    torch_call = "nn.Conv3d"
    torch_weighted = {"conv3d": GIVEN}
