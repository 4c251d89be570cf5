"""archcalc table"""

from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.options import (
    BatchOption,
    FormatOption,
    InputOption,
    OutputOption,
    SetOption,
    SpecDirOption,
    Specs,
    read_columns,
    read_settings,
    read_shape,
)

if TYPE_CHECKING:
    from archcalc.errors import ArchError
    from archcalc.spec.model import Spec
    from archcalc.table import Table

COLUMN_KEYS = (
    *("index", "layer", "type", "device", "devices", "kernel", "stride", "padding", "dilation", "groups", "input"),
    *("output", "params", "params_share", "buffers", "macs", "macs_share", "flops", "activations", "units", "received"),
)
"""The keys of `render.table.COLUMNS`, written out here so that --help need not load it."""

ColumnsOption = Annotated[
    str | None,
    typer.Option("--columns", metavar="A,B,...", help=f"Show these columns, of: {', '.join(COLUMN_KEYS)}."),
]
PerDeviceOption = Annotated[
    bool, typer.Option("--per-device", help="Unfold towers: each device's part, and the elements it reads from others.")
]


def table(
    specs: Specs,
    columns: ColumnsOption = None,
    per_device: PerDeviceOption = False,
    input_shape: InputOption = None,
    set_: SetOption = None,
    batch: BatchOption = 1,
    spec_dir: SpecDirOption = None,
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Shapes, parameters and costs, layer by layer.

    Example: archcalc table paper --input 3x227x227 --format markdown
    """
    from archcalc.cli.output import answer, say
    from archcalc.render.data import results
    from archcalc.render.table import data, sheet
    from archcalc.spec.catalogue import Catalogue

    picked, shape, settings = read_columns(columns), read_shape(input_shape), read_settings(set_)
    catalogue, tables, broken = Catalogue(spec_dir), [], None
    for word in specs:
        made, broken = _up_to_a_fault(catalogue.load(word, settings, shape), batch, per_device)
        tables.append(made)
        if broken:
            break
    if broken and (output or not tables[-1].rows):
        raise broken  # a file is written whole or not at all, and an empty table says nothing
    if broken:
        say(f"{tables[-1].name}: shown up to the layer that does not fit")
    answer([sheet(made, picked) for made in tables], lambda: results([data(made) for made in tables]), form, output)
    if broken:
        raise broken


def _up_to_a_fault(spec: "Spec", batch: int, per_device: bool) -> "tuple[Table, ArchError | None]":
    """The table of a spec, as far as its layers fit, and the fault that ends it."""
    from archcalc.cli.linking import up_to_a_fault
    from archcalc.cli.output import say
    from archcalc.table import measure

    graph, fault = up_to_a_fault(spec)
    table = measure(graph, batch, per_device)
    if per_device and not table.per_device:
        say(f"{spec.name} has no towers: there is nothing to unfold")
    return table, fault
