"""archcalc identify"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from archcalc.cli.options import AS_FITS, AS_SPECIFIED, SpecDirOption, Writing

if TYPE_CHECKING:
    from archcalc.analysis.quoted import Quoted
    from archcalc.analysis.weights import Weights
    from archcalc.cli.networks import Networks
    from archcalc.graph import Graph
    from archcalc.layers import Shape

WhatArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE|NUMBER",
        help="A state_dict of torch.save (.pth, .pt) or a .safetensors file; or a number such as 62.4M, 1.38 GFLOPs.",
    ),
]


def identify(what: WhatArgument, spec_dir: SpecDirOption = None, writing: Writing = AS_FITS) -> None:
    """What is this? The networks that a checkpoint fits, or whose figure a number is; ends with 1 where none does.

    Example: archcalc identify alexnet-owt-7be5be79.pth; archcalc identify 0.77G
    """
    from archcalc.cli.networks import Networks

    networks, word = Networks(AS_SPECIFIED._replace(spec_dir=spec_dir)), " ".join(what)
    quoted = _number(word)
    if quoted is None:
        _identify_file(networks, Path(word), writing)
    else:
        _identify_number(networks, word, quoted, writing)


def _number(word: str) -> "Quoted | None":
    """Return the number that was asked for; None for a file. Raises ArchError for what is neither."""
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


def _identify_number(networks: "Networks", word: str, quoted: "Quoted", writing: Writing) -> None:
    from archcalc.analysis.identify.number_meanings import meanings
    from archcalc.cli.output import say, write_answer
    from archcalc.render.identify import of_number

    found = meanings(_graphs(networks), quoted)
    write_answer(of_number(found, word), writing)
    if not any(meaning.units for meaning in found):
        say(f"no figure of a network is {word} within its printed digits: these come nearest{quoted.hint}")
        raise typer.Exit(1)


def _graphs(networks: "Networks") -> "Iterator[Graph]":
    """Every network that can be read; of the others it is said that they cannot."""
    from archcalc.cli.output import say

    for path, graph, _ in networks.each(networks.all()):
        if graph:
            yield graph
        else:
            say(f"{Path(path).stem} is left out, as it cannot be computed: archcalc check {path} says why")


def _identify_file(networks: "Networks", file: Path, writing: Writing) -> None:
    from archcalc.cli.output import say, write_answer
    from archcalc.pytorch.checkpoint import read_shapes
    from archcalc.render.identify import of_checkpoint

    found = read_shapes(file)
    candidates = [fits for path in networks.all() if (fits := _fit(networks, path, found))]
    candidates.sort(key=lambda weights: (len(weights.misfits), -weights.elements, weights.network))
    write_answer(of_checkpoint(candidates, str(file)), writing)
    if all(weights.misfits for weights in candidates):
        say(f"no network fits {file}: these come nearest")
        raise typer.Exit(1)


def _fit(networks: "Networks", word: str, found: "Mapping[str, Shape]") -> "Weights | None":
    """A spec beside the checkpoint, with as many classes as that has; None for a broken spec."""
    from archcalc.analysis.weights import CLASSES, fit
    from archcalc.errors import ArchError
    from archcalc.graph import link
    from archcalc.twins import place

    try:
        spec = networks.spec(word)
        first = fit(spec.name, place(link(spec)), found)
        if first.rows is None or CLASSES not in spec.params:
            return first
        again = networks.catalogue.load(word, {CLASSES: first.rows})
        return fit(f"{spec.name} --set {CLASSES}={first.rows}", place(link(again)), found)
    except ArchError:
        return None
