"""archcalc memory"""

from collections.abc import Mapping
from typing import Annotated, Final

import typer

from archcalc.analysis.memory.arena.asked import Order
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
    typer.Option(
        "--fits",
        metavar="SIZE",
        help="Find the largest batch that fits in this, such as 24GB; with --plan, say whether the arena fits.",
    ),
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
AlignOption = Annotated[
    int | None,
    typer.Option("--align", metavar="BYTES", help="With --plan: round all sizes up to multiples of this. Default: 1."),
]
FusedOption = Annotated[
    bool,
    typer.Option(
        "--fused",
        help="With --plan: let only layers that read one map write over it, such as activations, and none that joins "
        "several, such as add.",
    ),
]
PerLayerOption = Annotated[
    bool, typer.Option("--per-layer", help="With --plan: show a row for each layer, and not for each map.")
]

_NOT_OF_A_PLAN: Final = {
    "--mode": "an arena is planned for inference",
    "--optimizer": "an arena is planned for inference",
    "--device-model": "give the memory of the device by --fits, such as --fits 320KB",
    "--per-device": "there is one arena",
    "--convention": "another tool has no arena",
}
"""Options of memory, and why they do not go with --plan."""


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
    align: AlignOption = None,
    fused: FusedOption = False,
    per_layer: PerLayerOption = False,
    reading: Reading = AS_SPECIFIED,
    writing: Writing = AS_FITS,
) -> None:
    """Compute what eager PyTorch has in memory as a network runs, to the byte, layer by layer, and the peak.

    With --plan it is one arena for all maps, for devices that read weights from flash, such as microcontrollers.

    Example: archcalc memory torchvision --mode train --batch 128; archcalc memory mobilenet_v2 --plan --fits 8MB
    """
    from archcalc.cli.networks import Networks
    from archcalc.cli.output import write_answer
    from archcalc.errors import ArchError

    asked = (mode, dtype, optimizer, in_place, fits, device_model, per_device)
    if convention is not None and asked != (Mode.INFER, Dtype.FP32, None, None, None, None, False):
        raise ArchError(f"--convention {convention.value} knows of a --batch alone, and of no other option of memory")
    others = (mode is not Mode.INFER, optimizer, device_model, per_device, convention)
    of_plan = {"--order": order, "--align": align, "--fused": fused, "--per-layer": per_layer}
    _expect_together(plan, dict(zip(_NOT_OF_A_PLAN, others, strict=True)), of_plan)
    network = Networks(reading).one(spec)
    if plan:
        arena = network.memory_plan(
            1 if batch is None else batch,
            dtype=dtype.value,
            in_place=in_place is not False,
            fused=fused,
            order=order.value if order else "spec",
            align=1 if align is None else align,
            fits=fits,
            per_layer=per_layer,
        )
        write_answer(arena, writing)
        if not arena.fits:
            raise typer.Exit(1)
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


def _expect_together(plan: bool, without: Mapping[str, object], only_with: Mapping[str, object]) -> None:
    """Raise ArchError for an option that does not go with --plan, and for one that goes only with it."""
    from archcalc.errors import ArchError

    for option, value in (without if plan else only_with).items():
        if value is not None and value is not False:
            reason = f"does not go with --plan: {_NOT_OF_A_PLAN[option]}" if plan else "goes with --plan"
            raise ArchError(f"{option} {reason}")
