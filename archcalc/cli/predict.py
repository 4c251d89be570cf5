"""archcalc predict"""

from typing import Annotated

import typer

from archcalc.cli.options import AS_FITS, AS_SPECIFIED, OneSpec, Reading, TogetherOption, Writing

DeviceModelOption = Annotated[
    str,
    typer.Option(
        "--device-model",
        metavar="local|FILE",
        help="This machine, or that of a calibration in a file, as archcalc calibrate writes them.",
    ),
]


def predict(
    spec: OneSpec,
    batch: TogetherOption = 1,
    device_model: DeviceModelOption = "local",
    reading: Reading = AS_SPECIFIED,
    writing: Writing = AS_FITS,
) -> None:
    """Predict how long a network takes on this machine, layer by layer, from what archcalc calibrate has measured.

    Example: archcalc predict resnet50 --batch 8
    """
    from archcalc.cli.networks import Networks
    from archcalc.cli.output import write_answer

    network = Networks(reading).one(spec)
    write_answer(network.predict(batch, device_model=device_model), writing)
