"""archcalc memory"""

from typing import Annotated

import typer

from archcalc.analysis.memory.arena.plan import Order
from archcalc.analysis.memory.figures import Tool
from archcalc.analysis.memory.request import Dtype, Mode, Optimizer
from archcalc.cli.options import AS_FITS, AS_SPECIFIED, OneSpec, Reading, Writing, device_ids

ModeOption = Annotated[Mode, typer.Option("--mode", help="A pass of inference, or a step of training.")]
BatchOption = Annotated[int | None, typer.Option("--batch", min=1, metavar="N", help="How many examples. Default: 1.")]
DtypeOption = Annotated[Dtype, typer.Option("--dtype", help="The numbers of weights and maps.")]
OptimizerOption = Annotated[
    Optimizer | None, typer.Option("--optimizer", help="What trains the network. Default: momentum.")
]
InPlaceOption = Annotated[
    bool | None,
    typer.Option(
        "--in-place/--out-of-place",
        help="Let all layers that can write over their input do so, or none. Default: as the spec says; "
        "with --plan, all.",
        show_default=False,
    ),
]
FitsOption = Annotated[
    str | None,
    typer.Option("--fits", metavar="SIZE", help="Find the largest batch that fits in this, such as 24GB or 16GiB."),
]
DeviceModelOption = Annotated[
    str | None,
    typer.Option(
        "--device-model",
        metavar="DEVICE",
        help="Say whether it fits in a device, as archcalc devices lists them, and the largest batch that does.",
        autocompletion=device_ids,
    ),
]
PerDeviceOption = Annotated[
    bool, typer.Option("--per-device", help="Of a network with towers: show the peak on each device.")
]
ConventionOption = Annotated[
    Tool | None,
    typer.Option("--convention", help="Give instead what another tool prints, which is not what is alive."),
]
PlanOption = Annotated[
    bool,
    typer.Option(
        "--plan", help="Plan one arena for all maps of an inference instead, as toolkits for small devices do."
    ),
]
OrderOption = Annotated[
    Order | None,
    typer.Option("--order", help="With --plan: in which order layers run; best has least alive. Default: spec."),
]


def memory(
    spec: OneSpec,
    mode: ModeOption = Mode.INFER,
    batch: BatchOption = None,
    dtype: DtypeOption = Dtype.FP32,
    optimizer: OptimizerOption = None,
    in_place: InPlaceOption = None,
    fits: FitsOption = None,
    device_model: DeviceModelOption = None,
    per_device: PerDeviceOption = False,
    convention: ConventionOption = None,
    plan: PlanOption = False,
    order: OrderOption = None,
    reading: Reading = AS_SPECIFIED,
    writing: Writing = AS_FITS,
) -> None:
    """Compute what eager PyTorch has in memory as a network runs, to the byte, layer by layer, and the peak.

    Example: archcalc memory torchvision --mode train --batch 128; archcalc memory resnet18 --device-model h100-sxm
    """
    from archcalc.cli.networks import Networks
    from archcalc.cli.output import write_answer
    from archcalc.errors import ArchError

    asked = (mode, dtype, optimizer, in_place, fits, device_model, per_device)
    if convention is not None and asked != (Mode.INFER, Dtype.FP32, None, None, None, None, False):
        raise ArchError(f"--convention {convention.value} knows of a --batch alone, and of no other option of memory")
    of_plan = (mode, optimizer, fits, device_model, per_device, convention)
    if plan and of_plan != (Mode.INFER, None, None, None, False, None):
        raise ArchError("--plan is of inference, and goes with --batch, --dtype, --in-place and --order alone")
    if order is not None and not plan:
        raise ArchError("--order goes with --plan")
    network = Networks(reading).one(spec)
    if plan:
        arena = network.memory_plan(
            1 if batch is None else batch,
            dtype=dtype.value,
            in_place=in_place is not False,
            order=order.value if order else "spec",
        )
        write_answer(arena, writing)
        return
    if convention is not None:
        write_answer(network.memory_as(convention.value, 1 if batch is None else batch), writing)
        return
    answer = (network.memory_per_device if per_device else network.memory)(
        mode.value,
        batch=batch,
        dtype=dtype.value,
        optimizer=optimizer.value if optimizer else None,
        in_place=in_place,
        fits=fits,
        device=device_model,
    )
    write_answer(answer, writing)
    if not answer.fits:
        raise typer.Exit(1)
