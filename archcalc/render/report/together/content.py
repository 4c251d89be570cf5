"""What one page of several networks says, whichever way it is written."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from archcalc.analysis.audit.claims import Audit
from archcalc.analysis.report.several import Member, Several
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.render.audit.page import WRONG, cited_sources, claims_of, counted, opening, wrong_claims
from archcalc.render.page import Page, Part, Run, paragraph
from archcalc.render.report.index import COLUMNS, row
from archcalc.render.report.together import sheets
from archcalc.render.sheet import Sheet
from archcalc.render.words import several


class Section(NamedTuple):
    """A part of the page under a heading; `word` stands for it where there is little room."""

    key: str
    word: str
    heading: str
    parts: Page


class Entry(NamedTuple):
    """A network: what is read first, `parts`, and what is folded away, each under a few words."""

    title: str
    name: str
    parts: Page
    folded: tuple[tuple[str, Page], ...]
    graph: Graph


class Content(NamedTuple):
    """A page: what stands before, after and instead of the networks one by one."""

    title: str
    opening: Page
    before: tuple[Section, ...]
    entries: tuple[Entry, ...]
    after: tuple[Section, ...]


def content(found: Several, title: str = "") -> Content:
    """Return what the page says."""
    audits = [one.audit for one in found.members if isinstance(one.audit, Audit)]
    heading = title or f"{several(len(found.members), 'network')} side by side"
    before = (
        Section("networks", "Networks", "Networks", tuple(_networks(found))),
        Section("differs", "Differences", "What differs", tuple(_differences(found))),
        Section("stages", "Stages", "Where the work is", tuple(sheets.stage_sheets(found))),
        Section("wrong", "Wrong claims", WRONG, tuple(wrong_claims(audits))),
    )
    after = (Section("sources", "Sources", "Sources", tuple(cited_sources(audits))),)
    return Content(
        heading,
        tuple(opening(audits)),
        tuple(one for one in before if one.parts),
        tuple(_entry(one, found.members) for one in found.members),
        tuple(one for one in after if one.parts),
    )


def _networks(found: Several) -> Iterator[Part]:
    yield Sheet("networks", "", COLUMNS, tuple(row(one) for one in found.members))


def _differences(found: Several) -> Iterator[Part]:
    """Yield what differs from the first network, where all are held against it, and what kinds of layers there are."""
    if found.first_is_shared:
        first = found.members[0].graph.spec
        yield paragraph(
            f"Every network is held against the first, {first.title or first.name} (",
            _code(first.label),
            "). Why they differ is in the notes of each, below.",
        )
        yield from filter(None, (sheets.layers_sheet(found), sheets.changes_sheet(found)))
    elif len(found.members) > 1:
        yield paragraph(_APART)
    yield sheets.kinds_sheet(found)


_APART: Final = (
    "These networks are too different to be read layer by layer beside the first. Each is held against the one before "
    "it with which it has most in common, where there is one, under its name below, with the notes that say why."
)


def _code(text: str) -> Run:
    return Run(text, code=True)


def _entry(one: Member, members: Sequence[Member]) -> Entry:
    spec = one.graph.spec
    parts = [paragraph(sheets.totals_in_words(one))]
    parts += [paragraph(" ".join(spec.notes.split()))] if spec.notes else []
    folded = (_against(one, members), _claims(one))
    return Entry(spec.title or spec.name, spec.label, tuple(parts), tuple(filter(None, folded)), one.graph)


def _against(one: Member, members: Sequence[Member]) -> tuple[str, Page] | None:
    if one.against is None:
        return None
    other, sheet = members[one.against.place].graph.spec.label, sheets.own_changes(one)
    if sheet is None:
        return f"Nothing differs from {other}", (
            paragraph("The same layers, with the same fields and the same numbers."),
        )
    layers = one.against.comparison.layers
    return f"What differs from {other}: {len(sheet.rows)} of {several(len(layers), 'layer')}", (sheet,)


def _claims(one: Member) -> tuple[str, Page] | None:
    if isinstance(one.audit, ArchError):
        return "Claims of sources", (paragraph(str(one.audit)),)
    if not one.audit.verdicts:
        return None
    held = sum(verdict.holds for verdict in one.audit.verdicts)
    said = f"{counted(len(one.audit.verdicts), 'claim')} of sources, {held} of them true"
    return said, (claims_of(one.audit),)
