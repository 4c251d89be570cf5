"""archcalc check"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from archcalc.cli.options import (
    FormatOption,
    InputOption,
    MaybeSpecs,
    OutputOption,
    SetOption,
    SpecDirOption,
    read_settings,
    read_shape,
)

if TYPE_CHECKING:
    from archcalc.analysis.agreement import Agreement
    from archcalc.render.sheet import Sheet
    from archcalc.spec.model import Spec

    Checked = tuple[Sheet, Callable[[], Any], Sequence[str]]

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
    input_shape: InputOption = None,
    set_: SetOption = None,
    spec_dir: SpecDirOption = None,
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Hold the table against the PyTorch model of the same spec, layer by layer; a difference ends with 1.

    Example: archcalc check paper
    """
    from archcalc.cli.output import answer
    from archcalc.errors import ArchError
    from archcalc.spec.catalogue import Catalogue

    shape, settings = read_shape(input_shape), read_settings(set_)
    catalogue = Catalogue(spec_dir)
    words = specs or [str(path) for path in catalogue.files().values()]
    loaded = [catalogue.load(word, settings, shape) for word in words]
    if (against or weights) and len(loaded) != 1:
        raise ArchError("--against and --weights: name one spec (archcalc identify FILE tries all)")
    if against and weights:
        raise ArchError("--against and --weights: give one of them at a time")
    if against:
        sheet, data, differences = _by_model(loaded[0], against, device or "cpu")
    elif weights:
        sheet, data, differences = _by_weights(loaded[0], weights)
    else:
        sheet, data, differences = _by_counters(loaded, device or "meta")
    answer([sheet], data, form, output)
    _say_differences(differences)
    if differences:
        raise typer.Exit(1)


def _by_counters(specs: "Sequence[Spec]", device: str) -> "Checked":
    from archcalc.render.agreement import data, layers_sheet, networks_sheet
    from archcalc.render.data import results

    agreements = [_agreement(spec, device) for spec in specs]
    sheet = layers_sheet(agreements[0]) if len(agreements) == 1 else networks_sheet(agreements)
    differences = [f"{agreement.name}: {words}" for agreement in agreements for words in agreement.differences]
    return sheet, lambda: results([data(agreement) for agreement in agreements]), differences


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


def _by_model(spec: "Spec", target: str, device: str) -> "Checked":
    from archcalc.cli.output import say
    from archcalc.errors import MissingError
    from archcalc.graph import link
    from archcalc.render.against import against_data, against_sheet

    graph = link(spec)
    try:
        from archcalc.pytorch.against import hold_against_model
    except ImportError as error:
        raise MissingError(f"check needs torch and fvcore ({error}): pip install 'archcalc[torch]'") from error
    say(f"--against runs the code of {target.rpartition(':')[0] or target}")
    found = hold_against_model(graph, target, device)
    differences = [f"{found.name}: {words}" for words in found.differences]
    return against_sheet(found), lambda: against_data(found), differences


def _by_weights(spec: "Spec", file: Path) -> "Checked":
    from archcalc.analysis.weights import fit
    from archcalc.graph import link
    from archcalc.pytorch.checkpoint import read_shapes
    from archcalc.render.weights import misfit, tensors_data, tensors_sheet
    from archcalc.twins import place

    weights = fit(spec.name, place(link(spec)), read_shapes(file))
    differences = [f"{spec.name}: {misfit(one)}" for one in weights.misfits]
    return tensors_sheet(weights, str(file)), lambda: tensors_data(weights, str(file)), differences


def _say_differences(differences: "Sequence[str]") -> None:
    from archcalc.cli.output import say

    for difference in differences[:_MOST_SAID]:
        say(difference)
    if len(differences) > _MOST_SAID:
        say(f"... and {len(differences) - _MOST_SAID} more (--format json lists all)")
