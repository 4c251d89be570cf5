"""Several devices at once, as a sheet."""

from collections.abc import Sequence
from typing import Any, Final

from archcalc.analysis.profile.statistics import spread_of
from archcalc.render.profile.words import Data, machine, milliseconds, precision, rate, three_digits, without_blanks
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


def ranks_sheet(records: Sequence[Data]) -> Sheet:
    """Several devices at once, a line for each network and mode."""
    rows = tuple(
        _ranks_row(record, mode) for record in records for mode in ("infer", "train") if mode in record["distributed"]
    )
    told = records[0]["distributed"]
    notes = (
        f"{told['ranks']} ranks over {told['backend']}, each on {machine(records[0]['environment'])}",
        "images/s: by the mean of steps that are each waited for, in all ranks, of the slowest",
        "speed-up: against rank 0 alone; efficiency: a share of as many times that; all wait for the slowest rank",
        "MB sent a step: by each rank, of fp32 gradients or those of the precision, where they go around in a ring",
        *(f"{record['spec']['name']}: {words}" for record in records for words in record["warnings"]),
    )
    return without_blanks(Sheet("ranks", "several devices at once", _RANKS, rows, notes=notes))


def _ranks_row(record: Data, mode: str) -> tuple[Any, ...]:
    told = record["distributed"]
    part = told[mode]
    step = part["by_rank"][part["slowest"]]["step"]
    values = {
        "model": record["spec"]["name"],
        "mode": {"infer": "inference", "train": "training"}[mode],
        "device": record["environment"]["name"],
        "precision": precision(record["asked"]),
        "ranks": told["ranks"],
        "batch": record["batch"]["used"],
        "rate": part["images_per_second"],
        "alone": part["alone_images_per_second"],
        "speed_up": part["speed_up"],
        "efficiency": part["efficiency"],
        "slowest": part["slowest"],
        "step": step["median_ms"],
        "spread": spread_of(step),
        "sent": told["all_reduce"]["ring_bytes_per_rank"] / 1e6 if mode == "train" else None,
    }
    return tuple(values[column.key] for column in _RANKS)
