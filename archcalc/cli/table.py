"""archcalc table"""

from typing import Annotated, Literal

import typer

from archcalc.cli.options import (
    AS_FITS,
    AS_SPECIFIED,
    BatchOption,
    Reading,
    Specs,
    Writing,
    convention_names,
    in_a_list,
    read_columns,
)

COLUMN_KEYS = (
    *("index", "layer", "type", "device", "devices", "kernel", "stride", "padding", "dilation", "groups", "input"),
    *("output", "params", "params_share", "buffers", "macs", "macs_share", "flops", "activations", "units", "received"),
    *("rf", "rf_stride", "rf_padding", "rf_centre"),
)
"""The keys of `render.table.COLUMNS`, written out here so that --help need not load it."""

COST_KEYS = ("cost", "cost_share")

BYTE_KEYS = ("weight_bytes", "input_bytes", "output_bytes", "intensity")
"""The keys of `render.table.moves.COLUMNS`."""

ALL = "all"
"""The word for the totals of every convention."""

_COLUMNS_HELP = (
    f"Show these columns, out of: {', '.join((*COLUMN_KEYS, *BYTE_KEYS))}; with --convention also "
    f"{', '.join(COST_KEYS)}. With a + before each, +A,+B, show them besides the usual ones."
)


def _column_names(incomplete: str) -> list[str]:
    """Complete the last of several columns."""
    return in_a_list((*COLUMN_KEYS, *BYTE_KEYS, *COST_KEYS), incomplete)


ColumnsOption = Annotated[
    str | None,
    typer.Option("--columns", metavar="A,B,...", help=_COLUMNS_HELP, autocompletion=_column_names),
]
ConventionOption = Annotated[
    str | None,
    typer.Option(
        "--convention",
        metavar="NAME",
        help="Count as a tool does, in the column cost; archcalc conventions lists the names; all shows all totals.",
        autocompletion=convention_names,
    ),
]
PerDeviceOption = Annotated[
    bool,
    typer.Option(
        "--per-device", help="Give each device of a tower a row, with the elements that it reads from others."
    ),
]
DtypeOption = Annotated[
    Literal["fp64", "fp32", "fp16", "bf16", "int8"] | None,
    typer.Option("--dtype", help=f"The number format of {', '.join(BYTE_KEYS)}. Default: fp32."),
]
NotesOption = Annotated[bool, typer.Option("--notes", help="Show the notes of the spec too.")]


def table(
    specs: Specs,
    columns: ColumnsOption = None,
    convention: ConventionOption = None,
    per_device: PerDeviceOption = False,
    notes: NotesOption = False,
    dtype: DtypeOption = None,
    reading: Reading = AS_SPECIFIED,
    batch: BatchOption = 1,
    writing: Writing = AS_FITS,
) -> None:
    """Show shapes, parameters and costs, layer by layer.

    Example: archcalc table paper --input 3x227x227 --format markdown
    """
    from archcalc.cli.networks import Networks
    from archcalc.cli.output import say, write_answer
    from archcalc.render.answer import together

    picked = _costs_expected(convention, read_columns(columns))
    if not per_device and {"received", "+received"} & set(picked or ()):
        say("--columns: received has numbers only with --per-device")
    networks, tables, fault = Networks(reading), [], None
    for word in specs:
        network, fault = networks.up_to_a_fault(word)
        tables.append(network.table(batch, per_device, convention, picked, notes, dtype))
        if per_device and not tables[-1].per_device:
            say(f"{network.spec.name} has no towers: --per-device changes nothing")
        if fault:
            break
    last = tables[-1]
    if fault and (writing.output or not last.rows):
        raise fault  # a file is written whole or not at all, and an empty table says nothing
    if fault:
        say(f"{last.name}: shown up to {'what cannot be said' if network.fault else 'the layer that does not fit'}")
    write_answer(together([table.rendered() for table in tables]), writing)
    if fault:
        raise fault


def _costs_expected(convention: str | None, columns: list[str] | None) -> list[str] | None:
    """Return the columns. Raises ArchError for those of costs where there are none, and for an unknown convention."""
    from archcalc.errors import ArchError

    costs = " and ".join(COST_KEYS)
    if {key.removeprefix("+") for key in columns or ()} & set(COST_KEYS):
        if not convention:
            raise ArchError(f"--columns: {costs} need --convention, which says how to count")
        if convention == ALL:
            raise ArchError(f"--columns: {costs} are columns of one convention: give its name instead of all")
    if convention and convention != ALL:
        from archcalc.analysis.conventions import find

        find(convention)
    return columns
