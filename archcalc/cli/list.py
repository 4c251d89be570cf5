"""archcalc list"""

from typing import Annotated

import typer

from archcalc.cli.options import AS_FITS, SpecDirOption, Writing

NotesOption = Annotated[bool, typer.Option("--notes", help="Show the notes of the specs in place of their totals.")]


def list_specs(notes: NotesOption = False, spec_dir: SpecDirOption = None, writing: Writing = AS_FITS) -> None:
    """List all specs that archcalc finds, family by family, with their totals.

    Example: archcalc list --format markdown
    """
    from archcalc.cli.output import write_answer
    from archcalc.questions import catalogue

    write_answer(catalogue(spec_dir, show_notes=notes), writing)
