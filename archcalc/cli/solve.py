"""archcalc solve"""

import re
from pathlib import Path
from typing import Annotated, Final

import typer

from archcalc.cli.options import AS_SPECIFIED, FormatOption, OneSpec, Reading, Writing
from archcalc.errors import ArchError

_SIZE: Final = re.compile(r"-?[0-9]+(x-?[0-9]+)?", re.IGNORECASE)
_DIGITS: Final = 15

LayerOption = Annotated[
    str | None, typer.Option("--layer", metavar="LAYER", help="Find instead what makes the output of this layer.")
]
OutputsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--output",
        "-o",
        metavar="SIZE|FILE",
        help="With --layer: the size to make, such as 55 or 55x27; default: the spec's own. "
        "Without --layer, or given twice: write to FILE; its ending picks a format.",
    ),
]
UpToOption = Annotated[int, typer.Option("--up-to", metavar="N", help="The largest height and width to list.")]


def solve(
    spec: OneSpec,
    layer: LayerOption = None,
    outputs: OutputsOption = None,
    up_to: UpToOption = 512,
    reading: Reading = AS_SPECIFIED,
    form: FormatOption = None,
) -> None:
    """Find which inputs pass, which fit the weights as they are, and for which every window divides exactly.

    Example: archcalc solve torchvision; archcalc solve torchvision --layer conv1 --output 55
    """
    from archcalc.cli.networks import Networks
    from archcalc.cli.output import write_answer

    size, file = _read_outputs(outputs or [], layer is not None, form)
    network = Networks(reading).one(spec)
    answer = network.solve(up_to) if layer is None else network.layer_output(layer, size, up_to)
    write_answer(answer, Writing(form, file))


def _read_outputs(words: list[str], of_layer: bool, form: str | None) -> tuple[tuple[int, int] | None, Path | None]:
    """Return the size that a layer should make, and the file to write to, which must not be a misspelt size."""
    sizes = [word for word in words if _SIZE.fullmatch(word)]
    files = [word for word in words if word not in sizes]
    if sizes and not of_layer:
        raise ArchError(f"--output: {sizes[0]} is a size; name the layer that should make it, as in --layer conv1")
    if len(sizes) > 1 or len(files) > 1:
        raise ArchError(f"--output: give one size and one file at most, got {', '.join(words)}")
    for file in files:
        if form is None and not Path(file).suffix:
            what = "is neither a size, such as 55 or 55x27, nor a file" if of_layer else "is not a file"
            raise ArchError(
                f"--output: {file} {what} with the ending of a format, such as answer.txt; --format allows any name"
            )
    return _read_size(sizes[0]) if sizes else None, Path(files[0]) if files else None


def _read_size(word: str) -> tuple[int, int]:
    """Read `55x27` as (55, 27), `55` as (55, 55)."""
    height, _, width = word.lower().partition("x")
    if not all(size[:1] != "-" and len(size) <= _DIGITS and int(size) for size in (height, width or height)):
        raise ArchError(f"--output: {word} is not a size; write 55, or 55x27 for height x width")
    return int(height), int(width or height)
