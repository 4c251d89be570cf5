"""A chain of layers as volumes, as papers draw it: what each layer with weights makes, and the windows that read it.

Layers without weights of their own stand in the column of the layer that they follow. A tower has a volume on each of
its devices, which reads those volumes that the layer reads.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from typing import Final, NamedTuple, TypeAlias

from archcalc.analysis.receptive_field import seen_of
from archcalc.errors import ArchError
from archcalc.exchange.diagrams.boxes import in_short
from archcalc.graph import Graph, Node, reads_own_part
from archcalc.layers import Shape
from archcalc.layers.base import Role

MOST: Final = 12
"""How many columns are drawn before those of equal volumes become one."""
_FLAT: Final = 3
"""The most axes of what is drawn as a volume: channels, height and width."""
_PLACES: Final = (0.3, 0.62)
"""Which output is shown with its window, along both axes, in turns: so that a window lies beside the output before."""

_Key: TypeAlias = tuple[str, str]
"""A volume by the name of its column, and its device."""
_Seen: TypeAlias = tuple[tuple[int, ...], tuple[tuple[int, int], ...]]


class Column(NamedTuple):
    """What stands at one place from left to right: a layer, or an input, with all layers up to the next column."""

    name: str
    shape: Shape
    """Of what is drawn: the output of the layer, on one device."""
    devices: tuple[str, ...]
    heads: tuple[Node, ...]
    """The layers whose volumes it stands for: none for an input, several where equal volumes are drawn once."""
    nodes: tuple[Node, ...]
    """All its layers, with those that follow."""

    @property
    def times(self) -> int:
        return len(self.heads)

    @property
    def each(self) -> tuple[Node, ...]:
        """The layers that follow the first of its heads: all others are followed by such too."""
        return self.nodes[:0] if not self.heads else _followers(self.nodes, self.heads[0], self.heads[1:])

    @property
    def then(self) -> tuple[Node, ...]:
        """Those that follow the last of its heads alone, or the input."""
        return _followers(self.nodes, self.heads[-1], ())[len(self.each) :] if self.heads else self.nodes

    @property
    def is_bar(self) -> bool:
        """Whether it is of features, without places."""
        return len(self.shape) == 1


class Volume(NamedTuple):
    """A column on one device; on all of them where the device is empty."""

    number: int
    column: int
    device: str
    shape: Shape


class Window(NamedTuple):
    """What one output of a volume reads of the one before it, through pools and all else that lies between."""

    of: int
    by: int
    place: tuple[int, ...]
    """The output, along each axis of places."""
    ranges: tuple[tuple[int, int], ...]
    """The first element along each axis, and the one after the last, without what is padding."""


@dataclass(frozen=True)
class Volumes:
    """Columns from left to right, the volumes in them, and what reads what."""

    graph: Graph
    columns: tuple[Column, ...]
    volumes: tuple[Volume, ...]
    windows: tuple[Window, ...]
    whole: tuple[tuple[int, int], ...]
    """Volumes of which each output of another reads all, and that other."""
    is_folded: bool

    @property
    def devices(self) -> tuple[str, ...]:
        return self.graph.devices


def why_not(graph: Graph) -> str:
    """Return why a network cannot be drawn as volumes; empty where it can be."""
    if len(graph.spec.inputs) > 1:
        return f"it has {len(graph.spec.inputs)} inputs"
    (before,) = graph.spec.inputs
    for node in graph.nodes:
        if node.inputs != (before,):
            reads = f"{len(node.inputs)} layers" if len(node.inputs) > 1 else node.inputs[0]
            return f"{node.name} reads {reads}, and not just the layer before it"
        before = node.name
    shapes = {**graph.spec.inputs, **{node.name: node.output_shape for node in graph.nodes}}
    solid = next((name for name, shape in shapes.items() if len(shape) > _FLAT), None)
    return f"{solid} has three axes of places" if solid else ""


def volumes_of(graph: Graph) -> Volumes:
    """Return the volumes of a chain. Raises ArchError for a network that is no chain."""
    if reason := why_not(graph):
        raise ArchError(f"{graph.spec.name} is no chain that volumes show: {reason} (the style flow shows it)")
    columns, is_folded = _columns(graph), False
    if len(columns) > MOST:
        runs = _runs(columns)
        columns, is_folded = [_folded(run) for run in runs], len(runs) < len(columns)
    volumes = tuple(_volumes(columns))
    links = [link for turn, (before, after) in enumerate(pairwise(columns)) for link in _links(before, after, turn)]
    numbers = {(columns[one.column].name, one.device): one.number for one in volumes}
    windows = tuple(Window(numbers[of], numbers[by], *seen) for of, by, seen in links if seen)
    whole = tuple((numbers[of], numbers[by]) for of, by, seen in links if not seen)
    return Volumes(graph, tuple(columns), volumes, windows, whole, is_folded)


def _columns(graph: Graph) -> list[Column]:
    ((name, shape),) = graph.spec.inputs.items()
    heads: list[Node | None] = [None]
    parts: list[list[Node]] = [[]]
    for node in graph.nodes:
        if node.layer.role is Role.WEIGHTS:
            heads.append(node)
            parts.append([])
        parts[-1].append(node)
    return [
        Column(head.name, head.device_output, head.devices, (head,), tuple(nodes))
        if head
        else Column(name, shape, (), (), tuple(nodes))
        for head, nodes in zip(heads, parts, strict=True)
    ]


def _followers(nodes: Sequence[Node], head: Node, others: Sequence[Node]) -> tuple[Node, ...]:
    """Return the layers after a head, up to the first of others."""
    start = nodes.index(head) + 1
    return tuple(nodes[start : nodes.index(others[0]) if others else None])


def _runs(columns: Sequence[Column]) -> list[list[Column]]:
    """Return the columns, those together that follow each other with equal volumes, and are followed by the same.

    More may follow the last: a pool, after convolutions of which each has an activation.
    """
    runs: list[list[Column]] = []
    for column in columns:
        first, *_, last = runs[-1] * 2 if runs else (column, column)
        each = [*map(in_short, first.each)]
        if (
            runs
            and (first.times, first.shape, first.devices) == (column.times, column.shape, column.devices)
            and each == [*map(in_short, last.each)] == [*map(in_short, column.each)][: len(each)]
        ):
            runs[-1].append(column)
        else:
            runs.append([column])
    return runs


def _folded(run: Sequence[Column]) -> Column:
    """Return one column for several of equal volumes."""
    return run[0]._replace(
        heads=tuple(head for one in run for head in one.heads), nodes=tuple(node for one in run for node in one.nodes)
    )


def _volumes(columns: Sequence[Column]) -> Iterator[Volume]:
    numbers = count()
    for place, column in enumerate(columns):
        for device in column.devices or ("",):
            yield Volume(next(numbers), place, device, column.shape)


def _links(before: Column, after: Column, turn: int) -> Iterator[tuple[_Key, _Key, _Seen | None]]:
    """Yield which volumes of a column read which of the one before, with what is seen there; None for all of it."""
    reader = after.heads[0]
    seen = _seen(before, after, turn)
    is_own = before.devices and reads_own_part(reader, before.nodes[-1])
    for device in after.devices or ("",):
        for other in before.devices or ("",):
            if other == device or not is_own:
                yield (before.name, other), (after.name, device), seen


def _seen(before: Column, after: Column, turn: int) -> _Seen | None:
    """Return an output, and what it sees; None where it has no place, or sees all."""
    if before.is_bar or after.is_bar:
        return None
    last = before.heads[-1] if before.heads else None
    between = before.nodes[before.nodes.index(last) + 1 :] if last else before.nodes
    reaches = seen_of(before.name, before.shape, (*between, after.heads[0]))
    if all(reach.to is None for reach in reaches):
        return None
    fraction = _PLACES[turn % 2]
    place = tuple(int(fraction * size) for size in after.shape[1:])
    ranges = []
    for reach, size in zip(reaches, before.shape[1:], strict=True):
        first, end = reach.range_of(0 if reach.to is None else place[reach.to - 1])
        ranges.append((min(max(first, 0), size), max(min(end, size), 0)))
    return place, tuple(ranges)
