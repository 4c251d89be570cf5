"""The parts of a page beside its layers: totals, claims, conventions, memory, time, and where all is from."""

from collections.abc import Sequence
from typing import Any, Final

from archcalc.analysis.audit.claims import Audit, Standing, in_words
from archcalc.analysis.memory.timeline import Timeline
from archcalc.analysis.report.gathering import Gathered
from archcalc.analysis.roofline.roofline import Roofline
from archcalc.errors import ArchError
from archcalc.render.audit.claims import about, counts, said
from archcalc.render.chart import Chart, svg
from archcalc.render.memory import timeline_chart
from archcalc.render.profile.measured import profile_sheets
from archcalc.render.reconcile import ladder_sheet
from archcalc.render.report.markup import Markup, joined, link, tag
from archcalc.render.report.tables import notes, table, titled
from archcalc.render.roofline.drawn import chart as roofline_chart
from archcalc.render.sheet import Column, Sheet, Told
from archcalc.render.table.costs import totals_sheet
from archcalc.render.words import number, short
from archcalc.spec.inputs import inputs_in_words
from archcalc.spec.model import Source

_STANDINGS: Final = {Standing.OK: "ok", Standing.KNOWN_WRONG: "known"}
"""The classes of verdicts; those that nobody expects have another."""


def figures(found: Gathered) -> list[tuple[str, str, str]]:
    """Return the numbers that come first: each a word, the number in short, and exactly."""
    totals, spec = found.table.totals, found.graph.spec
    said = [
        ("params", short(totals.params, ""), f"{number(totals.params)}, {short(4 * totals.params, 'B')} in fp32"),
        ("MACs", short(totals.macs, ""), f"{number(totals.macs)}, which are {short(totals.flops, 'FLOPs')}"),
        ("layers", number(len(found.graph.nodes)), f"input {inputs_in_words(spec.input_shape)}"),
    ]
    if isinstance(found.inference, Timeline):
        peak, batch = found.inference.peak.total, found.inference.request.batch
        said.append(("memory", short(peak, "B"), f"{number(peak)} bytes at the peak of inference, batch {batch}"))
    if isinstance(found.audit, Audit) and found.audit.verdicts:
        good = sum(verdict.holds for verdict in found.audit.verdicts)
        said.append(("claims", f"{good} of {len(found.audit.verdicts)}", "claims of sources are true"))
    return said


def cards(found: Gathered) -> Markup:
    """Write the numbers that come first."""
    each = [
        tag("div", tag("dt", word), tag("dd", tag("b", shown), tag("span", exactly)))
        for word, shown, exactly in figures(found)
    ]
    return tag("dl", each, class_="cards")


_CLAIMS: Final = (
    Column("about", "claim", prose=True),
    Column("says", "the source says", prose=True),
    Column("true", "archcalc says", right=True),
    Column("verdict", "verdict"),
    Column("source", "source", prose=True),
    Column("why", "why", prose=True),
)


def claims(found: Gathered) -> Markup | None:
    """Write each claim of a source with its verdict, and a link to the source."""
    if isinstance(found.audit, ArchError):
        return titled("What sources say", _unanswered(found.audit), id_="claims")
    verdicts, sources = found.audit.verdicts, found.graph.spec.sources
    if not verdicts:
        return None
    rows = tuple((about(v.claim), said(v.claim), in_words(v), v.standing.value, v.claim, v.claim.why) for v in verdicts)

    def cell(place: int, column: Column, value: Any) -> Markup | None:
        if column.key == "verdict":
            return tag("span", value, class_=f"verdict {_STANDINGS.get(verdicts[place].standing, 'bad')}")
        if column.key != "source":
            return None
        where = f", {value.where}" if value.where else ""
        return joined(_source(value.source, sources[value.source]), where)

    of = counts([found.audit])
    summed = ", ".join(f"{count} {standing.value}" for standing, count in of.items() if count)
    sheet = Sheet("claims", "what sources say", _CLAIMS, rows)
    return titled("What sources say", table(sheet, cell=cell, class_="claims"), id_="claims", note=f"{summed}.")


def _source(key: str, source: Source) -> Markup:
    return link(source.title or source.cite or key, source.url)


def conventions(found: Gathered) -> Markup:
    """Write the totals by every convention, and what leads from one to the next."""
    sheet = _with_bars(totals_sheet(found.table, found.totals))
    parts = [table(sheet, class_="totals"), notes(sheet.notes)]
    if found.ladder:
        ladder = ladder_sheet(found.ladder)
        inside = [table(ladder, sorts=False), notes(ladder.notes)]
        parts.append(tag("details", tag("summary", "What leads from one number to the next"), inside))
    return titled("The same network, as tools count it", parts, id_="conventions")


def _with_bars(sheet: Sheet) -> Sheet:
    """Return the totals with a bar for each, as long as it is large."""
    at = next(place for place, column in enumerate(sheet.columns) if column.key == "ratio")
    column, most = sheet.columns[at], max((row[at] or 0 for row in sheet.rows), default=0) or 1
    rows = ((row[:at], row[at], row[at + 1 :]) for row in sheet.rows)
    return sheet._replace(
        columns=(*sheet.columns[:at], column._replace(share=True), *sheet.columns[at + 1 :]),
        rows=tuple((*one, ratio and Told(ratio / most, column.show(ratio)), *other) for one, ratio, other in rows),
    )


def memory(found: Gathered) -> Markup:
    """Write what is alive as the network runs, in inference and in training."""
    drawn = [_timeline(one) for one in (found.inference, found.training)]
    said = "What eager PyTorch has in memory, layer by layer, to the byte, in blocks as they are asked for."
    return titled("Memory", tag("div", drawn, class_="charts"), id_="memory", note=said)


def _timeline(found: Timeline | ArchError) -> Markup:
    return _unanswered(found) if isinstance(found, ArchError) else _chart(timeline_chart(found))


def roof(found: Gathered) -> Markup | None:
    """Write the roofline of a device with the layers on it."""
    if isinstance(found.roofline, Roofline):
        chart = roofline_chart(found.roofline)
        inside = _chart(chart) if chart else None
    else:
        inside = _unanswered(found.roofline)
    said = "The time that each layer takes at least on a device: right of the ridge it computes, left of it it waits."
    return titled("Roofline", inside, id_="roofline", note=said) if inside else None


def _chart(chart: Chart) -> Markup:
    return tag("figure", Markup(svg.render(chart)))


def _unanswered(error: ArchError) -> Markup:
    return tag("p", str(error), class_="note")


def profile(found: Gathered) -> Markup | None:
    """Write the records of measurements that were given."""
    if not found.records:
        return None
    sheets = profile_sheets(found.records)
    parts = [joined(tag("h3", sheet.title), table(sheet), notes(sheet.notes)) for sheet in sheets]
    return titled("Measured", parts, id_="profile")


def about_spec(found: Gathered) -> Markup:
    """Write the notes and the sources of the spec."""
    spec = found.graph.spec
    sources = [tag("li", _source(key, one), _more(one)) for key, one in spec.sources.items()]
    said: Sequence[str] = [" ".join(spec.notes.split())] if spec.notes else []
    parts = [[tag("p", one) for one in said], tag("ul", sources) if sources else None]
    return titled("Notes and sources", parts, id_="about")


def _more(source: Source) -> str:
    return "".join(f", {part}" for part in (source.author, source.year, source.version) if part)
