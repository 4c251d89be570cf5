"""Measurements -> Calibration: rates from the networks that were shown, held against those that were held out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archcalc import __version__
from archcalc.analysis import typed_json
from archcalc.analysis.predict.calibration import SCHEMA, Calibration, HeldOut, Machine
from archcalc.analysis.predict.grid import Job, layers_of
from archcalc.analysis.predict.load import TERMS, Load, loads
from archcalc.analysis.predict.rates import Rates, best_of, rates_of
from archcalc.errors import ArchError


@dataclass(frozen=True, kw_only=True)
class Times:
    """The seconds of a pass of a job, and of each of its layers in it; medians of several passes."""

    whole: float
    layers: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class Measurements:
    """The times of all jobs, in their order; None for one that the machine could not run."""

    machine: Machine
    waited: float | None
    times: tuple[Times | None, ...]

    def to_json(self) -> Any:
        return typed_json.to_json(self)

    @classmethod
    def from_json(cls, data: object) -> "Measurements":
        return typed_json.from_json(cls, data)


def learn(jobs: Sequence[Job], found: Measurements, seed: int, created: str) -> Calibration:
    """Return what the measurements say. Raises ArchError where too little could be measured."""
    measured = [(job, times) for job, times in zip(jobs, found.times, strict=True) if times is not None]
    hidden = layers_of(job.graph for job in jobs if job.is_held_out)
    shown = list(_shown(measured, hidden))
    rates = rates_of(shown)
    held_out = tuple(_held_out(job, times, rates) for job, times in measured if job.is_held_out)
    if not rates or not held_out:
        raise ArchError("too little could be measured to predict anything")
    return Calibration(
        schema=SCHEMA,
        archcalc=__version__,
        created=created,
        seed=seed,
        machine=found.machine,
        waited=found.waited,
        networks=tuple(sorted({job.graph.spec.name for job in jobs if job.is_network and not job.is_held_out})),
        samples=len(shown),
        terms=TERMS,
        rates=rates,
        held_out=held_out,
    )


def _shown(measured: Iterable[tuple[Job, Times]], hidden: Any) -> Iterator[tuple[Load, float]]:
    """Yield the layers that are learnt from, with their seconds: those that no held-out network has."""
    for job, times in measured:
        if job.is_held_out:
            continue
        each = zip(job.graph.nodes, loads(job.graph, job.batch), times.layers, strict=True)
        yield from ((load, seconds) for node, load, seconds in each if (node.layer, node.device_inputs) not in hidden)


def _held_out(job: Job, times: Times, rates: Mapping[str, Rates]) -> HeldOut:
    predicted = [predicted_seconds(rates, load)[0] for load in loads(job.graph, job.batch)]
    errors = [abs(mine / theirs - 1) for mine, theirs in zip(predicted, times.layers, strict=True)]
    by_time = sum(abs(mine - theirs) for mine, theirs in zip(predicted, times.layers, strict=True))
    return HeldOut(
        network=job.graph.spec.name,
        batch=job.batch,
        measured_ms=1e3 * times.whole,
        predicted_ms=1e3 * sum(predicted),
        layers=len(errors),
        layer_error=sum(errors) / len(errors),
        layer_error_by_time=by_time / sum(times.layers),
    )


def predicted_seconds(rates: Mapping[str, Rates], load: Load) -> tuple[float, bool]:
    """Return the seconds of a layer, and whether it is like what was measured; 0 where nothing of its role was."""
    known, is_inside = best_of(rates, load)
    return (0.0 if known is None else known.predict(load)), is_inside
