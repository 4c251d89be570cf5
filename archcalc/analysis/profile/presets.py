"""Protocols that others have published times by, with these times: for comparison, on other hardware."""

from typing import Final, NamedTuple


class Published(NamedTuple):
    """Times of a batch in milliseconds; None where they were not given."""

    hardware: str
    library: str
    forward_ms: float | None
    backward_ms: float | None
    total_ms: float
    source: str


class Preset(NamedTuple):
    """A protocol: which network, how large a batch, how many steps before and while times are taken."""

    name: str
    spec: str
    batch: int
    dry_runs: int
    steps: int
    without_dropout: bool
    note: str
    published: tuple[Published, ...]


_CONVNET: Final = "soumith/convnet-benchmarks"
_TITAN_X: Final = "GTX TITAN X (Maxwell)"

CONVNET_BENCHMARKS: Final = Preset(
    "convnet-benchmarks",
    "alexnet_owt",
    batch=128,
    dry_runs=10,
    steps=10,
    without_dropout=True,
    note="forward and backward apart, after 10 dry runs, without dropout; total is their sum, without an optimizer",
    published=(
        Published(_TITAN_X, "cuDNN R4 fp16, Torch", 25, 46, 71, _CONVNET),
        Published(_TITAN_X, "neon fp16", 25, 52, 78, _CONVNET),
        Published(_TITAN_X, "cuDNN R4 fp32, Torch", 27, 53, 81, _CONVNET),
        Published(_TITAN_X, "TensorFlow", 26, 55, 81, _CONVNET),
        Published(_TITAN_X, "neon fp32", 28, 58, 87, _CONVNET),
        Published(_TITAN_X, "fbfft, Torch", 31, 72, 104, _CONVNET),
        Published(_TITAN_X, "Chainer", 40, 136, 177, _CONVNET),
        Published(_TITAN_X, "cuda-convnet2", 42, 135, 177, _CONVNET),
        Published(_TITAN_X, "cuDNN R2", 70, 161, 231, _CONVNET),
        Published(_TITAN_X, "Caffe", 121, 203, 324, _CONVNET),
        Published(_TITAN_X, "Torch7", 132, 210, 342, _CONVNET),
    ),
)

_TUTORIAL: Final = "tensorflow/models, alexnet_benchmark.py"

TF_BENCHMARK: Final = Preset(
    "tf-benchmark",
    "alexnet_tf_benchmark",
    batch=128,
    dry_runs=10,
    steps=100,
    without_dropout=False,
    note="the convolutional part alone; mean of 100 batches after 10, of forward and of forward with gradients",
    published=(
        Published("Tesla K40c", "TensorFlow", 145, None, 480, _TUTORIAL),
        Published("GTX TITAN X (Maxwell)", "TensorFlow", 70, None, 244, _TUTORIAL),
    ),
)

PRESETS: Final = {preset.name: preset for preset in (CONVNET_BENCHMARKS, TF_BENCHMARK)}
