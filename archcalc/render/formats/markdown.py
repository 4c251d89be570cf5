"""Sheets as GitHub tables, and pages with such tables in them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final
from urllib.parse import quote

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
    text = _code(run.text) if run.code else escape(run.text)
    text = f"[{text}]({_address(run.link)})" if run.link else text
    return f"**{text}**" if run.bold else text


def _code(text: str) -> str:
    """Return text between more backticks than it has in a row.

    >>> _code("net"), _code("a`b")
    ('`net`', '`` a`b ``')
    """
    longest = max(map(len, re.findall("`+", text)), default=0)
    return f"{'`' * (longest + 1)} {text} {'`' * (longest + 1)}" if longest else f"`{text}`"


def _address(url: str) -> str:
    """Return an address in which nothing ends the link.

    >>> _address("https://a.b/c_(d)?e=<f>")
    'https://a.b/c_%28d%29?e=%3Cf%3E'
    """
    return re.sub(r"[\s()<>]", lambda found: quote(found[0], safe=""), url)


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
