"""Measurements -> Calibration: rates from the networks that were shown, held against those that were held out."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archcalc import __version__
from archcalc.analysis import typed_json
from archcalc.analysis.predict.calibration import SCHEMA, Calibration, HeldOut, Machine
from archcalc.analysis.predict.grid import Job, layers_of
from archcalc.analysis.predict.load import TERMS, Load, loads
from archcalc.analysis.predict.rates import Rates, rates_of, seconds_of
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
    """Return what the measurements say. Raises ArchError where too little could be measured.

    Networks that are held out are predicted from the others; then all are learnt from.
    """
    measured = [(job, times) for job, times in zip(jobs, found.times, strict=True) if times is not None]
    hidden = layers_of(job.graph for job in jobs if job.is_held_out)
    without = rates_of(_seconds(measured, hidden))
    held_out = tuple(_held_out(job, times, without) for job, times in measured if job.is_held_out)
    if not without or not held_out:
        raise ArchError("too little could be measured to predict anything")
    learnt = list(_seconds(measured))
    return Calibration(
        schema=SCHEMA,
        archcalc=__version__,
        created=created,
        seed=seed,
        machine=found.machine,
        waited=found.waited,
        networks=tuple(sorted({job.graph.spec.name for job, _ in measured if job.is_network})),
        samples=len(learnt),
        terms=TERMS,
        rates=rates_of(learnt),
        held_out=held_out,
    )


def _seconds(measured: Iterable[tuple[Job, Times]], hidden: Container[object] = ()) -> Iterator[tuple[Load, float]]:
    """Yield each layer with its seconds, but for those that are hidden, whichever network has them."""
    for job, times in measured:
        each = zip(job.graph.nodes, loads(job.graph, job.batch), times.layers, strict=True)
        yield from ((load, seconds) for node, load, seconds in each if (node.layer, node.device_inputs) not in hidden)


def _held_out(job: Job, times: Times, rates: Mapping[str, Rates]) -> HeldOut:
    predicted = [seconds_of(rates, load) for load in loads(job.graph, job.batch)]
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
