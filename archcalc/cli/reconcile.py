"""archcalc reconcile"""

from typing import Annotated

import typer

from archcalc.cli.options import (
    BatchOption,
    FormatOption,
    InputOption,
    OneSpec,
    OutputOption,
    SetOption,
    SpecDirOption,
    convention_names,
    read_settings,
    read_shape,
)

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

_NEAREST = 3
"""How many are named where none gives the number."""


def reconcile(
    spec: OneSpec,
    conventions: ConventionsArgument = None,
    measured: MeasuredOption = None,
    input_shape: InputOption = None,
    set_: SetOption = None,
    batch: BatchOption = 1,
    spec_dir: SpecDirOption = None,
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Why tools print different numbers for one network: term by term, from the smallest to the largest.

    Example: archcalc reconcile torchvision torchinfo ptflops
    """
    from archcalc.analysis.conventions import find
    from archcalc.analysis.quoted import About, read_quoted
    from archcalc.analysis.reconcile import ladder, way
    from archcalc.analysis.reconcile import measured as matching
    from archcalc.cli.output import answer, say
    from archcalc.errors import ArchError
    from archcalc.graph import link
    from archcalc.render.reconcile import ladder_data, ladder_sheet, matches_data, matches_sheet, way_sheet
    from archcalc.spec.catalogue import Catalogue

    if conventions and measured is not None:
        raise ArchError("--measured looks among all conventions: name none beside it, and quote '0.714 GFLOPs'")
    found = [find(name) for name in conventions or ()]
    quoted = read_quoted(measured) if measured is not None else None
    if quoted and quoted.about not in (None, About.COST):
        raise ArchError(f"{measured} is about {quoted.about}, not cost: ask archcalc identify '{measured}'")
    graph = link(Catalogue(spec_dir).load(spec, read_settings(set_), read_shape(input_shape)))
    if quoted is None:
        named = [find("macs"), *found] if len(found) == 1 and found != [find("macs")] else found
        steps = way(graph, named, batch) if named else ladder(graph, batch)
        answer([way_sheet(steps) if named else ladder_sheet(steps)], lambda: ladder_data(steps), form, output)
        return
    matches = matching(graph, quoted.quantity, batch)
    giving = [one for one in matches if one.units is not None]
    sheet = matches_sheet(graph, giving or matches[:_NEAREST], str(measured))
    answer([sheet], lambda: matches_data(graph, matches, str(measured), batch), form, output)
    if not giving:
        nobody = f"no convention gives {measured} for {graph.spec.name} within its printed digits"
        say(f"{nobody}: these come nearest{quoted.hint}")
        raise typer.Exit(1)
