"""archcalc compare"""

from enum import StrEnum
from typing import Annotated

import typer

from archcalc.cli.options import AS_FITS, AS_SPECIFIED, BatchOption, Reading, Specs, Writing


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
    reading: Reading = AS_SPECIFIED,
    batch: BatchOption = 1,
    writing: Writing = AS_FITS,
) -> None:
    """Networks side by side, layer by layer, and in words what differs from the first; = is the same.

    Example: archcalc compare paper torchvision d2l
    """
    from archcalc.analysis.compare.comparison import compare as compared
    from archcalc.cli.networks import Networks, expect_several
    from archcalc.cli.output import write_answer
    from archcalc.render.compare import View, answer

    expect_several(specs, "compare")
    comparison = compared(Networks(reading).graphs(specs), batch)
    write_answer(answer(View(comparison, only.value if only else None, changed)), writing)
    if fail_on_diff and comparison.differ:
        raise typer.Exit(1)
