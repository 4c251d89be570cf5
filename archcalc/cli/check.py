"""archcalc check"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.options import AS_FITS, AS_SPECIFIED, MaybeSpecs, Reading, Writing

if TYPE_CHECKING:
    from archcalc.answers.check import Against, Agreements, OfWeights

DeviceOption = Annotated[
    str | None,
    typer.Option(
        "--device",
        metavar="DEVICE",
        help="meta, which allocates no memory, or cpu, cuda or mps. Default: meta; with --against, cpu.",
    ),
]
AgainstOption = Annotated[
    str | None,
    typer.Option(
        "--against",
        metavar="MODULE:NAME",
        help="Compare one spec with a model of your own, by running its code: package.module:name or file.py:name.",
    ),
]


WeightsOption = Annotated[
    Path | None,
    typer.Option(
        "--weights",
        metavar="FILE",
        help="Compare one spec with the tensors of a checkpoint: a .pth, .pt or .safetensors file.",
    ),
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
    """Compare the table with the PyTorch model of the same spec, layer by layer; ends with 1 on a difference.

    Example: archcalc check paper
    """
    from archcalc.cli.networks import Networks, say_cautions
    from archcalc.cli.output import say, write_answer
    from archcalc.errors import ArchError
    from archcalc.questions import check as checked

    networks = Networks(reading)
    loaded = [networks.one(word) for word in specs or networks.words()]
    if (against or weights) and len(loaded) != 1:
        raise ArchError(
            "--against and --weights: name one spec (archcalc identify FILE finds the specs that a checkpoint fits)"
        )
    if against and weights:
        raise ArchError("--against and --weights do not go together: give one of them")
    for network in loaded:  # whose faults are reported before anybody's code is run
        say_cautions(network, network.spec.name)
    answer: Agreements | Against | OfWeights
    if against:
        say(f"--against runs the code of {against.rpartition(':')[0] or against}")
        answer = loaded[0].check_against(against, device or "cpu")
    elif weights:
        answer = loaded[0].check_weights(weights)
    else:
        answer = checked(*loaded, device=device or "meta")
    write_answer(answer, writing)
    _say_differences(answer.differences)
    if answer.differences:
        raise typer.Exit(1)


def _say_differences(differences: "Sequence[str]") -> None:
    from archcalc.cli.output import say

    for difference in differences[:_MOST_SAID]:
        say(difference)
    if len(differences) > _MOST_SAID:
        say(f"... and {len(differences) - _MOST_SAID} more (--format json lists all)")
