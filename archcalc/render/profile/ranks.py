"""Several devices at once, as a sheet."""

from collections.abc import Sequence
from typing import Any, Final

from archcalc.analysis.profile.record import Distributed, Ranks, Record
from archcalc.analysis.profile.request import Mode
from archcalc.render.profile.words import machine, milliseconds, precision, rate, three_digits, without_blanks
from archcalc.render.sheet import Column, Sheet
from archcalc.render.words import percent

_RANKS: Final = (
    Column("model", "model"),
    Column("mode", "mode"),
    Column("device", "device", leaves=4),
    Column("precision", "precision", leaves=3),
    Column("ranks", "ranks", right=True),
    Column("batch", "batch each", right=True, leaves=8),
    Column("rate", "images/s", rate, right=True),
    Column("alone", "of one alone", rate, right=True, leaves=9),
    Column("speed_up", "speed-up", three_digits, right=True),
    Column("efficiency", "efficiency", percent, right=True),
    Column("slowest", "slowest rank", right=True, leaves=5),
    Column("step", "its ms/step", milliseconds, right=True, leaves=7),
    Column("spread", "IQR", percent, right=True, leaves=6),
    Column("sent", "MB sent a step", rate, right=True, leaves=2),
)
_MODES: Final = {Mode.INFER: "inference", Mode.TRAIN: "training"}


def ranks_sheet(records: Sequence[Record]) -> Sheet:
    """Return the sheet of records of several ranks, a line for each network and mode."""
    several = [(record, record.distributed) for record in records if record.distributed]
    rows = tuple(
        _row(record, distributed, mode, ranks)
        for record, distributed in several
        for mode, ranks in distributed.by_mode().items()
    )
    first, distributed = several[0]
    notes = (
        f"{distributed.ranks} ranks over {distributed.backend}, each on {machine(first.environment)}",
        "images/s: of all ranks together, at the mean time of the slowest rank's steps",
        "speed-up: over rank 0 alone; efficiency: the speed-up as a share of the number of ranks",
        "MB sent a step: by each rank to average the gradients, if they are passed around a ring",
        *(f"{record.spec.name}: {warning}" for record in records for warning in record.warnings),
    )
    return without_blanks(Sheet("ranks", "several devices at once", _RANKS, rows, notes=notes))


def _row(record: Record, distributed: Distributed, mode: Mode, ranks: Ranks) -> tuple[Any, ...]:
    scaling, step = ranks.scaling, ranks.slowest_step
    values = {
        "model": record.spec.name,
        "mode": _MODES[mode],
        "device": record.environment.name,
        "precision": precision(record.request),
        "ranks": distributed.ranks,
        "batch": record.batch.used,
        "rate": scaling.images_per_second,
        "alone": scaling.alone_images_per_second,
        "speed_up": scaling.speed_up,
        "efficiency": scaling.efficiency,
        "slowest": scaling.slowest,
        "step": step.median_ms,
        "spread": step.spread,
        "sent": distributed.all_reduce.ring_bytes_per_rank / 1e6 if mode is Mode.TRAIN else None,
    }
    return tuple(values[column.key] for column in _RANKS)
