"""The topology of SCALE-Sim: a line for each layer, with the input as large as windows reach, padding included.

SCALE-Sim has no padding and no groups. Each group is a line of its own, except of depthwise convolutions, which have
DP in their names: https://github.com/scalesim-project/scale-sim-v2/blob/main/scalesim/topology_utils.py

All its versions read one stride. A second one, across, is read by version 2 alone: version 3 takes what follows the
stride for a sparsity. So there is a column for it only where strides down and across differ.
"""

from collections.abc import Iterator
from typing import Final

from archcalc.errors import ArchError
from archcalc.exchange.accelerators.nest import Nest, convolutions
from archcalc.graph import Graph

_HEADER: Final = (
    *("Layer name", "IFMAP Height", "IFMAP Width", "Filter Height", "Filter Width", "Channels", "Num Filter"),
    "Strides",
)
_HEADER_OF_TWO: Final = (*_HEADER[:-1], "Stride Height", "Stride Width")
_DEPTHWISE: Final = "DP"


def source(graph: Graph) -> str:
    """Write a line for each layer and group. Raises ArchError, with its name, for a layer that has a dilation."""
    found = list(convolutions(graph))
    strides = max((len({*nest.stride}) for nest in found), default=1)
    header = _HEADER if strides == 1 else _HEADER_OF_TWO
    rows = [header, *(row for nest in found for row in _rows(nest, nest.stride[:strides]))]
    return "".join(f"{','.join(map(str, row))},\n" for row in rows)


def _rows(nest: Nest, stride: tuple[int, ...]) -> Iterator[tuple[object, ...]]:
    if nest.dilation != (1, 1):
        raise ArchError("SCALE-Sim has no dilation").at(None, f"layer {nest.node.name}")
    name = nest.node.name.replace(_DEPTHWISE, _DEPTHWISE.lower())
    sizes = (*nest.reached, nest.r, nest.s)
    if nest.groups > 1 and nest.c == 1:
        yield (f"{name}_{_DEPTHWISE}", *sizes, nest.groups, nest.k, *stride)
        return
    for group in range(nest.groups):
        yield (f"{name}_{group}" if nest.groups > 1 else name, *sizes, nest.c, nest.k, *stride)
