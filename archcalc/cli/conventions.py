"""archcalc conventions"""

from typing import Annotated

import typer

from archcalc.cli.options import FormatOption, OutputOption, convention_names

NameArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[CONVENTION]", help="One, with all that it counts and its source.", autocompletion=convention_names
    ),
]


def conventions(name: NameArgument = None, form: FormatOption = None, output: OutputOption = None) -> None:
    """How tools count operations, side by side.

    Example: archcalc conventions; archcalc conventions fvcore
    """
    from archcalc.analysis.conventions import CONVENTIONS, find
    from archcalc.cli.output import answer
    from archcalc.render.conventions import all_sheet, data, narrow_sheet, one_sheet

    if name is None:
        every = list(CONVENTIONS.values())
        answer([all_sheet(every)], lambda: data(every), form, output, [[narrow_sheet(every)]])
    else:
        one = find(name)
        answer([one_sheet(one)], lambda: data([one]), form, output)
