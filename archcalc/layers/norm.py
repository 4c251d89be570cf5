"""Normalisations."""

from typing import Annotated, ClassVar

from archcalc.layers.base import Layer, Shape, Twin, Weightless, expect_rank, kind
from archcalc.layers.fields import Choice, Count, Flag, Positive, Probability, Real

AlphaPer = Annotated[str, Choice("sum", "mean")]


@kind("local_response_norm")
class LocalResponseNorm(Weightless):
    """x / (k + alpha * s) ** beta, with s the sum or mean of squares over `size` adjacent channels.

    `alpha_per` must be given, since the same alpha is `size` times weaker where it goes with the mean (Caffe, PyTorch)
    than where it goes with the sum (the AlexNet paper's section 3.3, TensorFlow).
    """

    size: Count
    alpha_per: AlphaPer
    alpha: Real = 1e-4
    beta: Real = 0.75
    k: Real = 1.0

    def check(self, x: Shape) -> None:
        expect_rank(x, 3)

    def doubt(self, x: Shape) -> str:
        return "" if self.size % 2 else f"size {self.size} is even: PyTorch has one more channel before, ONNX after"

    def output_shape(self, x: Shape) -> Shape:
        return x

    def mixes_places(self, x: Shape) -> bool:
        return False

    def window(self, x: Shape) -> None:
        return None

    def twin(self, x: Shape) -> Twin:
        alpha = self.alpha * self.size if self.alpha_per == "sum" else self.alpha
        keywords = {"size": self.size, "alpha": alpha, "beta": self.beta, "k": self.k}
        return Twin("nn.LocalResponseNorm", keywords)


class BatchNorm(Layer):
    """What the batch norms share: scale and shift of each channel by its statistics over the batch."""

    takes_activation: ClassVar[bool] = True

    eps: Positive = 1e-5
    momentum: Probability = 0.1
    affine: Flag = True
    track_running_stats: Flag = True

    def output_shape(self, x: Shape) -> Shape:
        return x

    def param_shapes(self, x: Shape) -> dict[str, Shape]:
        return {"weight": (x[0],), "bias": (x[0],)} if self.affine else {}

    def buffer_shapes(self, x: Shape) -> dict[str, Shape]:
        if not self.track_running_stats:
            return {}
        return {"running_mean": (x[0],), "running_var": (x[0],), "num_batches_tracked": ()}

    def macs(self, x: Shape, out: Shape) -> int:
        return 0

    def units(self, out: Shape) -> int:
        return 0

    def mixes_places(self, x: Shape) -> bool:
        return False

    def window(self, x: Shape) -> None:
        return None


@kind("batch_norm2d")
class BatchNorm2d(BatchNorm):
    """Each channel of (channels, height, width) scaled and shifted by its statistics over the batch."""

    def check(self, x: Shape) -> None:
        expect_rank(x, 3)

    def twin(self, x: Shape) -> Twin:
        return Twin("nn.BatchNorm2d", {"num_features": x[0]} | vars(self))


@kind("batch_norm1d")
class BatchNorm1d(BatchNorm):
    """Each of (features,) scaled and shifted by its statistics over the batch."""

    def check(self, x: Shape) -> None:
        expect_rank(x, 1)

    def twin(self, x: Shape) -> Twin:
        return Twin("nn.BatchNorm1d", {"num_features": x[0]} | vars(self))
