"""A Table as a sheet, and as JSON."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final

from archcalc.errors import listing
from archcalc.layers.sizes import dims
from archcalc.render import receptive_field
from archcalc.render.answer import Answer
from archcalc.render.envelope import identity, stamped
from archcalc.render.sheet import Column, Sheet
from archcalc.render.table import moves
from archcalc.render.table.fields import FIELDS, Fields, Lazy, notes_on_fields, of_columns
from archcalc.render.table.moves import with_moves
from archcalc.render.table.picking import chosen
from archcalc.render.words import inputs, number, pair, percent, short, sides
from archcalc.spec.inputs import inputs_in_words
from archcalc.table import Row, Table, Totals, add_up

_MOST_NAMED: Final = 3
"""How many layers with the weights of another are named."""

COLUMNS: Final = (
    Column("index", "#", right=True, leaves=3),
    Column("layer", "layer", heads=True),
    Column("type", "type", leaves=6),
    Column("device", "device"),
    Column("devices", "devices", leaves=5),
    Column("kernel", "kernel", dims, leaves=9, sizes=True),
    Column("stride", "stride", pair, leaves=8, sizes=True),
    Column("padding", "padding", sides, leaves=7, sizes=True),
    Column("dilation", "dilation", pair, leaves=2, sizes=True),
    Column("groups", "groups", right=True, leaves=2),
    Column("input", "input", inputs, leaves=4, sizes=True),
    Column("output", "output", dims, sizes=True),
    Column("params", "params", number, right=True),
    Column("params_share", "params %", percent, right=True, leaves=1, share=True),
    Column("buffers", "buffers", number, right=True, leaves=1),
    Column("macs", "MACs", number, right=True),
    Column("macs_share", "MACs %", percent, right=True, leaves=1, share=True),
    Column("flops", "FLOPs", number, right=True),
    Column("activations", "activations", number, right=True),
    Column("units", "units", number, right=True),
    Column("received", "received", number, right=True),
    *FIELDS,
)

DEFAULT: Final = (
    *("index", "layer", "type", "kernel", "stride", "padding", "groups", "input", "output"),
    *("params", "params_share", "macs", "macs_share"),
)


def sheet(table: Table, columns: Iterable[str] | None = None, sights: Fields | None = None) -> Sheet:
    """Return the table's rows, subtotals by op, and totals. Raises ArchError for an unknown column.

    `sights` are the receptive fields, where columns of these are among them.
    """
    keys = chosen(columns, fitting(table))
    return whole(table, groups(table), sights).pick(keys)._replace(notes=tuple(notes(table, keys)))


def whole(table: Table, grouped: Iterable[tuple[str, tuple[Row, ...]]], sights: Fields | None = None) -> Sheet:
    """Return every column of the table's rows, and the sums of groups of them."""
    totals, grouped = table.totals, list(grouped)
    made = Sheet(
        name=table.name,
        title=_title(table),
        columns=COLUMNS,
        rows=tuple(_cells(place, row, totals, sights or {}) for place, row in enumerate(table.rows, start=1)),
        footer=tuple(_sums(label, rows, totals) for label, rows in grouped),
    )
    return with_moves(made, table, grouped) if table.moves else made


def fitting(table: Table) -> list[str]:
    """Return the columns that say something about this table."""
    if table.per_device:
        return ["index", "layer", "device", "type", "input", "output", "params", "macs", "received"]
    extra = {
        "devices": any(row.devices for row in table.rows),
        "dilation": any(set(row.dilation or (1,)) != {1} for row in table.rows),
    }
    shown = {*DEFAULT, *(key for key, wanted in extra.items() if wanted)}
    return [column.key for column in COLUMNS if column.key in shown]


