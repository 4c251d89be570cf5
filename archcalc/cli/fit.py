"""archcalc fit"""

from pathlib import Path
from typing import Annotated, Final

import typer

from archcalc.cli.limits import (
    BatchOption,
    DeviceModelOption,
    DtypeOption,
    MaxActivationsOption,
    MaxArenaOption,
    MaxFlopsOption,
    MaxMacsOption,
    MaxMemoryOption,
    MaxMsOption,
    MaxParamsOption,
    MaxWeightsOption,
    ModeOption,
    PrecisionOption,
    read_limits,
)
from archcalc.cli.options import AS_SPECIFIED, FormatOption, OneSpec, Reading, Writing, file_of, layer_names

_OF_SPECS: Final = (".yaml", ".yml")

KeepOption = Annotated[
    list[str] | None,
    typer.Option(
        "--keep",
        metavar="LAYER",
        help="A layer, or all of a structure, that stays as wide as it is; may be repeated.",
        autocompletion=layer_names,
    ),
]
DivisorOption = Annotated[
    int, typer.Option("--divisor", min=1, metavar="N", help="Widths are multiples of N, such as 8.")
]
FittedOption = Annotated[
    Path | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE",
        callback=file_of,
        help="A .yaml file: write the widest network there, as a spec. Another: write the answer; its ending picks a "
        "format.",
    ),
]


def fit(
    spec: OneSpec,
    max_params: MaxParamsOption = None,
    max_macs: MaxMacsOption = None,
    max_flops: MaxFlopsOption = None,
    max_activations: MaxActivationsOption = None,
    max_weights: MaxWeightsOption = None,
    max_memory: MaxMemoryOption = None,
    max_arena: MaxArenaOption = None,
    mode: ModeOption = None,
    dtype: DtypeOption = None,
    max_ms: MaxMsOption = None,
    device_model: DeviceModelOption = None,
    batch: BatchOption = None,
    precision: PrecisionOption = None,
    keep: KeepOption = None,
    divisor: DivisorOption = 1,
    reading: Reading = AS_SPECIFIED,
    form: FormatOption = None,
    output: FittedOption = None,
) -> None:
    """Find the widest network under a budget: all layers wider or narrower by one factor, but for those that must stay.

    Example: archcalc fit torchvision --max-macs 300M --keep conv5 --divisor 8 -o small.yaml
    """
    from archcalc.cli.networks import Networks
    from archcalc.cli.output import say, write, write_answer

    limits = read_limits(
        max_params=max_params,
        max_macs=max_macs,
        max_flops=max_flops,
        max_activations=max_activations,
        max_weights=max_weights,
        max_memory=max_memory,
        max_arena=max_arena,
        mode=mode,
        dtype=dtype,
        max_ms=max_ms,
        device_model=device_model,
        batch=batch,
        precision=precision,
    )
    found = Networks(reading).one(spec).fit(limits, keep=keep or (), divisor=divisor)
    is_spec = output is not None and output.suffix.lower() in _OF_SPECS
    write_answer(found, Writing(form, None if is_spec else output))
    if output is not None and is_spec:
        write(found.text(output.stem), output)
        say(f"wrote {output}; archcalc table {output} shows it")
