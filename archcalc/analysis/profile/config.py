"""What is asked of one profile: a network, a device, and how they are measured."""

from enum import StrEnum
from math import inf
from typing import Any, Final, NamedTuple

from archcalc.analysis.precision import Precision
from archcalc.errors import ArchError

WARM_UP_STEPS: Final = 10
WARM_UP_SECONDS: Final = 0.5
LATENCY_CALLS: Final = 100
MIN_RUN_TIME: Final = 1.0
SEED: Final = 0
ON_CPU: Final = 16
ON_ACCELERATOR: Final = 128
"""Examples in a batch, where none is asked for."""


class Mode(StrEnum):
    INFER = "infer"
    TRAIN = "train"
    BOTH = "both"


class Layers(StrEnum):
    """How each layer is timed: alone, on inputs of its shapes, or in the whole, by torch's profiler."""

    ALONE = "alone"
    PROFILER = "profiler"


class Compile(StrEnum):
    """What torch.compile calls its modes."""

    DEFAULT = "default"
    REDUCE_OVERHEAD = "reduce-overhead"
    MAX_AUTOTUNE = "max-autotune"
    MAX_AUTOTUNE_NO_CUDAGRAPHS = "max-autotune-no-cudagraphs"


class Config(NamedTuple):
    """One configuration. `spec` is the word that a network was asked for by; times are seconds."""

    spec: str
    settings: dict[str, Any] = {}  # noqa: RUF012  # never changed
    input_shape: tuple[int, ...] | None = None
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
    latency_calls: int = LATENCY_CALLS
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


def as_data(config: Config) -> dict[str, Any]:
    """A configuration as JSON has it."""
    return config._asdict()


def check(config: Config) -> None:
    """Raise ArchError for what cannot be measured."""
    for name, value, least in (
        ("--batch", config.batch, 1),
        ("--threads", 1 if config.threads is None else config.threads, 1),
        ("--calls", config.latency_calls, LATENCY_CALLS),
    ):
        if value < least:
            why = ", below which a 99th percentile says nothing" if name == "--calls" else ""
            raise ArchError(f"{name} must be at least {least}{why}, got {value}")
    if not 0 < config.min_run_time < inf:
        raise ArchError(f"--min-run-time must be more than 0 seconds, got {config.min_run_time}")
    if config.precision is Precision.TF32 and config.device in ("cpu", "mps"):
        raise ArchError(f"--precision tf32 is for CUDA; {config.device} has fp32, bf16 or amp-bf16")
    if config.layers is Layers.PROFILER and config.device == "mps":
        raise ArchError("--layers profiler is for CUDA and CPUs: torch's profiler sees no kernels of MPS; use --layers")
    if config.detail and not config.trains:
        raise ArchError("--detail splits training steps: add --mode train or --mode both")
