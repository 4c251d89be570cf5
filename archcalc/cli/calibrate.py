"""archcalc calibrate"""

from pathlib import Path
from typing import Annotated

import typer

from archcalc.cli.options import AS_FITS, Writing

DeviceOption = Annotated[
    str, typer.Option("--device", help="What is calibrated: auto, cpu, cuda, cuda:1 or mps; auto is the best there is.")
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, metavar="N", help="Draw other layers, in another order.")]
SaveOption = Annotated[
    Path | None,
    typer.Option("--save", metavar="FILE", help="Write the calibration to a file too, for predictions elsewhere."),
]


def calibrate(
    device: DeviceOption = "auto",
    seed: SeedOption = 0,
    save: SaveOption = None,
    writing: Writing = AS_FITS,
) -> None:
    """Measure networks and layers on this machine for some minutes, so that times of others can be predicted.

    Example: archcalc calibrate --device cpu
    """
    from archcalc.cli.output import chosen, expect_place, say, write_answer
    from archcalc.cli.progress import ProgressLine
    from archcalc.questions import calibrate as measured

    chosen(writing)
    if save is not None:
        expect_place("--save", save)
    with ProgressLine.on_terminal() as line:
        answer = measured(device, seed=seed, save=save, report=line.show)
    say(f"kept for archcalc predict{f', and in {save}' if save else ''}")
    write_answer(answer, writing)
