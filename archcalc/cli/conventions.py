"""archcalc conventions"""

from typing import Annotated

import typer

from archcalc.cli.options import AS_FITS, Writing, convention_names

NameArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[CONVENTION]",
        help="Show one convention, or those of a framework such as tensorflow, with all that it counts and its source.",
        autocompletion=convention_names,
    ),
]


def conventions(name: NameArgument = None, writing: Writing = AS_FITS) -> None:
    """Show how tools count operations, side by side.

    Example: archcalc conventions; archcalc conventions fvcore; archcalc conventions tensorflow
    """
    from archcalc.cli.output import write_answer
    from archcalc.questions import conventions as known

    write_answer(known(name), writing)
