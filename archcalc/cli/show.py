"""archcalc show"""

from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import typer

from archcalc.cli.options import AS_SPECIFIED, OneSpec, OutputOption, Reading


class SpecFormat(StrEnum):
    YAML = "yaml"
    JSON = "json"


SpecFormatOption = Annotated[SpecFormat, typer.Option("--format", "-f", help="How to write the spec.")]


def show(
    spec: OneSpec,
    reading: Reading = AS_SPECIFIED,
    form: SpecFormatOption = SpecFormat.YAML,
    output: OutputOption = None,
) -> None:
    """A spec in full: what it inherits, its params, blocks and defaults all put in.

    Example: archcalc show caffenet > my_net.yaml
    """
    from archcalc.cli.networks import Networks
    from archcalc.cli.output import write
    from archcalc.exchange.yaml import to_json, to_yaml

    networks = Networks(reading)
    loaded = networks.spec(spec)
    if networks.settings or networks.shape:
        loaded = replace(loaded, claims=())  # they were made about another network
    write(to_json(loaded) if form is SpecFormat.JSON else to_yaml(loaded), output)
