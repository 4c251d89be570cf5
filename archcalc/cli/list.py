"""archcalc list"""

from archcalc.cli.options import AS_FITS, AS_SPECIFIED, SpecDirOption, Writing


def list_specs(spec_dir: SpecDirOption = None, writing: Writing = AS_FITS) -> None:
    """The specs that can be named, with their totals.

    Example: archcalc list --format markdown
    """
    from archcalc.cli.networks import Networks
    from archcalc.cli.output import write_answer
    from archcalc.cli.validate import listed
    from archcalc.render import list as rendered

    networks = Networks(AS_SPECIFIED._replace(spec_dir=spec_dir))
    specs = sorted(listed(networks, networks.all()), key=lambda spec: spec.name)
    write_answer(rendered.answer(specs), writing)
