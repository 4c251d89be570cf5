"""What figures say of layers, and of the network."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from archcalc.exchange.diagrams.boxes import in_short
from archcalc.graph import Graph, Node
from archcalc.layers.sizes import dims
from archcalc.render.picture.page import foot, head
from archcalc.render.picture.scene import Item
from archcalc.render.words import number, several, short
from archcalc.spec.catalogue import name_of
from archcalc.table import row_of

_MOST: Final = 12
"""How many layers what is said of several has a line for."""
_NAMED: Final = 500
"""How many of the others are named."""
_INPUTS: Final = 4


class Around(NamedTuple):
    """What stands around a figure: another title than the network's own, or none if that is empty; and a caption."""

    title: str | None = None
    has_caption: bool = True


USUAL: Final = Around()


class Facts:
    """The rows of a network's table, and how they are said."""

    def __init__(self, graph: Graph, around: Around = USUAL) -> None:
        self.around = around
        self.rows = {node.name: row_of(node) for node in graph.nodes}
        self._places = {name: place for place, name in enumerate(self.rows)}
        self.own_title = _title(graph.spec.name, graph.spec.label, graph.spec.title)

    def title(self, more: str = "") -> str:
        """Return what a figure is called: as it was asked for, or by its network, with what else it shows."""
        return self.around.title or f"{self.own_title}{more}"

    def head(self, most: float, more: str = "") -> tuple[Item, float]:
        """Return the title as it stands above a figure, and where the figure begins."""
        return head("" if self.around.title == "" else self.title(more), most)

    def foot(self, texts: Iterable[str], most: float, y: float) -> tuple[Item, float]:
        """Return the caption, if there is to be one, and where the picture ends."""
        return foot(texts if self.around.has_caption else (), most, y)

    def places(self, nodes: Sequence[Node]) -> tuple[int, ...]:
        """Return the places of some layers in the table."""
        return tuple(self._places[node.name] for node in nodes)

    def params(self, nodes: Sequence[Node]) -> str:
        """Return the params of some layers in three digits; nothing, where they have none."""
        params = sum(self.rows[node.name].params for node in nodes)
        return in_figures(params, " params") if params else ""

    def in_full(self, nodes: Sequence[Node]) -> str:
        """Return a line for each layer; of many, for the first and the last, between which the others are named."""
        if len(nodes) <= _MOST:
            return "\n".join(map(self._in_full, nodes))
        first, last = nodes[: _MOST // 2], nodes[-_MOST // 2 :]
        between = nodes[len(first) : -len(last)]
        named = ", ".join(node.name for node in between[:_NAMED])
        if len(between) > _NAMED:
            named += f" and {number(len(between) - _NAMED)} more, to {between[-1].name}"
        return "\n".join([*map(self._in_full, first), f"then {named}", *map(self._in_full, last)])

    def _in_full(self, node: Node) -> str:
        """Return a layer in a line, with its sizes, and what it costs."""
        row = self.rows[node.name]
        reads = " and ".join(dims(shape) for shape in row.input_shapes[:_INPUTS])
        others = len(row.input_shapes) - _INPUTS
        more = f" and {others} more" if others > 0 else ""
        costs = [f"{number(row.params)} params"] if row.params else []
        costs += [f"{number(row.macs)} MACs"] if row.macs else []
        return ", ".join([f"{node.name}: {in_short(node)}, {reads}{more} to {dims(row.output_shape)}", *costs])

    @property
    def total(self) -> str:
        """What all layers have and cost together."""
        params, macs = (sum(getattr(row, name) for row in self.rows.values()) for name in ("params", "macs"))
        return (
            f"In all {several(len(self.rows), 'layer')}, {in_figures(params, ' params')}, {in_figures(macs, 'MACs')}."
        )


def _title(name: str, label: str, title: str) -> str:
    """Return the name of a network, with what is set, and its title, which may begin with the name.

    >>> _title("net", "net:size=2", "A net"), _title("My_Net", "My_Net:size=2", "My Net, from a file")
    ('net:size=2: A net', 'My Net:size=2, from a file')
    """
    first = title.partition(",")[0]
    if first and name_of(first) == name:
        return f"{first}{label.removeprefix(name)}{title.removeprefix(first)}"
    return f"{label}: {title}" if title else label


def in_figures(value: int, unit: str) -> str:
    """Return a count in three digits, with the prefixes of SI: a thousand is a small k.

    >>> in_figures(61_706, " params"), in_figures(416_520, "MACs"), in_figures(61_100_840, " params")
    ('61.7 k params', '417 kMACs', '61.1 M params')
    """
    return short(value, unit).replace(" K", " k", 1)


def repeated(varying: Iterable[bool]) -> str:
    r"""Return what a number behind a name means, given which of what repeats has other numbers each time.

    >>> for varying in ([False], [True, True], [True, False]):
    ...     print(repeated(varying))
    x2 and more: so many of the same, each after the one before
    x2 and more: so many blocks of the same layers, each after the one before, with sizes that change
    x2 and more: so many of the same, or of the same layers with sizes that change, each after the one before
    """
    kinds = {*varying}
    if not kinds:
        return ""
    if kinds == {True}:
        return "x2 and more: so many blocks of the same layers, each after the one before, with sizes that change"
    changing = ", or of the same layers with sizes that change" if True in kinds else ""
    return f"x2 and more: so many of the same{changing}, each after the one before"
