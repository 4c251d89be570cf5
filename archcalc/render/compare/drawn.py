"""Networks side by side as bars: a row for each, with its totals."""

from collections.abc import Sequence

from archcalc.render.picture.bars import Bar, BarRow, Bars, Panel, scene_of
from archcalc.render.picture.scene import Scene
from archcalc.render.words import number, short
from archcalc.table import Table


def totals_scene(tables: Sequence[Table]) -> Scene:
    """Draw the totals of networks, in their order."""
    panels = (Panel("params", 0), Panel("MACs", 1), Panel("activations", 2))
    rows = tuple(_row(table) for table in tables)
    names = ", ".join(table.spec.label for table in tables)
    return scene_of(Bars(f"{len(tables)} networks", f"Bars of the totals of {names}.", panels, rows))


def _row(table: Table) -> BarRow:
    totals = table.totals
    values = {"params": totals.params, "MACs": totals.macs, "activations": totals.activations}
    bars = tuple(Bar(value, short(value, "")) for value in values.values())
    said = ", ".join(f"{number(value)} {what}" for what, value in values.items())
    return BarRow(table.spec.label, bars, f"{table.title or table.name}: {said}")
