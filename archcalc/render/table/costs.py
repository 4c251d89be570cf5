"""A table with the costs of a convention, and the totals of all conventions, as sheets and as JSON."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from archcalc.analysis.conventions.costs import Priced, Total, add_up_costs
from archcalc.analysis.quoted import About
from archcalc.errors import listing
from archcalc.render.answer import Answer
from archcalc.render.conventions import NOT_COUNTED, NOT_KNOWN, dependence, dependences, silence
from archcalc.render.sheet import Column, Sheet, Told
from archcalc.render.table.fields import Fields, Lazy, of_columns
from archcalc.render.table.layers import data, fitting, groups, notes, sheet, whole
from archcalc.render.table.picking import chosen
from archcalc.render.words import number, percent
from archcalc.table import Row, Table

_MACS_TO_COST: Final = {"macs": "cost", "macs_share": "cost_share"}


def _ratio(value: float) -> str:
    """
    >>> _ratio(1), _ratio(1.00003), _ratio(2.0012)
    ('1', '1.000', '2.001')
    """
    return "1" if value == 1 else f"{value:.3f}"


def listed(ops: Sequence[str]) -> str:
    return listing(ops, "and") if ops else ""


_TOTALS: Final = (
    Column("name", "convention"),
    Column("word", "calls it", leaves=2),
    Column("total", "total", number, right=True),
    Column("ratio", "x MACs", _ratio, right=True, leaves=1),
    Column("not_counted", "says nothing about", listed, prose=True, least=20),
)


def priced_sheet(
    table: Table, priced: Priced, columns: Iterable[str] | None = None, sights: Fields | None = None
) -> Sheet:
    """Return the table's sheet with a column of costs in the place of MACs. Raises ArchError for an unknown column."""
    keys = chosen(columns, [_MACS_TO_COST.get(key, key) for key in fitting(table)])
    costs = dict(zip(table.rows, priced.costs, strict=True))
    grouped = groups(table, {row.op for row, cost in costs.items() if cost})
    convention = priced.total.convention
    base = whole(table, grouped, sights)
    with_costs = base._replace(
        columns=(
            *base.columns,
            Column("cost", convention.label, number, right=True),
            Column("cost_share", f"{convention.word} %", percent, right=True, leaves=1, share=True),
        ),
        rows=tuple((*cells, *_cells([row], costs, priced)) for cells, row in zip(base.rows, table.rows, strict=True)),
        footer=tuple(
            (*cells, *_cells(rows, costs, priced)) for cells, (_, rows) in zip(base.footer, grouped, strict=True)
        ),
    )
    said = (*notes(table, keys), *convention_notes(priced.total))
    return with_costs.pick(keys)._replace(notes=said)


def _cells(rows: Sequence[Row], costs: Mapping[Row, int | None], priced: Priced) -> tuple[int | Told, float | None]:
    """Return a cost, or why there is none, and its share of the total."""
    cost, convention = add_up_costs([costs[row] for row in rows]), priced.total.convention
    if not all(convention.is_known(row.op) for row in rows):
        return Told(None, NOT_KNOWN), None
    if cost is None:
        return Told(None, silence(convention, rows[0].op)), None
    return cost, cost / priced.total.cost if cost and priced.total.cost else None


def convention_notes(total: Total) -> Iterator[str]:
    """Return notes on a convention's number, and on the layers that are not in it."""
    convention = total.convention
    yield f"{convention.label} ({convention.tool} {convention.version}): {convention.means}"
    if total.not_counted:
        yield silences(convention.name, total.not_counted)
    if total.not_known:
        yield unknown(convention.name, total.not_known)
    if convention.note:
        yield f"{convention.name}: {convention.note}"
    if convention.depends:
        yield dependence(convention)


def silences(names: str, ops: Sequence[str], many: int = 1) -> str:
    """Return which kinds are not counted, and by whom."""
    return f"{NOT_COUNTED}: {names} {'says' if many == 1 else 'say'} nothing about {listing(ops, 'and')}"


def unknown(names: str, ops: Sequence[str], many: int = 1) -> str:
    """Return which kinds archcalc cannot price, and by whose rules."""
    return f"{NOT_KNOWN}: archcalc does not know how {names} {'counts' if many == 1 else 'count'} {listing(ops, 'and')}"


def totals_sheet(table: Table, totals: Sequence[Total]) -> Sheet:
    """Return a line for each convention with its total."""
    macs = table.totals.macs
    rows = tuple(
        (
            one.convention.name,
            one.convention.word,
            Told(None, NOT_KNOWN if one.not_known else NOT_COUNTED) if one.cost is None else one.cost,
            one.cost / macs if macs and one.cost is not None and one.convention.about is About.COST else None,
            one.not_counted,
        )
        for one in totals
    )
    unsaid = (unknown(one.convention.name, one.not_known) for one in totals if one.not_known)
    notes = (
        *unsaid,
        *dependences([one.convention for one in totals]),
        f"run archcalc reconcile {table.name} to see what leads from one to the next",
    )
    return Sheet(table.name, f"{table.name} by all conventions", _TOTALS, rows, notes=notes)


def priced_data(table: Table, priced: Priced, sights: Fields | None = None) -> dict[str, Any]:
    """Return the table as JSON, with the costs by a convention.

    It has the keys of `table`, and these:

    - `convention`: its `name`, `tool`, `version`, `word` for the sum, what that `means`, and the `source` of its rule.

      - `about`: cost, or params, which do not grow with the batch.
      - `depends`: how the number depends on how the model is written, or null where it does not.
      - `not_counted`: the ops in this network that the tool says nothing about.
      - `not_known`: the ops of which archcalc does not know how the tool counts them.

    - `cost`: in each layer, null where it is not counted; and in `totals`.
    """
    answer = data(table, sights)
    layers = ({**layer, "cost": cost} for layer, cost in zip(answer["layers"], priced.costs, strict=True))
    totals = answer["totals"] | {"cost": priced.total.cost}
    return answer | {"convention": _convention(priced.total), "layers": list(layers), "totals": totals}


def totals_data(table: Table, totals: Sequence[Total], sights: Fields | None = None) -> dict[str, Any]:
    """Return the table as JSON, with the totals by all conventions.

    It has the keys of `table`, and this:

    - `conventions`: each with the keys of `convention` in `table --convention NAME`, and its `total`. The total is null
      where the tool says nothing about any of the layers, and where it is not known how the tool counts one of them.
    """
    return data(table, sights) | {"conventions": [_convention(one) | {"total": one.cost} for one in totals]}


def _convention(total: Total) -> dict[str, Any]:
    one = total.convention
    named = {"name": one.name, "tool": one.tool, "version": one.version, "word": one.word, "means": one.means}
    said = {"source": one.url, "about": one.about, "depends": one.depends or None}
    return named | said | {"not_counted": list(total.not_counted), "not_known": list(total.not_known)}


def by_one(table: Table, priced: Priced, columns: Iterable[str] | None, sights: Lazy) -> Answer:
    """Show the table with the costs of a convention. Raises ArchError for an unknown column."""
    shown = priced_sheet(table, priced, columns, of_columns(columns, sights))
    return Answer([shown], lambda: priced_data(table, priced, sights()))


def by_all(table: Table, totals: Sequence[Total], columns: Iterable[str] | None, sights: Lazy) -> Answer:
    """Show the table and the totals of all conventions; CSV has only totals. Raises ArchError for an unknown column."""
    return Answer(
        [sheet(table, columns, of_columns(columns, sights)), totals_sheet(table, totals)],
        lambda: totals_data(table, totals, sights()),
        bare=lambda: [totals_sheet(table, totals)],
    )
