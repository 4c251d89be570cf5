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
    reading: Reading = AS_SPECIFIED,
    writing: Writing = AS_FITS,
) -> None:
    """Hold the table against the PyTorch model of the same spec, layer by layer; a difference ends with 1.

    Example: archcalc check paper
    """
    from archcalc.cli.networks import Networks
    from archcalc.cli.output import expect_apart, say, write_answer
    from archcalc.errors import ArchError
    from archcalc.questions import check as checked

    networks = Networks(reading)
    loaded = [networks.one(word) for word in specs or networks.words()]
    if (against or weights) and len(loaded) != 1:
        raise ArchError("--against and --weights: name one spec (archcalc identify FILE tries all)")
    if against and weights:
        raise ArchError("--against and --weights: give one of them at a time")
    if (key or convert) and not weights:
        raise ArchError("--key and --convert: say of which checkpoint, by --weights FILE")
    answer: Agreements | Against | OfWeights
    if against:
        _ = loaded[0].graph  # whose faults are reported before anybody's code is run
        say(f"--against runs the code of {against.rpartition(':')[0] or against}")
        answer = loaded[0].check_against(against, device or "cpu")
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
