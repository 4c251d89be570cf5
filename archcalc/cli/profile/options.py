"""The options of archcalc profile."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from archcalc.analysis.precision import Precision
from archcalc.analysis.profile.presets import PRESETS
from archcalc.analysis.profile.request import LATENCY_CALLS, MIN_RUN_TIME, ON_ACCELERATOR, ON_CPU, Compile, Layers, Mode
from archcalc.cli.options import SPEC_HELP, spec_names
from archcalc.render.formats import Name

TENSORFLOW: Final = "tf"
"""The format that only profile has: lines as TensorFlow's AlexNet benchmark prints them."""

BARE: Final[Mapping[str, StrEnum]] = {"--compile": Compile.DEFAULT, "--layers": Layers.ALONE}
"""Options that may have no value, and the value that they then have."""


def _bare(values: type[StrEnum]) -> str:
    """Return the metavar of an option that may have no value."""
    return f"[{'|'.join(values)}]"


SpecsOption = Annotated[
    list[str] | None,
    typer.Argument(metavar="[SPEC...]", help=f"{SPEC_HELP} Default: every AlexNet.", autocompletion=spec_names),
]
DeviceOption = Annotated[str, typer.Option("--device", metavar="DEVICE", help="auto, cpu, cuda, cuda:1 or mps.")]
ModeOption = Annotated[
    Mode | None, typer.Option("--mode", help=f"Measure inference, training steps, or both. Default: {Mode.INFER}.")
]
BatchOption = Annotated[
    int | None,
    typer.Option(
        "--batch", metavar="N", help=f"Examples in a batch. Default: {ON_ACCELERATOR} on a GPU, {ON_CPU} on a CPU."
    ),
]
PrecisionOption = Annotated[
    Precision,
    typer.Option("--precision", help="The numbers to compute in. fp32 turns TF32 off; amp keeps weights in fp32."),
]
ChannelsLastOption = Annotated[bool, typer.Option("--channels-last", help="Store feature maps with channels last.")]
ThreadsOption = Annotated[
    int | None, typer.Option("--threads", metavar="N", help="CPU threads. Default: one per core.")
]
CompileOption = Annotated[
    Compile | None,
    typer.Option(
        "--compile",
        metavar=_bare(Compile),
        help="Compile first, with torch.compile, and report how long that took.",
    ),
]
LayersOption = Annotated[
    Layers | None,
    typer.Option(
        "--layers",
        metavar=_bare(Layers),
        help="Time each layer too: alone, or inside the network by torch's profiler.",
    ),
]
DetailOption = Annotated[
    bool, typer.Option("--detail", help="Time the parts of a training step too: forward, backward, optimizer.")
]
TimeOption = Annotated[
    float | None,
    typer.Option(
        "--min-run-time", metavar="SECONDS", help=f"The least time for each measurement. Default: {MIN_RUN_TIME:g}."
    ),
]
CallsOption = Annotated[
    int | None,
    typer.Option(
        "--calls",
        metavar="N",
        help=f"Calls with one example, for the percentiles of latency. Default: {LATENCY_CALLS}.",
    ),
]
PresetOption = Annotated[
    str | None,
    typer.Option("--preset", metavar="NAME", help=f"Follow a published protocol: {', '.join(PRESETS)}."),
]
InProcessOption = Annotated[bool, typer.Option("--in-process", help="Measure in this process, for debugging.")]
CompareOption = Annotated[
    tuple[Path, Path] | None,
    typer.Option("--compare", metavar="A.json B.json", help="Measure nothing, and compare two records."),
]
FormatOption = Annotated[
    Literal[Name, "tf"] | None,
    typer.Option(
        "--format", "-f", help="How to write the answer; tf prints lines like those of TensorFlow's AlexNet benchmark."
    ),
]
