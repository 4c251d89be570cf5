"""archcalc explain"""

from enum import StrEnum
from typing import Annotated

import typer

from archcalc.cli.options import (
    FormatOption,
    InputOption,
    OneSpec,
    OutputOption,
    SetOption,
    SpecDirOption,
    read_settings,
    read_shape,
)


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
    input_shape: InputOption = None,
    set_: SetOption = None,
    spec_dir: SpecDirOption = None,
    form: FormatOption = None,
    output: OutputOption = None,
) -> None:
    """Where a number comes from: the rule, the numbers put in, the result, and what it hides.

    Example: archcalc explain paper conv1
    """
    from archcalc.analysis.explain import chosen
    from archcalc.analysis.explain import explain as explained
    from archcalc.cli.linking import up_to_a_fault
    from archcalc.cli.output import answer, say
    from archcalc.render.chain import chain_sheet
    from archcalc.render.explain import data, layer_sheets
    from archcalc.spec.catalogue import Catalogue

    loaded = Catalogue(spec_dir).load(spec, read_settings(set_), read_shape(input_shape))
    graph, fault = up_to_a_fault(loaded)
    figures = [of.value.replace("-", "_")] if of else None
    if fault and (output or not graph.nodes):
        raise fault  # a file is written whole or not at all
    if fault:
        say(f"{loaded.name}: explained up to the layer that does not fit")
    if layer is None:
        found = explained(graph, graph.nodes, figures or ["output"])
        sheets = [chain_sheet(graph, found)]
    else:
        found = explained(graph, chosen(graph, layer), figures)
        sheets = layer_sheets(graph, found)
    answer(sheets, lambda: data(graph, found), form, output)
    if fault:
        raise fault
