"""The numbers of conventions for one network, and the terms between them, as sheets and as JSON."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from archcalc.analysis.conventions.facts import QUANTITIES
from archcalc.analysis.quoted import Units
from archcalc.analysis.reconcile.ladder import Ladder, Match, Rung, Step
from archcalc.errors import listing
from archcalc.graph import Graph
from archcalc.render.answer import Answer
from archcalc.render.conventions import dependences
from archcalc.render.envelope import identity, stamped
from archcalc.render.sheet import Column, Sheet
from archcalc.render.table.costs import convention_notes, listed, silences, unknown
from archcalc.render.words import number
from archcalc.spec.inputs import inputs_in_words

if TYPE_CHECKING:
    from archcalc.render.picture.scene import Scene

_MOST_LAYERS: Final = 4
_NEAREST: Final = 3
"""How many are named where none gives the number."""


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


LADDER: Final = (
    Column("total", "number", number, right=True),
    Column("change", "change", _signed, right=True),
    Column("term", "what the number is, or what is added", prose=True),
    Column("layers", "layers", _named, leaves=1, prose=True),
)

_MATCHES: Final = (
    Column("convention", "convention", heads=True),
    Column("word", "calls it", leaves=1),
    Column("total", "number", number, right=True),
    Column("verdict", "verdict", prose=True, least=16),
    Column("not_counted", "says nothing about", listed, prose=True, least=20),
)


def ladder_sheet(ladder: Ladder) -> Sheet:
    """Return a line for each number with those who give it, and before it a line for each term that leads to it."""
    rows = tuple(row for rung in ladder.rungs for row in _rung_rows(rung))
    spec = ladder.graph.spec
    batch = f", batch {ladder.batch}" if ladder.batch > 1 else ""
    title = f"{spec.label}: how one number becomes another (input {inputs_in_words(spec.input_shape)}{batch})"
    notes = (
        *_silences(ladder),
        *dependences([one for rung in ladder.rungs for one in rung.conventions]),
        "run archcalc conventions NAME to see how a tool counts, and where that is written",
    )
    return Sheet(spec.name, title, LADDER, rows, notes=notes)


def _silences(ladder: Ladder) -> Iterator[str]:
    """Yield which kinds of layers are not in the numbers, with those who say nothing about them."""
    by_ops: dict[tuple[str, ...], list[str]] = {}
    unknown_by: dict[tuple[str, ...], list[str]] = {}
    for one in (*(one for rung in ladder.rungs for one in rung.totals), *ladder.silent):
        by_ops.setdefault(one.not_counted, []).append(one.convention.name)
        unknown_by.setdefault(one.not_known, []).append(one.convention.name)
    yield from (silences(listing(names, "and"), ops, len(names)) for ops, names in by_ops.items() if ops)
    yield from (unknown(listing(names, "and"), ops, len(names)) for ops, names in unknown_by.items() if ops)


def way_sheet(ladder: Ladder) -> Sheet:
    """Return the same between conventions that were named, with what each of them counts."""
    totals = {one.convention.name: one for rung in ladder.rungs for one in rung.totals}
    notes = (note for one in totals.values() for note in convention_notes(one))
    sheet = ladder_sheet(ladder)
    return sheet._replace(notes=(*notes, sheet.notes[-1]))


def _rung_rows(rung: Rung) -> Iterator[tuple[Any, ...]]:
    yield from ((None, step.change, in_words(step), step.term.layers) for step in rung.steps)
    yield (rung.cost, None, listing([one.label for one in rung.conventions], "and"), None)


def in_words(step: Step) -> str:
    """Return a step in words: `2 x 376,832 inputs of max_pool2d, not counted by torchinfo`."""
    many = "" if abs(step.times) == 1 else f"{abs(step.times)} x {number(step.term.amount)} "
    silent = f", not counted by {listing(step.silent, 'and')}" if step.silent else ""
    return f"{many}{QUANTITIES[step.term.quantity].short} of {step.term.op}{silent}"


def matches_sheet(graph: Graph, matches: Sequence[Match], printed: str) -> Sheet:
    """Return a line for each convention that gives the number, or for those that come nearest."""
    rows = tuple(
        (one.convention.name, one.convention.word, one.cost, _verdict(match, printed), one.not_counted)
        for match in matches
        for one in [match.total]
    )
    gives = "which conventions give" if any(match.units for match in matches) else "nearest to"
    notes = dependences([match.total.convention for match in matches])
    return Sheet(graph.spec.name, f"{graph.spec.name}: {gives} {printed}", _MATCHES, rows, notes=notes)


def _verdict(match: Match, printed: str) -> str:
    half = ", half of which is printed" if match.total.convention.printed_half else ""
    if match.units is None:
        return f"{away(match.distance)} away{half}"
    return f"gives {printed}{in_units(match.units)}{half}"


def in_units(units: Units) -> str:
    """Return a note on the units; none on decimal ones."""
    return "" if units is Units.DECIMAL else " in powers of 1024"


def away(distance: Fraction) -> str:
    """
    >>> away(Fraction(1, 3)), away(Fraction(1, 30_000)), away(Fraction(999, 1000))
    ('33 %', '0.0033 %', 'more than 99 %')
    """
    percent = float(100 * distance)
    return "more than 99 %" if percent > 99 else f"{percent:.2g} %"


def ladder_data(ladder: Ladder) -> dict[str, Any]:
    """Return the way from number to number as JSON.

    - `name`, `settings`, `spec_hash`, `input_shape`, `batch`: what the numbers are about.
    - `rungs`: the numbers, in order, each with

      - `total`: the number.
      - `conventions`: the names of those that give it.
      - `steps`: the way from the number before. Each adds a `change`, which is `times` x `count`: so many times a
        `quantity` of an `op` is counted, in these `layers`.

    - `not_counted`: for each convention, the ops that it says nothing about.
    - `not_known`: for each convention, the ops of which archcalc does not know how it counts them.
    - `depends`: for each convention, how its number depends on how the model is written; null where it does not.
    """
    totals = [*(one for rung in ladder.rungs for one in rung.totals), *ladder.silent]
    return stamped(
        {
            **identity(ladder.graph.spec),
            "batch": ladder.batch,
            "rungs": [
                {
                    "total": rung.cost,
                    "conventions": [one.name for one in rung.conventions],
                    "steps": [_step_data(step) for step in rung.steps],
                }
                for rung in ladder.rungs
            ],
            "not_counted": {one.convention.name: list(one.not_counted) for one in totals},
            "not_known": {one.convention.name: list(one.not_known) for one in totals},
            "depends": {one.convention.name: one.convention.depends or None for one in totals},
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


def matches_data(graph: Graph, matches: Sequence[Match], printed: str, batch: int) -> dict[str, Any]:
    """Return every convention next to a printed number, as JSON.

    - `name`, `settings`, `spec_hash`, `input_shape`, `batch`: what the numbers are about.
    - `measured`: the printed number.
    - `conventions`: first those that give it, then the others, the nearest first. Each has

      - `name`, `word`: the convention, and its word for the sum.
      - `total`: its number.
      - `not_counted`: the ops that it says nothing about.
      - `about`: cost, or params.
      - `depends`: how the number depends on how the model is written, or null where it does not.
      - `printed_half`: whether the tool publishes half of the sum.
      - `matches`: whether it gives the printed number.
      - `units`: "1000", or "1024" where prefixes are powers of 1024; null where it does not match.
      - `distance`: how far the two numbers are apart, as a share of the larger.
    """
    return stamped(
        {
            **identity(graph.spec),
            "batch": batch,
            "measured": printed,
            "conventions": [
                {
                    "name": one.total.convention.name,
                    "word": one.total.convention.word,
                    "total": one.total.cost,
                    "not_counted": list(one.total.not_counted),
                    "about": one.total.convention.about,
                    "depends": one.total.convention.depends or None,
                    "printed_half": one.total.convention.printed_half,
                    "matches": one.units is not None,
                    "units": one.units,
                    "distance": float(one.distance),
                }
                for one in matches
            ],
        }
    )


def of_ladder(ladder: Ladder) -> Answer:
    """Show every number, with the terms that lead from each to the next."""
    sheet = ladder_sheet(ladder)
    return Answer([sheet], lambda: ladder_data(ladder), figures=[lambda: drawn(sheet, ladder.graph)])


def of_way(ladder: Ladder) -> Answer:
    """Show the same between conventions that were named."""
    sheet = way_sheet(ladder)
    return Answer([sheet], lambda: ladder_data(ladder), figures=[lambda: drawn(sheet, ladder.graph)])


def drawn(sheet: Sheet, graph: Graph) -> "Scene":
    """Return a ladder as a picture."""
    from archcalc.render.reconcile.bars import ladder_scene

    return ladder_scene(sheet, graph)


def of_matches(graph: Graph, matches: Sequence[Match], printed: str, batch: int) -> Answer:
    """Show the conventions that give a printed number, or those that come nearest; as JSON all of them."""
    shown = [one for one in matches if one.units is not None] or matches[:_NEAREST]
    return Answer([matches_sheet(graph, shown, printed)], lambda: matches_data(graph, matches, printed, batch))
