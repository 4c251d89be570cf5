"""Networks side by side, a column for each network and quantity."""

from collections.abc import Iterator
from typing import Any

from archcalc.analysis.compare.comparison import Aligned
from archcalc.render.compare.cells import column, held_against, ratios, totals, values
from archcalc.render.compare.notes import notes
from archcalc.render.compare.view import View, label, types
from archcalc.render.compare.words import words
from archcalc.render.sheet import Column, Sheet


def sheets(view: View) -> list[Sheet]:
    """Return the numbers, and what differs from the first network in words."""
    numbers = Sheet(
        name=" and ".join(spec.name for spec in view.comparison.specs),
        title=view.title(),
        columns=(Column("layer", "layer"), Column("type", "type"), *_columns(view)),
        rows=tuple((label(layer), types(layer), *_cells(view, layer)) for layer in view.layers),
        footer=tuple(_footer(view)),
        notes=tuple(notes(view)),
    )
    return [numbers, *words(view, view.names)]


def _columns(view: View) -> Iterator[Column]:
    for name in view.names:
        first, *others = (column(quantity, f"{name}.{quantity}") for quantity in view.quantities)
        yield from (first._replace(header=f"{name}: {first.header}"), *others)


def _cells(view: View, layer: Aligned) -> Iterator[Any]:
    first, *others = (values(view, part) for part in layer.parts)
    yield from first
    for several in others:
        yield from map(held_against, several, first)


def _footer(view: View) -> Iterator[tuple[Any, ...]]:
    """Yield totals, and how many times the first network's they are."""
    if not any(view.counts):
        return
    first, *others = view.comparison.tables
    yield ("total", None, *totals(view, first), *(cell for table in others for cell in totals(view, table)))
    yield (f"x {view.names[0]}", None, *(None for _ in view.counts), *(r for t in others for r in ratios(view, t)))
