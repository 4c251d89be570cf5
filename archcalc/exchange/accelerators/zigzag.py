"""The workload of ZigZag: an item for each layer, with the layer whose output it reads.

Its form is that of https://github.com/KULeuven-MICAS/zigzag/blob/master/zigzag/parser/workload_validator.py
"""

from collections.abc import Mapping
from typing import Any, Final

from archcalc.exchange.accelerators.nest import Nest, convolutions
from archcalc.graph import Graph, Node

_EQUATION: Final = "O[b][k][oy][ox]+=W[k][c][fy][fx]*I[b][c][iy][ix]"
_GROUPED: Final = "O[b][g][k][oy][ox]+=W[g][k][c][fy][fx]*I[b][g][c][iy][ix]"
_PRECISION: Final = {"W": 8, "I": 8, "O": 16, "O_final": 8}


def source(graph: Graph) -> str:
    """Write an item for each layer. Raises ArchError for one that is no loop nest of a convolution."""
    import yaml

    found = list(convolutions(graph))
    numbers = {nest.node.name: number for number, nest in enumerate(found)}
    nodes = {node.name: node for node in graph.nodes}
    items = [_item(nest, number, _source(nest.node, nodes, numbers)) for number, nest in enumerate(found)]
    return yaml.safe_dump(items, sort_keys=False, default_flow_style=None, width=200)


def _source(node: Node, nodes: Mapping[str, Node], numbers: Mapping[str, int]) -> int | None:
    """Return the layer whose output comes to a layer, through those that are left out; of several, the first."""
    name = node.inputs[0]
    while name in nodes and name not in numbers:
        name = nodes[name].inputs[0]
    return numbers.get(name)


def _item(nest: Nest, number: int, source: int | None) -> dict[str, Any]:
    sizes = {"B": 1, "G": nest.groups, "K": nest.k, "C": nest.c}
    sizes |= {"OY": nest.p, "OX": nest.q, "FY": nest.r, "FX": nest.s}
    if nest.groups == 1:
        del sizes["G"]
    (high, wide), (down, right) = nest.stride, nest.dilation
    top, bottom, left, below = nest.padding
    return {
        "id": number,
        "name": nest.node.name,
        "operator_type": "Conv",
        "equation": _GROUPED if nest.groups > 1 else _EQUATION,
        "dimension_relations": [f"ix={wide}*ox+{right}*fx", f"iy={high}*oy+{down}*fy"],
        "loop_dims": [*sizes],
        "loop_sizes": [*sizes.values()],
        "operand_precision": dict(_PRECISION),
        "operand_source": {"I": number if source is None else source, "W": number},
        "pr_loop_dims": ["IY", "IX"],
        "pr_loop_sizes": [*nest.input_size],
        "padding": [[top, bottom], [left, below]],
    }
