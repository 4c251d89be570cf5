"""archcalc ops"""

from typing import Annotated

import typer

from archcalc.cli.options import AS_FITS, Writing

OpArgument = Annotated[str | None, typer.Argument(metavar="[OP]", help="One layer kind, with what its fields take.")]


def ops(op: OpArgument = None, writing: Writing = AS_FITS) -> None:
    """The layer kinds and their fields.

    Example: archcalc ops conv2d
    """
    from archcalc.cli.output import write_answer
    from archcalc.questions import ops as kinds

    write_answer(kinds(op), writing)
