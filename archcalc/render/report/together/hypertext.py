"""The page of several networks as HTML: sorted by any column, with the figure of each network, folded away."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

from archcalc.render.page import Page, Paragraph, Part, Run
from archcalc.render.report.drawn import figure_of
from archcalc.render.report.markup import Markup, joined, link, markup, tag
from archcalc.render.report.tables import notes, table, titled
from archcalc.render.report.together.content import Content, Entry, Section
from archcalc.render.report.whole import asset, whole
from archcalc.render.sheet import Column, Other, Sheet

MOST_BYTES: Final = 1_500_000
"""A page is no larger, unless its words alone are: the largest figures are left out, which is said."""

_COMMAND: Final = "run archcalc draw {} -o FILE.svg to draw it"


def hypertext(page: Content) -> str:
    """Write the page."""
    figures = [figure_of(entry.graph) for entry in page.entries]
    text = _written(page, figures)
    for place in sorted(range(len(figures)), key=lambda one: -len(figures[one] or "")):
        if len(text.encode()) <= MOST_BYTES:
            break
        figures[place] = tag(
            "p", f"left out, as the page would be too large: {_COMMAND.format(page.entries[place].name)}"
        )
        text = _written(page, figures)
    return text


def _written(page: Content, figures: Sequence[Markup | None]) -> str:
    sections = [_section(one) for one in page.before]
    each = [_entry(place, one, drawn) for place, (one, drawn) in enumerate(zip(page.entries, figures, strict=True))]
    words = [*page.before, Section("each", "Network by network", "", ()), *page.after]
    links = [tag("a", one.word, href=f"#{one.key}") for one in words]
    body = joined(
        tag("header", tag("h1", page.title), _parts(page.opening)),
        tag("nav", links, aria_label="parts"),
        tag(
            "main",
            sections,
            titled("Network by network", _folding(), tag("div", each, class_="why"), id_="each"),
            [_section(one) for one in page.after],
        ),
    )
    return whole(page.title, body, [asset("page.js")])


def _folding() -> Markup:
    return tag("p", tag("button", "Open all", type="button", class_="all"), class_="buttons")


def _section(section: Section) -> Markup:
    return titled(section.heading, _parts(section.parts), id_=section.key)


def _entry(place: int, entry: Entry, drawn: Markup | None) -> Markup:
    folds = [("Figure", _window(drawn, f"figure of {entry.name} {place + 1}"))] if drawn else []
    folds += [(said, _parts(parts, f"{entry.name} {place + 1}: ")) for said, parts in entry.folded]
    return tag(
        "section",
        tag("h3", f"{entry.title} ", tag("code", entry.name)),
        _parts(entry.parts),
        [tag("details", tag("summary", said), inside) for said, inside in folds],
        id=f"n{place}",
        class_="net",
        data_network=place,
    )


def _window(inside: Markup, label: str) -> Markup:
    """Return what may be wider than the page, as something that scrolls in itself."""
    return tag("div", inside, class_="scroll", tabindex=0, role="region", aria_label=label)


def _parts(parts: Page, of: str = "") -> Markup:
    """Write parts one after the other, items that follow each other as a list; `of` says of what tables are."""
    written: list[Markup] = []
    for is_item, several in groupby(parts, lambda part: isinstance(part, Paragraph) and part.is_item):
        each = [_part(part, of) for part in several]
        written.append(tag("ul", [tag("li", one) for one in each]) if is_item else joined(each))
    return joined(written)


def _part(part: Part, of: str) -> Markup:
    if isinstance(part, Sheet):
        return _sheet(part, of)
    inside = [_run(run) for run in part.runs]
    return joined(inside) if isinstance(part, Paragraph) and part.is_item else tag("p", inside)


def _run(run: Run) -> Markup:
    text = tag("code", run.text) if run.code else markup(run.text)
    text = link(text, run.url) if run.url else text
    return tag("b", text) if run.bold else text


def _sheet(sheet: Sheet, of: str) -> Markup:
    """Write a table under its title; where each row is a network, its name leads to what is said about it."""
    is_held = sheet.columns[0].key == "network"
    kind = "held" if is_held else "changes" if sheet.columns[-1].key == "networks" else None

    def cell(place: int, column: Column, value: Any) -> Markup | None:
        if is_held and column.heads:
            return tag("a", value, href=f"#n{place}")
        if isinstance(value, Other):
            return tag("b", column.show(value), class_="other")
        if column.pieces and value is not None:
            return joined(*(tag("b", one.text) if one.is_bold else one.text for one in column.pieces(value)))
        return None

    title = tag("h3", sheet.title) if sheet.title else None
    label = f"{of}{sheet.title or sheet.name}"
    return joined(title, table(sheet, cell=cell, label=label, class_=kind), notes(sheet.notes))
