"""Answers for programs: JSON, and sheets as CSV with bare numbers."""

from collections.abc import Sequence
from typing import Any, Final

from archcalc.render.sheet import Sheet

SCHEMA: Final = 1
"""The version of the JSON that every command prints: keys may come, those there are stay."""


def json_text(data: Any) -> str:
    """JSON with one line for each item of a top-level list, so that it reads and diffs well."""
    import json

    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def csv_text(sheets: Sequence[Sheet]) -> str:
    """One header line, then the rows without totals; several sheets share it, under a first column `spec`."""
    import csv
    from io import StringIO

    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    several = len(sheets) > 1
    header: list[str] = []
    for sheet in sheets:
        names = [column.key for column in sheet.columns]
        if names != header:
            header = names
            writer.writerow(["spec", *names] if several else names)
        for row in sheet.rows:
            cells = [_bare(value) for value in row]
            writer.writerow([sheet.name, *cells] if several else cells)
    return out.getvalue()


def _bare(value: Any) -> Any:
    """A value without separators or units: shapes as 96x55x55, shares as fractions."""
    if isinstance(value, tuple):
        nested = value and isinstance(value[0], tuple)
        return (" " if nested else "x").join(str(_bare(item)) for item in value)
    return round(value, 6) if isinstance(value, float) else value
