"""Which figure of a network is drawn where nobody says it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from archcalc.analysis.draw.volumes import volumes_of, why_not
from archcalc.errors import ArchError
from archcalc.graph import Graph

_MOST: Final = 20
"""So many columns of volumes can be read side by side."""


class Style(StrEnum):
    """What a figure shows of a network."""

    VOLUMES = "volumes"
    FLOW = "flow"
    BARS = "bars"
    RECEPTIVE_FIELD = "receptive_field"


_OWNERS: Final = {"layer": Style.RECEPTIVE_FIELD, "scale": Style.VOLUMES, "from_profile": Style.BARS}
"""The styles of options that one style alone has."""


def style_of(graph: Graph, style: Style | None, options: Mapping[str, object]) -> Style:
    """Return the style that was asked for, by its name or by an option, or the one that fits a network.

    Options that are None were not given. Raises ArchError for one of another style.
    """
    given = [name for name, value in options.items() if value is not None]
    found = style or (_OWNERS[given[0]] if given else style_for(graph))
    for name in given:
        if _OWNERS[name] is not found:
            raise ArchError(f"{name.replace('_', ' ')} goes with the style {_OWNERS[name]}, and this is {found}")
    return found


def style_for(graph: Graph) -> Style:
    """Return volumes for a chain, and boxes and lines for a network with branches, or with too many volumes."""
    is_chain = not why_not(graph) and len(volumes_of(graph).columns) <= _MOST
    return Style.VOLUMES if is_chain else Style.FLOW
