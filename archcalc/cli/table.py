"""archcalc table"""

from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.options import (
    AS_FITS,
    AS_SPECIFIED,
    BatchOption,
    Reading,
    Specs,
    Writing,
    convention_names,
    read_columns,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from archcalc.graph import Graph
    from archcalc.render.answer import Answer
    from archcalc.table import Table

COLUMN_KEYS = (
    *("index", "layer", "type", "device", "devices", "kernel", "stride", "padding", "dilation", "groups", "input"),
    *("output", "params", "params_share", "buffers", "macs", "macs_share", "flops", "activations", "units", "received"),
)
"""The keys of `render.table.COLUMNS`, written out here so that --help need not load it."""

COST_KEYS = ("cost", "cost_share")

ALL = "all"
"""The word for the totals of every convention."""

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
    reading: Reading = AS_SPECIFIED,
    batch: BatchOption = 1,
    writing: Writing = AS_FITS,
) -> None:
    """Shapes, parameters and costs, layer by layer.

    Example: archcalc table paper --input 3x227x227 --format markdown
    """
    from archcalc.cli.networks import Networks
    from archcalc.cli.output import say, write_answer
    from archcalc.render.answer import together

    show = _way_to_show(convention, read_columns(columns))
    networks, made, fault = Networks(reading), [], None
    for word in specs:
        graph, fault = networks.up_to_a_fault(word)
        made.append((graph, _measured(graph, batch, per_device)))
        if fault:
            break
    last = made[-1][1]
    if fault and (writing.output or not last.rows):
        raise fault  # a file is written whole or not at all, and an empty table says nothing
    if fault:
        say(f"{last.name}: shown up to the layer that does not fit")
    write_answer(together([show(*pair) for pair in made]), writing)
    if fault:
        raise fault


def _measured(graph: "Graph", batch: int, per_device: bool) -> "Table":
    from archcalc.cli.output import say
    from archcalc.table import measure

    table = measure(graph, batch, per_device)
    if per_device and not table.per_device:
        say(f"{graph.spec.name} has no towers: there is nothing to unfold")
    return table


def _way_to_show(convention: str | None, columns: list[str] | None) -> "Callable[[Graph, Table], Answer]":
    """How a table is shown: plainly, with the costs of one convention, or with the totals of all."""
    from archcalc.errors import ArchError
    from archcalc.render.table.layers import plainly

    with_costs = bool(set(columns or ()) & set(COST_KEYS))
    if not convention:
        if with_costs:
            raise ArchError(f"--columns: {' and '.join(COST_KEYS)} need --convention, which says how to count")
        return lambda _, table: plainly(table, columns)
    from archcalc.analysis.conventions import find
    from archcalc.analysis.conventions.costs import price, terms, totals
    from archcalc.render.table.costs import by_all, by_one

    if convention == ALL:
        if with_costs:
            raise ArchError(f"--columns: {' and '.join(COST_KEYS)} are there for one convention, not for all")
        return lambda graph, table: by_all(table, totals(terms(graph, table.batch)), columns)
    one = find(convention)
    return lambda graph, table: by_one(table, price(graph, table, one), columns)
