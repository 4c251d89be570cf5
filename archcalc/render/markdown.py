"""Sheets as GitHub tables."""

from collections.abc import Iterable, Iterator, Sequence

from archcalc.render.sheet import Sheet


def render(sheets: Sequence[Sheet]) -> str:
    return "\n".join("\n".join(_lines(sheet)) + "\n" for sheet in sheets)


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
    return [column.marked_up(value, escape) for column, value in zip(sheet.columns, row, strict=True)]


def _line(cells: Iterable[str]) -> str:
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def escape(text: str) -> str:
    r"""
    >>> escape("a_b | <c> #")
    'a\\_b \\| \\<c> #'
    """
    return "".join("\\" + character if character in r"\`*_|<[]~$&" else character for character in text)
