"""The speed of a training that was measured: a record of `archcalc profile`, of the same network."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

from archcalc.analysis.devices import datasheet, find, peak_of
from archcalc.analysis.precision import NumberFormat
from archcalc.analysis.profile.files import read_records
from archcalc.analysis.profile.record import Record
from archcalc.analysis.profile.results import StepTimes
from archcalc.analysis.training.request import Asked
from archcalc.analysis.work import work
from archcalc.errors import ArchError
from archcalc.graph import Graph


class Measured(NamedTuple):
    """How fast the training steps of a record are."""

    images_per_second: Fraction
    """Of all devices together."""
    devices: int
    device: str | None
    """The id of the device; None for one without a data sheet."""
    precision: str
    words: str


def asked_of(graph: Graph, asked: Asked, file: str) -> tuple[Asked, Measured]:
    """Return what was asked for, on the devices of a record, and its speed. Raises ArchError where they differ."""
    if asked.time is not None or asked.utilisation is not None:
        option = "--time" if asked.time is not None else "--utilisation"
        raise ArchError(f"give --from-profile or {option}: each gives the time")
    found = _measured(graph, read_records(Path(file), "--from-profile"), file)
    device = found.device if asked.device is None else find(asked.device).id
    ours = {"devices": asked.devices, "device-model": device, "precision": asked.precision}
    theirs = {"devices": found.devices, "device-model": found.device, "precision": found.precision}
    for option, value in ours.items():
        if None not in (value, theirs[option]) and value != theirs[option]:
            raise ArchError(f"--{option} {value}: the record of --from-profile is of {theirs[option]}")
    has_peak = device is not None and peak_of(find(device), NumberFormat(found.precision)) is not None
    return (
        replace(
            asked,
            devices=found.devices,
            device=device if has_peak or asked.peak_tflops else None,
            precision=found.precision,
            is_of_record=True,
        ),
        found,
    )


def _measured(graph: Graph, records: list[Record], file: str) -> Measured:
    """Return the speed of the network's training, in a file's records. Raises ArchError where there is not one."""
    found = work(graph)
    same = [one for one in records if (one.spec.params, one.spec.training_flops) == (found.params, found.training)]
    if not same:
        names = ", ".join(dict.fromkeys(one.spec.name for one in records))
        raise ArchError(f"--from-profile: {file} is of another network ({names}), with other params or FLOPs")
    trained = [(one, step) for one in same if (step := _step(one))]
    if not trained:
        raise ArchError(f"--from-profile: {file} has no training: run archcalc profile {graph.spec.name} --mode train")
    if len(trained) > 1:
        raise ArchError(f"--from-profile: {file} has {len(trained)} records of this network: give a file with one")
    return _of(*trained[0])


def _step(record: Record) -> StepTimes | None:
    """Return the times of a training step, those of the slowest of several ranks."""
    if record.distributed:
        return record.distributed.train.slowest_step if record.distributed.train else None
    return record.train.times.step if record.train else None


def _of(record: Record, step: StepTimes) -> Measured:
    devices = record.distributed.ranks if record.distributed else 1
    batch = devices * record.batch.used
    # as in the record: of several ranks the mean, since a median leaves out steps in which one had to wait
    milliseconds = Fraction(str(step.mean_ms if record.distributed else step.median_ms))
    if not milliseconds:
        raise ArchError("--from-profile: its training steps take no time at all")
    sheet, name = datasheet(record.environment.name), record.environment.name
    when = record.created.partition("T")[0]
    many = f"{devices} x " if devices > 1 else ""
    words = f"measured on {many}{name} on {when}: {float(milliseconds):.4g} ms for a batch of {batch}"
    return Measured(
        1000 * batch / milliseconds,
        devices,
        sheet.id if sheet else None,
        str(record.request.precision.computed_in),
        words,
    )
