"""Normalisations."""

from collections.abc import Iterable, Iterator, Mapping
from math import prod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, NamedTuple

from archcalc.errors import ArchError
from archcalc.layers.base import Layer, Role, Spatial, Uncounted, Weightless, Windowed, Windowless, kind
from archcalc.layers.eager import Eager, raised
from archcalc.layers.fields import Choice, Count, Flag, Positive, Probability, Real, Sides
from archcalc.layers.reach import Reading, along, by_statistics, in_place, whole
from archcalc.layers.requirement import Requirement, has_rank
from archcalc.layers.sizes import S, Shape, Sizes, dims, product
from archcalc.layers.tensors import Tensor
from archcalc.layers.twin import Twin

if TYPE_CHECKING:
    from decimal import Decimal

AlphaPer = Annotated[str, Choice("sum", "mean")]

_RNORM: Final = "https://github.com/akrizhevsky/cuda-convnet2/blob/master/layer.py"
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
        yield Requirement(len(x) > 1, lambda: f"reads channels and their places, not {dims(x)} features")

    def caution(self, x: Shape) -> str:
        return "" if self.size % 2 else f"size {self.size} is even: PyTorch has one more channel before, ONNX after"

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        return x

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        return {"windows": self.size * product(out), "edges": (self.size - 1) * product(out[1:])}

    def reads(self, x: Shape) -> Iterable[Reading]:
        return [Reading(along(x, {0: whole(x[0])}))]

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        """Play squares, padded by channels, their means, a factor, a sum, a power and a quotient, as torch has it."""
        squares = eager.multiply(x, x)
        shape = (x.shape[0], x.shape[1] + self.size - 1, *x.shape[2:])
        around = eager.call(shape, [squares])
        eager.let_go(squares)
        means = eager.call(x.shape, [around], [around])
        eager.let_go(around)
        base = self.scaled(eager, means)
        power = raised(eager, base)
        eager.let_go(base, means)
        return eager.divide(x, power)

    @staticmethod
    def scaled(eager: Eager, means: Tensor) -> Tensor:
        """Play a factor and a sum of means."""
        product_ = eager.times(means)
        made = eager.plus(product_)
        eager.let_go(product_)
        return made

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

    @classmethod
    def of_torch(cls, said: Mapping[str, Any], tensors: Mapping[str, Shape]) -> Layer:
        return super().of_torch({**said, "alpha_per": "mean"}, tensors)


class _Neighbourhood(NamedTuple):
    """The places around one, as a window."""

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: Sides
    dilation: tuple[int, ...]
    ceil_mode: bool


@kind("local_response_norm2d")
class LocalResponseNorm2d(Weightless, Windowed):
    """x / (k + alpha * s) ** beta, with s the sum or mean of squares of `size` x `size` places of the same channel.

    What lies outside the map counts as zero. These are cuda-convnet's `rnorm` and Caffe's LRN WITHIN_CHANNEL, both of
    which give an alpha that goes with the mean.
    """

    role = Role.NORM
    idle = False
    mixes_channels = False
    torch_call = "LocalResponseNorm2d"
    torch_functions = {}
    torch_ignored = ()
    also_called = ("rnorm",)

    size: Count
    alpha_per: AlphaPer
    alpha: Real = 1e-4
    beta: Real = 0.75
    k: Real = 1.0

    def slides(self) -> _Neighbourhood:
        return _Neighbourhood((self.size,) * 2, (1, 1), Sides(*(self.size // 2,) * 4), (1, 1), False)

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield from has_rank(x, 3)
        yield Requirement(
            self.size % 2 == 1, lambda: f"size must be odd, so that there is a place in the middle: {self.size}"
        )

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        return x

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        """Play squares, their means, a factor, a sum, a power and a quotient."""
        squares = eager.multiply(x, x)
        means = eager.call(x.shape, [squares], [squares])
        eager.let_go(squares)
        base = LocalResponseNorm.scaled(eager, means)
        power = raised(eager, base)
        eager.let_go(base)
        return eager.divide(x, power)

    def sources(self) -> tuple[tuple[str, str], ...]:
        return (("squares of places of one channel are cuda-convnet's rnorm", _RNORM),)

    def twin(self, x: Shape) -> Twin:
        alpha = self.alpha * self.size**2 if self.alpha_per == "sum" else self.alpha
        return Twin(
            self.torch_call,
            {"size": self.size, "alpha": alpha, "beta": self.beta, "k": self.k},
            positional=("size",),
            defaults={"alpha": 1e-4, "beta": 0.75, "k": 1.0},
        )

    @classmethod
    def of_torch(cls, said: Mapping[str, Any], tensors: Mapping[str, Shape]) -> Layer:
        return super().of_torch({**said, "alpha_per": "mean"}, tensors)


def _shown(number: "Decimal") -> str:
    return f"{number.normalize():f}" if len(number.as_tuple().digits) < 10 else f"{number:.6g}"


class Statistics(Uncounted, Windowless):
    """Norms: what they read, less its mean and divided by its spread; scaled and shifted by what is learnt."""

    role = Role.NORM
    idle = False
    torch_functions = {}
    torch_ignored = ()
    takes_activation = True

    def output_shape(self, x: Sizes[S]) -> Sizes[S]:
        return x


class OfChannels(Statistics):
    """Norms of each channel, which may remember its statistics."""

    mixes_channels = False
    torch_defaults: ClassVar[Mapping[str, Any]]

    eps: Positive = 1e-5
    momentum: Probability = 0.1
    affine: Flag = True
    track_running_stats: Flag = True

    unread = ("num_batches_tracked",)

    def param_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S]]:
        return {"weight": (x[0],), "bias": (x[0],)} if self.affine else {}

    def buffer_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S]]:
        if not self.track_running_stats:
            return {}
        return {"running_mean": (x[0],), "running_var": (x[0],), "num_batches_tracked": ()}

    @classmethod
    def of_weights(cls, said: Mapping[str, Any], tensors: Mapping[str, Shape]) -> Layer:
        affine, tracks = "weight" in tensors, "running_mean" in tensors
        if tracks and (said.get("training") or said.get("use_input_stats")):
            raise ArchError("normalizes by the statistics of what it reads, and not by those that it keeps")
        return cls.of_torch({**said, "affine": affine, "track_running_stats": tracks}, tensors)

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

    torch_weighted = {"batch_norm": ("running_mean", "running_var", "weight", "bias", "training", "momentum", "eps")}

    torch_defaults = {"affine": True, "track_running_stats": True}

    def quantities(self, x: Shape, out: Shape) -> dict[str, int]:
        return {} if self.track_running_stats else {"untracked": product(out)}

    def reads(self, x: Shape) -> Iterable[Reading]:
        return [Reading(in_place(x))] if self.track_running_stats else by_statistics(x, range(1, len(x)))

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        """Play one call, which makes the statistics of what it reads beside its output, where it does not know them.

        Raises ArchError for one number for each channel, of which torch makes no statistics.
        """
        makes_statistics = eager.is_training or not self.track_running_stats
        if makes_statistics and prod(x.shape) == x.shape[1]:
            what = "in training" if eager.is_training else "without running statistics"
            raise ArchError(f"torch normalizes more than one number for each channel {what}, and a batch of 1 has one")
        learnt = [eager.params[name] for name in ("weight", "bias") if name in eager.params]
        beside = [((x.shape[1],), None)] * 2 if makes_statistics else []
        return eager.call(x.shape, [x, *learnt], [x, *learnt[:1]], beside, strides=eager.of_maps(x.shape, x))


