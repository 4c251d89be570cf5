"""archcalc identify"""

from pathlib import Path
from typing import Annotated

import typer

from archcalc.cli.options import AS_FITS, KeyOption, SpecDirOption, Writing

WhatArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="FILE|NUMBER|SHAPE",
        help="A state_dict of torch.save (.pth, .pt) or a .safetensors file; a number such as 62.4M or 1.38 GFLOPs; "
        "or a shape such as 96x55x55.",
    ),
]
AllOption = Annotated[bool, typer.Option("--all", help="Show all that a number may be, not the likely ones alone.")]


def identify(
    what: WhatArgument,
    key: KeyOption = None,
    show_all: AllOption = False,
    spec_dir: SpecDirOption = None,
    writing: Writing = AS_FITS,
) -> None:
    """Find the networks that have a number or a shape, or that a checkpoint fits; ends with 1 if there are none.

    Example: archcalc identify alexnet-owt-7be5be79.pth; archcalc identify 0.77G
    """
    from archcalc.answers.identify import Meanings
    from archcalc.cli.output import say, write_answer
    from archcalc.questions import identify as identified

    word = " ".join(what)
    found = identified(word, key=key, spec_dir=spec_dir, on_fault=_say_left_out, show_all=show_all)
    write_answer(found, writing)
    if found.has_match:
        return
    if isinstance(found, Meanings) and not found.meanings:
        say(f"no layer of a network has the shape {word}")
    elif isinstance(found, Meanings):
        say(f"no network has the number {word}, within its printed digits: these come nearest{found.hint}")
    else:
        say(f"no network fits {word}: these come nearest")
    raise typer.Exit(1)


def _say_left_out(path: str) -> None:
    from archcalc.cli.output import say

    say(f"{Path(path).stem} is left out, since it has mistakes: run archcalc validate {path} to see them")
