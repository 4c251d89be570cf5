"""archcalc identify"""

from pathlib import Path
from typing import Annotated

import typer

from archcalc.cli.options import AS_FITS, KeyOption, SpecDirOption, Writing

WhatArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE|NUMBER",
        help="A state_dict of torch.save (.pth, .pt) or a .safetensors file; or a number such as 62.4M, 1.38 GFLOPs.",
    ),
]


def identify(
    what: WhatArgument, key: KeyOption = None, spec_dir: SpecDirOption = None, writing: Writing = AS_FITS
) -> None:
    """What is this? The networks that a checkpoint fits, or whose number it is; ends with 1 where there are none.

    Example: archcalc identify alexnet-owt-7be5be79.pth; archcalc identify 0.77G
    """
    from archcalc.answers.identify import Meanings
    from archcalc.cli.output import say, write_answer
    from archcalc.questions import identify as identified

    word = " ".join(what)
    found = identified(word, key=key, spec_dir=spec_dir, on_fault=_say_left_out)
    write_answer(found, writing)
    if found.has_match:
        return
    if isinstance(found, Meanings):
        say(f"no number of a network is {word} within its printed digits: these come nearest{found.hint}")
    else:
        say(f"no network fits {word}: these come nearest")
    raise typer.Exit(1)


def _say_left_out(path: str) -> None:
    from archcalc.cli.output import say

    say(f"{Path(path).stem} is left out, as it cannot be computed: archcalc check {path} says why")
