"""The results of one measurement, as the torch side finds them: times, memory and the machine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from archcalc.analysis import typed_json
from archcalc.analysis.profile.statistics import Timing
from archcalc.analysis.typed_json import OMITTED
from archcalc.errors import ArchError

_MILLI: Final = 1e-3


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """What the NVIDIA driver says of a GPU before it is measured; None where it does not say."""

    driver: str
    power_limit_w: float | None
    sm_max_mhz: int | None
    memory_max_mhz: int | None
    other_processes: int | None


@dataclass(frozen=True, kw_only=True)
class GpuState:
    """What the NVIDIA driver says of a GPU while steps run; None where it does not say."""

    sm_mhz: int | None
    memory_mhz: int | None
    temperature_c: int | None
    power_w: float | None
    slowed_by: tuple[str, ...]
    """Why clocks are lower than they could be, such as `power cap`, `too hot`."""


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The device, the machine and the software that the times are of."""

    device: str
    name: str
    capability: tuple[int, ...] | None
    memory_mib: int | None
    torch: str
    cuda: str | None
    cudnn: int | None
    python: str
    system: str
    processor: str
    instructions: str
    cores: int | None
    load: float | None
    variables: Mapping[str, str]
    threads: int
    tf32: bool
    cudnn_benchmark: bool
    inputs: str
    waited: float | None
    """Share of the time that was spent waiting for a core; None where the system does not report it."""
    gpu: Gpu | None = field(default=None, metadata=OMITTED)


@dataclass(frozen=True, kw_only=True)
class MeasuredPeak:
    """The TFLOP/s of a large matrix product and the GB/s of a large copy, in one run; None without enough memory."""

    tflops: float | None
    gbs: float | None


@dataclass(frozen=True, kw_only=True)
class StepTimes:
    """Milliseconds of a step: the median and quartiles of `n` samples, each of `per_block` steps, and their mean."""

    median_ms: float
    low_ms: float
    high_ms: float
    mean_ms: float
    deviation_ms: float
    n: int
    per_block: int | None = field(default=None, metadata=OMITTED)

    def __post_init__(self) -> None:
        if min(self.median_ms, self.low_ms, self.high_ms, self.mean_ms, self.deviation_ms) < 0:
            raise ArchError("times must be at least 0")

    @classmethod
    def of(cls, timing: Timing, per_block: int | None = None) -> "StepTimes":
        """Return the times of a series that was measured in seconds."""
        return cls(
            median_ms=1e3 * timing.median,
            low_ms=1e3 * timing.low,
            high_ms=1e3 * timing.high,
            mean_ms=1e3 * timing.mean,
            deviation_ms=1e3 * timing.deviation,
            n=timing.n,
            per_block=per_block,
        )

    @property
    def spread(self) -> float:
        """The interquartile range as a share of the median."""
        return self.timing().spread

    def timing(self, batch: int = 1) -> Timing:
        """Return the times in seconds, divided by the examples of a step."""
        return Timing(
            median=self.median_ms * _MILLI / batch,
            low=self.low_ms * _MILLI / batch,
            high=self.high_ms * _MILLI / batch,
            mean=self.mean_ms * _MILLI / batch,
            deviation=self.deviation_ms * _MILLI / batch,
            n=self.n,
        )


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Percentiles of the milliseconds of `n` single calls, with a wait for the device after each.

    Of fewer than 100 calls there is no 99th percentile.
    """

    batch: int
    n: int
    p50_ms: float
    p90_ms: float
    p99_ms: float | None


@dataclass(frozen=True, kw_only=True)
class InferTimes:
    """Times and memory of inference; a preset's protocol measures no latency."""

    warm_up_steps: int
    step: StepTimes
    peak_mib: float | None
    peak_is: str
    launch_ms: float | None = field(default=None, metadata=OMITTED)
    """What the host takes to launch a step, of which the device does the work; None on a CPU."""
    gpu: GpuState | None = field(default=None, metadata=OMITTED)
    compile_s: float | None = field(default=None, metadata=OMITTED)
    new_memory_mib: float | None = field(default=None, metadata=OMITTED)
    """What a step gets anew from the system, which clears it; None where that is not known, or not asked."""
    latency: Latency | None = field(default=None, metadata=OMITTED)


@dataclass(frozen=True, kw_only=True)
class Optimizer:
    """The optimizer of training and its settings."""

    name: str
    lr: float
    momentum: float
    weight_decay: float


@dataclass(frozen=True, kw_only=True)
class TrainTimes:
    """Times and memory of training steps, and what they minimize."""

    loss: str
    optimizer: Optimizer | None
    warm_up_steps: int
    step: StepTimes
    peak_mib: float | None
    peak_is: str
    launch_ms: float | None = field(default=None, metadata=OMITTED)
    gpu: GpuState | None = field(default=None, metadata=OMITTED)
    compile_s: float | None = field(default=None, metadata=OMITTED)
    new_memory_mib: float | None = field(default=None, metadata=OMITTED)
    parts: Mapping[str, StepTimes] | None = field(default=None, metadata=OMITTED)


@dataclass(frozen=True, kw_only=True)
class RankTimes:
    """Times of one rank while all ranks run."""

    rank: int
    device: str
    step: StepTimes


@dataclass(frozen=True, kw_only=True)
class RanksTimes:
    """Times of one mode with several ranks: of the first alone, then of each while all run."""

    steps: int
    warm_up_steps: int
    alone: StepTimes
    by_rank: tuple[RankTimes, ...]


@dataclass(frozen=True, kw_only=True)
class DistributedTimes:
    """Times of several ranks that run at once."""

    ranks: int
    backend: str
    infer: RanksTimes | None = field(default=None, metadata=OMITTED)
    train: RanksTimes | None = field(default=None, metadata=OMITTED)


@dataclass(frozen=True, kw_only=True)
class Results:
    """All that one measurement found; `batch` is the one that fitted, `layers` are the times of each by its name.

    `host_layers` are those whose launch takes the host as long as the device takes for them.
    """

    environment: Environment
    measured_peak: MeasuredPeak
    batch: int
    infer: InferTimes | None = field(default=None, metadata=OMITTED)
    train: TrainTimes | None = field(default=None, metadata=OMITTED)
    layers: Mapping[str, StepTimes] | None = field(default=None, metadata=OMITTED)
    host_layers: tuple[str, ...] | None = field(default=None, metadata=OMITTED)
    distributed: DistributedTimes | None = field(default=None, metadata=OMITTED)

    def to_json(self) -> dict[str, Any]:
        data: dict[str, Any] = typed_json.to_json(self)
        return data

    @classmethod
    def from_json(cls, data: object) -> "Results":
        """Return the results that JSON has. Raises ArchError for results that are not whole."""
        return typed_json.from_json(cls, data)
