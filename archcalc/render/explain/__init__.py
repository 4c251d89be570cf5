"""Where numbers come from: a layer (`layers`), a whole network (`chain`), and the writing of formulas (`formula`)."""

from collections.abc import Sequence

from archcalc.analysis.explain.explanation import Explained
from archcalc.graph import Graph
from archcalc.render.answer import Answer
from archcalc.render.explain.chain import chain_sheet
from archcalc.render.explain.layers import data, layer_sheets


def of_layers(graph: Graph, explained: Sequence[Explained]) -> Answer:
    """Layers, with every number on the way to each of their figures."""
    return Answer(layer_sheets(graph, explained), lambda: data(graph, explained))


def of_the_chain(graph: Graph, explained: Sequence[Explained]) -> Answer:
    """One figure of a whole network, from the input to the output."""
    return Answer([chain_sheet(graph, explained)], lambda: data(graph, explained))
