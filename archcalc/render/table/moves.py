"""The columns of a table with the bytes that its layers move."""

from collections.abc import Iterable
from typing import Any, Final

from archcalc.render.sheet import Column, Sheet
from archcalc.render.words import number
from archcalc.table import Moves, Row, Table


def _ratio(value: float) -> str:
    """
    >>> _ratio(95.634), _ratio(0.4998), _ratio(0)
    ('95.6', '0.500', '0')
    """
    return f"{value:,.1f}" if value >= 10 else f"{value:#.3g}" if value else "0"


COLUMNS: Final = (
    Column("weight_bytes", "weight bytes", number, right=True),
    Column("input_bytes", "input bytes", number, right=True),
    Column("output_bytes", "output bytes", number, right=True),
    Column("intensity", "FLOP/B", _ratio, right=True),
)


def with_moves(sheet: Sheet, table: Table, grouped: Iterable[tuple[str, tuple[Row, ...]]]) -> Sheet:
    """Return a whole sheet of a table with the columns of bytes behind the others."""
    by_name = {row.name: moves for row, moves in zip(table.rows, table.moves, strict=True)}
    return sheet._replace(
        columns=(*sheet.columns, *COLUMNS),
        rows=tuple((*cells, *_cells([row], by_name)) for cells, row in zip(sheet.rows, table.rows, strict=True)),
        footer=tuple((*cells, *_cells(rows, by_name)) for cells, (_, rows) in zip(sheet.footer, grouped, strict=True)),
    )


def _cells(rows: Iterable[Row], by_name: dict[str, Moves]) -> tuple[Any, ...]:
    rows = list(rows)
    moved = [sum(column) for column in zip(*(by_name[row.name] for row in rows), strict=True)]
    return (*moved, sum(row.flops for row in rows) / sum(moved) if any(moved) else None)


def note(table: Table, keys: Iterable[str]) -> str | None:
    """Return what the bytes are of; None where no column shows them."""
    if not table.moves or not {column.key for column in COLUMNS}.intersection(keys):
        return None
    examples = f" for {table.batch} examples" if table.batch != 1 else ""
    return f"bytes: in {table.dtype}, each tensor once{examples}, as eager PyTorch runs a layer; views move nothing"


def moves_data(row: Row, moves: Moves) -> dict[str, Any]:
    """Return the keys that a layer of the JSON object has where bytes were asked for."""
    moved = sum(moves)
    return {**moves._asdict(), "intensity": row.flops / moved if moved else None}
