"""Rows as tables of Arrow, and back: what Parquet files hold."""

from typing import TYPE_CHECKING, Any, Final

from archcalc.analysis.sweep.rows import Rows
from archcalc.analysis.sweep.search import Search
from archcalc.errors import ArchError
from archcalc.layers.fields import spell
from archcalc.layers.sizes import dims

if TYPE_CHECKING:
    import pyarrow as pa

VARIANT: Final = "variant"
"""The column with the numbers of variants; those of spaces without end are texts."""

_FITS: Final = 2**63 - 1


def as_table(search: Search, rows: Rows | None) -> "pa.Table":
    """Return rows as a table of Arrow: what is varied as dictionaries, and counts as integers that hold them."""
    import numpy as np
    import pyarrow as pa

    is_small = search.plan.space.size <= _FITS
    numbers = [] if rows is None else rows.numbers if is_small else [*map(str, rows.numbers)]
    arrays: dict[str, Any] = {VARIANT: pa.array(numbers, type=pa.int64() if is_small else pa.string())}
    for axis in search.space.axes:
        values = pa.array(_alike(axis.values))
        places = rows.places[axis.name].astype(np.int32) if rows else np.zeros(0, np.int32)
        arrays[axis.name] = pa.DictionaryArray.from_arrays(pa.array(places), values)
    for name in search.shown:
        arrays[name] = _column(name, rows.columns[name] if rows else [], _kind(search, name))
    return pa.table(arrays)


def _alike(values: tuple[Any, ...]) -> list[Any]:
    """Return values of one sort: shapes, and words beside numbers, as text."""
    sorts = {type(value) for value in values}
    if sorts in ({int}, {float}, {bool}, {str}):
        return [*values]
    if sorts == {int, float}:
        return [*map(float, values)]
    return [
        dims(value) if isinstance(value, tuple) else value if isinstance(value, str) else spell(value)
        for value in values
    ]


def _kind(search: Search, column: str) -> Any:
    import pyarrow as pa

    if search.is_time(column):
        return pa.float64()
    return pa.int64() if search.largest(column) <= _FITS else pa.decimal256(76, 0)


def _column(name: str, values: Any, kind: Any) -> Any:
    """Return a column. Raises ArchError for an integer that 64 bits do not hold, where none was to be expected."""
    import pyarrow as pa

    if not pa.types.is_decimal(kind):
        try:
            return pa.array(values, type=kind)
        except OverflowError:
            what = f"{max(values):,} of {name} is more than a column of Parquet holds"
            raise ArchError(f"{what}: keep such variants out, as by --where '{name} < 900T'") from None
    from decimal import Decimal

    return pa.array([Decimal(int(value)) for value in values], type=kind)


def rows_of(search: Search, table: "pa.Table") -> Rows:
    """Return the rows of a part again."""
    import numpy as np
    import pyarrow as pa

    numbers = table[VARIANT]
    if not pa.types.is_integer(numbers.type):
        numbers = np.array([int(number) for number in numbers.to_pylist()], dtype=object)
    else:
        numbers = numbers.to_numpy()
    columns = {name: _numbers(table[name]) for name in search.shown}
    return search.with_objectives(Rows(numbers, search.places(numbers), columns))


def _numbers(column: Any) -> Any:
    import numpy as np
    import pyarrow as pa

    if not pa.types.is_decimal(column.type):
        return column.to_numpy()
    return np.array([int(value) for value in column.to_pylist()], dtype=object)
