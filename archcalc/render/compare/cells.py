"""How one quantity of a compared network reads."""

from collections.abc import Callable, Iterator, Sequence
from math import floor, log10
from typing import Any, Final

from archcalc.analysis.compare.changes import Part
from archcalc.layers.sizes import dims
from archcalc.render.compare.view import COUNTS, QUANTITIES, WINDOW, View
from archcalc.render.sheet import Column, Other, Same
from archcalc.render.words import number, pair, sides
from archcalc.table import Row, Table

ABSENT: Final = "-"
"""The sign for a layer that a network does not have."""

WINDOW_NOTE: Final = "window: its size, /stride, p padding as applied (a/b: before and after), d dilation, g groups"


def column(quantity: str, key: str) -> Column:
    """Return the column of a quantity; windows leave first."""
    is_count = quantity in COUNTS
    leaves = 1 if quantity == WINDOW else 0
    return Column(key, QUANTITIES[quantity], _text, right=is_count, sizes=not is_count, leaves=leaves)


def values(view: View, part: Part | None) -> list[Any]:
    """Return the values that are shown of a layer, in the order of the quantities."""
    return [_value(part, quantity) if part else ABSENT for quantity in view.quantities]


def held_against(value: Any, first: Any) -> Any:
    """Return the value, marked as the same or as another."""
    if value == first:
        return value if value in (None, ABSENT) else Same(value)
    return Other(value)


def ratios(view: View, table: Table) -> list[str | None]:
    """Return how many times those of the first network the counts of another are."""
    first = view.comparison.tables[0].totals
    return [ratio(getattr(table.totals, name), getattr(first, name)) if name else None for name in view.counts]


def totals(view: View, table: Table) -> list[int | None]:
    return [getattr(table.totals, name) if name else None for name in view.counts]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else dims(value) if isinstance(value, tuple) else number(value)


def _value(part: Part, quantity: str) -> Any:
    if quantity == WINDOW:
        return " ".join(window_of(part.row)) or None
    return part.row.output_shape if quantity == "shapes" else getattr(part.row, quantity)


def window_of(row: Row) -> Iterator[str]:
    """Yield the parts of a window that are not at their default; nothing for a layer without a window."""
    said: Sequence[tuple[Any, str, Callable[[Any], str], Any]] = (
        (row.kernel_size, "", dims, None),
        (row.stride, "/", pair, {1}),
        (row.padding, "p", sides, {0}),
        (row.dilation, "d", pair, {1}),
        (row.groups and (row.groups,), "g", pair, {1}),
    )
    return (f"{sign}{spell(value)}" for value, sign, spell, default in said if value and set(value) != default)


def ratio(count: int, of: int) -> str:
    """Return how many times another count one is, to four digits, or to as many as show that it is not 1.

    >>> ratio(61_100_840, 60_965_224), ratio(61_706, 60_965_224), ratio(7, 7), ratio(5, 0)
    ('1.0022', '0.001012', '1', '-')
    """
    if not of:
        return ABSENT
    if count in (0, of):
        return str(count // of)
    digits = max(3 - _magnitude(count / of), 1 - _magnitude((count - of) / of), 0)
    return f"{count / of:,.{digits}f}"


def _magnitude(number: float) -> int:
    """Return the power of ten of the first digit.

    >>> _magnitude(0.0022), _magnitude(1010.5)
    (-3, 3)
    """
    return floor(log10(abs(number)))
