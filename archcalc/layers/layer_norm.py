"""Normalisations by the statistics of one example."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from archcalc.errors import ArchError
from archcalc.layers.base import Layer, Spatial, kind
from archcalc.layers.eager import FLAG, Eager, normalized
from archcalc.layers.fields import Count, Flag, Positive, SizesOfAxes
from archcalc.layers.gradients import Gradients, passed_on
from archcalc.layers.norm import OfChannels, Statistics
from archcalc.layers.reach import Reading, along, by_statistics, in_place, whole
from archcalc.layers.requirement import Requirement, can_be_divided, has_rank
from archcalc.layers.sizes import S, Shape, Sizes, dims, equal, product
from archcalc.layers.tensors import Tensor, ordered
from archcalc.layers.twin import Twin

_LAYER_NORM_2D: Final = "https://github.com/pytorch/vision/blob/v0.20.0/torchvision/models/convnext.py"


class InstanceNorm(OfChannels, Spatial):
    """Norms of each channel by its statistics over its places.

    torch has no twin for maps of one place, unless running statistics are tracked.
    """

    input_axis = 0
    torch_defaults = {"affine": False, "track_running_stats": False}
    torch_weighted = {
        "instance_norm": ("running_mean", "running_var", "weight", "bias", "use_input_stats", "momentum", "eps")
    }

    affine: Flag = False
    track_running_stats: Flag = False

    def reads(self, x: Shape) -> Iterable[Reading]:
        return [Reading(in_place(x))] if self.track_running_stats else by_statistics(x, range(1, len(x)))

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        """Play a batch norm of all channels of all examples, with a copy of what is learnt for each example."""
        makes_statistics = eager.is_training or not self.track_running_stats
        channels = (x.shape[0] * x.shape[1],)
        names = [name for name in ("weight", "bias") if name in eager.params]
        learnt = [eager.call(channels, [eager.params[name]]) for name in names]
        running = [eager.new(channels) for name in ("running_mean", "running_var") if name in eager.params]
        reads = x if x.is_contiguous else eager.call(x.shape, [x], backward=passed_on)
        beside = [(channels, None)] * 2 if makes_statistics else []
        made = eager.call((1, *channels, *x.shape[2:]), [reads, *learnt], [reads, *learnt[:1], *running], beside)
        for _ in running if eager.is_training else ():
            eager.let_go(eager.new((x.shape[1],)))
        return eager.reshape(made, x.shape)

    def twin(self, x: Shape) -> Twin:
        if set(x[1:]) == {1} and not self.track_running_stats:
            what = f"torch's InstanceNorm{self.axes}d refuses maps of {dims(x[1:])}"
            raise ArchError(f"{what}, which differ from their mean by nothing")
        return super().twin(x)


@kind("instance_norm1d")
class InstanceNorm1d(InstanceNorm):
    """Each channel of (channels, length) scaled and shifted by its statistics over its places."""

    axes = 1
    torch_call = "nn.InstanceNorm1d"


@kind("instance_norm2d")
class InstanceNorm2d(InstanceNorm):
    """Each channel of (channels, height, width) scaled and shifted by its statistics over its places."""

    axes = 2
    torch_call = "nn.InstanceNorm2d"


@kind("instance_norm3d")
class InstanceNorm3d(InstanceNorm):
    """Each channel of (channels, depth, height, width) scaled and shifted by its statistics over its places."""

    axes = 3
    torch_call = "nn.InstanceNorm3d"


@kind("group_norm")
class GroupNorm(Statistics):
    """Each of `num_groups` groups of channels scaled and shifted by its statistics, those of all its places."""

    mixes_channels = True
    input_axis = 0
    torch_call = "nn.GroupNorm"
    torch_weighted = {"group_norm": ("num_groups", "weight", "bias", "eps")}

    num_groups: Count
    eps: Positive = 1e-5
    affine: Flag = True

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from can_be_divided(self.num_groups, "groups", channels=x[0])

    def param_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S]]:
        return {"weight": (x[0],), "bias": (x[0],)} if self.affine else {}

    def reads(self, x: Shape) -> Iterable[Reading]:
        return by_statistics(x, range(len(x)))

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        learnt = list(eager.params.values())
        beside = [((x.shape[0], self.num_groups), None)] * 2
        return eager.call(x.shape, [x, *learnt], [x, *learnt], beside, strides=eager.of_maps(x.shape, x))

    @classmethod
    def of_weights(cls, said: Mapping[str, Any], tensors: Mapping[str, Shape]) -> Layer:
        return cls.of_torch({**said, "affine": "weight" in tensors}, tensors)

    def twin(self, x: Shape) -> Twin:
        return Twin(
            self.torch_call,
            {"num_groups": self.num_groups, "num_channels": x[0], "eps": self.eps, "affine": self.affine},
            positional=("num_groups", "num_channels"),
            defaults={"eps": 1e-5, "affine": True},
            adds_up=("num_groups", "num_channels"),
        )


@kind("layer_norm")
class LayerNorm(Statistics):
    """What lies along the last axes scaled and shifted by its statistics; `normalized_shape` has their sizes."""

    mixes_channels = True
    input_axis = None
    torch_call = "nn.LayerNorm"
    torch_weighted = {"layer_norm": ("normalized_shape", "weight", "bias", "eps")}

    normalized_shape: SizesOfAxes
    eps: Positive = 1e-5
    elementwise_affine: Flag = True
    bias: Flag = True

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        given = self.normalized_shape
        yield Requirement(len(given) <= len(x), lambda: _not_the_end(given, x))
        for size, wanted in zip(x[-len(given) :], given, strict=True):
            yield Requirement(equal(size, wanted), lambda: _not_the_end(given, x))

    def param_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S | int]]:
        learnt: Sizes[S | int] = self.normalized_shape
        if not self.elementwise_affine:
            return {}
        return {"weight": learnt} | ({"bias": learnt} if self.bias else {})

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        whole = product(out)
        return {"slices": whole // product(self.normalized_shape), "scaled": self.elementwise_affine * whole}

    def reads(self, x: Shape) -> Iterable[Reading]:
        return by_statistics(x, range(len(x) - len(self.normalized_shape), len(x)))

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        return normalized(eager, x, len(self.normalized_shape))

    @classmethod
    def of_weights(cls, said: Mapping[str, Any], tensors: Mapping[str, Shape]) -> Layer:
        return cls.of_torch({**said, "elementwise_affine": "weight" in tensors}, tensors)

    def twin(self, x: Shape) -> Twin:
        first, *others = self.normalized_shape
        return Twin(
            self.torch_call,
            {**vars(self), "normalized_shape": [first, *others] if others else first},
            positional=("normalized_shape",),
            defaults={"eps": 1e-5, "elementwise_affine": True, "bias": True},
        )


def _not_the_end(given: Shape, x: Sizes[Any]) -> str:
    of_channels = len(x) == 3 and len(given) == 1 and x[0] == given[0]
    hint = "; layer_norm2d takes the channels at each place" if of_channels else ""
    return f"normalized_shape {dims(given)} is not the end of {dims(x)}{hint}"


@kind("layer_norm2d")
class LayerNorm2d(Statistics):
    """The channels of (channels, height, width) scaled and shifted by their statistics, at each place of its own."""

    mixes_channels = True
    input_axis = 0
    torch_call = "LayerNorm2d"

    eps: Positive = 1e-5
    elementwise_affine: Flag = True
    bias: Flag = True

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)

    def param_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S]]:
        if not self.elementwise_affine:
            return {}
        learnt: Sizes[S] = (x[0],)
        return {"weight": learnt} | ({"bias": learnt} if self.bias else {})

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        return {"slices": product(out[1:]), "scaled": self.elementwise_affine * product(out)}

    def reads(self, x: Shape) -> Iterable[Reading]:
        return [Reading(along(x, {0: whole(x[0])}))]

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        """Play a layer norm of a view whose channels come last."""
        normed = normalized(eager, eager.permute(x, (0, 2, 3, 1)), 1)
        return eager.permute(normed, (0, 3, 1, 2))

    def sources(self) -> tuple[tuple[str, str], ...]:
        return (("a layer norm of channels at each place is that of ConvNeXt in torchvision", _LAYER_NORM_2D),)

    def twin(self, x: Shape) -> Twin:
        return Twin(
            self.torch_call,
            {"normalized_shape": x[0]} | vars(self),
            positional=("normalized_shape",),
            defaults={"eps": 1e-5, "elementwise_affine": True, "bias": True},
        )


def _back_to_vector(x: Tensor, eager: Eager, grad: Tensor, needs: Sequence[bool]) -> Gradients:
    """Divide by the lengths, which are compared with 0, and multiply by their gradient."""
    eager.new(x.shape, ordered(x))
    eager.new(grad.shape, item=FLAG)
    return [eager.new(x.shape, ordered(x))]


@kind("global_response_norm")
class GlobalResponseNorm(Statistics):
    """x + weight * x * g / (mean of g + eps) + bias, with g the length of each channel: all its places as a vector.

    It is that of ConvNeXt V2, https://arxiv.org/abs/2301.00808, section 3.2; there and here eps is 1e-6. There it reads
    maps whose channels come last, as `channels_last` says.
    """

    mixes_channels = True
    input_axis = 0  # where channels come first
    torch_call = "GlobalResponseNorm"
    also_called = ("grn",)

    eps: Positive = 1e-6
    channels_last: Flag = False

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)

    def param_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S]]:
        channels = x[-1] if self.channels_last else x[0]
        return {"weight": (channels,), "bias": (channels,)}

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        return {"slices": 1}

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        """Play the length of each channel, its quotient by their mean, and x + weight * x * quotient + bias."""
        places, channels = ((1, 2), 3) if self.channels_last else ((2, 3), 1)
        each = tuple(1 if axis in places else size for axis, size in enumerate(x.shape))
        shape = (-1,) if self.channels_last else (-1, 1, 1)
        weight, bias = (self._for_each(eager, name, x.shape[channels], len(shape)) for name in ("weight", "bias"))
        size = eager.call(each, [x], [x], keeps_output=True, backward=partial(_back_to_vector, x))
        mean = eager.reduce(size, (channels,), keepdim=True, is_mean=True)
        base = eager.plus(mean)
        eager.let_go(mean)
        beside = eager.divide(size, base)
        eager.let_go(base)
        weighted = eager.multiply(weight, x)
        scaled = eager.multiply(weighted, beside)
        eager.let_go(weighted)
        added = eager.add(x, scaled)
        eager.let_go(scaled)
        return eager.add(added, bias)

    @staticmethod
    def _for_each(eager: Eager, name: str, channels: int, rank: int) -> Tensor:
        return eager.reshape(eager.params[name], (channels, *(1 for _ in range(rank - 1))))

    def reads(self, x: Shape) -> Iterable[Reading]:
        return by_statistics(x, range(len(x)))

    def sources(self) -> tuple[tuple[str, str], ...]:
        return (("responses are normalized as in ConvNeXt V2, section 3.2", "https://arxiv.org/abs/2301.00808"),)

    def twin(self, x: Shape) -> Twin:
        channels = x[-1] if self.channels_last else x[0]
        keywords = {"num_channels": channels, "eps": self.eps, "channels_last": self.channels_last}
        defaults = {"eps": 1e-6, "channels_last": False}
        return Twin(self.torch_call, keywords, positional=("num_channels",), defaults=defaults)
