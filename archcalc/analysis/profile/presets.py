"""Protocols by which others published times, and those times, which are of other hardware."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from archcalc.analysis.profile.request import Mode, Request, default_batch, expect_numbers, expect_on_device
from archcalc.errors import ArchError, did_you_mean


@dataclass(frozen=True)
class Published:
    """Images a second, and the milliseconds of a batch; None for a time that was not published."""

    hardware: str
    library: str
    batch: int
    images_per_second: float
    source: str
    forward_ms: float | None = None
    backward_ms: float | None = None
    total_ms: float | None = None


def _timed(
    hardware: str, library: str, batch: int, source: str, forward: float, backward: float | None, total: float
) -> Published:
    """Return times that were published in milliseconds of a batch.

    >>> _timed("", "", 128, "", 27, 53, 80).images_per_second
    1600.0
    """
    return Published(hardware, library, batch, batch * 1e3 / total, source, forward, backward, total)


class Preset(NamedTuple):
    """A protocol: the network, the batch, how many steps run before and while times are taken, and how.

    Steps `in_a_block` are timed together, forward and backward apart, with one wait for the device at the end; other
    steps are timed singly, with a wait after each.
    """

    name: str
    spec: str
    batch: int
    mode: Mode
    dry_runs: int
    steps: int
    in_a_block: bool
    updates: bool
    without_dropout: bool
    note: str
    published: tuple[Published, ...]


def _convnet(library: str, forward: float, backward: float, total: float) -> Published:
    source = "soumith/convnet-benchmarks, README"
    return _timed("GTX TITAN X (Maxwell)", library, 128, source, forward, backward, total)


CONVNET_BENCHMARKS: Final = Preset(
    "convnet-benchmarks",
    "alexnet_owt",
    batch=128,
    mode=Mode.BOTH,
    dry_runs=10,
    steps=10,
    in_a_block=True,
    updates=False,
    without_dropout=True,
    note="forward and backward in a block of 10 steps each, after 10 dry runs, without dropout; total is their sum",
    published=(
        _convnet("cuDNN R4 fp16, Torch", 25, 46, 71),
        _convnet("neon fp16", 25, 52, 78),
        _convnet("cuDNN R4 fp32, Torch", 27, 53, 81),
        _convnet("TensorFlow", 26, 55, 81),
        _convnet("neon fp32", 28, 58, 87),
        _convnet("fbfft, Torch", 31, 72, 104),
        _convnet("Chainer", 40, 136, 177),
        _convnet("cuda-convnet2", 42, 135, 177),
        _convnet("cuDNN R2", 70, 161, 231),
        _convnet("Caffe", 121, 203, 324),
        _convnet("Torch7", 132, 210, 342),
        _convnet("clnn, Torch", 388, 574, 963),
        _convnet("Caffe, GreenTea", 210, 1232, 1442),
    ),
)


def _tutorial(hardware: str, forward: float, total: float) -> Published:
    source = "tensorflow/models, alexnet_benchmark.py"
    return _timed(hardware, "TensorFlow", 128, source, forward, None, total)


TF_BENCHMARK: Final = Preset(
    "tf-benchmark",
    "alexnet_tf_benchmark",
    batch=128,
    mode=Mode.BOTH,
    dry_runs=10,
    steps=100,
    in_a_block=False,
    updates=False,
    without_dropout=False,
    note="only the convolutional part; 100 steps after 10 dry runs, of forward and of forward with gradients",
    published=(_tutorial("Tesla K40c", 145, 480), _tutorial("GTX TITAN X (Maxwell)", 70, 244)),
)

_GOOGLE: Final = "tensorflow/tensorflow, docs_src/performance/benchmarks.md"
_LAMBDA: Final = "lambdal/lambda-tensorflow-benchmark, logs"

TF_CNN_BENCHMARKS: Final = Preset(
    "tf-cnn-benchmarks",
    "alexnet_tf_cnn_benchmarks",
    batch=512,
    mode=Mode.TRAIN,
    dry_runs=10,
    steps=100,
    in_a_block=False,
    updates=True,
    without_dropout=False,
    note="100 training steps after 10 dry runs, by plain SGD, on synthetic data; published batches fill their cards",
    published=(
        Published("Tesla K80, one die (GCE)", "TensorFlow 1, fp32", 512, 656, _GOOGLE),
        Published("Tesla K80, one die (EC2)", "TensorFlow 1, fp32", 512, 684, _GOOGLE),
        Published("Tesla P100 (DGX-1)", "TensorFlow 1, fp32", 512, 2987, _GOOGLE),
        Published("GTX 1080 Ti", "TensorFlow 2.2, fp32", 512, 2636.41, _LAMBDA),
        Published("RTX 2080 Ti", "TensorFlow 2.2, fp32", 512, 3692.67, _LAMBDA),
        Published("Tesla V100-SXM3-32GB", "TensorFlow 2.2, fp32", 1536, 5132.32, _LAMBDA),
        Published("Tesla V100-SXM3-32GB", "TensorFlow 2.2, fp16", 3072, 9319.22, _LAMBDA),
        Published("RTX 3090", "TensorFlow 2.4, fp32", 896, 6744.26, _LAMBDA),
        Published("RTX 3090", "TensorFlow 2.4, fp16", 1920, 9473.29, _LAMBDA),
        Published("A100-PCIE-40GB", "TensorFlow 1.15, fp32", 1792, 10187.09, _LAMBDA),
        Published("A100-PCIE-40GB", "TensorFlow 1.15, fp16", 3584, 16486.68, _LAMBDA),
    ),
)

PRESETS: Final = {preset.name: preset for preset in (CONVNET_BENCHMARKS, TF_BENCHMARK, TF_CNN_BENCHMARKS)}


def expect_free(preset: str | None, given: Mapping[str, Any]) -> None:
    """Raise ArchError for an unknown preset, and for options that are given although the preset sets them."""
    if preset is None:
        return
    if preset not in PRESETS:
        raise ArchError(
            f"there is no preset '{preset}'{did_you_mean(preset, PRESETS)} (there are {', '.join(PRESETS)})"
        )
    for name, value in given.items():
        if value is not None and value is not False:
            raise ArchError(f"--preset {preset} sets what is measured: leave out {name}")


def completed(request: Request, batch: int | None, find_device: Callable[[], str]) -> Request:
    """Return the request for a device of torch's, with the mode and the batch of its preset, or the default batch.

    The device is asked for once all numbers are found to be good, since that loads torch. Raises ArchError for what
    cannot be measured.
    """
    expect_numbers(request, batch)
    device = find_device()
    preset = PRESETS[request.preset] if request.preset else None
    if batch is None:
        batch = preset.batch if preset else default_batch(device)
    request = replace(request, device=device, mode=preset.mode if preset else request.mode, batch=batch)
    expect_on_device(request)
    return request
