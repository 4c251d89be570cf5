"""archcalc import"""

from typing import Annotated

import typer

from archcalc.cli.options import AS_SPECIFIED, OutputOption, Reading

ModelArgument = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="torchvision:NAME, timm:NAME, package.module:NAME, or FILE.py:NAME, of a class, a function or a model. "
        "Its arguments are given as params: --set num_classes=10.",
    ),
]


def import_model(model: ModelArgument, reading: Reading = AS_SPECIFIED, output: OutputOption = None) -> None:
    """Write the spec of a PyTorch model, by running its code once, without weights, in a process of its own.

    Example: archcalc import torchvision:resnet18 --output my_resnet.yaml
    """
    from archcalc.cli.networks import Networks, say_cautions
    from archcalc.cli.output import write
    from archcalc.errors import ArchError

    networks = Networks(reading)
    if not networks.origin._replace(word=model).model:
        raise ArchError(f"'{model}' does not name a model; write torchvision:NAME, timm:NAME or FILE.py:NAME")
    network = networks.one(model)
    say_cautions(network, network.spec.name)
    write(network.text, output, "yaml")
