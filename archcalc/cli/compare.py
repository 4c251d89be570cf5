"""archcalc compare"""

from typing import Annotated, Literal

import typer

from archcalc.cli.options import AS_FITS, AS_SPECIFIED, BatchOption, Reading, Specs, Writing

OnlyOption = Annotated[Literal["shapes", "params", "macs"] | None, typer.Option("--only", help="Show one quantity.")]
ChangedOption = Annotated[
    bool,
    typer.Option("--changed", help="Show only layers that differ; with --only, those that differ in that quantity."),
]
FailOption = Annotated[bool, typer.Option("--fail-on-diff", help="End with exit code 1 if anything differs.")]


def compare(
    specs: Specs,
    only: OnlyOption = None,
    changed: ChangedOption = False,
    fail_on_diff: FailOption = False,
    reading: Reading = AS_SPECIFIED,
    batch: BatchOption = 1,
    writing: Writing = AS_FITS,
) -> None:
    """Put networks side by side, layer by layer, and say what differs from the first; = means the same.

    Example: archcalc compare paper torchvision d2l
    """
    from archcalc.cli.networks import Networks
    from archcalc.cli.output import write_answer
    from archcalc.errors import ArchError
    from archcalc.questions import compare as compared

    if len(specs) < 2:
        raise ArchError("compare needs two specs or more, as in archcalc compare paper torchvision")
    comparison = compared(*Networks(reading).all_of(specs), batch=batch, only=only, changed=changed)
    write_answer(comparison, writing)
    if fail_on_diff and comparison.differ:
        raise typer.Exit(1)
