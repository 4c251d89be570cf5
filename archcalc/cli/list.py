"""archcalc list"""

from archcalc.cli.options import AS_FITS, SpecDirOption, Writing


def list_specs(spec_dir: SpecDirOption = None, writing: Writing = AS_FITS) -> None:
    """List all specs that archcalc finds, with their totals.

    Example: archcalc list --format markdown
    """
    from archcalc.cli.output import write_answer
    from archcalc.questions import catalogue

    write_answer(catalogue(spec_dir), writing)
