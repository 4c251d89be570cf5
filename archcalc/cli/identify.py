"""archcalc identify"""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from archcalc.cli.options import FormatOption, OutputOption, SpecDirOption

if TYPE_CHECKING:
    from archcalc.analysis.weights import Weights
    from archcalc.layers import Shape
    from archcalc.spec.catalogue import Catalogue

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="A state_dict of torch.save (.pth, .pt), or a .safetensors file.")
]

_NEAREST: Final = 3
"""How many networks are named where none fits."""


def identify(
    file: FileArgument, spec_dir: SpecDirOption = None, form: FormatOption = None, output: OutputOption = None
) -> None:
    """The networks that a checkpoint fits, by the shapes of its tensors; ends with 1 where none does.

    Example: archcalc identify alexnet-owt-7be5be79.pth
    """
    from archcalc.cli.output import answer, say
    from archcalc.pytorch.checkpoint import read_shapes
    from archcalc.render.weights import networks_data, networks_sheet
    from archcalc.spec.catalogue import Catalogue

    found, catalogue = read_shapes(file), Catalogue(spec_dir)
    candidates = [fits for path in catalogue.files().values() if (fits := _fit(catalogue, str(path), found))]
    candidates.sort(key=lambda weights: (len(weights.misfits), -weights.elements, weights.network))
    fitting = [weights for weights in candidates if not weights.misfits]
    shown = fitting or candidates[:_NEAREST]
    answer([networks_sheet(shown, str(file))], lambda: networks_data(shown, str(file)), form, output)
    if not fitting:
        say(f"no network fits {file}: these come nearest")
        raise typer.Exit(1)


def _fit(catalogue: "Catalogue", word: str, found: "Mapping[str, Shape]") -> "Weights | None":
    """A spec beside the checkpoint, with as many classes as that has; None for a broken spec."""
    from archcalc.analysis.weights import CLASSES, fit
    from archcalc.errors import ArchError
    from archcalc.graph import link
    from archcalc.twins import place

    try:
        spec = catalogue.load(word)
        first = fit(spec.name, place(link(spec)), found)
        if first.rows is None or CLASSES not in spec.params:
            return first
        settings = {CLASSES: first.rows}
        return fit(f"{spec.name} --set {CLASSES}={first.rows}", place(link(catalogue.load(word, settings))), found)
    except ArchError:
        return None
