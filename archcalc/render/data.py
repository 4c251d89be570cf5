"""Answers for programs: JSON, and sheets as CSV with bare numbers."""

from collections.abc import Sequence
from typing import Any, Final

from archcalc import __version__
from archcalc.layers.fields import Sides
from archcalc.render.sheet import Column, Other, Same, Sheet, Told

SCHEMA: Final = 1
"""The version of the JSON that every command prints: keys may come, those there are stay."""


def stamped(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer with the version of archcalc that gave it and of the form that it has."""
    return {"archcalc": __version__, "schema": SCHEMA} | answer


def results(answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """One answer as it is, several under `results`."""
    return answers[0] if len(answers) == 1 else stamped({"results": list(answers)})


def json_text(data: Any) -> str:
    """JSON, indented so that it reads and diffs well."""
    import json

    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def csv_text(sheets: Sequence[Sheet]) -> str:
    """One header line with every sheet's columns, then the rows without totals; of several, `spec` comes first."""
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
    return _bare(value) if column.pieces is None else column.show(value)


def _bare(value: Any) -> Any:
    """A value without separators: a shape as 96x55x55, padding as top bottom left right, a share as a fraction."""
    if isinstance(value, Same | Other | Told):
        return _bare(value.value)
    if isinstance(value, Sides):
        return " ".join(map(str, value))
    if isinstance(value, tuple):
        sizes = all(isinstance(item, int) for item in value)
        return ("x" if sizes else " ").join(str(_bare(item)) for item in value)
    return round(value, 6) if isinstance(value, float) else value
