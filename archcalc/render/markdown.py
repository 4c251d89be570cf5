"""Sheets as GitHub tables."""

from collections.abc import Iterator, Sequence

from archcalc.render.sheet import Sheet


def render(sheets: Sequence[Sheet]) -> str:
    return "\n".join("\n".join(_lines(sheet)) + "\n" for sheet in sheets)


def _lines(sheet: Sheet) -> Iterator[str]:
    if sheet.title:
        yield f"**{escape(sheet.title)}**\n"
    yield _line([column.header for column in sheet.columns])
    yield "|" + "|".join("---:" if column.right else "---" for column in sheet.columns) + "|"
    for row in sheet.texts(sheet.rows):
        yield _line(row)
    for row in sheet.texts(sheet.footer):
        yield "|" + "|".join(f" **{escape(cell)}** " if cell else " " for cell in row) + "|"
    yield from (f"\n{escape(note)}" for note in sheet.notes)


def _line(cells: Sequence[str]) -> str:
    return "|" + "|".join(f" {escape(cell)} " if cell else " " for cell in cells) + "|"


def escape(text: str) -> str:
    r"""
    >>> escape("a_b | <c> #")
    'a\\_b \\| \\<c> #'
    """
    return "".join("\\" + character if character in r"\`*_|<[]~$&" else character for character in text)
