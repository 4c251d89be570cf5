"""A table with the costs of a convention, and the totals of all conventions, as sheets and as JSON."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from archcalc.analysis.conventions import Convention
from archcalc.analysis.costs import Priced, add_up_costs
from archcalc.errors import listing
from archcalc.render.conventions import NOT_COUNTED
from archcalc.render.sheet import Column, Sheet
from archcalc.render.table import data, fitting, groups, notes, number, percent, whole
from archcalc.table import Table

_MACS_TO_COST: Final = {"macs": "cost", "macs_share": "cost_share"}


def _cost(value: int | str) -> str:
    return value if isinstance(value, str) else number(value)


def _ratio(value: float) -> str:
    return f"{value:.4g}"


_TOTALS: Final = (
    Column("name", "convention"),
    Column("word", "its word"),
    Column("total", "total", number, right=True),
    Column("ratio", "x MACs", _ratio, right=True, leaves=2),
    Column("not_counted", "says nothing about", leaves=1, prose=True),
)


def priced_sheet(table: Table, priced: Priced, columns: Iterable[str] | None = None) -> Sheet:
    """The table's sheet with a column of costs in the place of MACs. Raises ArchError for an unknown column."""
    keys = list(columns) if columns is not None else [_MACS_TO_COST.get(key, key) for key in fitting(table)]
    costs = dict(zip(table.rows, priced.costs, strict=True))
    grouped = groups(table, {row.op for row, cost in costs.items() if cost})
    base, word = whole(table, grouped), priced.convention.label
    sheet = base._replace(
        columns=(
            *base.columns,
            Column("cost", word, _cost, right=True),
            Column("cost_share", f"{priced.convention.word} %", percent, right=True, leaves=1, share=True),
        ),
        rows=tuple((*cells, *_cells([cost], priced)) for cells, cost in zip(base.rows, priced.costs, strict=True)),
        footer=tuple(
            (*cells, *_cells([costs[row] for row in rows], priced))
            for cells, (_, rows) in zip(base.footer, grouped, strict=True)
        ),
    )
    said = (*notes(table, keys), *convention_notes(priced.convention, priced.not_counted))
    return sheet.pick(keys)._replace(notes=said)


def _cells(costs: list[int | None], priced: Priced) -> tuple[int | str, float | None]:
    """A cost, or that there is none, and its share of the total."""
    cost = add_up_costs(costs)
    if cost is None:
        return NOT_COUNTED, None
    return cost, cost / priced.total if cost and priced.total else None


def convention_notes(convention: Convention, not_counted: Sequence[str]) -> Iterator[str]:
    """What a convention's number is, and what of a network it does not count."""
    yield f"{convention.label} ({convention.tool} {convention.version}): {convention.means}"
    if not_counted:
        yield f"{NOT_COUNTED}: {convention.name} says nothing about {listing(not_counted, 'and')}"
    if convention.note:
        yield f"{convention.name}: {convention.note}"


def totals_sheet(table: Table, priced: Sequence[Priced]) -> Sheet:
    """A line for each convention with its total."""
    macs = table.totals.macs
    rows = tuple(
        (
            one.convention.name,
            one.convention.word,
            one.total,
            one.total / macs if macs else None,
            listing(one.not_counted, "and") if one.not_counted else "",
        )
        for one in priced
    )
    notes = (f"from one to the next: archcalc reconcile {table.name}",)
    return Sheet(table.name, f"{table.name} by all conventions", _TOTALS, rows, notes=notes)


def priced_data(table: Table, priced: Priced) -> dict[str, Any]:
    """The table's JSON with `convention`, and `cost` in each layer, null where it is not counted, and in totals."""
    answer = data(table)
    layers = ({**layer, "cost": cost} for layer, cost in zip(answer["layers"], priced.costs, strict=True))
    totals = answer["totals"] | {"cost": priced.total}
    return answer | {"convention": _convention(priced), "layers": list(layers), "totals": totals}


def totals_data(table: Table, priced: Sequence[Priced]) -> dict[str, Any]:
    """The table's JSON with `conventions`: of each what it is, its `total`, and the ops that it says nothing about."""
    return data(table) | {"conventions": [_convention(one) | {"total": one.total} for one in priced]}


def _convention(priced: Priced) -> dict[str, Any]:
    one = priced.convention
    named = {"name": one.name, "tool": one.tool, "version": one.version, "word": one.word, "means": one.means}
    return named | {"source": one.url, "not_counted": list(priced.not_counted)}
