"""Sheets as GitHub tables, and pages with such tables in them."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final

from archcalc.render.answer import Answer
from archcalc.render.formats import Screen
from archcalc.render.page import Heading, Page, Paragraph, Run
from archcalc.render.sheet import Sheet

ENDINGS: Final = (".md", ".markdown")


def write(answer: Answer, screen: Screen) -> str:
    """Write the answer as a page, if it is one, or its sheets."""
    return render_page(answer.page()) if answer.page else render(answer.sheets)


def render(sheets: Sequence[Sheet]) -> str:
    return "\n".join("\n".join(_lines(sheet)) + "\n" for sheet in sheets)


def render_page(page: Page) -> str:
    """Write the parts of a page with a blank line between them, except between items that follow each other."""
    texts: list[str] = []
    for before, part in pairwise((None, *page)):
        are_items = isinstance(before, Paragraph) and isinstance(part, Paragraph) and before.is_item and part.is_item
        texts += ["" for _ in texts[:1] if not are_items]
        texts.append("\n".join(_lines(part)) if isinstance(part, Sheet) else _text(part))
    return "\n".join(texts) + "\n"


def _text(part: Heading | Paragraph | None) -> str:
    match part:
        case Heading(level, runs):
            return f"{'#' * level} {''.join(map(_run, runs))}"
        case Paragraph(runs, is_item):
            return f"{'- ' * is_item}{''.join(map(_run, runs))}"
    return ""


def _run(run: Run) -> str:
    text = f"`{run.text}`" if run.code else escape(run.text)
    text = f"[{text}]({run.link})" if run.link else text
    return f"**{text}**" if run.bold else text


def _lines(sheet: Sheet) -> Iterator[str]:
    if sheet.title:
        yield f"**{escape(sheet.title)}**\n"
    yield _line(escape(column.header) for column in sheet.columns)
    yield "|" + "|".join("---:" if column.right else "---" for column in sheet.columns) + "|"
    for row in sheet.rows:
        yield _line(_cells(sheet, row))
    for row in sheet.footer:
        yield _line(f"**{cell}**" if cell else "" for cell in _cells(sheet, row))
    yield from (f"\n{escape(note)}" for note in sheet.notes)


def _cells(sheet: Sheet, row: Sequence[object]) -> list[str]:
    return [column.marked_up(value, escape, "**{}**") for column, value in zip(sheet.columns, row, strict=True)]


def _line(cells: Iterable[str]) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def escape(text: str) -> str:
    r"""
    >>> escape("a_b | <c> #")
    'a\\_b \\| \\<c> #'
    """
    return "".join("\\" + character if character in r"\`*_|<[]~$&" else character for character in text)
