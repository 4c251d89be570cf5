"""Networks side by side, as sheets and as JSON: numbers, and what differs in words."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from archcalc.analysis.compare import Aligned, Change, Comparison, Part
from archcalc.layers import Shape
from archcalc.layers.base import dims
from archcalc.layers.fields import Sides
from archcalc.render.data import stamped
from archcalc.render.sheet import Column, Same, Sheet
from archcalc.render.table import number, pair, sides
from archcalc.table import Row, Table

QUANTITIES: Final = {"shapes": "output", "params": "params", "macs": "macs"}
"""What --only may ask for, and the column that it stands for."""

_HEADERS: Final = {"output": "output", "params": "params", "macs": "MACs"}


def sheets(comparison: Comparison, only: str | None = None, changed: bool = False) -> list[Sheet]:
    """The numbers, a column for each network and quantity, and what differs from the first network in words."""
    layers = _shown(comparison, changed)
    return [_numbers(comparison, layers, _quantities(only)), *_words(comparison)]


def stacked(comparison: Comparison, only: str | None = None, changed: bool = False) -> list[Sheet]:
    """The same for a narrow place: under each layer a line for each network, or one for those that are alike."""
    layers = _shown(comparison, changed)
    return [_stack(comparison, layers, _quantities(only)), *_words(comparison)]


def _quantities(only: str | None) -> list[str]:
    return [QUANTITIES[only]] if only else list(QUANTITIES.values())


def _shown(comparison: Comparison, changed: bool) -> list[Aligned]:
    return [layer for layer in comparison.layers if not changed or not _is_alike(layer)]


def _is_alike(layer: Aligned) -> bool:
    return len({_values(part) for part in layer.parts}) == 1 and not any(map(layer.changes, range(1, len(layer.parts))))


def _values(part: Part | None) -> tuple[Any, ...] | None:
    return part and (part.row.op, part.row.output_shape, part.row.params, part.row.macs)


def short_names(tables: Sequence[Table]) -> list[str]:
    """Names without the first word if all of them begin with it, and told apart by a number where they are alike.

    alexnet_paper and alexnet_torchvision are paper and torchvision.
    """
    names = [table.name for table in tables]
    first = names[0].split("_")[0] + "_"
    cut = len(first) if all(name.startswith(first) for name in names) else 0
    short = [name[cut:] for name in names]
    return [f"{name} {short[: i + 1].count(name)}" if short.count(name) > 1 else name for i, name in enumerate(short)]


def _text(value: int | Shape | str) -> str:
    return value if isinstance(value, str) else dims(value) if isinstance(value, tuple) else number(value)


def _numbers(comparison: Comparison, layers: Sequence[Aligned], quantities: Sequence[str]) -> Sheet:
    names = short_names(comparison.tables)
    columns = [Column("layer", "layer"), Column("type", "type")]
    for name in names:
        for place, quantity in enumerate(quantities):
            header = _HEADERS[quantity] if place else f"{name}: {_HEADERS[quantity]}"
            is_shape = quantity == "output"
            columns.append(
                Column(
                    f"{name}.{quantity}",
                    header,
                    _text,
                    right=not is_shape,
                    sizes=is_shape,
                    compared=name != names[0],
                )
            )
    return Sheet(
        name=" and ".join(table.name for table in comparison.tables),
        title=_title(comparison),
        columns=tuple(columns),
        rows=tuple((*_label(layer), *_cells(layer, quantities)) for layer in layers),
        footer=tuple(_footer(comparison, quantities)),
        notes=tuple(_notes(comparison)),
    )


def _title(comparison: Comparison) -> str:
    return ", ".join(f"{table.name} ({dims(table.input_shape)})" for table in comparison.tables)


def _label(layer: Aligned) -> tuple[str, str]:
    ops = dict.fromkeys(part.row.op for part in layer.parts if part)
    return " / ".join(layer.names), " / ".join(ops)


def _cells(layer: Aligned, quantities: Sequence[str]) -> Iterator[Any]:
    first = layer.parts[0]
    for place, part in enumerate(layer.parts):
        for quantity in quantities:
            value = _value(part.row, quantity) if part else "-"
            is_same = place > 0 and part is not None and first is not None and value == _value(first.row, quantity)
            yield Same(value) if is_same else value


def _value(row: Row, quantity: str) -> Any:
    return row.output_shape if quantity == "output" else getattr(row, quantity)


def _footer(comparison: Comparison, quantities: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Totals, and how many times the first network's they are."""
    counts = [quantity for quantity in quantities if quantity != "output"]
    if not counts:
        return
    totals = [table.totals for table in comparison.tables]
    yield ("total", None, *(getattr(t, q) if q in counts else None for t in totals for q in quantities))
    ratios = (
        _ratio(getattr(t, q), getattr(totals[0], q)) if q in counts and place else None
        for place, t in enumerate(totals)
        for q in quantities
    )
    yield (f"x {short_names(comparison.tables)[0]}", None, *ratios)


def _ratio(count: int, of: int) -> str:
    """
    >>> _ratio(61_100_840, 60_965_224), _ratio(5, 0)
    ('1.0022', '-')
    """
    return f"{count / of:.4f}" if of else "-"


