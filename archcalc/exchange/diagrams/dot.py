"""A graph of Graphviz: https://graphviz.org/doc/info/lang.html"""

from collections.abc import Iterable

from archcalc.exchange.diagrams.boxes import Box, draw
from archcalc.graph import Graph


def source(graph: Graph) -> str:
    """Write a directed graph, a box for each layer."""
    drawing = draw(graph)
    head = [f"digraph {_quoted(graph.spec.name)} {{", f"    label={_label([drawing.title])}", '    labelloc="t"']
    boxes = [f"    n{box.number} [{_said(box)}]" for box in drawing.boxes]
    lines = [f"    n{one} -> n{other}" for one, other in drawing.lines]
    return "\n".join([*head, '    node [shape="box"]', *boxes, *lines, "}"]) + "\n"


def _said(box: Box) -> str:
    return f"label={_label(box.lines)}" + (', shape="ellipse"' if box.is_input else "")


def _label(lines: Iterable[str]) -> str:
    """Return text as it is drawn: Graphviz reads entities of HTML in every label.

    >>> print(_label(["a &lt; b", "c"]))
    "a &amp;lt; b\\nc"
    """
    return '"' + "\\n".join(_quoted(line.replace("&", "&amp;"))[1:-1] for line in lines) + '"'


def _quoted(text: str) -> str:
    r"""
    >>> print(_quoted('a "b" \\ c'))
    "a \"b\" \\ c"
    """
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