class OfPlaces(BatchNorm, Spatial):
    """Batch norms of channels that have places."""

    input_axis = 0


@kind("batch_norm1d")
class BatchNorm1d(BatchNorm):
    """Each feature of (features,), or channel of (channels, length), scaled and shifted by its batch's statistics."""

    axes = 1
    input_axis = 0
    torch_call = "nn.BatchNorm1d"

    def requirements(self, x: Sizes[S]) -> Iterator[Requirement]:
        yield Requirement(len(x) <= 2, lambda: _other_norm(x))


def _other_norm(x: Sizes[Any]) -> str:
    other = BatchNorm2d.op if len(x) == 3 else BatchNorm3d.op
    return f"reads features, or channels x length, not {dims(x)}: {other} reads that"


@kind("batch_norm2d")
class BatchNorm2d(OfPlaces):
    """Each channel of (channels, height, width) scaled and shifted by its statistics over the batch."""

    axes = 2
    torch_call = "nn.BatchNorm2d"
    also_called = ("bn",)


@kind("batch_norm3d")
class BatchNorm3d(OfPlaces):
    """Each channel of (channels, depth, height, width) scaled and shifted by its statistics over the batch."""

    axes = 3
    torch_call = "nn.BatchNorm3d"


@kind("frozen_batch_norm2d")
class FrozenBatchNorm2d(Statistics, Spatial):
    """A batch norm whose statistics, scale and shift are all fixed: stored and not learnt, as detectors have them.

    It is that of torchvision's `ops`: https://docs.pytorch.org/vision/stable/generated/torchvision.ops.FrozenBatchNorm2d.html
    """

    axes = 2
    mixes_channels = False
    input_axis = None
    torch_call = "FrozenBatchNorm2d"
    also_called = ("frozen_bn",)

    eps: Positive = 1e-5

    def param_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S]]:
        return {}

    def buffer_shapes(self, x: Sizes[S]) -> dict[str, Sizes[S]]:
        return dict.fromkeys(("weight", "bias", "running_mean", "running_var"), (x[0],))

    def reads(self, x: Shape) -> Iterable[Reading]:
        return [Reading(in_place(x))]

    def runs(self, eager: Eager, x: Tensor) -> Tensor:
        """Play the factor of each channel, the product, the shift of each channel, and the sum."""
        of_channels = eager.params["weight"].shape
        each = (*of_channels, 1, 1)
        spread, root = eager.new(of_channels), eager.new(of_channels)
        eager.let_go(spread)
        factor = eager.new(each)
        eager.let_go(root)
        scaled = eager.multiply(x, factor)
        product_, shift = eager.new(each), eager.new(each)
        eager.let_go(product_)
        return eager.add(scaled, shift)

    def twin(self, x: Shape) -> Twin:
        keywords = {"num_features": x[0], "eps": self.eps}
        return Twin(
            self.torch_call,
            keywords,
            positional=("num_features",),
            defaults={"eps": 1e-5},
            adds_up=("num_features",),
        )
