"""archcalc ops"""

from typing import Annotated

import typer

from archcalc.cli.options import AS_FITS, Writing

OpArgument = Annotated[
    str | None, typer.Argument(metavar="[OP]", help="Show one layer kind, with the values of its fields.")
]


def ops(op: OpArgument = None, writing: Writing = AS_FITS) -> None:
    """List the layer kinds and their fields.

    Example: archcalc ops conv2d
    """
    from archcalc.cli.output import write_answer
    from archcalc.questions import ops as kinds

    write_answer(kinds(op), writing)
