"""archcalc check"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.options import AS_FITS, AS_SPECIFIED, MaybeSpecs, Reading, Writing

if TYPE_CHECKING:
    from archcalc.analysis.check.agreement import Agreement
    from archcalc.render.answer import Answer
    from archcalc.spec.model import Spec

    Checked = tuple[Answer, Sequence[str]]

DeviceOption = Annotated[
    str | None,
    typer.Option(
        "--device",
        metavar="DEVICE",
        help="meta, which allocates nothing, or cpu, cuda, mps to run it. Default: meta; with --against, cpu.",
    ),
]
AgainstOption = Annotated[
    str | None,
    typer.Option(
        "--against",
        metavar="MODULE:NAME",
        help="Hold one spec against a model of your own, by running its code: package.module:name or file.py:name.",
    ),
]


WeightsOption = Annotated[
    Path | None,
    typer.Option("--weights", metavar="FILE", help="Hold a checkpoint's tensors against one spec: .pth, .safetensors."),
]

_MOST_SAID = 20


def check(
    specs: MaybeSpecs = None,
    against: AgainstOption = None,
    weights: WeightsOption = None,
    device: DeviceOption = None,
    reading: Reading = AS_SPECIFIED,
    writing: Writing = AS_FITS,
) -> None:
    """Hold the table against the PyTorch model of the same spec, layer by layer; a difference ends with 1.

    Example: archcalc check paper
    """
    from archcalc.cli.networks import Networks
    from archcalc.cli.output import write_answer
    from archcalc.errors import ArchError

    networks = Networks(reading)
    loaded = [networks.spec(word) for word in specs or networks.all()]
    if (against or weights) and len(loaded) != 1:
        raise ArchError("--against and --weights: name one spec (archcalc identify FILE tries all)")
    if against and weights:
        raise ArchError("--against and --weights: give one of them at a time")
    if against:
        answer, differences = _by_model(loaded[0], against, device or "cpu")
    elif weights:
        answer, differences = _by_weights(loaded[0], weights)
    else:
        answer, differences = _by_counters(loaded, device or "meta")
    write_answer(answer, writing)
    _say_differences(differences)
    if differences:
        raise typer.Exit(1)


def _by_counters(specs: "Sequence[Spec]", device: str) -> "Checked":
    from archcalc.render.check import of_counters

    agreements = [_agreement(spec, device) for spec in specs]
    differences = [f"{agreement.name}: {words}" for agreement in agreements for words in agreement.differences]
    return of_counters(agreements), differences


def _agreement(spec: "Spec", device: str) -> "Agreement":
    from archcalc.analysis.check.agreement import hold_against
    from archcalc.errors import MissingError
    from archcalc.graph import link
    from archcalc.table import measure

    try:
        from archcalc.pytorch.check.observe import observe

        graph = link(spec)
        return hold_against(measure(graph), observe(graph, device), device)
    except ImportError as error:
        raise MissingError(f"check needs torch and fvcore ({error}): pip install 'archcalc[torch]'") from error


def _by_model(spec: "Spec", target: str, device: str) -> "Checked":
    from archcalc.cli.output import say
    from archcalc.errors import MissingError
    from archcalc.graph import link
    from archcalc.render.check import of_model

    graph = link(spec)
    try:
        from archcalc.pytorch.check.against import hold_against_model
    except ImportError as error:
        raise MissingError(f"check needs torch and fvcore ({error}): pip install 'archcalc[torch]'") from error
    say(f"--against runs the code of {target.rpartition(':')[0] or target}")
    found = hold_against_model(graph, target, device)
    differences = [f"{found.name}: {words}" for words in found.differences]
    return of_model(found), differences


def _by_weights(spec: "Spec", file: Path) -> "Checked":
    from archcalc.analysis.weights import fit
    from archcalc.graph import link
    from archcalc.pytorch.checkpoint import read_shapes
    from archcalc.render.check import of_weights
    from archcalc.render.check.weights import misfit
    from archcalc.twins import place

    weights = fit(spec.name, place(link(spec)), read_shapes(file))
    differences = [f"{spec.name}: {misfit(one)}" for one in weights.misfits]
    return of_weights(weights, str(file)), differences


def _say_differences(differences: "Sequence[str]") -> None:
    from archcalc.cli.output import say

    for difference in differences[:_MOST_SAID]:
        say(difference)
    if len(differences) > _MOST_SAID:
        say(f"... and {len(differences) - _MOST_SAID} more (--format json lists all)")
