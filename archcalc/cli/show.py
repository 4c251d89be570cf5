"""archcalc show"""

from dataclasses import replace
from typing import Annotated, Literal

import typer

from archcalc.cli.options import AS_SPECIFIED, OneSpec, OutputOption, Reading

SpecFormatOption = Annotated[
    Literal["yaml", "json"] | None,
    typer.Option(
        "--format", "-f", help="How to write the spec. Default: what the ending of --output says, or else yaml."
    ),
]


def show(
    spec: OneSpec,
    reading: Reading = AS_SPECIFIED,
    form: SpecFormatOption = None,
    output: OutputOption = None,
) -> None:
    """Show a spec in full: what it inherits, its params, blocks and defaults are put in.

    Example: archcalc show caffenet > my_net.yaml
    """
    from archcalc.cli.endings import SPECS, expect_agreement, expect_ending
    from archcalc.cli.networks import Networks
    from archcalc.cli.output import write
    from archcalc.network import Network

    expect_ending(output, SPECS)
    if form is not None:
        own = [ending for ending in SPECS if (ending == ".json") == (form == "json")]
        expect_agreement(output, f"--format {form}", own, SPECS)
    else:
        form = "json" if output is not None and output.suffix.lower() == ".json" else "yaml"
    networks = Networks(reading)
    network = networks.one(spec)
    if network.spec.label != network.spec.name:
        trained = network.spec.training
        if trained:
            trained = trained.with_stand_ins(time=None, time_source=None, duration=None)
        # what is claimed, and how long it took, is of another network
        network = Network(replace(network.spec, claims=(), training=trained))
    write(network.export(form), output, form)
