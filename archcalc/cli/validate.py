"""archcalc validate"""

import typer

from archcalc.cli.limits import NO_LIMITS, Limits, MinFieldOption, read_limits
from archcalc.cli.options import AS_FITS, AS_SPECIFIED, Reading, Specs, Writing
from archcalc.errors import ArchError


def validate(
    specs: Specs,
    limits: Limits = NO_LIMITS,
    min_receptive_field: MinFieldOption = None,
    reading: Reading = AS_SPECIFIED,
    writing: Writing = AS_FITS,
) -> None:
    """Check spec files, and hold them against budgets; ends with 2 on a mistake, with 1 on a limit that is not kept.

    The limits are those of `budget:` in a spec, and those of the options, which stand before them.

    Example: archcalc validate specs/*.yaml; archcalc validate paper --max-params 61M --max-macs 1G
    """
    from archcalc.cli.networks import Networks, say_cautions
    from archcalc.cli.output import complain, say, write_answer
    from archcalc.questions import validated
    from archcalc.render.budget import in_words

    held = read_limits(limits, min_receptive_field)
    networks = list(Networks(reading).each(specs))
    for one in networks:
        if one.network:
            say_cautions(one.network, one.network.spec.file)
    found = validated(networks, held)
    for spec in found.specs:
        complain(ArchError(*spec.faults))
    are_sound = [not spec.faults for spec in found.specs]
    if any(are_sound) or writing != AS_FITS:
        write_answer(found, writing)
    for name, verdict in found.exceeded:
        say(f"{name}: {in_words(verdict)}")
    if not all(are_sound) or found.exceeded:
        raise typer.Exit(1 if all(are_sound) else 2)
