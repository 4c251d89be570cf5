"""The layers of a network as one table with columns to choose, and where each of their numbers comes from."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from archcalc.analysis.explain.explanation import Explained
from archcalc.analysis.report.folding import Line
from archcalc.analysis.report.gathering import Gathered
from archcalc.layers.sizes import dims
from archcalc.render.explain.layers import layer_sheet
from archcalc.render.report.markup import Markup, joined, link, tag
from archcalc.render.report.tables import notes, table, titled
from archcalc.render.sheet import Column, Sheet
from archcalc.render.table.layers import fitting, groups, whole
from archcalc.render.table.layers import notes as notes_on
from archcalc.render.words import number

_SUMS: Final = (
    *("params", "params_share", "buffers", "macs", "macs_share", "flops", "activations", "units"),
    *("weight_bytes", "input_bytes", "output_bytes"),
)
_FIRST: Final = ("index", "input")
_LAST: Final = ("output", "rf", "rf_stride", "rf_padding", "rf_centre")
"""What a structure has of its first layer, and of its last."""

_INSIDE: Final = ("layer", "type", "kernel", "stride", "padding", "groups", "output", "params", "macs")
"""The columns of the layers of a structure."""

_COUNTS: Final = (("params", "params"), ("macs", "MACs"))


def section(found: Gathered) -> Markup:
    """Write the table of layers, with its choice of columns."""
    full = whole(found.table, groups(found.table), found.sights)
    shown = fitting(found.table)
    folded = _folded(full, found.lines)
    said_of = [
        place
        for place, column in enumerate(folded.columns)
        if column.key in shown or any(row[place] is not None for row in folded.rows)
    ]
    sheet = folded.pick([folded.columns[place].key for place in said_of])
    hidden = [column.key for column in sheet.columns if column.key not in shown]

    def row(place: int) -> dict[str, Any]:
        return {"data_layer": places(found.lines[place])}

    def cell(place: int, column: Column, value: Any) -> Markup | None:
        return tag("a", column.show(value), href=f"#e{place}") if place >= 0 and column.key == "layer" else None

    said = f"{len(found.graph.nodes)} layers. Choose columns, sort by any; a name leads to where its numbers come from."
    return titled(
        "Layers",
        _folded_note(found),
        _choice(sheet, hidden),
        table(sheet, hidden, row, cell, id="layers", label="the layers"),
        notes(tuple(notes_on(found.table, [column.key for column in sheet.columns]))),
        id_="table",
        note=said,
    )


def places(line: Line) -> str:
    """Return the places of a line's layers, as figures say them of what they draw."""
    return " ".join(map(str, line.places))


def _folded_note(found: Gathered) -> Markup:
    if not found.is_folded:
        return Markup("")
    return tag(
        "p",
        f"This network is too large for a line for each layer: {len(found.graph.nodes)} layers are folded to "
        f"{len(found.lines)} lines, by their structures; what is inside each is below, under its name. "
        f"Run archcalc explain {found.graph.spec.name} LAYER for the arithmetic of a layer that is folded.",
        class_="note",
    )


def _choice(sheet: Sheet, hidden: Sequence[str]) -> Markup:
    """Write a box to tick for each column."""
    boxes = [
        tag(
            "label",
            tag("input", type="checkbox", value=column.key, checked=column.key not in hidden),
            f" {column.header}",
        )
        for column in sheet.columns
        if not column.heads
    ]
    return tag("details", tag("summary", "Columns"), tag("div", boxes, class_="choice"), class_="columns")


def _folded(full: Sheet, lines: Sequence[Line]) -> Sheet:
    """Return the sheet with a row for each line."""
    rows = []
    for line in lines:
        own = [full.rows[place] for place in line.places]
        rows.append(_together(full.columns, own, line) if line.is_folded else own[0])
    return full._replace(rows=tuple(rows))


