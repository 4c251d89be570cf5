"""The request for a measurement: a network, a device, and how to measure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from math import inf
from typing import Any, Final

from archcalc.analysis.precision import Precision
from archcalc.analysis.typed_json import OMITTED
from archcalc.errors import ArchError
from archcalc.spec.inputs import Inputs

WARM_UP_STEPS: Final = 10
WARM_UP_SECONDS: Final = 0.5
LATENCY_CALLS: Final = 1000
LATENCY_SECONDS: Final = 2.0
LEAST_CALLS: Final = 100
"""Calls below which a 99th percentile means nothing."""
MIN_RUN_TIME: Final = 1.0
SEED: Final = 0
ON_CPU: Final = 16
ON_ACCELERATOR: Final = 128


class Mode(StrEnum):
    INFER = "infer"
    TRAIN = "train"
    BOTH = "both"


class Layers(StrEnum):
    """How each layer is timed: alone, on inputs of its shapes, or inside the network, by torch's profiler."""

    ALONE = "alone"
    PROFILER = "profiler"


class Compile(StrEnum):
    """The modes of torch.compile, by torch's names."""

    DEFAULT = "default"
    REDUCE_OVERHEAD = "reduce-overhead"
    MAX_AUTOTUNE = "max-autotune"
    MAX_AUTOTUNE_NO_CUDAGRAPHS = "max-autotune-no-cudagraphs"


@dataclass(frozen=True)
class Request:
    """One measurement. `spec` is the word by which the user named the network; times are seconds."""

    spec: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    input_shape: Inputs | None = None
    device: str = "cpu"
    precision: Precision = Precision.FP32
    channels_last: bool = False
    threads: int | None = None
    batch: int = ON_CPU
    mode: Mode = Mode.INFER
    detail: bool = False
    layers: Layers | None = None
    compile: Compile | None = None
    min_run_time: float = MIN_RUN_TIME
    latency_calls: int | None = None
    """As many as asked for; None for 1,000, or as many as fit into some time."""
    latency_seconds: float | None = field(default=None, metadata=OMITTED)
    """The time for single calls, where it was shortened; None for 2 seconds."""
    warm_up_steps: int = WARM_UP_STEPS
    warm_up_seconds: float = WARM_UP_SECONDS
    seed: int = SEED
    preset: str | None = None

    @property
    def infers(self) -> bool:
        return self.mode is not Mode.TRAIN

    @property
    def trains(self) -> bool:
        return self.mode is not Mode.INFER


def default_batch(device: str) -> int:
    """Return the examples in a batch on a device of torch's, where the request does not say."""
    return ON_CPU if device == "cpu" else ON_ACCELERATOR


def expect_numbers(request: Request, batch: int | None) -> None:
    """Raise ArchError for numbers by which nothing can be measured, whatever the device; a batch may be left out."""
    for name, value, least in (
        ("--batch", 1 if batch is None else batch, 1),
        ("--threads", 1 if request.threads is None else request.threads, 1),
        ("--calls", LEAST_CALLS if request.latency_calls is None else request.latency_calls, LEAST_CALLS),
    ):
        if value < least:
            purpose = " for a 99th percentile" if name == "--calls" else ""
            raise ArchError(f"{name} must be at least {least}{purpose}, got {value}")
    if not 0 < request.min_run_time < inf:
        raise ArchError(f"--min-run-time must be more than 0 seconds, got {request.min_run_time}")
    if request.detail and not request.trains:
        raise ArchError("--detail splits training steps: add --mode train or --mode both")


def expect_on_device(request: Request) -> None:
    """Raise ArchError for what the device of a request does not have."""
    if request.precision is Precision.TF32 and request.device in ("cpu", "mps"):
        raise ArchError(f"--precision tf32 is for CUDA; {request.device} has fp32, bf16 or amp-bf16")
    if request.layers is Layers.PROFILER and request.device == "mps":
        raise ArchError("--layers profiler is for CUDA and CPUs: torch's profiler sees no kernels of MPS; use --layers")
