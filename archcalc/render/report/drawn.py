"""The figures of a page: the network, and what its outputs see of the input."""

from math import ceil

from archcalc.analysis.draw.style import Style, style_for
from archcalc.analysis.report.gathering import Gathered
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.render.draw import scene_of
from archcalc.render.picture.svg import render
from archcalc.render.report.markup import Markup, tag
from archcalc.render.report.tables import titled


def figure(found: Gathered) -> Markup | None:
    """Write the figure that fits the network; None where it cannot be drawn."""
    drawn = figure_of(found.graph)
    return tag("section", drawn, id="figure", aria_label="figure") if drawn else None


def no_figure(found: Gathered) -> Markup:
    """Say that the figure is left out."""
    name = found.graph.spec.label
    said = f"The figure would make this page too large: archcalc draw {name} -o {found.graph.spec.name}.svg draws it."
    return tag("section", tag("p", said, class_="note"), id="figure", aria_label="figure")


def figure_of(graph: Graph) -> Markup | None:
    """Write the figure that fits a network, without a section; None where it cannot be drawn."""
    return _drawn(graph, style_for(graph))


def sight(found: Gathered) -> Markup | None:
    """Write what the layer that sees most sees of the input, over it; None where no layer has places."""
    drawn = _drawn(found.graph, Style.RECEPTIVE_FIELD)
    said = "What an output in the middle sees of the input, and what those before it see; the table has all sizes."
    return titled("Receptive field", drawn, id_="sight", note=said) if drawn else None


def _drawn(graph: Graph, style: Style) -> Markup | None:
    """Return a figure no larger than it is drawn."""
    try:
        scene = scene_of(graph, style)
    except ArchError:
        return None
    return tag("figure", Markup(render(scene)), style=f"--w: {ceil(scene.width)}px", tabindex=0)