def _together(columns: Sequence[Column], rows: Sequence[tuple[Any, ...]], line: Line) -> tuple[Any, ...]:
    cells: list[Any] = []
    for column, values in zip(columns, zip(*rows, strict=True), strict=True):
        key = column.key
        if key == "layer":
            cells.append(line.name)
        elif key == "type":
            cells.append(f"{len(rows)} layers")
        elif key in _SUMS:
            said = [value for value in values if value is not None]
            cells.append(sum(said) if said else None)
        else:
            cells.append(values[0] if key in _FIRST else values[-1] if key in _LAST else None)
    return tuple(_with_intensity(columns, cells))


def _with_intensity(columns: Sequence[Column], cells: list[Any]) -> list[Any]:
    values = dict(zip((column.key for column in columns), cells, strict=True))
    moved = sum(values.get(key) or 0 for key in ("weight_bytes", "input_bytes", "output_bytes"))
    is_known = "intensity" in values and moved
    return [*({**values, "intensity": values["flops"] / moved} if is_known else values).values()]


def explanations(found: Gathered) -> Markup:
    """Write where the numbers of each layer come from, or which layers a structure has."""
    explained = iter(found.explained)
    full = whole(found.table, groups(found.table)).pick(_INSIDE)
    parts = []
    for at, line in enumerate(found.lines):
        own = [full.rows[place] for place in line.places]
        inside = _structure(full, own, line) if line.is_folded else _explained(next(explained), found)
        summary = tag("summary", *_summary(line, own))
        parts.append(tag("details", summary, inside, id=f"e{at}", data_layer=places(line)))
    return titled(
        "Where the numbers come from",
        tag("p", tag("button", "Open all", type="button", class_="all"), class_="buttons"),
        tag("div", parts, class_="why"),
        id_="why",
        note="The rule of each number, the numbers put in, and what comes out, as archcalc explain has it.",
    )


def _summary(line: Line, rows: Sequence[tuple[Any, ...]]) -> list[str]:
    first, last = line.nodes[0], line.nodes[-1]
    sums = ((sum(row[_INSIDE.index(key)] or 0 for row in rows), word) for key, word in _COUNTS)
    counts = "".join(f" · {number(count)} {word}" for count, word in sums if count)
    kind = f"{len(rows)} layers" if line.is_folded else first.layer.op
    reads = " and ".join(dict.fromkeys(map(dims, first.input_shapes)))
    return [tag("b", line.name), f" {kind}, {reads} → {dims(last.output_shape)}{counts}"]


def _structure(full: Sheet, rows: Sequence[tuple[Any, ...]], line: Line) -> Markup:
    """Write the layers of a structure as a list, each in a few words."""
    return tag("ol", [tag("li", *_in_words(full.columns, row, len(line.name) + 1)) for row in rows], class_="inside")


def _in_words(columns: Sequence[Column], row: tuple[Any, ...], cut: int) -> Iterator[str]:
    """Yield a layer's name inside its structure, its type, window and output, and what it costs."""
    said = {column.key: column.show(value) for column, value in zip(columns, row, strict=True)}
    window = f" {said['kernel']} /{said['stride']} p{said['padding']}" if said["kernel"] else ""
    groups = f" g{said['groups']}" if said["groups"] not in ("", "1") else ""
    counts = "".join(f" · {said[key]} {word}" for key, word in _COUNTS if said[key] not in ("", "0"))
    yield tag("b", said["layer"][cut:] or said["layer"])
    yield f" {said['type']}{window}{groups} → {said['output']}{counts}"


def _explained(one: Explained, found: Gathered) -> Markup:
    sheet = layer_sheet(found.graph.spec, one)
    rules = [link(rule.what, rule.url) for rule in one.rules]
    said = [*map(str, one.remarks), *one.said]
    return joined(
        table(sheet, sorts=False, label=f"the numbers of {one.node.name}"),
        notes(said),
        tag("p", "Rules: ", _listed(rules), class_="rules"),
    )


def _listed(parts: Sequence[Markup]) -> Markup:
    return Markup("; ".join(parts))
