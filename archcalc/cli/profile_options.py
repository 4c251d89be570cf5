"""The options of archcalc profile."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from archcalc.analysis.profile.config import ON_ACCELERATOR, ON_CPU, Mode, Precision
from archcalc.cli.options import SPEC_HELP, spec_names


class ProfileFormat(StrEnum):
    TABLE = "table"
    PLAIN = "plain"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"
    LATEX = "latex"
    HTML = "html"
    TF = "tf"


BARE: Final = {
    "--compile": ("default", ("default", "reduce-overhead", "max-autotune", "max-autotune-no-cudagraphs")),
}
"""Options that may go without a value, what they then mean, and what else they take."""

SpecsOption = Annotated[
    list[str] | None,
    typer.Argument(metavar="[SPEC...]", help=f"{SPEC_HELP} Every AlexNet, if none.", autocompletion=spec_names),
]
DeviceOption = Annotated[str, typer.Option("--device", metavar="DEVICE", help="auto, cpu, cuda, cuda:1 or mps.")]
ModeOption = Annotated[Mode, typer.Option("--mode", help="Inference, training steps, or both.")]
BatchOption = Annotated[
    int | None,
    typer.Option("--batch", metavar="N", help=f"Examples. Default: {ON_ACCELERATOR} on a GPU, {ON_CPU} on a CPU."),
]
PrecisionOption = Annotated[
    Precision, typer.Option("--precision", help="fp32 means that TF32 is off; amp keeps weights in fp32.")
]
ChannelsLastOption = Annotated[bool, typer.Option("--channels-last", help="Lay maps out with channels last.")]
ThreadsOption = Annotated[int | None, typer.Option("--threads", metavar="N", help="CPU threads. Default: one a core.")]
CompileOption = Annotated[
    str | None,
    typer.Option("--compile", metavar="[MODE]", help="Compile first (torch.compile), and tell how long that took."),
]
LayersOption = Annotated[bool, typer.Option("--layers", help="Time each layer too, alone, on inputs of its shape.")]
DetailOption = Annotated[bool, typer.Option("--detail", help="Split training steps: forward, backward, optimizer.")]
TimeOption = Annotated[
    float, typer.Option("--min-run-time", metavar="SECONDS", help="How long each series is measured at least.")
]
CallsOption = Annotated[int, typer.Option("--calls", metavar="N", help="Single calls for the percentiles of latency.")]
PresetOption = Annotated[
    str | None,
    typer.Option("--preset", metavar="NAME", help="Follow a protocol: convnet-benchmarks or tf-benchmark."),
]
InProcessOption = Annotated[bool, typer.Option("--in-process", help="Measure in this process, for debugging.")]
CompareOption = Annotated[
    tuple[Path, Path] | None,
    typer.Option("--compare", metavar="A.json B.json", help="Measure nothing: hold two records against each other."),
]
FormatOption = Annotated[
    ProfileFormat | None,
    typer.Option("--format", "-f", help="How to write the answer; tf are the lines of TensorFlow's AlexNet benchmark."),
]
