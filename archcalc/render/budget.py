"""Networks held against their budgets, as a sheet, in words and as JSON."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final

from archcalc.analysis.budget.judgement import Judged, Standing, Verdict
from archcalc.analysis.budget.measures import Number, Part
from archcalc.render.answer import Answer
from archcalc.render.envelope import identity, stamped
from archcalc.render.sheet import Column, Piece, Sheet, Told
from archcalc.render.words import number, percent, several

LOWER_BOUND: Final = (
    "ms is the least time, at the roof of the device: a limit below it cannot be kept, one above it may still be broken"
)


def _in_bold(standing: Standing) -> list[Piece]:
    return [Piece(standing.value, is_bold=standing in (Standing.OVER, Standing.UNDER))]


_COLUMNS: Final = (
    Column("network", "network", heads=True),
    Column("measure", "measure", heads=True),
    Column("number", "number", right=True),
    Column("limit", "limit", right=True),
    Column("difference", "difference", right=True),
    Column("percent", "%", right=True, leaves=2),
    Column("verdict", "verdict", pieces=_in_bold),
    Column("largest", "most of it", leaves=1),
)


def budget_sheet(judged: Sequence[Judged]) -> Sheet:
    """Return a line for each limit of each network."""
    verdicts = [verdict for one in judged for verdict in one.verdicts]
    rows = tuple(_row(one, verdict) for one in judged for verdict in one.verdicts)
    broken = sum(not verdict.holds for verdict in verdicts)
    count = several(len(verdicts), "limit")
    title = f"budget: {broken} of {count} not kept" if broken else f"budget: {count} kept"
    notes = (LOWER_BOUND,) if any(verdict.measured.is_bound for verdict in verdicts) else ()
    return Sheet("budget", title, _COLUMNS, rows, notes=notes)


def _row(one: Judged, verdict: Verdict) -> tuple[Any, ...]:
    most, unit = verdict.side == "max", verdict.limit.unit
    difference, share = verdict.difference, verdict.share
    return (
        one.spec.label,
        limited(verdict),
        Told(bare(verdict.number), amount(verdict.number, unit)),
        Told(bare(verdict.bound), f"{'<=' if most else '>='} {amount(verdict.bound, unit)}"),
        Told(bare(difference), signed(difference, unit)),
        None if share is None else Told(float(share), f"{'+' * (share > 0)}{percent(float(share))}"),
        verdict.standing,
        ", ".join(f"{part.name} {_share(part, verdict)}" for part in verdict.largest) or None,
    )


def limited(verdict: Verdict) -> str:
    """Return what is limited: a number, of which layers, and what it depends on."""
    found = verdict.measured
    of = f" of {', '.join(found.of)}" if found.of else ""
    where = f" {found.where}" if found.where else ""
    return f"{verdict.what.replace('_', ' ')}{of}{where}"


def amount(value: Number, unit: str) -> str:
    """Return a number with its unit, whole numbers exactly and others in four digits.

    >>> amount(Fraction(62_000_000), ""), amount(250_000_000, "B"), amount(Fraction(1, 3), "ms")
    ('62,000,000', '250,000,000 B', '0.3333 ms')
    """
    whole = Fraction(value).denominator == 1
    return " ".join(filter(None, [number(int(value)) if whole else f"{float(value):,.4g}", unit]))


def signed(value: Number, unit: str) -> str:
    """
    >>> signed(3, ""), signed(-1200, "B"), signed(0, "")
    ('+3', '-1,200 B', '0')
    """
    return f"{'+' * (value > 0)}{amount(value, unit)}"


def _share(part: Part, verdict: Verdict) -> str:
    return percent(float(Fraction(part.number) / Fraction(verdict.measured.most)))


def bare(value: Number) -> int | float:
    """Return a number as JSON and CSV have it: exact where it is whole."""
    return int(value) if Fraction(value).denominator == 1 else float(value)


def in_words(verdict: Verdict) -> str:
    """Return a limit that is not kept as a sentence, with the layers that contribute most."""
    unit, most = verdict.limit.unit, verdict.side == "max"
    off, share = signed(verdict.difference, unit).lstrip("+-"), verdict.share
    by = off if share is None else f"{off} ({percent(abs(float(share)))})"
    rule = "at most" if most else "at least"
    words = f"{limited(verdict)}: {amount(verdict.number, unit)}, limited to {rule} {amount(verdict.bound, unit)}"
    words += f": {'over' if most else 'under'} by {by}"
    parts = ", ".join(f"{part.name} {amount(part.number, unit)}" for part in verdict.largest)
    return f"{words}; most of it: {parts}" if parts else words


def budget_data(one: Judged) -> dict[str, Any]:
    """Return a network held against its budget, as JSON.

    - `name`, `settings`, `spec_hash`, `input_shape`: as in `table`.
    - `within_budget`: whether every limit is kept; true also where there is none.
    - `budget`: each limit, with

      - `measure`: what it limits: params, macs, flops, activations, weights, memory, arena,
        receptive_field or ms.
      - `of`: the layers that it is of; empty for the whole network.
      - `side`: max or min, and `limit`: the most, or the least, that there may be.
      - `number`: what there is, and `unit`: B, ms, or nothing for counts.
      - `difference`: the number less the limit, and `share`: that as a share of the limit, null of a limit of 0.
      - `verdict`: ok, OVER, UNDER, or not over: a lower bound within its limit, which is no proof that it is kept.
      - `holds`: whether the limit is kept, as far as is known.
      - `where`: what else the number depends on, such as a number format or a device.
      - `largest`: the layers that contribute most, of memory what it is for, of an arena the maps at its peak;
        each with its `name` and `number`.
    """
    return stamped({**identity(one.spec), **verdicts_data(one)})


def verdicts_data(one: Judged) -> dict[str, Any]:
    """Return the keys of a budget: `within_budget`, and `budget`, its limits."""
    return {"within_budget": not one.exceeded, "budget": [_verdict_data(verdict) for verdict in one.verdicts]}


def _verdict_data(verdict: Verdict) -> dict[str, Any]:
    return {
        "measure": verdict.what,
        "of": list(verdict.measured.of),
        "side": verdict.side,
        "limit": bare(verdict.bound),
        "number": bare(verdict.number),
        "unit": verdict.limit.unit,
        "difference": bare(verdict.difference),
        "share": None if verdict.share is None else float(verdict.share),
        "verdict": verdict.standing,
        "holds": verdict.holds,
        "where": verdict.measured.where,
        "largest": [{"name": part.name, "number": bare(part.number)} for part in verdict.largest],
    }


def answer(one: Judged) -> Answer:
    """Show a network's limits, each with the number that is true."""
    return Answer([budget_sheet([one])], lambda: budget_data(one))
