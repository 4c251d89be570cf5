"""archcalc reconcile"""

from enum import StrEnum
from typing import Annotated

import typer

from archcalc.analysis.memory.request import Mode
from archcalc.cli.options import AS_FITS, AS_SPECIFIED, BatchOption, OneSpec, Reading, Writing, convention_names


class Of(StrEnum):
    """What numbers are about."""

    COST = "cost"
    MEMORY = "memory"


ConventionsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[CONVENTION...]",
        help="Two conventions or more, in this order; a single one is compared with macs, or params. Default: all.",
        autocompletion=convention_names,
    ),
]
OfOption = Annotated[
    Of, typer.Option("--of", help="What is compared: what layers cost, or their params; or memory, by fewer tools.")
]
ModeOption = Annotated[
    Mode, typer.Option("--mode", help="With --of memory: whether our peak is of inference or of a step of training.")
]
MeasuredOption = Annotated[
    str | None,
    typer.Option("--measured", metavar="NUMBER", help="Find the conventions that give this number, such as 714.2M."),
]


def reconcile(
    spec: OneSpec,
    conventions: ConventionsArgument = None,
    measured: MeasuredOption = None,
    reading: Reading = AS_SPECIFIED,
    batch: BatchOption = 1,
    of: OfOption = Of.COST,
    mode: ModeOption = Mode.INFER,
    writing: Writing = AS_FITS,
) -> None:
    """Explain why tools print different numbers for one network, term by term, from the smallest to the largest.

    Example: archcalc reconcile torchvision torchinfo ptflops; archcalc reconcile torchvision --of memory
    """
    from archcalc.analysis.conventions import find
    from archcalc.analysis.quoted import read_quoted
    from archcalc.analysis.reconcile.memory import read_tool
    from archcalc.cli.networks import Networks
    from archcalc.cli.output import say, write_answer
    from archcalc.errors import ArchError

    if of is Of.MEMORY:
        if measured is not None:
            raise ArchError("--measured is about cost or params: leave out --of memory")
        for name in conventions or ():
            read_tool(name)
        network = Networks(reading).one(spec)
        write_answer(network.reconcile_memory(*conventions or (), mode=mode.value, batch=batch), writing)
        return
    if mode is not Mode.INFER:
        raise ArchError("--mode goes with --of memory")
    if conventions and measured is not None:
        raise ArchError(
            "--measured compares with all conventions: name none of them; "
            "a number with a unit needs quotes: '0.714 GFLOPs'"
        )
    for name in conventions or ():
        find(name)
    network = Networks(reading).one(spec)
    if measured is None:
        write_answer(network.reconcile(*conventions or (), batch=batch), writing)
        return
    matches = network.measured(measured, batch)
    write_answer(matches, writing)
    if not any(one.units for one in matches.matches):
        nobody = f"no convention gives {measured} for {network.spec.name} within its printed digits"
        say(f"{nobody}: these come nearest{read_quoted(measured).hint}")
        raise typer.Exit(1)
