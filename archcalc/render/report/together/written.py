"""The page of several networks as Markdown, such as GitHub shows: without pictures."""

from collections.abc import Iterator

from archcalc.render.formats.markdown import render_page
from archcalc.render.page import Page, Part, Run, heading, paragraph
from archcalc.render.report.together.content import Content, Entry, Section
from archcalc.render.report.whole import MADE_BY
from archcalc.render.sheet import Sheet


def markdown(page: Content) -> str:
    """Write the page, all that HTML folds away open."""
    return render_page(tuple(_parts(page)))


def _parts(page: Content) -> Iterator[Part]:
    yield heading(1, page.title)
    yield from page.opening
    for section in page.before:
        yield from _section(section)
    yield heading(2, "Network by network")
    for entry in page.entries:
        yield from _entry(entry)
    for section in page.after:
        yield from _section(section)
    yield paragraph(f"Computed by {MADE_BY} from the text of the specs.")


def _section(section: Section) -> Iterator[Part]:
    yield heading(2, section.heading)
    yield from _with_notes(section.parts)


def _entry(entry: Entry) -> Iterator[Part]:
    yield heading(3, f"{entry.title} (", Run(entry.name, code=True), ")")
    yield from entry.parts
    for said, parts in entry.folded:
        yield paragraph(Run(f"{said}.", bold=True))
        yield from _with_notes(parts)


def _with_notes(parts: Page) -> Iterator[Part]:
    """Yield parts, the notes of a sheet as paragraphs after it."""
    for part in parts:
        if isinstance(part, Sheet):
            yield part._replace(notes=())
            yield from map(paragraph, part.notes)
        else:
            yield part