def notes(table: Table, keys: list[str]) -> Iterator[str]:
    """Return notes on the outputs, where there are several, and on the columns that are shown."""
    if len(table.outputs) > 1:
        named = zip(table.outputs, map(dims, table.output_shapes), strict=True)
        yield f"{len(table.outputs)} outputs: {', '.join(map(' '.join, named))}"
    yield from _used_again(table)
    if "padding" in keys and any(row.padding and row.padding.before != row.padding.after for row in table.rows):
        yield "padding a/b: a before and b after, as applied"
    if "devices" in keys and any(row.devices for row in table.rows):
        yield "devices: shapes and costs are of all together; each reads its own part, with gather all parts"
    yield from notes_on_fields(keys)
    if "received" in keys and table.per_device:
        yield "received: elements read from other devices; layers outside towers run on the first device"
    if said := moves.note(table, keys):
        yield said
    if table.complete:
        yield _in_short(table)


def _used_again(table: Table) -> Iterator[str]:
    """Yield a note on each layer whose weights others have too."""
    others: dict[str, list[str]] = {}
    for row in table.rows:
        if row.weights_of:
            others.setdefault(row.weights_of, []).append(row.name)
    for first, names in others.items():
        more = len(names) - _MOST_NAMED
        several = [*names[:_MOST_NAMED], f"{more} more"] if more > 1 else names
        yield f"{listing(several, 'and')} {'use' if len(names) > 1 else 'uses'} the weights of {first}, counted there"


def _in_short(table: Table) -> str:
    """Return the totals in words, with the bytes of the parameters and both ways to count a multiply-add."""
    totals, layers = table.totals, len(table.rows)
    params = f"{short(totals.params, ' params')} ({short(4 * totals.params, 'B')} in fp32)"
    costs = f"{short(totals.macs, ' MACs')} = {short(totals.flops, 'FLOPs')}"
    batch = f" for {table.batch} examples" if table.batch != 1 else ""
    return f"{params}, {costs}{batch}, {layers} layer{'s' * (layers != 1)}"


def _title(table: Table) -> str:
    batch = f", batch {table.batch}" if table.batch != 1 else ""
    title = f": {table.title}" if table.title else ""
    return f"{table.spec.label}{title} (input {inputs_in_words(table.input_shape)}{batch})"


def _cells(place: int, row: Row, totals: Totals, sights: Fields) -> tuple[Any, ...]:
    values = _counts(row, totals) | {
        "index": place,
        "layer": row.name,
        "type": row.op,
        "device": "".join(row.devices) if row.received is not None else None,
        "devices": _devices(row),
        "kernel": row.kernel_size,
        "stride": row.stride,
        "padding": row.padding,
        "dilation": row.dilation,
        "groups": row.groups,
        "input": row.input_shapes,
        "output": row.output_shape,
        "received": row.received,
        **dict.fromkeys((column.key for column in FIELDS), sights.get(row.name) or None),
    }
    return tuple(values[column.key] for column in COLUMNS)


def _devices(row: Row) -> str | None:
    if not row.devices:
        return None
    return f"{len(row.devices)}, gather" if row.gather else str(len(row.devices))


def _counts(counted: Row | Totals, totals: Totals) -> dict[str, Any]:
    counts = {name: getattr(counted, name) for name in Totals._fields}
    return counts | {
        "params_share": counted.params / totals.params if counted.params else None,
        "macs_share": counted.macs / totals.macs if counted.macs else None,
    }


def groups(table: Table, also: Collection[str] = ()) -> list[tuple[str, tuple[Row, ...]]]:
    """Return the rows that the footer sums: by op those that learn or multiply and `also` others, or by device; all."""
    rows = table.rows
    if table.per_device:
        devices = dict.fromkeys(device for row in rows for device in row.devices)
        parts = [(device, tuple(row for row in rows if row.devices == (device,))) for device in devices]
    else:
        ops = dict.fromkeys(row.op for row in rows if row.params or row.macs or row.op in also)
        parts = [(op, tuple(row for row in rows if row.op == op)) for op in ops]
        parts = [(f"{op} ({len(group)})", group) for op, group in parts]
    total = "total" if table.complete else "total so far"
    return [*parts, (total, rows)] if len(parts) > 1 else [(total, rows)]


