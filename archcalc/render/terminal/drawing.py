"""Sheets for a terminal: colour, bars for shares, and on a narrow one fewer columns, never a clipped number.

Where these are still too many, a sheet whose columns say what names a row becomes a block of lines for each row.
"""

from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from archcalc.render.sheet import Column, Other, Same, Sheet
from archcalc.render.terminal import blocks
from archcalc.render.terminal.blocks import fitted

BAR: Final = 8
"""Characters of a full bar."""

_UNBOUNDED: Final = 10**4
_EIGHTHS: Final = " ▏▎▍▌▋▊▉"
_GAP: Final = 2


def render(sheets: Sequence[Sheet], width: int | None, colour: bool) -> tuple[str, list[str]]:
    """Draw a sheet; return the text, and the headers of columns that did not fit. A `width` of None is unbounded."""
    dropped: list[str] = []
    parts = []
    for sheet in sheets:
        narrower, without = fit(sheet, width)
        if width is not None and _least(narrower) > width and blocks.can_show(sheet):
            lines = (Text(line, "" if line.startswith(" ") else "bold") for line in blocks.lines(sheet, width))
            parts.append(_printed(sheet, lines, width, colour))
            continue
        dropped += (header for header in without if header not in dropped)
        parts.append(_one(narrower, width, colour))
    return "\n".join(parts), dropped


def fit(sheet: Sheet, width: int | None) -> tuple[Sheet, list[str]]:
    """Return the sheet with as many columns as `width` holds, and the headers of those left out, in their order."""
    dropped: list[str] = []
    leavers = sorted((column for column in sheet.columns if column.leaves), key=lambda column: column.leaves)
    for header in dict.fromkeys(leaver.header for leaver in leavers):  # what has the same header leaves together
        if width is None or _least(sheet) <= width:
            break
        sheet = _without(sheet, header)
        dropped.append(header)
    return sheet, dropped


def _without(sheet: Sheet, header: str) -> Sheet:
    """Return the sheet without the columns of that header, and without the notes that begin with it."""
    notes = tuple(note for note in sheet.notes if not note.startswith((f"{header}:", f"{header} ")))
    return sheet.pick([column.key for column in sheet.columns if column.header != header])._replace(notes=notes)


def is_wider(sheets: Sequence[Sheet], width: int) -> bool:
    """Return whether a sheet needs more than this width even where it goes without the columns that may leave."""
    return any(_least(fit(sheet, width)[0]) > width for sheet in sheets)


def _least(sheet: Sheet) -> int:
    """Return the width that a sheet needs when its prose is wrapped."""
    widths = (min(c.least, w) if c.prose else w for c, w in zip(sheet.columns, sheet.widths(), strict=True))
    return sum(widths) + _GAP * (len(sheet.columns) - 1)


def _widths(sheet: Sheet, width: int | None) -> list[int]:
    """Return the columns' widths; prose shares what the others leave."""
    natural = sheet.widths()
    spare = (width or _UNBOUNDED) - _GAP * (len(natural) - 1)
    spare -= sum(w for c, w in zip(sheet.columns, natural, strict=True) if not c.prose)
    widths = []
    prose = sum(column.prose for column in sheet.columns)
    for column, needed in zip(sheet.columns, natural, strict=True):
        if column.prose:
            needed = min(needed, max(column.least, spare // prose))
            spare, prose = spare - needed, prose - 1
        widths.append(needed)
    return widths


def _one(sheet: Sheet, width: int | None, colour: bool) -> str:
    table = Table(
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
        show_edge=False,
        show_footer=bool(sheet.footer),
    )
    room = (width or _UNBOUNDED) - (BAR + 1) * sum(column.share for column in sheet.columns)
    bars = _least(sheet) <= room
    totals = sheet.texts(sheet.footer)
    widths = _widths(sheet, width)
    for place, (column, needed) in enumerate(zip(sheet.columns, widths, strict=True)):
        barred = bars and column.share
        table.add_column(
            Text(column.header.rjust(needed) if barred else column.header),
            Text("\n").join(Text(row[place].rjust(needed) if barred else row[place]) for row in totals),
            justify="right" if column.right and not barred else "left",
            width=needed + (BAR + 1 if barred else 0),
            no_wrap=not column.prose,
            overflow="fold",
        )
    for row in sheet.rows:
        cells = (_cell(c, value, bars, w) for c, value, w in zip(sheet.columns, row, widths, strict=True))
        table.add_row(*cells, style="dim" if _is_quiet(sheet, row) else "")
    return _printed(sheet, [table], width, colour)


def _printed(sheet: Sheet, content: Iterable[Table | Text], width: int | None, colour: bool) -> str:
    """Return the sheet's title, what it has to show, and its notes."""
    out = StringIO()
    console = Console(file=out, width=_UNBOUNDED, force_terminal=colour, no_color=None if colour else True)
    for line in fitted(sheet.title, width or _UNBOUNDED):
        console.print(Text(line, "bold"), crop=False)
    for shown in content:
        console.print(shown, crop=False)
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    notes = (line for note in sheet.notes for line in fitted(note, width or _UNBOUNDED))
    return "\n".join([*lines, *notes]) + "\n"


def _cell(column: Column, value: object, bars: bool, width: int) -> Text:
    text = column.show(value)
    if isinstance(value, Same | Other):
        return Text(text, style="dim" if isinstance(value, Same) else "bold yellow")
    if not (column.share and bars and isinstance(value, float)):
        return Text(text)
    return Text(f"{text.rjust(width)} ").append(bar(value), style="cyan")


def bar(share: float) -> str:
    """
    >>> bar(0.5)
    '████    '
    """
    eighths = round(share * BAR * 8)
    full, part = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[part] if part else "")).ljust(BAR)


def _is_quiet(sheet: Sheet, row: tuple[object, ...]) -> bool:
    """Return whether a layer neither learns nor multiplies, so that the eye may pass over it."""
    shares = [value for column, value in zip(sheet.columns, row, strict=True) if column.share]
    return bool(shares) and not any(shares)
