"""The bounds of all loops, as CSV: of one example, with channels of each group."""

import csv
from io import StringIO
from typing import Final

from archcalc.exchange.accelerators.nest import Nest, nests
from archcalc.graph import Graph

_COLUMNS: Final = (
    *("layer", "op", "N", "groups", "K", "C", "P", "Q", "R", "S", "H", "W"),
    *("stride_h", "stride_w", "dilation_h", "dilation_w", "pad_top", "pad_bottom", "pad_left", "pad_right", "macs"),
)
"""K and C are channels of a group, P and Q the output's height and width, R and S the window's, H and W the input's."""


def source(graph: Graph) -> str:
    """Write a line for each layer. Raises ArchError for one whose loops are not those of a convolution."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    writer.writerows(_row(nest) for nest in nests(graph))
    return text.getvalue()


def _row(nest: Nest) -> list[object]:
    bounds = (1, nest.groups, nest.k, nest.c, nest.p, nest.q, nest.r, nest.s)
    return [
        *(nest.node.name, nest.node.layer.op),
        *bounds,
        *nest.input_size,
        *nest.stride,
        *nest.dilation,
        *nest.padding,
        nest.macs,
    ]
