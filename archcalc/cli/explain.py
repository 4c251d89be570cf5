"""archcalc explain"""

from enum import StrEnum
from typing import Annotated

import typer

from archcalc.cli.options import AS_FITS, AS_SPECIFIED, OneSpec, Reading, Writing


class Figure(StrEnum):
    OUTPUT = "output"
    PARAMS = "params"
    MACS = "macs"
    RECEPTIVE_FIELD = "receptive-field"


LayerArgument = Annotated[
    str | None, typer.Argument(metavar="[LAYER]", help="One layer, or all of a structure; the whole chain if none.")
]
OfOption = Annotated[
    Figure | None, typer.Option("--of", help="One figure. Default: all of a layer; of a network, the output.")
]


def explain(
    spec: OneSpec,
    layer: LayerArgument = None,
    of: OfOption = None,
    reading: Reading = AS_SPECIFIED,
    writing: Writing = AS_FITS,
) -> None:
    """Where a number comes from: the rule, the numbers put in, the result, and what it hides.

    Example: archcalc explain paper conv1
    """
    from archcalc.analysis.explain.explanation import chosen
    from archcalc.analysis.explain.explanation import explain as explained
    from archcalc.cli.networks import Networks
    from archcalc.cli.output import say, write_answer
    from archcalc.render.explain import of_layers, of_the_chain

    graph, fault = Networks(reading).up_to_a_fault(spec)
    figures = [of.value.replace("-", "_")] if of else None
    if fault and (writing.output or not graph.nodes):
        raise fault  # a file is written whole or not at all
    if fault:
        say(f"{graph.spec.name}: explained up to the layer that does not fit")
    if layer is None:
        answer = of_the_chain(graph, explained(graph, graph.nodes, figures or ["output"]))
    else:
        answer = of_layers(graph, explained(graph, chosen(graph, layer), figures))
    write_answer(answer, writing)
    if fault:
        raise fault
