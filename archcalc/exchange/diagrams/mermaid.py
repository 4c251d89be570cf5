"""A flowchart of Mermaid, which GitHub and many others draw: https://mermaid.js.org/syntax/flowchart.html"""

from typing import Final

from archcalc.exchange.diagrams.boxes import Box, draw
from archcalc.graph import Graph

_ESCAPED: Final = {'"': "#quot;", "#": "#35;", "<": "#lt;", ">": "#gt;", "&": "#amp;"}


def source(graph: Graph) -> str:
    """Write a flowchart from top to bottom, a box for each layer."""
    drawing = draw(graph)
    boxes = [f"    n{box.number}{_shape(box)}" for box in drawing.boxes]
    lines = [f"    n{one} --> n{other}" for one, other in drawing.lines]
    return "\n".join(["flowchart TD", *boxes, *lines]) + "\n"


def _shape(box: Box) -> str:
    text = "<br>".join("".join(_ESCAPED.get(letter, letter) for letter in line) for line in box.lines)
    return f'(["{text}"])' if box.is_input else f'["{text}"]'
