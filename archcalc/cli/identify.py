"""archcalc identify"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from archcalc.cli.options import Format, FormatOption, OutputOption, SpecDirOption

if TYPE_CHECKING:
    from archcalc.analysis.quoted import Quoted
    from archcalc.analysis.weights import Weights
    from archcalc.graph import Graph
    from archcalc.layers import Shape
    from archcalc.spec.catalogue import Catalogue

WhatArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE|NUMBER",
        help="A state_dict of torch.save (.pth, .pt) or a .safetensors file; or a number such as 62.4M, 1.38 GFLOPs.",
    ),
]

_NEAREST: Final = 3
"""How many are named where none fits."""


def identify(
    what: WhatArgument, spec_dir: SpecDirOption = None, form: FormatOption = None, output: OutputOption = None
) -> None:
    """What is this? The networks that a checkpoint fits, or whose figure a number is; ends with 1 where none does.

    Example: archcalc identify alexnet-owt-7be5be79.pth; archcalc identify 0.77G
    """
    from archcalc.spec.catalogue import Catalogue

    catalogue, word = Catalogue(spec_dir), " ".join(what)
    quoted = _number(word)
    if quoted is None:
        _identify_file(catalogue, Path(word), form, output)
    else:
        _identify_number(catalogue, word, quoted, form, output)


def _number(word: str) -> "Quoted | None":
    """What was asked, if it is a number; None for a file. Raises ArchError for what is neither."""
    from archcalc.analysis.quoted import read_quoted
    from archcalc.errors import ArchError

    path = Path(word)
    if path.is_file():
        return None
    try:
        return read_quoted(word)
    except ArchError as fault:
        if path.suffix in CHECKPOINTS or len(path.parts) > 1:
            return None
        raise ArchError(f"there is no file '{word}'; {fault}") from None


CHECKPOINTS: Final = (".pth", ".pt", ".bin", ".safetensors", ".ckpt")
"""Endings of what is surely meant to be a file."""


def _identify_number(
    catalogue: "Catalogue", word: str, quoted: "Quoted", form: Format | None, output: Path | None
) -> None:
    from archcalc.analysis.figures import meanings
    from archcalc.cli.output import answer, say
    from archcalc.render.figures import meanings_data, meanings_sheet

    found = meanings(_graphs(catalogue), quoted)
    fitting = [meaning for meaning in found if meaning.units is not None]
    shown = fitting or found[:_NEAREST]
    answer([meanings_sheet(shown, word)], lambda: meanings_data(shown, word), form, output)
    if not fitting:
        say(f"no figure of a network is {word} within its printed digits: these come nearest{quoted.hint}")
        raise typer.Exit(1)


def _graphs(catalogue: "Catalogue") -> "Iterator[Graph]":
    """Every network that can be read; of the others it is said that they cannot."""
    from archcalc.cli.output import say
    from archcalc.errors import ArchError
    from archcalc.graph import link

    for name, path in catalogue.files().items():
        try:
            yield link(catalogue.load(str(path)))
        except ArchError:
            say(f"{name} is left out, as it cannot be computed: archcalc check {path} says why")


def _identify_file(catalogue: "Catalogue", file: Path, form: Format | None, output: Path | None) -> None:
    from archcalc.cli.output import answer, say
    from archcalc.pytorch.checkpoint import read_shapes
    from archcalc.render.weights import networks_data, networks_sheet

    found = read_shapes(file)
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
