"""What is asked of one profile: a network, a device, and how they are measured."""

from enum import StrEnum
from typing import Any, Final, NamedTuple

from archcalc.errors import ArchError, listing

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


class Precision(StrEnum):
    """What numbers are computed in; amp keeps weights in fp32 and casts where autocast does."""

    FP32 = "fp32"
    TF32 = "tf32"
    FP16 = "fp16"
    BF16 = "bf16"
    AMP_FP16 = "amp-fp16"
    AMP_BF16 = "amp-bf16"


class Layers(StrEnum):
    """How layers are timed: each alone, or by the profiler's kernels."""

    ALONE = "alone"
    PROFILER = "profiler"


class Config(NamedTuple):
    """One configuration. `spec` is a path, or what `Catalogue` finds; times are seconds."""

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
    compile: str | None = None
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


def from_data(data: dict[str, Any]) -> Config:
    """
    >>> from_data(as_data(Config("paper", precision=Precision.BF16))) == Config("paper", precision=Precision.BF16)
    True
    """
    shape, layers = data.get("input_shape"), data.get("layers")
    return Config(**data)._replace(
        input_shape=tuple(shape) if shape else None,
        precision=Precision(data["precision"]),
        mode=Mode(data["mode"]),
        layers=Layers(layers) if layers else None,
    )


def check(config: Config) -> None:
    """Raise ArchError for what cannot be measured."""
    for name, value, least in (
        ("--batch", config.batch, 1),
        ("--threads", config.threads or 1, 1),
        ("--calls", config.latency_calls, LATENCY_CALLS),
    ):
        if value < least:
            why = ", below which a 99th percentile says nothing" if name == "--calls" else ""
            raise ArchError(f"{name} must be at least {least}{why}, got {value}")
    if not config.min_run_time > 0:
        raise ArchError(f"--min-run-time must be more than 0 seconds, got {config.min_run_time}")
    if config.precision in (Precision.TF32,) and config.device.partition(":")[0] in ("cpu", "mps"):
        raise ArchError(f"--precision tf32 is for CUDA; {config.device} has {listing(['fp32', 'bf16', 'amp-bf16'])}")
