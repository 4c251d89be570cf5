"""archcalc compare"""

from enum import StrEnum
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
    read_settings,
    read_shape,
)

if TYPE_CHECKING:
    from archcalc.graph import Graph
    from archcalc.layers import Shape


class Quantity(StrEnum):
    SHAPES = "shapes"
    PARAMS = "params"
    MACS = "macs"


OnlyOption = Annotated[Quantity | None, typer.Option("--only", help="Show one quantity.")]
ChangedOption = Annotated[
    bool, typer.Option("--changed", help="Show only layers that differ, or with --only those whose quantity does.")
]
FailOption = Annotated[bool, typer.Option("--fail-on-diff", help="End with 1 where anything differs.")]


def compare(
    specs: Specs,
    only: OnlyOption = None,
    changed: ChangedOption = False,
    fail_on_diff: FailOption = False,
    input_shape: InputOption = None,
    set_: SetOption = None,
    batch: BatchOption = 1,
    spec_dir: SpecDirOption = None,
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Networks side by side, layer by layer, and in words what differs from the first; = is the same.

    Example: archcalc compare paper torchvision d2l
    """
    from archcalc.analysis.compare import compare as compared
    from archcalc.cli.output import answer
    from archcalc.errors import ArchError
    from archcalc.render.compare import View, bare, data, sheets, stacked

    if len(specs) < 2:
        raise ArchError("compare needs two specs or more, as in archcalc compare paper torchvision")
    graphs = _read(specs, read_settings(set_), read_shape(input_shape), spec_dir)
    comparison = compared(graphs, batch)
    view = View(comparison, only.value if only else None, changed)
    narrower = (stacked(view, numbered) for numbered in (False, True))
    answer(sheets(view), lambda: data(comparison), form, output, narrower, bare(view))
    if fail_on_diff and comparison.differ:
        raise typer.Exit(1)


def _read(specs: list[str], settings: dict[str, object], shape: "Shape | None", spec_dir: str | None) -> "list[Graph]":
    """The graphs of all specs. Raises ArchError with the faults of all."""
    from archcalc.errors import ArchError, Fault
    from archcalc.graph import link
    from archcalc.spec.catalogue import Catalogue

    catalogue, graphs = Catalogue(spec_dir), []
    faults: list[Fault] = []
    for word in specs:
        try:
            graphs.append(link(catalogue.load(word, settings, shape)))
        except ArchError as error:
            faults += error.faults
    if faults:
        raise ArchError(*dict.fromkeys(faults))
    return graphs
