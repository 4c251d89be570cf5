"""How figures, devices and precisions are written."""

from collections.abc import Sequence
from typing import Any

from archcalc.render.sheet import Sheet

Data = dict[str, Any]


def milliseconds(value: float) -> str:
    if value < 0.1:
        return three_digits(value)
    return f"{value:,.3f}" if value < 10 else f"{value:,.1f}"


def as_published(value: float) -> str:
    """With no more digits than there were.

    >>> as_published(1442), as_published(36.14)
    ('1,442', '36.1')
    """
    return f"{value:,}" if isinstance(value, int) else milliseconds(value)


def rate(value: float) -> str:
    if value < 1:
        return three_digits(value)
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


def three_digits(value: float) -> str:
    return f"{value:.3g}"


def both_ends(values: Sequence[float]) -> str:
    least, most = three_digits(min(values)), three_digits(max(values))
    return least if least == most else f"{least} to {most}"


def precision(asked: Data) -> str:
    return str(asked["precision"]) + (", channels last" if asked["channels_last"] else "")


def machine(environment: Data) -> str:
    software = f"torch {environment['torch']}"
    if environment["cudnn"]:
        software += f", CUDA {environment['cuda']}, cuDNN {environment['cudnn']}"
    return f"{environment['name']}, {_threads(environment['threads'])}, {software}"


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def without_blanks(sheet: Sheet) -> Sheet:
    """The sheet without columns in which no line says anything."""
    said = [c.key for place, c in enumerate(sheet.columns) if any(row[place] is not None for row in sheet.rows)]
    return sheet.pick(said)
