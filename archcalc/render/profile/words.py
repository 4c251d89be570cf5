"""How numbers, devices and precisions read."""

from collections.abc import Sequence

from archcalc.analysis.profile.request import Request
from archcalc.analysis.profile.results import Environment
from archcalc.render.sheet import Sheet


def milliseconds(value: float) -> str:
    if value < 0.1:
        return three_digits(value)
    return f"{value:,.3f}" if value < 10 else f"{value:,.1f}"


def as_published(value: float) -> str:
    """Return a published time with no more digits than it had.

    >>> as_published(1442), as_published(36.14)
    ('1,442', '36.1')
    """
    return f"{value:,}" if isinstance(value, int) else milliseconds(value)


def rate(value: float) -> str:
    if value < 1:
        return three_digits(value)
    return f"{value:,.0f}" if value >= 100 else f"{value:,.1f}"


def three_digits(value: float) -> str:
    """
    >>> three_digits(0.08056), three_digits(688.31), three_digits(4118.2)
    ('0.0806', '688', '4,118')
    """
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def extremes(values: Sequence[float | None]) -> str:
    """
    >>> extremes([0.25, 0.5]), extremes([0.5, 0.5]), extremes([None])
    ('0.25 to 0.5', '0.5', 'an unknown number of')
    """
    known = [value for value in values if value is not None]
    if not known:
        return "an unknown number of"
    least, most = three_digits(min(known)), three_digits(max(known))
    return least if least == most else f"{least} to {most}"


def precision(request: Request) -> str:
    return str(request.precision) + (", channels last" if request.channels_last else "")


def machine(environment: Environment) -> str:
    software = f"torch {environment.torch}"
    if environment.cudnn:
        software += f", CUDA {environment.cuda}, cuDNN {environment.cudnn}"
    return f"{environment.name}, {_threads(environment.threads)}, {software}"


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


def without_blanks(sheet: Sheet) -> Sheet:
    """Return the sheet without the columns that are blank in every row."""
    filled = [c.key for place, c in enumerate(sheet.columns) if any(row[place] is not None for row in sheet.rows)]
    return sheet.pick(filled)
