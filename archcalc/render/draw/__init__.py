"""Figures of networks as scenes, with their words: volumes, flow, bars, and a receptive field over the input."""

from archcalc.analysis.draw.costs import costs_of
from archcalc.analysis.draw.field import field_of
from archcalc.analysis.draw.style import Style
from archcalc.analysis.draw.volumes import volumes_of
from archcalc.graph import Graph
from archcalc.render.draw import costs, field, flow, volumes
from archcalc.render.draw.lengths import Scale
from archcalc.render.draw.said import USUAL, Around
from archcalc.render.picture.scene import Scene


def scene_of(
    graph: Graph,
    style: Style,
    layer: str | None = None,
    scale: Scale = Scale.SQRT,
    profile: str | None = None,
    around: Around = USUAL,
) -> Scene:
    """Draw a network in a style. Raises ArchError where it cannot be drawn so."""
    if style is Style.VOLUMES:
        return volumes.scene_of(volumes_of(graph), scale, around)
    if style is Style.FLOW:
        return flow.scene_of(graph, around)
    if style is Style.BARS:
        return costs.scene_of(costs_of(graph, profile), around)
    return field.scene_of(field_of(graph, layer), around)
