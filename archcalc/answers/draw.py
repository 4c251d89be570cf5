"""The figure of a network."""

from collections.abc import Callable, Mapping
from functools import cached_property

from archcalc.analysis.draw.style import Style
from archcalc.answers.picture import Picture
from archcalc.graph import Graph
from archcalc.render.picture.scene import Scene
from archcalc.render.picture.svg import render


class Drawing(Picture):
    """A figure of a network: `scene` is what is drawn, as data, `style` what it shows.

    `svg`, `tikz` and `mermaid` are its texts. Mermaid lays out a flow by itself, whatever the style.
    """

    def __init__(self, graph: Graph, style: Style, scene: Scene) -> None:
        self.graph, self.style, self.scene = graph, style, scene
        super().__init__(render(scene))

    @cached_property
    def tikz(self) -> str:
        """The figure as a tikzpicture, to be taken into a document of LaTeX."""
        from archcalc.render.picture import tikz

        return tikz.render(self.scene)

    @cached_property
    def mermaid(self) -> str:
        """A flowchart with a box for each layer."""
        from archcalc.exchange.diagrams import mermaid

        return mermaid.source(self.graph)

    def forms(self) -> Mapping[str, Callable[[], str | bytes]]:
        """Return what it can be saved as, by the endings of files."""
        return {**super().forms(), ".tex": lambda: self.tikz, ".mmd": lambda: self.mermaid}
