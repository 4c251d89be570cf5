"""The record of a profile: the request, the results, and what follows from them and from the network."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from archcalc.analysis.profile.presets import Published
from archcalc.analysis.profile.ranks import AllReduce, Scaling
from archcalc.analysis.profile.request import Mode, Request
from archcalc.analysis.profile.results import Environment, InferTimes, MeasuredPeak, RanksTimes, StepTimes, TrainTimes
from archcalc.analysis.profile.warnings import ProfileWarning, warnings_of
from archcalc.analysis.typed_json import INLINE, OMITTED, from_json, to_json, value_of
from archcalc.errors import ArchError
from archcalc.layers.fields import spell
from archcalc.spec.inputs import Inputs

KIND: Final = "profile"

_FIRST_BY_PRESET: Final = ("step", "parts", "peak_mib", "peak_is", "loss", "optimizer")
"""The keys of `infer` and `train` that come first, and in this order, where a preset was followed."""


@dataclass(frozen=True, kw_only=True)
class SpecSummary:
    """The network that was measured, with the FLOPs of one example in a forward pass and in a training step."""

    name: str
    title: str
    input_shape: Inputs
    params: int
    flops: int
    training_flops: int


@dataclass(frozen=True, kw_only=True)
class Batch:
    """The examples in a batch: as many as asked for, or as memory was enough for."""

    asked: int
    used: int

    def __post_init__(self) -> None:
        if self.used < 1:
            raise ArchError(f"used must be at least 1, got {self.used}")


@dataclass(frozen=True, kw_only=True)
class DatasheetPeak:
    """TFLOP/s at the precision asked for and GB/s, as the maker of the device states them."""

    device: str
    tflops: float | None
    gbs: float | None
    source: str


@dataclass(frozen=True, kw_only=True)
class Peaks:
    """The peaks that speeds are compared with; None for a device whose data sheet is not known."""

    datasheet: DatasheetPeak | None
    measured: MeasuredPeak


@dataclass(frozen=True, kw_only=True)
class Speed:
    """Images and TFLOP a second, also as shares of the peaks, which may be over 1; one sample has no `spread`."""

    images_per_second: float
    spread: float | None
    tflops: float
    of_datasheet: float | None
    of_measured: float | None


class Bound(StrEnum):
    """What a network waits for: arithmetic, reading and writing, or the host, which launches its work."""

    COMPUTE = "compute"
    MEMORY = "memory"
    LAUNCH = "launch"


@dataclass(frozen=True, kw_only=True)
class Infer:
    """Inference: what was measured, how fast that is, and what bounds it; None where the peaks are not known.

    `bound_ms` is the sum over the layers of the longer of two times at the measured peaks: of the arithmetic, and of
    reading and writing.
    """

    times: InferTimes = field(metadata=INLINE)
    speed: Speed = field(metadata=INLINE)
    bound: Bound | None
    bound_ms: float | None = field(default=None, metadata=OMITTED)
    predicted_ms: float | None = field(default=None, metadata=OMITTED)
    """The step as it is predicted, where the machine is calibrated and the request is alike."""


@dataclass(frozen=True, kw_only=True)
class Train:
    """Training steps: what was measured, and how fast that is."""

    times: TrainTimes = field(metadata=INLINE)
    speed: Speed = field(metadata=INLINE)


@dataclass(frozen=True, kw_only=True)
class LayerTime:
    """The time of a layer and its share of the sum of all; TFLOP/s of one that does any.

    `is_host` says that it is rather the time of the host, which launches the layer; there is no such key on a CPU.
    """

    name: str
    step: StepTimes
    share: float
    tflops: float | None
    is_host: bool | None = field(default=None, metadata=OMITTED)
    predicted_ms: float | None = field(default=None, metadata=OMITTED)


@dataclass(frozen=True, kw_only=True)
class LayerTimes:
    """The times of all layers, their sum, and what the network takes beyond it, None where that is not known."""

    layers: tuple[LayerTime, ...]
    layers_ms: float
    residual_ms: float | None


@dataclass(frozen=True, kw_only=True)
class Ranks:
    """One mode with several ranks."""

    times: RanksTimes = field(metadata=INLINE)
    scaling: Scaling = field(metadata=INLINE)

    def __post_init__(self) -> None:
        if not 0 <= self.scaling.slowest < len(self.times.by_rank):
            raise ArchError(f"slowest must be one of the ranks, got {self.scaling.slowest}")

    @property
    def slowest_step(self) -> StepTimes:
        return self.times.by_rank[self.scaling.slowest].step


@dataclass(frozen=True, kw_only=True)
class Distributed:
    """Several ranks at once, and what training sends between them."""

    ranks: int
    backend: str
    infer: Ranks | None = field(default=None, metadata=OMITTED)
    train: Ranks | None = field(default=None, metadata=OMITTED)
    all_reduce: AllReduce

    def by_mode(self) -> dict[Mode, Ranks]:
        """Return what was measured, by its mode."""
        return {mode: ranks for mode, ranks in ((Mode.INFER, self.infer), (Mode.TRAIN, self.train)) if ranks}


@dataclass(frozen=True, kw_only=True)
class Record:
    """The request, the results and what follows from them; a part that was not measured is None.

    Keys in JSON: `kind`, `created`, `spec` (the network: name, title, input_shape, params, and FLOPs of an image,
    forward and training), `asked` (the request), `batch` (asked and used), `environment`, `peaks` (datasheet and
    measured: tflops, gbs), `infer` and `train`, `layers` with `layers_ms` and `residual_ms`, and `warnings`. Each of
    `infer` and `train` has `step`, the times, `images_per_second`, their `spread`, `tflops` and shares of the peaks,
    and with --compile `compile_s`; `infer` has `latency`, `bound` and `bound_ms` too, `train` its `loss`, `optimizer`
    and, with --detail, `parts`. Several ranks have `distributed` instead of both; a preset has `published`, what others
    measured by it.
    """

    created: str
    spec: SpecSummary
    request: Request
    batch: Batch
    environment: Environment
    peaks: Peaks
    infer: Infer | None = None
    train: Train | None = None
    layers: LayerTimes | None = None
    distributed: Distributed | None = None
    published: tuple[Published, ...] | None = None
    warnings: tuple[ProfileWarning, ...] = ()

    def by_mode(self) -> dict[Mode, Infer | Train]:
        """Return what was measured on one device, by its mode."""
        return {mode: part for mode, part in ((Mode.INFER, self.infer), (Mode.TRAIN, self.train)) if part}

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON has it; what was not measured has no key."""
        parts = {
            "kind": KIND,
            "created": self.created,
            "spec": self.spec,
            "asked": self.request,
            "batch": self.batch,
            "environment": self.environment,
            "peaks": self.peaks,
            **{mode.value: self._ordered(to_json(part)) for mode, part in self.by_mode().items()},
            **({} if self.layers is None else to_json(self.layers)),
            **({} if self.distributed is None else {"distributed": self.distributed}),
            **({} if self.published is None else {"published": self.published}),
            "warnings": [str(warning) for warning in self.warnings],
        }
        return {key: to_json(part) for key, part in parts.items()}

    def _ordered(self, part: dict[str, Any]) -> dict[str, Any]:
        if self.request.preset is None:
            return part
        return {key: part[key] for key in _FIRST_BY_PRESET if key in part} | part

    @classmethod
    def from_json(cls, data: object) -> "Record":
        """Return the record that JSON has. Raises ArchError that names the key that is missing or wrong.

        A warning gets its mode back if this version of archcalc warns of the same; of others the words are kept.
        """
        if not isinstance(data, Mapping):
            raise ArchError(f"it must be an object, got {spell(data)}")
        if (kind := value_of(str, data, "kind")) != KIND:
            raise ArchError(f"kind must be {KIND}, got {spell(kind)}")
        record = cls(
            created=value_of(str, data, "created"),
            spec=value_of(SpecSummary, data, "spec"),
            request=value_of(Request, data, "asked"),
            batch=value_of(Batch, data, "batch"),
            environment=value_of(Environment, data, "environment"),
            peaks=value_of(Peaks, data, "peaks"),
            infer=value_of(Infer, data, "infer") if "infer" in data else None,
            train=value_of(Train, data, "train") if "train" in data else None,
            layers=from_json(LayerTimes, data) if "layers" in data else None,
            distributed=value_of(Distributed, data, "distributed") if "distributed" in data else None,
            published=value_of(tuple[Published, ...], data, "published") if "published" in data else None,
        )
        known = {str(warning): warning for warning in warnings_of(record)}
        written = value_of(tuple[str, ...], data, "warnings")
        return replace(record, warnings=tuple(known.get(words, ProfileWarning(words)) for words in written))