def _notes(comparison: Comparison) -> Iterator[str]:
    names = [table.name for table in comparison.tables]
    if len(set(names)) == 1 and not comparison.differ:
        yield f"{names[0]} is compared with itself: nothing differs"
    elif not comparison.differ:
        yield "nothing differs"
    if comparison.are_apart:
        yield "these networks have too little in common to be put side by side layer by layer: only totals are compared"
    inputs = list(dict.fromkeys(table.input_shape for table in comparison.tables))
    if len(inputs) > 1:
        yield f"inputs differ: {' and '.join(map(dims, inputs))}"
    if comparison.parting:
        shapes = [dims(part.row.output_shape) if part else "-" for part in comparison.parting.parts]
        yield f"shapes part first at {' / '.join(comparison.parting.names)}: {', '.join(shapes)}"
    named = [" / ".join(layer.names) for layer in comparison.layers if layer.by_name]
    if named:
        yield f"put side by side by their names: {', '.join(named)}"


def _words(comparison: Comparison) -> list[Sheet]:
    """What differs, layer by layer; nothing where nothing does."""
    names = short_names(comparison.tables)
    rows = tuple(
        (" / ".join(layer.names), names[place], "; ".join(words))
        for layer in comparison.layers
        for place in range(1, len(names))
        if (words := [in_words(change) for change in layer.changes(place)])
    )
    columns = (Column("layer", "layer"), Column("network", "in"), Column("differs", "what differs", prose=True))
    sheet = Sheet("", f"what differs from {names[0]}", columns, rows)
    return [sheet if len(names) > 2 else sheet.pick(["layer", "differs"])] if rows else []


_NOUNS: Final = {"out_channels": "channels", "out_features": "features", "devices": "devices", "groups": "groups"}


def in_words(change: Change) -> str:
    """
    >>> in_words(Change("out_channels", 96, 64)), in_words(Change("padding", Sides(0, 0, 0, 0), Sides(2, 2, 2, 2)))
    ('96 -> 64 channels', 'padding 0 -> 2')
    >>> in_words(Change("layer", "dropout", None)), in_words(Change("devices", 2, 1))
    ('no dropout there', '2 -> 1 devices')
    """
    what, before, after = change
    if what == "layer":
        return f"no {before} there" if after is None else f"{after} added"
    if what in _NOUNS:
        return f"{before:,} -> {after:,} {_NOUNS[what]}"
    said = f"{_said(before)} -> {_said(after)}"
    return said if what == "op" else f"{what} {said}"


def _said(value: Any) -> str:
    match value:
        case Sides():
            return sides(value)
        case tuple():
            return pair(value)
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
    return str(value)


_STACK: Final = (
    Column("layer", "layer"),
    Column("network", "network"),
    Column("type", "type", leaves=1),
    Column("output", "output", _text, sizes=True),
    Column("params", "params", _text, right=True),
    Column("macs", "MACs", _text, right=True),
)


def _stack(comparison: Comparison, layers: Sequence[Aligned], quantities: Sequence[str]) -> Sheet:
    names = short_names(comparison.tables)
    rows = [row for layer in layers for row in _lines(layer, names)]
    totals = [
        ("total" if place == 0 else None, name, None, None, table.totals.params, table.totals.macs)
        for place, (name, table) in enumerate(zip(names, comparison.tables, strict=True))
    ]
    sheet = Sheet("", _title(comparison), _STACK, tuple(rows), tuple(totals), tuple(_notes(comparison)))
    return sheet.pick(["layer", "network", "type", *quantities])


def _lines(layer: Aligned, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """A line for each thing that the layer is in some of the networks."""
    alike: dict[tuple[Any, ...], list[str]] = {}
    for name, part in zip(names, layer.parts, strict=True):
        alike.setdefault(_values(part) or ("-", "-", "-", "-"), []).append(name)
    for place, (values, having) in enumerate(alike.items()):
        label = " / ".join(layer.names) if place == 0 else None
        yield (label, "all" if len(having) == len(names) else ", ".join(having), *values)


def data(comparison: Comparison) -> dict[str, Any]:
    """The comparison as JSON.

    `networks` has each one's name, input shape, totals and the ratio of these to the first's. `layers` are in order;
    each has `names`, `by_name`, `networks`, which is null for a network that has no such layer, and `changes` against
    the first network: `network` (its place), `what`, `before`, `after`. Without layers the networks are `apart`.
    """
    totals = comparison.tables[0].totals
    return stamped(
        {
            "networks": [
                {
                    "name": table.name,
                    "input_shape": list(table.input_shape),
                    "batch": table.batch,
                    "totals": table.totals._asdict(),
                    "ratios": {
                        name: round(count / first, 6) if (first := getattr(totals, name)) else None
                        for name, count in table.totals._asdict().items()
                    },
                }
                for table in comparison.tables
            ],
            "apart": comparison.are_apart,
            "differ": comparison.differ,
            "shapes_part_at": comparison.parting.names if comparison.parting else None,
            "layers": [_layer_data(layer) for layer in comparison.layers],
        }
    )


def _layer_data(layer: Aligned) -> dict[str, Any]:
    changes = [
        {"network": place, "what": change.what, "before": _plain(change.before), "after": _plain(change.after)}
        for place in range(1, len(layer.parts))
        for change in layer.changes(place)
    ]
    return {
        "names": layer.names,
        "by_name": layer.by_name,
        "networks": [part and _part_data(part) for part in layer.parts],
        "changes": changes,
    }


def _part_data(part: Part) -> dict[str, Any]:
    row = part.row
    shape = list(row.output_shape)
    return {"name": row.name, "op": row.op, "output_shape": shape, "params": row.params, "macs": row.macs}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
