"""archcalc import"""

from typing import Annotated

import typer

from archcalc.cli.options import AS_SPECIFIED, OutputOption, Reading

ModelArgument = Annotated[
    str,
    typer.Argument(
        metavar="MODEL",
        help="Of PyTorch: torchvision:NAME, timm:NAME, package.module:NAME, or FILE.py:NAME, of a class, a function or "
        "a model, whose arguments are given as params: --set num_classes=10; or a program of torch.export (.pt2). Or a "
        "file of Caffe (.prototxt), Keras (.json, .keras), ONNX (.onnx), Darknet or cuda-convnet (.cfg).",
    ),
]


FlatOption = Annotated[bool, typer.Option("--flat", help="Write a line for each layer, without branches and blocks.")]


def import_model(
    model: ModelArgument,
    is_flat: FlatOption = False,
    reading: Reading = AS_SPECIFIED,
    output: OutputOption = None,
) -> None:
    """Write the spec of a network that exists: of a PyTorch model, or of another framework's file.

    A model's code is run once, without weights, in a process of its own; a file's is not.

    Example: archcalc import torchvision:resnet18 --output my_resnet.yaml
    """
    from archcalc.cli.endings import SPECS, expect_ending
    from archcalc.cli.networks import Networks, say_cautions
    from archcalc.cli.output import write
    from archcalc.errors import ArchError

    expect_ending(output, SPECS)
    network = Networks(reading).one(model)
    if network.became is None:
        raise ArchError(f"{model} is a spec already: archcalc show prints it")
    say_cautions(network, network.spec.name)
    is_json = output is not None and output.suffix.lower() == ".json"
    write(network.became.text(is_folded=not is_flat, is_json=is_json), output, "json" if is_json else "yaml")
