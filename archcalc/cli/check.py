"""archcalc check"""

from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.options import (
    SPEC_HELP,
    FormatOption,
    InputOption,
    OutputOption,
    SetOption,
    SpecDirOption,
    read_settings,
    read_shape,
    spec_names,
)

if TYPE_CHECKING:
    from archcalc.analysis.agreement import Agreement
    from archcalc.spec.model import Spec

MaybeSpecs = Annotated[
    list[str] | None,
    typer.Argument(metavar="[SPEC...]", help=f"{SPEC_HELP} All that can be named, if none.", autocompletion=spec_names),
]
DeviceOption = Annotated[
    str, typer.Option("--device", metavar="DEVICE", help="meta, which allocates nothing, or cpu, cuda, mps to run it.")
]


_MOST_SAID = 20


def check(
    specs: MaybeSpecs = None,
    device: DeviceOption = "meta",
    input_shape: InputOption = None,
    set_: SetOption = None,
    spec_dir: SpecDirOption = None,
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Hold the table against the PyTorch model of the same spec, layer by layer; a difference ends with 1.

    Example: archcalc check paper
    """
    from archcalc.cli.output import answer, say
    from archcalc.render.agreement import data, layers_sheet, networks_sheet
    from archcalc.render.data import results
    from archcalc.spec.catalogue import Catalogue

    shape, settings = read_shape(input_shape), read_settings(set_)
    catalogue = Catalogue(spec_dir)
    words = specs or [str(path) for path in catalogue.files().values()]
    agreements = [_agreement(catalogue.load(word, settings, shape), device) for word in words]
    sheet = layers_sheet(agreements[0]) if len(agreements) == 1 else networks_sheet(agreements)
    answer([sheet], lambda: results([data(agreement) for agreement in agreements]), form, output)
    differences = [f"{agreement.name}: {words}" for agreement in agreements for words in agreement.differences]
    for difference in differences[:_MOST_SAID]:
        say(difference)
    if len(differences) > _MOST_SAID:
        say(f"... and {len(differences) - _MOST_SAID} more (--format json lists all)")
    if differences:
        raise typer.Exit(1)


def _agreement(spec: "Spec", device: str) -> "Agreement":
    from archcalc.analysis.agreement import hold_against
    from archcalc.errors import MissingError
    from archcalc.graph import link
    from archcalc.table import measure

    try:
        from archcalc.pytorch.observe import observe

        graph = link(spec)
        return hold_against(measure(graph), observe(graph, device), device)
    except ImportError as error:
        raise MissingError(f"check needs torch and fvcore ({error}): pip install 'archcalc[torch]'") from error
