"""archcalc fit"""

from pathlib import Path
from typing import Annotated, Final

import typer

from archcalc.cli.limits import NO_LIMITS, Limits, read_limits
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
    limits: Limits = NO_LIMITS,
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

    found = Networks(reading).one(spec).fit(read_limits(limits), keep=keep or (), divisor=divisor)
    is_spec = output is not None and output.suffix.lower() in _OF_SPECS
    write_answer(found, Writing(form, None if is_spec else output))
    if output is not None and is_spec:
        write(found.text(output.stem), output)
        say(f"wrote {output}; archcalc table {output} shows it")
