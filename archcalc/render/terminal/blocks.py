"""A sheet that is too wide for its place: under what names a row, what it says, as lines that fit."""

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Any

from archcalc.render.sheet import Column, Sheet

_INDENT = "  "


def can_show(sheet: Sheet) -> bool:
    """Return whether the sheet says what its blocks begin with."""
    return any(column.heads for column in sheet.columns)


def lines(sheet: Sheet, width: int) -> Iterator[str]:
    """Yield a block for each row: its name, its numbers, and each text under a label; numbers are never cut."""
    last = None
    for row in (*sheet.rows, *sheet.footer):
        names = [(c, value) for c, value in zip(sheet.columns, row, strict=True) if c.heads]
        last = names[0][1] if names[0][1] is not None else last
        named = [_named(names[0][0], last), *(_named(column, value) for column, value in names[1:])]
        yield from fitted(": ".join(filter(None, named)), width)
        yield from _block(sheet.columns, row, width)


def _named(column: Column, value: Any) -> str:
    """Return a name; a number with what it is."""
    text = column.show(value)
    return f"{column.header} {text}" if column.right and text else text


def _block(columns: Sequence[Column], row: Sequence[Any], width: int) -> Iterator[str]:
    shown = [(c, c.show(value)) for c, value in zip(columns, row, strict=True) if not c.heads]
    numbers = [f"{column.header} {text}".strip() for column, text in shown if text and not column.prose]
    if numbers:
        yield from fitted(", ".join(numbers), width, _INDENT, _INDENT)
    texts = {column.header: text for column, text in shown if column.prose}
    longest = max(map(len, texts), default=0)
    for label, text in texts.items():
        start = f"{_INDENT}{label.ljust(longest)}{_INDENT}" if len(texts) > 1 else _INDENT
        yield from fitted(text, width, start, " " * len(start))


def fitted(text: str, width: int, first: str = "", later: str = "") -> list[str]:
    """Return lines of this width, broken between words only: a longer address stays whole, so that it can be used."""
    return wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=later,
        break_long_words=False,
        break_on_hyphens=False,
    )
