"""A comparison for programs: JSON with all of it, CSV with the layers that are shown."""

from collections.abc import Iterator
from typing import Any, Final

from archcalc.analysis.compare.changes import Change, Part, Split
from archcalc.analysis.compare.comparison import Aligned, Comparison
from archcalc.analysis.compare.stages import Together, in_stages
from archcalc.render.compare.view import WINDOW, View, label, types
from archcalc.render.envelope import identity, stamped
from archcalc.render.sheet import Column, Sheet
from archcalc.render.table.layers import row_data
from archcalc.table import Table, Totals

_FIELDS: Final = {
    "shapes": [("output", "output_shape")],
    WINDOW: [
        ("kernel", "kernel_size"),
        ("stride", "stride"),
        ("padding", "padding"),
        ("dilation", "dilation"),
        ("groups", "groups"),
    ],
    "params": [("params", "params")],
    "macs": [("macs", "macs")],
    "activations": [("activations", "activations")],
}
"""The columns that say a quantity, and where in a table's row it stands."""


def bare(view: View) -> list[Sheet]:
    """Return the sheet that CSV holds: a line for each layer, with bare numbers; blank if a network has no such layer.

    After `layer` and `type` come, for each network under its name, `.output`, `.kernel`, `.stride`, `.padding` (top,
    bottom, left and right), `.dilation`, `.groups`, `.params` and `.macs`.
    """
    fields = [field for quantity in view.quantities for field in _FIELDS[quantity]]
    columns = [Column(f"{name}.{key}", key) for name in view.names for key, _ in fields]
    rows = tuple(
        (label(layer), types(layer), *(_bare(part, field) for part in layer.parts for _, field in fields))
        for layer in view.layers
    )
    return [Sheet("", "", (Column("layer", "layer"), Column("type", "type"), *columns), rows)]


def _bare(part: Part | None, field: str) -> Any:
    return getattr(part.row, field) if part else None


def data(comparison: Comparison) -> dict[str, Any]:
    """Return the comparison as JSON: all of it, also what --only and --changed leave out elsewhere.

    - `networks`: each with its `name`, `settings`, `spec_hash`, `file`, `input_shape` and `batch`, its `outputs` and
      `totals`, as in `table`, and `ratios`: these totals divided by those of the first network, null where that total
      is 0.
    - `apart`: whether the networks have too little in common to be put side by side; `layers` is then empty.
    - `differ`: whether anything differs in any of them, as `--fail-on-diff` asks.
    - `same`: for each spec that is given more than once, a list of its places among `networks`, from 0.
    - `shapes_part_at`: the names of the first layer whose output shapes differ, or null.
    - `layers`: in order, each with

      - `names`: what the networks call it, each name once.
      - `by_name`: whether names decided that these layers stand side by side, since kinds, fields and places did not.
      - `networks`: the layer in each network, or null. It has the keys of a layer of `table`, and `fields`: the fields
        of its op, with their defaults.
      - `changes`: the differences from the first network, each with

        - `network`: the place of the network that differs.
        - `before`, `after`: the values in the first network and in this one.
        - `what`: a field of the layer (`out_channels` and `out_features` are of all devices together); `op`; `layer`,
          for one that only one of them has; `reads`, the names of the layers that it reads; `in_channels`,
          `in_features` or `in_size`, what it reads of these; `devices`, their number; `gather`; or `split`, for groups
          and devices that differ and divide the layer alike.
        - `idle`: whether the layer computes the same nevertheless.

    - `stages`: where the networks are `apart`, their layers by how many times smaller than the input their maps are:

      - `reduction`: 1, 2, 4 and so on, the nearest power of two; null for features and maps of one place.
      - `networks`: for each null, or the `output_shape` of its last layer in the stage, the number of its `layers`, and
        the sums of their `params`, `buffers`, `macs`, `flops`, `activations` and `units`.
    """
    first = comparison.tables[0].totals
    files = [spec.file for spec in comparison.specs]
    return stamped(
        {
            "networks": [_network(table, file, first) for table, file in zip(comparison.tables, files, strict=True)],
            "apart": comparison.are_apart,
            "differ": comparison.differ,
            "same": comparison.same,
            "shapes_part_at": comparison.parting.names if comparison.parting else None,
            "layers": [_layer(layer) for layer in comparison.layers],
            "stages": [_stage(stage) for stage in in_stages(comparison.tables)] if comparison.are_apart else [],
        }
    )


def _network(table: Table, file: str, first: Totals) -> dict[str, Any]:
    totals = table.totals._asdict()
    return {
        **identity(table.spec),
        "file": file,
        "batch": table.batch,
        "outputs": list(table.outputs),
        "totals": totals,
        "ratios": {name: count / of if (of := getattr(first, name)) else None for name, count in totals.items()},
    }


def _stage(stage: Together) -> dict[str, Any]:
    networks = [
        one and {"output_shape": list(one.output_shape), "layers": one.layers, **one.totals._asdict()}
        for one in stage.stages
    ]
    return {"reduction": stage.reduction, "networks": networks}


def _layer(layer: Aligned) -> dict[str, Any]:
    return {
        "names": layer.names,
        "by_name": layer.by_name,
        "networks": [part and _part(part) for part in layer.parts],
        "changes": list(_changes(layer)),
    }


def _part(part: Part) -> dict[str, Any]:
    fields = {name: _plain(value) for name, value in vars(part.node.layer).items()}
    return {**row_data(part.row), "fields": fields}


def _changes(layer: Aligned) -> Iterator[dict[str, Any]]:
    for place, changes in enumerate(layer.changes):
        for change in changes:
            yield {"network": place} | {key: _plain(value) for key, value in _said_of(change).items()}


def _said_of(change: Change) -> dict[str, Any]:
    return {"what": change.what, "before": change.before, "after": change.after, "idle": change.idle}


def _plain(value: Any) -> Any:
    if isinstance(value, Split):
        return dict(value._asdict())
    return list(value) if isinstance(value, tuple) else value
