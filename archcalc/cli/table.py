"""archcalc table"""

from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from archcalc.cli.options import (
    BatchOption,
    FormatOption,
    InputOption,
    OutputOption,
    SetOption,
    SpecDirOption,
    Specs,
    convention_names,
    read_columns,
    read_settings,
    read_shape,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.analysis.costs import Total
    from archcalc.errors import ArchError
    from archcalc.graph import Graph
    from archcalc.render.sheet import Sheet
    from archcalc.spec.model import Spec
    from archcalc.table import Table

COLUMN_KEYS = (
    *("index", "layer", "type", "device", "devices", "kernel", "stride", "padding", "dilation", "groups", "input"),
    *("output", "params", "params_share", "buffers", "macs", "macs_share", "flops", "activations", "units", "received"),
)
"""The keys of `render.table.COLUMNS`, written out here so that --help need not load it."""

COST_KEYS = ("cost", "cost_share")

ALL = "all"
"""What asks for the totals of every convention."""

_COLUMNS_HELP = f"Show these columns, of: {', '.join(COLUMN_KEYS)}; with --convention also {', '.join(COST_KEYS)}."
ColumnsOption = Annotated[str | None, typer.Option("--columns", metavar="A,B,...", help=_COLUMNS_HELP)]
ConventionOption = Annotated[
    str | None,
    typer.Option(
        "--convention",
        metavar="NAME",
        help="Count as a tool does (archcalc conventions lists them), in the column cost; all adds every total.",
        autocompletion=convention_names,
    ),
]
PerDeviceOption = Annotated[
    bool, typer.Option("--per-device", help="Unfold towers: each device's part, and the elements it reads from others.")
]


def table(
    specs: Specs,
    columns: ColumnsOption = None,
    convention: ConventionOption = None,
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
    from archcalc.spec.catalogue import Catalogue

    picked, shape, settings = read_columns(columns), read_shape(input_shape), read_settings(set_)
    shown = _by_convention(convention, picked) if convention else _plainly(picked)
    catalogue, made, broken = Catalogue(spec_dir), [], None
    for word in specs:
        graph, measured, broken = _up_to_a_fault(catalogue.load(word, settings, shape), batch, per_device)
        made.append((graph, measured))
        if broken:
            break
    last = made[-1][1]
    if broken and (output or not last.rows):
        raise broken  # a file is written whole or not at all, and an empty table says nothing
    if broken:
        say(f"{last.name}: shown up to the layer that does not fit")
    sheets = [sheet for pair in made for sheet in shown.sheets(*pair)]
    bare = [sheet for pair in made for sheet in shown.bare(*pair)] if shown.bare else ()
    answer(sheets, lambda: results([shown.data(*pair) for pair in made]), form, output, bare=bare)
    if broken:
        raise broken


class Shown(NamedTuple):
    """How a graph with its table becomes sheets, and JSON."""

    sheets: "Callable[[Graph, Table], list[Sheet]]"
    data: "Callable[[Graph, Table], dict[str, Any]]"
    bare: "Callable[[Graph, Table], list[Sheet]] | None" = None
    """Those for CSV, where it is not all."""


def _plainly(columns: list[str] | None) -> Shown:
    from archcalc.errors import ArchError
    from archcalc.render.table import data, sheet

    if columns and set(columns) & set(COST_KEYS):
        raise ArchError(f"--columns: {' and '.join(COST_KEYS)} need --convention, which says how to count")
    return Shown(lambda _, table: [sheet(table, columns)], lambda _, table: data(table))


def _by_convention(name: str, columns: list[str] | None) -> Shown:
    """With the costs of one convention, or the totals of all."""
    from archcalc.analysis.conventions import find
    from archcalc.analysis.costs import price, terms, totals
    from archcalc.errors import ArchError
    from archcalc.render.costs import priced_data, priced_sheet, totals_data, totals_sheet
    from archcalc.render.table import sheet

    if name == ALL and set(columns or ()) & set(COST_KEYS):
        raise ArchError(f"--columns: {' and '.join(COST_KEYS)} are there for one convention, not for all")
    if name != ALL:
        one = find(name)
        return Shown(
            lambda graph, table: [priced_sheet(table, price(graph, table, one), columns)],
            lambda graph, table: priced_data(table, price(graph, table, one)),
        )

    def every(graph: "Graph", table: "Table") -> "list[Total]":
        return totals(terms(graph, table.batch))

    return Shown(
        lambda graph, table: [sheet(table, columns), totals_sheet(table, every(graph, table))],
        lambda graph, table: totals_data(table, every(graph, table)),
        lambda graph, table: [totals_sheet(table, every(graph, table))],
    )


def _up_to_a_fault(spec: "Spec", batch: int, per_device: bool) -> "tuple[Graph, Table, ArchError | None]":
    """The graph and table of a spec, as far as its layers fit, and the fault that ends it."""
    from archcalc.cli.linking import up_to_a_fault
    from archcalc.cli.output import say
    from archcalc.table import measure

    graph, fault = up_to_a_fault(spec)
    table = measure(graph, batch, per_device)
    if per_device and not table.per_device:
        say(f"{spec.name} has no towers: there is nothing to unfold")
    return graph, table, fault
