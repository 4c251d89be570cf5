"""Two records of a profile side by side, with a verdict only where their times do not overlap, nor nearly so."""

from enum import StrEnum
from math import inf
from typing import Any, NamedTuple

from archcalc.analysis.profile.statistics import LEAST_BLOCKS, Timing, overlap

_MILLI = 1e-3
_OF_THE_MOMENT = ("load", "waited")
_SERIES = ("median", "low", "high", "mean", "deviation")
_SMALL = 0.05
"""As a share: what two runs of the same network have been seen to differ by on a machine that others use."""


class Verdict(StrEnum):
    FASTER = "faster"
    SLOWER = "slower"
    UNDECIDED = "no difference beyond the spread"
    CLOSE = "no more than two runs may differ by"
    TOO_FEW = "too few samples to tell"


class Figure(NamedTuple):
    """A time of both records, in milliseconds, and which is less: `ratio` is the second's over the first's."""

    what: str
    before: float
    after: float
    verdict: Verdict

    @property
    def ratio(self) -> float:
        return self.after / self.before


def compare(before: dict[str, Any], after: dict[str, Any]) -> list[Figure]:
    """Every time that both records have, but for those of layers that launch nothing."""
    others = _times(after)
    return [
        _figure(what, ours, theirs)
        for what, ours in _times(before).items()
        if (theirs := others.get(what)) is not None and ours.median and theirs.median
    ]


def _figure(what: str, before: Timing, after: Timing) -> Figure:
    if min(before.n, after.n) < LEAST_BLOCKS:
        verdict = Verdict.TOO_FEW
    elif overlap(before, after):
        verdict = Verdict.UNDECIDED
    elif abs(after.median / before.median - 1) < _SMALL:
        verdict = Verdict.CLOSE
    else:
        verdict = Verdict.FASTER if after.median < before.median else Verdict.SLOWER
    return Figure(what, before.median / _MILLI, after.median / _MILLI, verdict)


def _times(record: dict[str, Any]) -> dict[str, Timing]:
    """Every series of a record, for one example where it is of a batch, so that batches may differ."""
    batch = record["batch"]["used"]
    times = {}
    for mode in ("infer", "train"):
        if mode in record:
            times[f"{mode} ms/image"] = _timing(record[mode]["step"], batch)
            for part, step in record[mode].get("parts", {}).items():
                times[f"{mode} {part} ms/image"] = _timing(step, batch)
        several = record.get("distributed", {})
        if mode in several:
            slowest = several[mode]["by_rank"][several[mode]["slowest"]]
            times[f"{several['ranks']} ranks, {mode} ms/image of each"] = _timing(slowest["step"], batch)
    for layer in record.get("layers", ()):
        times[f"{layer['name']} ms/image"] = _timing(layer["step"], batch)
    return times


def _timing(step: dict[str, Any], batch: int) -> Timing:
    median, low, high, mean, deviation = (step[f"{name}_ms"] * _MILLI / batch for name in _SERIES)
    if not all(0 <= value < inf for value in (median, low, high, mean, deviation)):
        raise ValueError(f"times of {step}")
    return Timing(median, low, high, mean, deviation, step["n"])


def differences(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str, Any, Any]]:
    """What else is otherwise: the network, what was asked, and what it ran on."""
    pairs = [
        *(("spec", key, before["spec"].get(key), after["spec"].get(key)) for key in ("name", "input_shape", "flops")),
        *(("asked", key, before["asked"].get(key), value) for key, value in after["asked"].items() if key != "spec"),
        *(("environment", key, before["environment"].get(key), value) for key, value in after["environment"].items()),
        ("batch", "used", before["batch"]["used"], after["batch"]["used"]),
    ]
    return [
        (f"{group} {key}", ours, theirs)
        for group, key, ours, theirs in pairs
        if ours != theirs and key not in _OF_THE_MOMENT
    ]
