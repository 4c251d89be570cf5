"""archcalc devices"""

from typing import Annotated

import typer

from archcalc.cli.options import AS_FITS, Writing, device_ids

DeviceArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[DEVICE]", help="Show one device, with the sources of its numbers.", autocompletion=device_ids
    ),
]


def devices(device: DeviceArgument = None, writing: Writing = AS_FITS) -> None:
    """Show the peaks of devices by their data sheets, which roofline and profile compare with.

    Example: archcalc devices; archcalc devices h100-sxm
    """
    from archcalc.cli.output import write_answer
    from archcalc.questions import devices as known

    write_answer(known(device), writing)