def _sums(label: str, rows: tuple[Row, ...], totals: Totals) -> tuple[Any, ...]:
    values = _counts(add_up(rows), totals) | {"layer": label}
    received = [row.received for row in rows if row.received is not None]
    values["received"] = sum(received) if received else None
    return tuple(values.get(column.key) for column in COLUMNS)


def data(table: Table, sights: Fields | None = None) -> dict[str, Any]:
    """Return the table as JSON.

    - `name`, `title`, `notes`: of the spec.
    - `settings`: the params that were set from outside, with their values.
    - `spec_hash`: the same for two networks with the same input and the same layers, under the same names.
    - `input_shape`: `[channels, height, width]` or `[features]`; so are all shapes.
    - `batch`: for how many examples MACs, FLOPs and activations are counted.
    - `complete`: false where a layer does not fit; `layers` are then those before it.
    - `layers`: in order, each with

      - `name`, `op`.
      - `inputs`, `input_shapes`: the names of what it reads, and their shapes.
      - `output_shape`.
      - `kernel_size`, `stride`, `dilation`: `[height, width]`; null for a kind without a window.
      - `padding`: top, bottom, left, right, as applied; null for a kind without a window.
      - `groups`: null for a kind without groups.
      - `params`, `buffers`, `macs`, `flops`, `activations`, `units`: its counts.
      - `receptive_field`: what its outputs see of each `input` of the network that has places: `size`, `stride`,
        `padding` and `centre` (that of the first output, in elements of the input), each `[height, width]`, and all but
        the size null along an axis of which all outputs see the same. `beside` has the same four apart from what is
        read of the whole input, by a gate or a norm, or is null. `offset` is how far apart the middles of the paths are
        that it joins, or null. `is_even` is false where its paths have other strides, so that the field depends on the
        place.
      - `devices`, `gather`: only for a layer of a tower: the names of its devices, and whether it reads all of them.
      - `weights_of`: only for a layer that has the weights of one before it, which has their params: its name.
      - `received`: only with `--per-device`: the elements that a device reads from others.
      - `weight_bytes`, `input_bytes`, `output_bytes`, `intensity`: only where they were asked for, by `--dtype` or as
        columns: the bytes that it moves at least for the batch, and its FLOPs for each; `intensity` is null where
        nothing is moved. The object then has `dtype` too, the number format that they are of.

    - `outputs`: the names of the layers that the network hands on, in order: those that the spec says, or all that no
      later layer reads; `output_shapes`: the shape of each.
    - `totals`: the sums of `params`, `buffers`, `macs`, `flops`, `activations` and `units`.
    """
    return stamped(
        {
            **identity(table.spec),
            "title": table.title,
            "notes": " ".join(table.spec.notes.split()),
            "batch": table.batch,
            "complete": table.complete,
            **({"dtype": table.dtype} if table.moves else {}),
            "layers": list(_layers(table, sights)),
            "outputs": list(table.outputs),
            "output_shapes": _plain(table.output_shapes),
            "totals": table.totals._asdict(),
        }
    )


def _layers(table: Table, sights: Fields | None) -> Iterator[dict[str, Any]]:
    moved = table.moves or [None] * len(table.rows)
    for row, its in zip(table.rows, moved, strict=True):
        yield row_data(row, sights) | (moves.moves_data(row, its) if its else {})


def row_data(row: Row, sights: Fields | None = None) -> dict[str, Any]:
    """Return one of the `layers` of the JSON object."""
    values: dict[str, Any] = {key: _plain(value) for key, value in row._asdict().items()}
    if sights is not None:
        values["receptive_field"] = receptive_field.data(sights[row.name])
    if not row.devices:
        del values["devices"], values["gather"]
    if row.received is None:
        del values["received"]
    if row.weights_of is None:
        del values["weights_of"]
    return values


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def plainly(table: Table, columns: Iterable[str] | None, sights: Lazy) -> Answer:
    """Show the table as archcalc counts. Raises ArchError for an unknown column."""
    return Answer([sheet(table, columns, of_columns(columns, sights))], lambda: data(table, sights()))
