"""JSON lines: the rows of CSV, each as an object on a line of its own, for programs that read one at a time."""

from collections.abc import Sequence
from typing import Any, Final

from archcalc.layers.fields import Sides
from archcalc.render.answer import Answer
from archcalc.render.formats import Screen
from archcalc.render.formats.json import line
from archcalc.render.sheet import Column, Other, Same, Sheet, Told

ENDINGS: Final = (".jsonl", ".ndjson")


def write(answer: Answer, screen: Screen) -> str:
    """Write the answer's bare sheets, or those for people."""
    return render(answer.bare() if answer.bare else answer.sheets)


def render(sheets: Sequence[Sheet]) -> str:
    """Write the rows of sheets without their totals; of several sheets, `spec` is first."""
    return "".join(
        record(sheet.columns, row, {"spec": sheet.name} if len(sheets) > 1 else {})
        for sheet in sheets
        for row in sheet.rows
    )


def record(columns: Sequence[Column], row: Sequence[Any], before: dict[str, Any]) -> str:
    """Write a row under the keys of its columns.

    >>> record([Column("layer", ""), Column("output", "")], ["conv1", (64, 55, 55)], {})
    '{"layer": "conv1", "output": [64, 55, 55]}\\n'
    """
    return line(before | {column.key: _cell(column, value) for column, value in zip(columns, row, strict=True)})


def _cell(column: Column, value: Any) -> Any:
    return _plain(value if column.pieces is None else column.show(value))


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: shapes and padding as lists; what is no number, as text."""
    if isinstance(value, Same | Other | Told):
        return _plain(value.value)
    if isinstance(value, Sides | tuple | list):
        return [_plain(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)
