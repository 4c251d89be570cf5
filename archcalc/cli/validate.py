"""archcalc validate"""

import typer

from archcalc.cli.options import AS_FITS, AS_SPECIFIED, Reading, Specs, Writing


def validate(specs: Specs, reading: Reading = AS_SPECIFIED, writing: Writing = AS_FITS) -> None:
    """Check spec files, and list every mistake with its place; ends with 2 on a mistake.

    Example: archcalc validate specs/*.yaml
    """
    from archcalc.answers.list import Validation
    from archcalc.cli.networks import Networks, say_cautions
    from archcalc.cli.output import complain, write_answer
    from archcalc.errors import ArchError
    from archcalc.questions import listed

    read = []
    for one in Networks(reading).each(specs):
        read.append(listed(one))
        if one.network:
            say_cautions(one.network, one.network.spec.file)
    for spec in read:
        complain(ArchError(*spec.faults))
    are_sound = [not spec.faults for spec in read]
    if any(are_sound) or writing != AS_FITS:
        write_answer(Validation(tuple(read)), writing)
    if not all(are_sound):
        raise typer.Exit(2)
