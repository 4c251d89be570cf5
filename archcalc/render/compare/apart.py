"""Networks of which no layers stand side by side: their stages, and totals."""

from collections.abc import Iterator
from typing import Any

from archcalc.analysis.compare.stages import Stage, in_stages
from archcalc.layers.sizes import dims
from archcalc.render.compare.cells import ABSENT, ratio
from archcalc.render.compare.notes import notes
from archcalc.render.compare.view import COUNTS, View
from archcalc.render.sheet import Column, Sheet
from archcalc.render.words import number

_NOTE = (
    "stage: layers whose maps are 1/2, 1/4 ... as high as the input, to the nearest of these; output: of the last one"
)


def sheets(view: View) -> list[Sheet]:
    """Return a line for each stage, with columns for each network."""
    rows = (
        (_label(stage.reduction), *(cell for one in stage.stages for cell in _cells(view, one)))
        for stage in in_stages(view.comparison.tables)
    )
    sheet = Sheet(
        name=" and ".join(spec.name for spec in view.comparison.specs),
        title=view.title(),
        columns=(Column("stage", "stage", heads=True), *_columns(view)),
        rows=tuple(rows),
        footer=tuple(_footer(view)),
        notes=(*notes(view), _NOTE),
    )
    return [sheet]


def stacked(view: View) -> list[Sheet]:
    """Return, under each stage, a line for each network that has it."""
    sheet = Sheet(
        name="",
        title=view.title(),
        columns=(
            *(Column("stage", "stage"), Column("network", "in"), Column("output", "output", _text, sizes=True)),
            Column("layers", "layers", _text, right=True, leaves=1),
            *(Column(count, COUNTS[count], _text, right=True) for count in _counts(view)),
        ),
        rows=tuple(_lines(view)),
        footer=tuple(_totals(view)),
        notes=(*notes(view), _NOTE),
    )
    return [sheet]


def _lines(view: View) -> Iterator[tuple[Any, ...]]:
    for stage in in_stages(view.comparison.tables):
        there = [(name, one) for name, one in zip(view.names, stage.stages, strict=True) if one]
        for place, (name, one) in enumerate(there):
            shape, layers, *counts = _cells(view, one)
            yield (None if place else _label(stage.reduction), name, shape, layers, *counts)


def _totals(view: View) -> Iterator[tuple[Any, ...]]:
    for place, (name, table) in enumerate(zip(view.names, view.comparison.tables, strict=True)):
        counts = (getattr(table.totals, count) for count in _counts(view))
        yield (None if place else "total", name, None, len(table.rows), *counts)


def _label(reduction: int | None) -> str:
    return "features" if reduction is None else f"1/{reduction}" if reduction > 1 else "1"


def _counts(view: View) -> list[str]:
    return [view.only] if view.only in COUNTS else ["params", "macs"]


def _columns(view: View) -> Iterator[Column]:
    for name in view.names:
        yield Column(f"{name}.output", f"{name}: output", _text, sizes=True)
        yield Column(f"{name}.layers", "layers", _text, right=True, leaves=1)
        yield from (Column(f"{name}.{count}", COUNTS[count], _text, right=True) for count in _counts(view))


def _cells(view: View, stage: Stage | None) -> list[Any]:
    if stage is None:
        return [ABSENT, *[None] * (1 + len(_counts(view)))]
    return [stage.output_shape, stage.layers, *(getattr(stage.totals, count) for count in _counts(view))]


def _footer(view: View) -> Iterator[tuple[Any, ...]]:
    """Yield totals, and how many times the first network's they are."""
    tables, counts = view.comparison.tables, _counts(view)
    totals = ((None, len(table.rows), *(getattr(table.totals, count) for count in counts)) for table in tables)
    yield ("total", *(cell for cells in totals for cell in cells))
    first, empty = tables[0].totals, (None,) * (2 + len(counts))
    times = (
        (None, None, *(ratio(getattr(table.totals, count), getattr(first, count)) for count in counts))
        for table in tables[1:]
    )
    yield (f"x {view.names[0]}", *empty, *(cell for cells in times for cell in cells))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else dims(value) if isinstance(value, tuple) else number(value)
