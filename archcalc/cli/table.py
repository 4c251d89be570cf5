"""archcalc table"""

from typing import Annotated

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
    from archcalc.errors import ArchError
    from archcalc.graph import Graph, link
    from archcalc.render.table import data, results, sheet
    from archcalc.spec.catalogue import Catalogue
    from archcalc.table import measure

    picked, shape, settings = read_columns(columns), read_shape(input_shape), read_settings(set_)
    catalogue, tables, broken = Catalogue(spec_dir), [], None
    for word in specs:
        spec = catalogue.load(word, settings, shape)
        try:
            graph = link(spec)
        except ArchError as error:
            if not isinstance(error.partial, Graph) or not error.partial.nodes:
                raise
            graph, broken = error.partial, error
            if output is not None:
                raise  # a file is written whole or not at all
        for doubt in graph.doubts:
            say(f"{spec.name}: {doubt}")
        tables.append(measure(graph, batch, per_device))
        if per_device and not tables[-1].per_device:
            say(f"{spec.name} has no towers: there is nothing to unfold")
        if broken:
            say(f"{spec.name}: shown up to the layer that does not fit")
            break
    sheets = [sheet(made, picked) for made in tables]
    answer(sheets, lambda: results([data(made) for made in tables]), form, output)
    if broken:
        raise broken
