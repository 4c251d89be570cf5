"""archcalc explain"""

from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from archcalc.cli.options import AS_FITS, AS_SPECIFIED, OneSpec, Reading, Writing

if TYPE_CHECKING:
    from archcalc.network import Quantity


Word = Literal["output", "params", "macs", "receptive-field"]
QUANTITIES: "Final[dict[Word, Quantity]]" = {
    "output": "output",
    "params": "params",
    "macs": "macs",
    "receptive-field": "receptive_field",
}

LayerArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[LAYER]",
        help="A layer, or a structure with all its layers. Default: the whole network, from input to output.",
    ),
]
OfOption = Annotated[
    Word | None,
    typer.Option("--of", help="Explain one quantity. Default: all quantities of a layer; of a network, the output."),
]


def explain(
    spec: OneSpec,
    layer: LayerArgument = None,
    of: OfOption = None,
    reading: Reading = AS_SPECIFIED,
    writing: Writing = AS_FITS,
) -> None:
    """Show where a number comes from: the rule, the numbers put in, the result, and what the number does not show.

    Example: archcalc explain paper conv1
    """
    from archcalc.cli.networks import Networks
    from archcalc.cli.output import say, write_answer

    network, fault = Networks(reading).up_to_a_fault(spec)
    if fault and (writing.output or not network.graph.nodes):
        raise fault  # a file is written whole or not at all
    if fault:
        say(f"{network.spec.name}: explained up to the layer that does not fit")
    write_answer(network.explain(layer, QUANTITIES[of] if of else None), writing)
    if fault:
        raise fault
