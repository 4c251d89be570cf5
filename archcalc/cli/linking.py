"""A spec's graph, as far as its layers fit."""

from archcalc.cli.output import say
from archcalc.errors import ArchError
from archcalc.graph import Graph, link
from archcalc.spec.model import Spec


def up_to_a_fault(spec: Spec) -> tuple[Graph, ArchError | None]:
    """The graph up to the layer that does not fit, and that fault; what is doubtful is said.

    Raises ArchError where there is nothing to show.
    """
    fault = None
    try:
        graph = link(spec)
    except ArchError as error:
        if not isinstance(error.partial, Graph):
            raise
        graph, fault = error.partial, error
    for doubt in graph.doubts:
        say(f"{spec.name}: {doubt}")
    return graph, fault
