"""Sheets for a terminal: colour, bars for shares, and on a narrow one fewer columns, never a clipped number."""

from collections.abc import Sequence
from io import StringIO
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from archcalc.render.sheet import Column, Sheet

BAR: Final = 8
"""Characters of a full bar."""

_EIGHTHS: Final = " ▏▎▍▌▋▊▉"
_GAP: Final = 2


def render(sheets: Sequence[Sheet], width: int | None, colour: bool) -> tuple[str, list[str]]:
    """The text, and the headers of the columns that did not fit. A `width` of None is as wide as need be."""
    dropped: list[str] = []
    parts = []
    for sheet in sheets:
        fitted, without = fit(sheet, width)
        dropped += (header for header in without if header not in dropped)
        bars = _needs(fitted) + _bars(fitted) <= (width or 10**6)
        parts.append(_one(fitted, bars, colour))
    return "\n".join(parts), dropped


def fit(sheet: Sheet, width: int | None) -> tuple[Sheet, list[str]]:
    """The sheet with as many columns as `width` holds, and the headers of those left out, first to leave first."""
    dropped: list[str] = []
    leavers = sorted((c for c in sheet.columns if c.leaves), key=lambda column: column.leaves)
    for leaver in leavers:
        if width is None or _needs(sheet) <= width:
            break
        sheet = sheet.pick([column.key for column in sheet.columns if column.key != leaver.key])
        dropped.append(leaver.header)
    return sheet, dropped


def _needs(sheet: Sheet) -> int:
    widths = sheet.widths()
    return sum(widths) + _GAP * (len(widths) - 1)


def _bars(sheet: Sheet) -> int:
    return (BAR + 1) * sum(column.share for column in sheet.columns)


def _one(sheet: Sheet, bars: bool, colour: bool) -> str:
    table = Table(
        box=SIMPLE_HEAD,
        title=Text(sheet.title) if sheet.title else None,
        title_justify="left",
        title_style="bold",
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
        show_footer=bool(sheet.footer),
    )
    totals = sheet.texts(sheet.footer)
    for place, column in enumerate(sheet.columns):
        foot = Text("\n").join(Text(row[place]) for row in totals)
        table.add_column(Text(column.header), foot, justify="right" if column.right else "left", no_wrap=True)
    for row in sheet.rows:
        cells = (_cell(column, value, bars) for column, value in zip(sheet.columns, row, strict=True))
        table.add_row(*cells, style="dim" if _is_quiet(sheet, row) else "")
    out = StringIO()
    console = Console(file=out, width=10**4, force_terminal=colour, no_color=None if colour else True)
    console.print(table, crop=False)
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    return "\n".join([*lines, *([sheet.note] if sheet.note else [])]) + "\n"


def _cell(column: Column, value: object, bars: bool) -> Text:
    text = column.show(value)
    if not (column.share and bars and isinstance(value, float)):
        return Text(text)
    return Text(f"{text} ").append(bar(value), style="cyan")


def bar(share: float) -> str:
    """
    >>> bar(0.5)
    '████    '
    """
    eighths = round(share * BAR * 8)
    full, part = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[part] if part else "")).ljust(BAR)


def _is_quiet(sheet: Sheet, row: tuple[object, ...]) -> bool:
    """Whether a layer neither learns nor multiplies, so that the eye may pass over it."""
    shares = [value for column, value in zip(sheet.columns, row, strict=True) if column.share]
    return bool(shares) and not any(shares)
