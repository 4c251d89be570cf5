"""Sheets as CSV with bare numbers, for programs."""

from collections.abc import Sequence
from typing import Any, Final

from archcalc.layers.fields import Sides
from archcalc.render.answer import Answer
from archcalc.render.formats import Screen
from archcalc.render.sheet import Column, Other, Same, Sheet, Told

ENDINGS: Final = (".csv",)

_RUN: Final = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet would run as a formula; an apostrophe before it makes it text to all of them."""


def write(answer: Answer, screen: Screen) -> str:
    """Write the answer's bare sheets, or those for people."""
    return render(answer.bare() if answer.bare else answer.sheets)


def render(sheets: Sequence[Sheet]) -> str:
    """Write a header line with every sheet's columns, then rows without totals; of several sheets, `spec` is first."""
    import csv
    from io import StringIO

    out = StringIO()
    keys = list(dict.fromkeys(column.key for sheet in sheets for column in sheet.columns))
    several = ["spec"] if len(sheets) > 1 else []
    writer = csv.DictWriter(out, [*several, *keys], lineterminator="\n")
    writer.writeheader()
    for sheet in sheets:
        for row in sheet.rows:
            cells = {column.key: _cell(column, value) for column, value in zip(sheet.columns, row, strict=True)}
            writer.writerow(cells | dict.fromkeys(several, sheet.name))
    return out.getvalue()


def _cell(column: Column, value: Any) -> Any:
    return _bare(value if column.pieces is None else column.show(value))


def _bare(value: Any) -> Any:
    """Return a value without separators: shapes as 96x55x55, padding as top bottom left right, shares as fractions."""
    if isinstance(value, Same | Other | Told):
        return _bare(value.value)
    if isinstance(value, Sides):
        return " ".join(map(str, value))
    if isinstance(value, tuple):
        sizes = all(isinstance(item, int) for item in value)
        return ("x" if sizes else " ").join(str(_bare(item)) for item in value)
    if isinstance(value, str):
        return f"'{value}" if len(value) > 1 and value.startswith(_RUN) else value
    return value
