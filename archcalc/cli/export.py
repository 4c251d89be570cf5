"""archcalc export"""

from enum import StrEnum
from typing import Annotated

import typer

from archcalc.cli.options import (
    InputOption,
    OneSpec,
    OutputOption,
    SetOption,
    SpecDirOption,
    read_settings,
    read_shape,
)


class Target(StrEnum):
    PYTORCH = "pytorch"


TargetOption = Annotated[Target, typer.Option("--to", help="What to write it for.")]


def export(
    spec: OneSpec,
    to: TargetOption = Target.PYTORCH,
    input_shape: InputOption = None,
    set_: SetOption = None,
    spec_dir: SpecDirOption = None,
    output: OutputOption = None,
) -> None:
    """The network as source: one Python file with a torch.nn.Module, which needs no archcalc.

    Example: archcalc export paper --to pytorch --output alexnet.py
    """
    from archcalc.cli.output import say, write
    from archcalc.graph import link
    from archcalc.render.source import source
    from archcalc.spec.catalogue import Catalogue

    settings, shape = read_settings(set_), read_shape(input_shape)
    graph = link(Catalogue(spec_dir).load(spec, settings, shape))
    for doubt in graph.doubts:
        say(f"{graph.spec.name}: {doubt}")
    write(source(graph), output)
