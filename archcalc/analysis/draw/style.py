"""Which figure of a network is drawn where nobody says it."""

from enum import StrEnum
from typing import Final

from archcalc.analysis.draw.volumes import volumes_of, why_not
from archcalc.graph import Graph

_MOST: Final = 20
"""So many columns of volumes can be read side by side."""


class Style(StrEnum):
    """What a figure shows of a network."""

    VOLUMES = "volumes"
    FLOW = "flow"
    BARS = "bars"
    RECEPTIVE_FIELD = "receptive_field"


def style_for(graph: Graph) -> Style:
    """Return volumes for a chain, and boxes and lines for a network with branches, or with too many volumes."""
    is_chain = not why_not(graph) and len(volumes_of(graph).columns) <= _MOST
    return Style.VOLUMES if is_chain else Style.FLOW
