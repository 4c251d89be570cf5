"""archcalc export"""

from enum import StrEnum
from typing import Annotated

import typer

from archcalc.cli.options import AS_SPECIFIED, OneSpec, OutputOption, Reading


class Target(StrEnum):
    PYTORCH = "pytorch"


TargetOption = Annotated[Target, typer.Option("--to", help="The framework to write it for.")]


def export(
    spec: OneSpec,
    to: TargetOption = Target.PYTORCH,
    reading: Reading = AS_SPECIFIED,
    output: OutputOption = None,
) -> None:
    """Write the network as source: one Python file with a torch.nn.Module, which does not need archcalc.

    Example: archcalc export paper --to pytorch --output alexnet.py
    """
    from archcalc.cli.networks import Networks, say_cautions
    from archcalc.cli.output import write

    network = Networks(reading).one(spec)
    say_cautions(network, network.spec.name)
    write(network.export(to.value), output, to.value)
