"""The page that compares networks: their numbers beside each other, and what differs from the first."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from archcalc.analysis.audit.claims import Audit
from archcalc.analysis.compare.comparison import compare
from archcalc.analysis.memory.timeline import Timeline
from archcalc.analysis.report.gathering import Gathered
from archcalc.analysis.report.several import Member
from archcalc.render.compare import View, answer
from archcalc.render.report.markup import Markup, joined, tag
from archcalc.render.report.tables import notes, table, titled
from archcalc.render.report.whole import MOST_BYTES, asset, whole
from archcalc.render.sheet import Column, Sheet
from archcalc.render.words import number
from archcalc.spec.inputs import inputs_in_words

COLUMNS: Final = (
    Column("network", "network", heads=True),
    Column("title", "title", prose=True),
    Column("input", "input"),
    Column("layers", "layers", number, right=True),
    Column("params", "params", number, right=True),
    Column("macs", "MACs", number, right=True),
    Column("memory", "peak bytes", number, right=True),
    Column("claims", "claims that hold", right=True),
)


class Paged(NamedTuple):
    """A network, and the file of its page."""

    found: Gathered
    file: str


def index(paged: Sequence[Paged], title: str = "") -> str:
    """Write the page of several networks."""
    heading = title or f"{len(paged)} networks side by side"
    sheet = Sheet("networks", "networks", COLUMNS, tuple(row(one.found) for one in paged))

    def cell(place: int, column: Column, value: Any) -> Markup | None:
        return tag("a", value, href=paged[place].file) if column.key == "network" else None

    first = titled("Networks", table(sheet, cell=cell, label="the networks"), id_="networks")
    scripts = [asset("page.js")]

    def with_(*more: Markup) -> str:
        return whole(heading, joined(tag("header", tag("h1", heading)), tag("main", first, *more)), scripts)

    for sheets in _compared(paged):
        page = with_(
            titled("What differs", [joined(table(one, sorts=False), notes(one.notes)) for one in sheets], id_="differs")
        )
        if len(page.encode()) <= MOST_BYTES:
            return page
    said = "These are too many to stand side by side in one page: run archcalc compare with fewer of them."
    return with_(tag("p", said, class_="note"))


def _compared(paged: Sequence[Paged]) -> list[Sequence[Sheet]]:
    """Return the sheets of a comparison, and after them those that take less room."""
    if len(paged) < 2:
        return []
    found = answer(View(compare([one.found.graph for one in paged])))
    return [found.sheets, *found.narrower]


def row(found: Gathered | Member) -> tuple[Any, ...]:
    """Return the numbers of a network, under `COLUMNS`."""
    spec, totals = found.graph.spec, found.table.totals
    peak = found.inference.peak.total if isinstance(found.inference, Timeline) else None
    verdicts = found.audit.verdicts if isinstance(found.audit, Audit) else ()
    held = f"{sum(verdict.holds for verdict in verdicts)} of {len(verdicts)}" if verdicts else None
    counts = (len(found.graph.nodes), totals.params, totals.macs, peak, held)
    return (spec.label, spec.title, inputs_in_words(spec.input_shape), *counts)
