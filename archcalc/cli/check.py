"""archcalc check"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from archcalc.cli.options import AS_FITS, AS_SPECIFIED, KeyOption, MaybeSpecs, Reading, Writing

if TYPE_CHECKING:
    from archcalc.answers.check import Against, Agreements, OfWeights
    from archcalc.network import Network

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


TimeoutOption = Annotated[
    float | None,
    typer.Option("--timeout", metavar="SECONDS", help="End the model of --against after SECONDS. Default: 600."),
]
WeightsOption = Annotated[
    Path | None,
    typer.Option(
        "--weights",
        metavar="FILE",
        help="Compare one spec with the tensors of a checkpoint: a .pth, .pt or .safetensors file.",
    ),
]

ConvertOption = Annotated[
    Path | None,
    typer.Option(
        "--convert",
        metavar="OUT.safetensors",
        help="With --weights: if all tensors fit, write them under the names of the spec's module.",
    ),
]

_MOST_SAID = 20


def check(
    specs: MaybeSpecs = None,
    against: AgainstOption = None,
    weights: WeightsOption = None,
    key: KeyOption = None,
    convert: ConvertOption = None,
    device: DeviceOption = None,
    timeout: TimeoutOption = None,
    reading: Reading = AS_SPECIFIED,
    writing: Writing = AS_FITS,
) -> None:
    """Compare the table with the PyTorch model of the same spec, layer by layer; ends with 1 on a difference.

    Example: archcalc check paper
    """
    from archcalc.cli.networks import Networks, say_cautions
    from archcalc.cli.output import expect_apart, say, write_answer
    from archcalc.errors import ArchError
    from archcalc.pytorch.somebodys import SECONDS
    from archcalc.questions import check as checked

    networks = Networks(reading)
    loaded = [networks.one(word) for word in specs or networks.words()]
    if (against or weights) and len(loaded) != 1:
        raise ArchError(
            "--against and --weights: name one spec (archcalc identify FILE finds the specs that a checkpoint fits)"
        )
    if against and weights:
        raise ArchError("--against and --weights do not go together: give one of them")
    if (key or convert) and not weights:
        raise ArchError("--key and --convert go with --weights")
    if timeout is not None and not against:
        raise ArchError("--timeout goes with --against")
    for network in loaded:  # whose faults are reported before anybody's code is run
        say_cautions(network, network.spec.name)
    answer: Agreements | Against | OfWeights
    if against:
        say(f"--against runs the code of {against.rpartition(':')[0] or against}")
        answer = loaded[0].check_against(against, device or "cpu", SECONDS if timeout is None else timeout)
    elif weights:
        answer = loaded[0].check_weights(weights, key)
        if convert:
            expect_apart(convert, writing.output)
            _convert(loaded[0], answer, convert, key)
    else:
        answer = checked(*loaded, device=device or "meta")
    write_answer(answer, writing)
    _say_differences(answer.differences)
    if answer.differences:
        raise typer.Exit(1)


def _convert(network: "Network", answer: "OfWeights", to: Path, key: str | None) -> None:
    """Write a checkpoint under our names, and say what is to be known of it."""
    from archcalc.cli.output import say

    if answer.differences:
        say(f"{to} is not written, as not all tensors fit")
        return
    network.convert_weights(answer.checkpoint.path, to, key)
    if answer.weights.guesses:
        say(f"{to}: {answer.weights.guesses} tensors are there by a guess; compare outputs before you rely on them")


def _say_differences(differences: "Sequence[str]") -> None:
    from archcalc.cli.output import say

    for difference in differences[:_MOST_SAID]:
        say(difference)
    if len(differences) > _MOST_SAID:
        say(f"... and {len(differences) - _MOST_SAID} more (--format json lists all)")
