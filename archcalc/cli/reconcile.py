"""archcalc reconcile"""

from typing import Annotated

import typer

from archcalc.cli.options import AS_FITS, AS_SPECIFIED, BatchOption, OneSpec, Reading, Writing, convention_names

ConventionsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[CONVENTION...]",
        help="Two conventions or more, in this order; a single one is compared with macs, or params. Default: all.",
        autocompletion=convention_names,
    ),
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
    writing: Writing = AS_FITS,
) -> None:
    """Explain why tools print different numbers for one network, term by term, from the smallest to the largest.

    Example: archcalc reconcile torchvision torchinfo ptflops
    """
    from archcalc.analysis.conventions import find
    from archcalc.analysis.quoted import read_quoted
    from archcalc.cli.networks import Networks
    from archcalc.cli.output import say, write_answer
    from archcalc.errors import ArchError

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
