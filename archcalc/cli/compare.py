"""archcalc compare"""

from enum import StrEnum
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
    read_settings,
    read_shape,
)


class Quantity(StrEnum):
    SHAPES = "shapes"
    PARAMS = "params"
    MACS = "macs"


OnlyOption = Annotated[Quantity | None, typer.Option("--only", help="Show one quantity.")]
ChangedOption = Annotated[bool, typer.Option("--changed", help="Show only layers that differ.")]
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
    from archcalc.graph import link
    from archcalc.render.compare import data, sheets, stacked
    from archcalc.spec.catalogue import Catalogue

    if len(specs) < 2:
        raise ArchError("compare needs two specs or more, as in archcalc compare paper torchvision")
    catalogue, settings, shape = Catalogue(spec_dir), read_settings(set_), read_shape(input_shape)
    comparison = compared([link(catalogue.load(word, settings, shape)) for word in specs], batch)
    quantity = only.value if only else None
    answer(
        sheets(comparison, quantity, changed),
        lambda: data(comparison),
        form,
        output,
        stacked(comparison, quantity, changed),
    )
    if fail_on_diff and comparison.differ:
        raise typer.Exit(1)
