"""Two records side by side, with a verdict only where the difference is larger than that of two equal runs."""

from enum import StrEnum
from typing import Any, Final, NamedTuple

from archcalc.analysis.profile.record import Record
from archcalc.analysis.profile.statistics import LEAST_BLOCKS, Timing, overlap
from archcalc.analysis.typed_json import to_json

_MILLI: Final = 1e-3
_OF_THE_MOMENT: Final = ("load", "waited")
_SPEC: Final = ("name", "input_shape", "flops")
_SMALL: Final = 0.05
"""The share by which two runs of one network have been seen to differ on a machine that others use."""


class Verdict(StrEnum):
    FASTER = "faster"
    SLOWER = "slower"
    UNDECIDED = "no difference beyond the spread"
    CLOSE = "no more than two equal runs differ"
    TOO_FEW = "too few samples to tell"


class TimeChange(NamedTuple):
    """A time that both records have, in milliseconds; `ratio` is the second over the first."""

    name: str
    before: float
    after: float
    verdict: Verdict

    @property
    def ratio(self) -> float:
        return self.after / self.before


class Difference(NamedTuple):
    """Something else in which the records differ: the network, the request or the environment."""

    name: str
    before: Any
    after: Any


class Comparison(NamedTuple):
    """Two records, how their times changed, and in what else they differ."""

    before: Record
    after: Record
    times: tuple[TimeChange, ...]
    differences: tuple[Difference, ...]


def compare(before: Record, after: Record) -> Comparison:
    """Compare every time that both records have, except of layers that launch nothing."""
    others = _times(after)
    times = tuple(
        _time_change(name, ours, theirs)
        for name, ours in _times(before).items()
        if (theirs := others.get(name)) is not None and ours.median and theirs.median
    )
    return Comparison(before, after, times, tuple(_differences(before, after)))


def _time_change(name: str, before: Timing, after: Timing) -> TimeChange:
    if min(before.n, after.n) < LEAST_BLOCKS:
        verdict = Verdict.TOO_FEW
    elif overlap(before, after):
        verdict = Verdict.UNDECIDED
    elif abs(after.median / before.median - 1) < _SMALL:
        verdict = Verdict.CLOSE
    else:
        verdict = Verdict.FASTER if after.median < before.median else Verdict.SLOWER
    return TimeChange(name, before.median / _MILLI, after.median / _MILLI, verdict)


def _times(record: Record) -> dict[str, Timing]:
    """Return every series of a record as times of one example, so that batches may differ."""
    steps = {f"{mode} ms/image": part.times.step for mode, part in record.by_mode().items()}
    if record.train:
        parts = record.train.times.parts or {}
        steps |= {f"train {name} ms/image": step for name, step in parts.items()}
    if record.distributed:
        for mode, ranks in record.distributed.by_mode().items():
            steps[f"{record.distributed.ranks} ranks, {mode} ms/image of each"] = ranks.slowest_step
    if record.layers:
        steps |= {f"{layer.name} ms/image": layer.step for layer in record.layers.layers}
    return {name: step.timing(record.batch.used) for name, step in steps.items()}


def _differences(before: Record, after: Record) -> list[Difference]:
    ours, theirs = _settings(before), _settings(after)
    return [Difference(name, ours.get(name), value) for name, value in theirs.items() if ours.get(name) != value]


def _settings(record: Record) -> dict[str, Any]:
    """Return what should be equal in two records that are compared."""
    spec, asked, environment = (to_json(part) for part in (record.spec, record.request, record.environment))
    return {
        **{f"spec {key}": spec[key] for key in _SPEC},
        **{f"asked {key}": value for key, value in asked.items() if key != "spec"},
        **{f"environment {key}": value for key, value in environment.items() if key not in _OF_THE_MOMENT},
        "batch used": record.batch.used,
    }
