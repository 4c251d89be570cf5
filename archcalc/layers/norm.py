"""Normalisations."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final

from archcalc.errors import ArchError
from archcalc.layers.base import Role, Weightless, Windowless, kind
from archcalc.layers.fields import Choice, Count, Flag, Positive, Probability, Real, SizesOfAxes
from archcalc.layers.requirement import Requirement, can_be_divided, has_rank
from archcalc.layers.sizes import S, Shape, Sizes, dims, equal, product
from archcalc.layers.twin import Twin

if TYPE_CHECKING:
    from decimal import Decimal

AlphaPer = Annotated[str, Choice("sum", "mean")]

_LAYER_NORM_2D: Final = "https://github.com/pytorch/vision/blob/v0.20.0/torchvision/models/convnext.py"
_PAPER: Final = "https://papers.nips.cc/paper/2012/file/c399862d3b9d6b76c8436e924a68c45b-Paper.pdf"


@kind("local_response_norm")
class LocalResponseNorm(Weightless, Windowless):
    """x / (k + alpha * s) ** beta, with s the sum or mean of squares over `size` adjacent channels.

    `alpha_per` must be given, since the same alpha is `size` times weaker where it goes with the mean (Caffe, PyTorch)
    than where it goes with the sum (the AlexNet paper's section 3.3, TensorFlow).
    """

    role = Role.NORM
    idle = False
    mixes_channels = True
    torch_call = "nn.LocalResponseNorm"
    torch_functions = {"local_response_norm": ("size", "alpha", "beta", "k")}
    torch_ignored = ()
    also_called = ("lrn",)

    size: Count
    alpha_per: AlphaPer
    alpha: Real = 1e-4
    beta: Real = 0.75
    k: Real = 1.0

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)

    def caution(self, x: Shape) -> str:
        return "" if self.size % 2 else f"size {self.size} is even: PyTorch has one more channel before, ONNX after"

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        return x

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        return {"windows": self.size * product(out), "edges": (self.size - 1) * product(out[1:])}

    def mixes_places(self, x: Sizes[S]) -> bool:
        return False

    def remarks(self, x: Shape) -> Iterator[str]:
        from decimal import Decimal

        alpha, size = Decimal(repr(self.alpha)), self.size
        power = _shown(Decimal(repr(self.beta)))
        yield (
            f"y = x / ({_shown(Decimal(repr(self.k)))} + {alpha:f} * s) ** {power}, "
            f"with s the {self.alpha_per} of the squares of {size} adjacent channels (k, alpha, beta and size)"
        )
        if self.alpha_per == "sum":
            of_mean = f"is {_shown(alpha * size)} per mean (Caffe, PyTorch)"
            yield (
                f"alpha {alpha:f} per sum (the 2012 paper, TensorFlow) {of_mean}; "
                f"{alpha:f} per mean would be {size} times weaker"
            )
        else:
            of_sum = f"is {_shown(alpha / size)} per sum (the 2012 paper, TensorFlow)"
            stronger = f"{alpha:f} per sum would be {size} times stronger"
            yield f"alpha {alpha:f} per mean (Caffe, PyTorch) {of_sum}; {stronger}"

    def sources(self) -> tuple[tuple[str, str], ...]:
        return (("response normalization is the 2012 paper's, section 3.3", _PAPER),)

    def twin(self, x: Shape) -> Twin:
        per_sum = self.alpha_per == "sum"
        alpha = self.alpha * self.size if per_sum else self.alpha
        return Twin(
            self.torch_call,
            {"size": self.size, "alpha": alpha, "beta": self.beta, "k": self.k},
            positional=("size",),
            defaults={"alpha": 1e-4, "beta": 0.75, "k": 1.0},
            remark=f"alpha / size = {self.alpha:g}" if per_sum else "",
        )


def _shown(number: "Decimal") -> str:
    return f"{number.normalize():f}" if len(number.as_tuple().digits) < 10 else f"{number:.6g}"


class Statistics(Windowless):
    """Norms: what they read, less its mean and divided by its spread; scaled and shifted by what is learnt."""

    role = Role.NORM
    counted = False
    idle = False
    torch_functions = {}
    torch_ignored = ()
    takes_activation = True

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        return x

    def buffer_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S]]:
        return {}

    def macs(self, x: Sizes[S], out: Sizes[S]) -> int:
        return 0

    def units(self, out: Sizes[S]) -> int:
        return 0


class OfChannels(Statistics):
    """Norms of each channel, which may remember its statistics."""

    mixes_channels = False
    torch_defaults: ClassVar[Mapping[str, Any]]

    eps: Positive = 1e-5
    momentum: Probability = 0.1
    affine: Flag = True
    track_running_stats: Flag = True

    def param_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S]]:
        return {"weight": (x[0],), "bias": (x[0],)} if self.affine else {}

    def buffer_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S]]:
        if not self.track_running_stats:
            return {}
        return {"running_mean": (x[0],), "running_var": (x[0],), "num_batches_tracked": ()}

    def twin(self, x: Shape) -> Twin:
        return Twin(
            self.torch_call,
            {"num_features": x[0]} | vars(self),
            positional=("num_features",),
            defaults={"eps": 1e-5, "momentum": 0.1, **self.torch_defaults},
            adds_up=("num_features",),
        )


class BatchNorm(OfChannels):
    """Batch norms: scale and shift of each channel by its statistics over the batch."""

    torch_defaults = {"affine": True, "track_running_stats": True}

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        return {} if self.track_running_stats else {"untracked": product(out)}

    def mixes_places(self, x: Sizes[S]) -> bool:
        return False


@kind("batch_norm2d")
class BatchNorm2d(BatchNorm):
    """Each channel of (channels, height, width) scaled and shifted by its statistics over the batch."""

    input_axis = 0
    torch_call = "nn.BatchNorm2d"
    also_called = ("bn",)

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)


@kind("batch_norm1d")
class BatchNorm1d(BatchNorm):
    """Each feature of (features,) scaled and shifted by its statistics over the batch."""

    input_axis = -1
    torch_call = "nn.BatchNorm1d"

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 1)


@kind("instance_norm2d")
class InstanceNorm2d(OfChannels):
    """Each channel of (channels, height, width) scaled and shifted by its statistics over its places.

    torch has no twin for maps of one place, unless running statistics are tracked.
    """

    input_axis = 0
    torch_call = "nn.InstanceNorm2d"
    torch_defaults = {"affine": False, "track_running_stats": False}

    affine: Flag = False
    track_running_stats: Flag = False

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)

    def mixes_places(self, x: Sizes[S]) -> bool:
        return not self.track_running_stats

    def twin(self, x: Shape) -> Twin:
        if x[1:] == (1, 1) and not self.track_running_stats:
            raise ArchError("torch's InstanceNorm2d refuses maps of 1x1, which differ from their mean by nothing")
        return super().twin(x)


@kind("group_norm")
class GroupNorm(Statistics):
    """Each of `num_groups` groups of channels scaled and shifted by its statistics, those of all its places."""

    mixes_channels = True
    input_axis = 0
    torch_call = "nn.GroupNorm"

    num_groups: Count
    eps: Positive = 1e-5
    affine: Flag = True

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)
        yield from can_be_divided(self.num_groups, "groups", channels=x[0])

    def param_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S]]:
        return {"weight": (x[0],), "bias": (x[0],)} if self.affine else {}

    def mixes_places(self, x: Sizes[S]) -> bool:
        return True

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

    normalized_shape: SizesOfAxes
    eps: Positive = 1e-5
    elementwise_affine: Flag = True
    bias: Flag = True

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        given = self.normalized_shape
        words = f"normalized_shape {dims(given)} is not the end of {dims(x)}"
        yield Requirement(len(given) <= len(x), lambda: words)
        for size, wanted in zip(x[-len(given) :], given, strict=True):
            yield Requirement(equal(size, wanted), lambda: words)

    def param_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S | int]]:
        learnt: Sizes[S | int] = self.normalized_shape
        if not self.elementwise_affine:
            return {}
        return {"weight": learnt} | ({"bias": learnt} if self.bias else {})

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        whole = product(out)
        return {"slices": whole // product(self.normalized_shape), "scaled": self.elementwise_affine * whole}

    def mixes_places(self, x: Sizes[S]) -> bool:
        return len(x) > 1

    def twin(self, x: Shape) -> Twin:
        first, *others = self.normalized_shape
        return Twin(
            self.torch_call,
            {**vars(self), "normalized_shape": [first, *others] if others else first},
            positional=("normalized_shape",),
            defaults={"eps": 1e-5, "elementwise_affine": True, "bias": True},
        )


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

    def mixes_places(self, x: Sizes[S]) -> bool:
        return False

    def sources(self) -> tuple[tuple[str, str], ...]:
        return (("a layer norm of channels at each place is that of ConvNeXt in torchvision", _LAYER_NORM_2D),)

    def twin(self, x: Shape) -> Twin:
        return Twin(
            self.torch_call,
            {"normalized_shape": x[0]} | vars(self),
            positional=("normalized_shape",),
            defaults={"eps": 1e-5, "elementwise_affine": True, "bias": True},
        )


@kind("global_response_norm")
class GlobalResponseNorm(Statistics):
    """x + weight * x * g / (mean of g + eps) + bias, with g the length of each channel: all its places as a vector.

    It is that of ConvNeXt V2, https://arxiv.org/abs/2301.00808, section 3.2; there and here eps is 1e-6.
    """

    mixes_channels = True
    input_axis = 0
    torch_call = "GlobalResponseNorm"
    also_called = ("grn",)

    eps: Positive = 1e-6

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)

    def param_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S]]:
        return {"weight": (x[0],), "bias": (x[0],)}

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        return {"slices": 1}

    def mixes_places(self, x: Sizes[S]) -> bool:
        return True

    def sources(self) -> tuple[tuple[str, str], ...]:
        return (("responses are normalized as in ConvNeXt V2, section 3.2", "https://arxiv.org/abs/2301.00808"),)

    def twin(self, x: Shape) -> Twin:
        keywords = {"num_channels": x[0], "eps": self.eps}
        return Twin(self.torch_call, keywords, positional=("num_channels",), defaults={"eps": 1e-6})
