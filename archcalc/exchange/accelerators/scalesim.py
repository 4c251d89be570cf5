"""The topology of SCALE-Sim: a line for each layer, with the input as large as windows reach, padding included.

SCALE-Sim has no padding and no groups. Each group is a line of its own, except of depthwise convolutions, which have
DP in their names: https://github.com/scalesim-project/scale-sim-v2/blob/main/scalesim/topology_utils.py
"""

from collections.abc import Iterator
from typing import Final

from archcalc.errors import ArchError
from archcalc.exchange.accelerators.nest import Nest, nests
from archcalc.graph import Graph

_HEADER: Final = (
    *("Layer name", "IFMAP height", "IFMAP width", "Filter height", "Filter width", "Channels", "Num filter"),
    *("Stride height", "Stride width"),
)
_DEPTHWISE: Final = "DP"


def source(graph: Graph) -> str:
    """Write a line for each layer and group. Raises ArchError, with its name, for a layer that has a dilation."""
    rows = [_HEADER, *(row for nest in nests(graph) for row in _rows(nest))]
    return "".join(f"{','.join(map(str, row))},\n" for row in rows)


def _rows(nest: Nest) -> Iterator[tuple[object, ...]]:
    if nest.dilation != (1, 1):
        raise ArchError("SCALE-Sim has no dilation").at(None, f"layer {nest.node.name}")
    name = nest.node.name.replace(_DEPTHWISE, _DEPTHWISE.lower()).replace(",", "_")
    sizes = (*nest.reached, nest.r, nest.s)
    if nest.groups > 1 and nest.c == 1:
        yield (f"{name}_{_DEPTHWISE}", *sizes, nest.groups, nest.k, *nest.stride)
        return
    for group in range(nest.groups):
        yield (f"{name}_{group}" if nest.groups > 1 else name, *sizes, nest.c, nest.k, *nest.stride)
