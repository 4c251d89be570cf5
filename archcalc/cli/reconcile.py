"""archcalc reconcile"""

from typing import Annotated

import typer

from archcalc.cli.options import AS_FITS, AS_SPECIFIED, BatchOption, OneSpec, Reading, Writing, convention_names

ConventionsArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[CONVENTION...]",
        help="The way between these, in this order; from macs, if there is one. All, if none.",
        autocompletion=convention_names,
    ),
]
MeasuredOption = Annotated[
    str | None,
    typer.Option("--measured", metavar="NUMBER", help="Say which conventions give this number, such as 714.2M."),
]


def reconcile(
    spec: OneSpec,
    conventions: ConventionsArgument = None,
    measured: MeasuredOption = None,
    reading: Reading = AS_SPECIFIED,
    batch: BatchOption = 1,
    writing: Writing = AS_FITS,
) -> None:
    """Why tools print different numbers for one network: term by term, from the smallest to the largest.

    Example: archcalc reconcile torchvision torchinfo ptflops
    """
    from archcalc.analysis.conventions import find
    from archcalc.analysis.quoted import About, read_quoted
    from archcalc.analysis.reconcile.ladder import ladder, way
    from archcalc.analysis.reconcile.ladder import measured as matching
    from archcalc.cli.networks import Networks
    from archcalc.cli.output import say, write_answer
    from archcalc.errors import ArchError
    from archcalc.render.reconcile import of_ladder, of_matches, of_way

    if conventions and measured is not None:
        raise ArchError("--measured looks among all conventions: name none beside it, and quote '0.714 GFLOPs'")
    found = [find(name) for name in conventions or ()]
    quoted = read_quoted(measured) if measured is not None else None
    if quoted and quoted.about not in (None, About.COST):
        raise ArchError(f"{measured} is about {quoted.about}, not cost: ask archcalc identify '{measured}'")
    graph = Networks(reading).graph(spec)
    if quoted is None:
        named = [find("macs"), *found] if len(found) == 1 and found != [find("macs")] else found
        write_answer(of_way(way(graph, named, batch)) if named else of_ladder(ladder(graph, batch)), writing)
        return
    matches = matching(graph, quoted.quantity, batch)
    write_answer(of_matches(graph, matches, str(measured), batch), writing)
    if not any(one.units for one in matches):
        nobody = f"no convention gives {measured} for {graph.spec.name} within its printed digits"
        say(f"{nobody}: these come nearest{quoted.hint}")
        raise typer.Exit(1)
