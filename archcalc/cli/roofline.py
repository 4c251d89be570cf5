"""archcalc roofline"""

from typing import Annotated, Literal

import typer

from archcalc.cli.options import AS_FITS, AS_SPECIFIED, OneSpec, Reading, TogetherOption, Writing, device_names

DeviceModelOption = Annotated[
    str | None,
    typer.Option(
        "--device-model",
        metavar="DEVICE",
        help="A device, as archcalc devices lists them, or as its driver calls it; measured: this machine, by torch.",
        autocompletion=device_names,
    ),
]
PrecisionOption = Annotated[
    Literal["fp32", "tf32", "fp16", "bf16", "int8", "torch"],
    typer.Option(
        "--precision",
        help="What is computed in; torch: as it computes fp32 by default, convolutions in TF32 where there is that.",
    ),
]
TflopsOption = Annotated[float | None, typer.Option("--peak-tflops", metavar="X", help="Compute at X TFLOP/s instead.")]
GbsOption = Annotated[float | None, typer.Option("--peak-gbs", metavar="Y", help="Move Y GB/s instead.")]
RemeasureOption = Annotated[
    bool, typer.Option("--remeasure", help="With --device-model measured: measure again what was measured before.")
]


def roofline(
    spec: OneSpec,
    device_model: DeviceModelOption = None,
    batch: TogetherOption = 1,
    precision: PrecisionOption = "fp32",
    peak_tflops: TflopsOption = None,
    peak_gbs: GbsOption = None,
    remeasure: RemeasureOption = False,
    reading: Reading = AS_SPECIFIED,
    writing: Writing = AS_FITS,
) -> None:
    """Show how fast a network could be on a device, what bounds each layer, and from which batch on that changes.

    Example: archcalc roofline torchvision --device-model h100-sxm --batch 128
    """
    from archcalc.cli.networks import Networks, say_cautions
    from archcalc.cli.output import say, write_answer
    from archcalc.errors import ArchError

    if remeasure and device_model != "measured":
        raise ArchError("--remeasure goes with --device-model measured")
    network = Networks(reading).one(spec)
    say_cautions(network, network.spec.name)
    answer = network.roofline(
        device_model,
        batch=batch,
        precision=precision,
        peak_tflops=peak_tflops,
        peak_gbs=peak_gbs,
        remeasure=remeasure,
        report=lambda words: say(f"measuring {words}"),
    )
    write_answer(answer, writing)
