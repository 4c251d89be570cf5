"""Networks one under the other, for a place that is too narrow to have them side by side."""

from collections.abc import Iterator, Sequence
from typing import Any

from archcalc.analysis.compare.changes import Part
from archcalc.analysis.compare.comparison import Aligned
from archcalc.render.compare.cells import ABSENT, column, held_against, ratios, totals, values
from archcalc.render.compare.notes import notes
from archcalc.render.compare.view import View, label
from archcalc.render.compare.words import LABEL, words
from archcalc.render.sheet import Column, Same, Sheet


def stacked(view: View, numbered: bool = False) -> list[Sheet]:
    """Return, under each layer, a line for each network, or one for those that are alike; then the differences.

    `numbered` networks take less room than named ones.
    """
    names = [str(number) for number in range(1, len(view.names) + 1)] if numbered else view.names
    columns = (
        Column("layer", "layer", prose=True, least=LABEL),
        Column("network", "in"),
        Column("type", "type", leaves=2),
        *(column(quantity, quantity) for quantity in view.quantities),
    )
    sheet = Sheet(
        name="",
        title=view.title(names if numbered else ()),
        columns=columns,
        rows=tuple(row for layer in view.layers for row in _lines(view, layer, names)),
        footer=tuple(_footer(view, names)),
        notes=tuple(notes(view)),
    )
    return [sheet, *words(view, names)]


def _lines(view: View, layer: Aligned, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Yield a line for each thing that the layer is in some of the networks, compared with the first."""
    groups: dict[tuple[Any, ...], list[int]] = {}
    for place, part in enumerate(layer.parts):
        groups.setdefault(_kind(view, part), []).append(place)
    if len(groups) == 1:
        op, *cells = _shown(view, layer.parts)
        yield (label(layer), "all", *(Same(cell, in_full=True) for cell in (op, *cells)))
        return
    first: list[Any] = []
    called = ""
    for places in groups.values():
        parts = [layer.parts[place] for place in places]
        shown, name = _shown(view, parts), _called(parts) or called or label(layer)
        cells = list(map(held_against, shown, first)) if first else shown
        yield (None if name == called else name, ", ".join(names[place] for place in places), *cells)
        first, called = first or shown, name


def _kind(view: View, part: Part | None) -> tuple[Any, ...]:
    """Return the values that are equal for networks that share a line: all of them, or the quantity asked for."""
    shown = tuple(values(view, part))
    return shown if view.only or part is None else (part.row.name, part.row.op, *shown)


def _shown(view: View, parts: Sequence[Part | None]) -> list[Any]:
    ops = dict.fromkeys(part.row.op for part in parts if part)
    return [" / ".join(ops) or ABSENT, *values(view, parts[0])]


def _called(parts: Sequence[Part | None]) -> str:
    return " / ".join(dict.fromkeys(part.row.name for part in parts if part))


def _footer(view: View, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Yield a line of totals for each network, and one with how many times the first network's they are."""
    if not any(view.counts):
        return
    for place, (name, table) in enumerate(zip(names, view.comparison.tables, strict=True)):
        yield (None if place else "total", name, None, *totals(view, table))
    for place, (name, table) in enumerate(zip(names[1:], view.comparison.tables[1:], strict=True)):
        yield (None if place else f"x {names[0]}", name, None, *ratios(view, table))
