"""archcalc training"""

from pathlib import Path
from typing import Annotated, Literal

import typer

from archcalc.cli.options import AS_FITS, AS_SPECIFIED, OneSpec, Reading, Writing, device_ids

_BLOCK = "Default: that of the spec's training block."

ImagesOption = Annotated[int | None, typer.Option("--images", min=1, metavar="N", help=f"Images an epoch. {_BLOCK}")]
EpochsOption = Annotated[int | None, typer.Option("--epochs", min=1, metavar="N", help=f"Epochs. {_BLOCK}")]
BatchOption = Annotated[
    int | None, typer.Option("--batch", min=1, metavar="N", help=f"Images a batch, of all devices together. {_BLOCK}")
]
DevicesOption = Annotated[
    int | None,
    typer.Option("--devices", min=1, metavar="N", help=f"How many devices. {_BLOCK[:-1]}, or those of its towers."),
]
DeviceModelOption = Annotated[
    str | None,
    typer.Option(
        "--device-model",
        metavar="DEVICE",
        help=f"The device, as archcalc devices lists them, for its peak and its memory. {_BLOCK}",
        autocompletion=device_ids,
    ),
]
PrecisionOption = Annotated[
    Literal["fp32", "tf32", "fp16", "bf16"] | None,
    typer.Option("--precision", help="What is computed in. Default: that of the spec's training block, or fp32."),
]
TflopsOption = Annotated[
    float | None, typer.Option("--peak-tflops", metavar="X", help="The peak of one device in TFLOP/s instead.")
]
UtilisationOption = Annotated[
    str | None,
    typer.Option(
        "--utilisation", metavar="SHARE", help="The share of the peak that is reached, as in 35%: gives the time."
    ),
]
TimeOption = Annotated[
    str | None,
    typer.Option(
        "--time",
        metavar="TIME",
        help="The time that it took, as in 6d, '5 to 6 days', '15 min an epoch' or '0.664 s a batch': gives the share "
        f"of the peak. {_BLOCK}",
    ),
]
ProfileOption = Annotated[
    Path | None,
    typer.Option(
        "--from-profile", metavar="RECORD", help="Take the speed that archcalc profile --mode train measured."
    ),
]
WattsOption = Annotated[
    float | None, typer.Option("--watts", metavar="W", help="What each device takes: gives the energy.")
]
PriceOption = Annotated[
    float | None, typer.Option("--price", metavar="P", help="The price of a device-hour: gives the cost.")
]


def training(
    spec: OneSpec,
    images: ImagesOption = None,
    epochs: EpochsOption = None,
    batch: BatchOption = None,
    devices: DevicesOption = None,
    device_model: DeviceModelOption = None,
    precision: PrecisionOption = None,
    peak_tflops: TflopsOption = None,
    utilisation: UtilisationOption = None,
    time: TimeOption = None,
    from_profile: ProfileOption = None,
    watts: WattsOption = None,
    price: PriceOption = None,
    reading: Reading = AS_SPECIFIED,
    writing: Writing = AS_FITS,
) -> None:
    """Show what training takes: iterations, FLOPs, time, and the share of the devices' peak.

    Example: archcalc training paper; archcalc training torchvision --device-model h100-sxm --utilisation 40%
    """
    from archcalc.cli.networks import Networks, say_cautions
    from archcalc.cli.output import write_answer

    network = Networks(reading).one(spec)
    say_cautions(network, network.spec.name)
    answer = network.training(
        images=images,
        epochs=epochs,
        batch=batch,
        devices=devices,
        device=device_model,
        precision=precision,
        peak_tflops=peak_tflops,
        utilisation=utilisation,
        time=time,
        profile=from_profile,
        watts=watts,
        price=price,
    )
    write_answer(answer, writing)
