"""The numbers of conventions for one network, and the terms between them, as sheets and as JSON."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, Final

from archcalc.analysis.conventions.facts import QUANTITIES
from archcalc.analysis.costs import not_counted
from archcalc.analysis.quoted import Units
from archcalc.analysis.reconcile import Ladder, Match, Rung, Step
from archcalc.errors import listing
from archcalc.graph import Graph
from archcalc.layers.base import dims
from archcalc.render.costs import convention_notes
from archcalc.render.data import stamped
from archcalc.render.sheet import Column, Sheet
from archcalc.render.table import number

_MOST_LAYERS: Final = 4


def _signed(change: int) -> str:
    return f"{change:+,}"


def _named(layers: Sequence[str]) -> str:
    """
    >>> _named(["conv1", "conv2"]), _named(["conv1", "conv2", "conv3", "conv4", "conv5"])
    ('conv1, conv2', '5 layers, conv1 to conv5')
    """
    if len(layers) <= _MOST_LAYERS:
        return ", ".join(layers)
    return f"{len(layers)} layers, {layers[0]} to {layers[-1]}"


_LADDER: Final = (
    Column("total", "number", number, right=True),
    Column("change", "change", _signed, right=True),
    Column("term", "what stands here, and what is added on the way", prose=True),
    Column("layers", "layers", _named, leaves=1, prose=True),
)

_MATCHES: Final = (
    Column("convention", "convention"),
    Column("word", "its word", leaves=1),
    Column("total", "number", number, right=True),
    Column("verdict", "verdict", prose=True),
)


def ladder_sheet(ladder: Ladder) -> Sheet:
    """A line for each number with those who give it, and before it a line for each term that leads to it."""
    rows = tuple(row for rung in ladder.rungs for row in _rung_rows(rung))
    input_shape = dims(ladder.graph.spec.input_shape)
    title = f"{ladder.network}: how one number becomes another (input {input_shape})"
    notes = ("how one of them counts, and where that is written: archcalc conventions NAME",)
    return Sheet(ladder.network, title, _LADDER, rows, notes=notes)


def way_sheet(ladder: Ladder) -> Sheet:
    """The same between conventions that were named, with what each says nothing about."""
    sheet = ladder_sheet(ladder)
    conventions = [one for rung in ladder.rungs for one in rung.conventions]
    notes = (note for one in conventions for note in convention_notes(one, not_counted(ladder.graph, one)))
    return sheet._replace(notes=(*notes, *sheet.notes))


def _rung_rows(rung: Rung) -> Iterator[tuple[Any, ...]]:
    yield from ((None, step.change, in_words(step), step.term.layers) for step in rung.steps)
    yield (rung.total, None, listing([one.label for one in rung.conventions], "and"), None)


def in_words(step: Step) -> str:
    """`2 x 376,832 inputs of max_pool2d`."""
    many = "" if abs(step.times) == 1 else f"{abs(step.times)} x {number(step.term.amount)} "
    return f"{many}{QUANTITIES[step.term.quantity].short} of {step.term.op}"


def matches_sheet(graph: Graph, matches: Sequence[Match], printed: str) -> Sheet:
    """A line for each convention that gives the number, or for those that come nearest."""
    rows = tuple((one.convention.name, one.convention.word, one.total, _verdict(one, printed)) for one in matches)
    title = f"{graph.spec.name}: which conventions give {printed}"
    return Sheet(graph.spec.name, title, _MATCHES, rows)


def _verdict(match: Match, printed: str) -> str:
    half = ", of which the half is printed" if match.convention.printed_half else ""
    if match.units is None:
        return f"{away(match.distance)} away{half}"
    return f"gives {printed}{in_units(match.units)}{half}"


def in_units(units: Units) -> str:
    """What has to be said of the units; nothing of decimal ones."""
    return "" if units is Units.DECIMAL else " in powers of 1024"


def away(distance: Fraction) -> str:
    """
    >>> away(Fraction(1, 3)), away(Fraction(1, 30_000))
    ('33 %', '0.0033 %')
    """
    return f"{float(100 * distance):.2g} %"


def ladder_data(ladder: Ladder) -> dict[str, Any]:
    """The same as JSON.

    `rungs`, in order: `total`, `conventions` (their names), and `steps` from the rung before, each with `change`,
    `times`, `quantity`, `op`, `count` and `layers`. `not_counted` has for each convention the ops that it says nothing
    about.
    """
    conventions = [one for rung in ladder.rungs for one in rung.conventions]
    return stamped(
        {
            "name": ladder.network,
            "input_shape": list(ladder.graph.spec.input_shape),
            "rungs": [
                {
                    "total": rung.total,
                    "conventions": [one.name for one in rung.conventions],
                    "steps": [_step_data(step) for step in rung.steps],
                }
                for rung in ladder.rungs
            ],
            "not_counted": {one.name: list(not_counted(ladder.graph, one)) for one in conventions},
        }
    )


def _step_data(step: Step) -> dict[str, Any]:
    term = step.term
    return {
        "change": step.change,
        "times": step.times,
        "quantity": term.quantity,
        "op": term.op,
        "count": term.amount,
        "layers": list(term.layers),
    }


def matches_data(graph: Graph, matches: Sequence[Match], printed: str) -> dict[str, Any]:
    """Every convention beside a printed number: `total`, `matches`, and `units` ("1000" or "1024") where it does."""
    return stamped(
        {
            "name": graph.spec.name,
            "input_shape": list(graph.spec.input_shape),
            "measured": printed,
            "conventions": [
                {
                    "name": one.convention.name,
                    "word": one.convention.word,
                    "total": one.total,
                    "printed_half": one.convention.printed_half,
                    "matches": one.units is not None,
                    "units": one.units,
                    "distance": float(one.distance),
                }
                for one in matches
            ],
        }
    )
