"""archcalc export"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from archcalc.cli.options import AS_SPECIFIED, OneSpec, OutputOption, Reading
from archcalc.errors import ArchError
from archcalc.exchange.targets import endings, endings_of, target_of, targets

Target = StrEnum("Target", {name.upper(): name for name in targets()})  # type: ignore[misc]

TargetOption = Annotated[
    Target | None,
    typer.Option("--to", help="What to write it as. Default: what the ending of --output says, or else pytorch."),
]


def export(
    spec: OneSpec,
    to: TargetOption = None,
    reading: Reading = AS_SPECIFIED,
    output: OutputOption = None,
) -> None:
    """Write the network for other programs: as a torch.nn.Module in one Python file, for Caffe, Keras or ONNX, as a
    drawing, or as loops for tools that map layers onto accelerators.

    What a format cannot carry is an error that names the layer.

    Example: archcalc export paper --to pytorch --output alexnet.py
    """
    from archcalc.cli.endings import expect_agreement, expect_ending
    from archcalc.cli.networks import Networks, say_cautions
    from archcalc.cli.output import write

    expect_ending(output, endings())
    if to is not None and endings_of(to.value):
        expect_agreement(output, f"--to {to.value}", endings_of(to.value), endings())
    network = Networks(reading).one(spec)
    say_cautions(network, network.spec.name)
    target = to.value if to else _target_of(output)
    write(network.export(target), output, target)


def _target_of(output: Path | None) -> str:
    try:
        return target_of(output.suffix if output else "")
    except ArchError as error:
        raise error.at(None, "--output") from None
