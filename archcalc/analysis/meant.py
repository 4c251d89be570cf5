"""The layers that `of` means, in a claim and in a budget: layers, and all those of structures."""

from collections.abc import Sequence

from archcalc.graph import Graph, Node, within


def meant(graph: Graph, of: Sequence[str] | None) -> list[Node]:
    """Return the layers of these names, also those of structures, each once; all, if there are no names."""
    if not of:
        return list(graph.nodes)
    names = {node.name for name in of for node in within(graph.nodes, name)}
    return [node for node in graph.nodes if node.name in names]


def last_meant(nodes: Sequence[Node], of: Sequence[str] | None) -> Node:
    """Return the layer of the last name, or else the last of its structure."""
    named = [node for node in nodes if of and node.name == of[-1]]
    return (named or nodes)[-1]
