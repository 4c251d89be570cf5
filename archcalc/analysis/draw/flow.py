"""A network as boxes and lines, few enough to be read: blocks that repeat are one box, and each sort is opened once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count, pairwise
from math import prod
from typing import Any, Final, NamedTuple

from archcalc.analysis.draw.units import Unit, units_of
from archcalc.graph import Graph, Node
from archcalc.layers import Shape

FEW: Final = 30
"""So many boxes are drawn with every block open."""
SOME: Final = 42
"""Up to so many, the first block of each sort is opened, that of those with most blocks first."""
MOST: Final = 60
"""So many boxes are drawn at most."""
_SHORT: Final = 3
"""A chain of so many layers is told in its box, and never opened."""


class Box(NamedTuple):
    """What is drawn as one: an input, a layer with those that follow it, or a closed block."""

    number: int
    name: str
    shape: Shape
    """Of what it hands on."""
    nodes: tuple[Node, ...] = ()
    """All its layers; none for an input."""
    times: int = 1
    unit: Unit | None = None
    """The block, where it is one."""
    like: str = ""
    """The open block whose layers are of the same sorts, in the same order."""
    frame: int | None = None

    @property
    def head(self) -> Node | None:
        """The layer, where it is a single one, whatever follows that."""
        return None if self.unit or not self.nodes else self.nodes[0]

    @property
    def once(self) -> tuple[Node, ...]:
        """Its layers of the first time."""
        return self.nodes[: len(self.nodes) // self.times]


class Frame(NamedTuple):
    """A block that is open: its boxes are within it."""

    number: int
    unit: Unit
    boxes: tuple[int, ...]


@dataclass(frozen=True)
class Flow:
    """Boxes in an order in which each reads earlier ones, the lines between them, and the blocks that are open."""

    graph: Graph
    boxes: tuple[Box, ...]
    lines: tuple[tuple[int, int], ...]
    frames: tuple[Frame, ...]
    is_merged: bool = False
    """Whether it was too large even with all blocks closed, so that what follows each other became one."""


def flow_of(graph: Graph, closed: frozenset[str] = frozenset()) -> Flow:
    """Return what is drawn of a network; blocks whose names are `closed` are not opened."""
    units, is_merged = closed_units(graph, MOST - len(graph.spec.inputs))
    return _drawn(graph, units, frozenset() if is_merged else _opened(units, closed), is_merged)


def closed_units(graph: Graph, most: int) -> tuple[list[Unit], bool]:
    """Return the blocks and layers of a network, no more than so many, and whether it is too large for each alone."""
    units = units_of(graph, most)
    return (_merged(units, most), True) if len(units) > most else (units, False)


def _boxes(units: Sequence[Unit], opened: frozenset[int]) -> int:
    return sum(len(unit.once) if unit.start in opened else 1 for unit in units)


def _opened(units: Sequence[Unit], closed: frozenset[str]) -> frozenset[int]:
    """Return which blocks are open: all, where there are few; else the first of a sort."""
    able = [
        unit
        for unit in units
        if unit.is_block and unit.name not in closed and (len(unit.once) > _SHORT or not unit.is_chain)
    ]
    if _boxes(units, every := frozenset(unit.start for unit in able)) <= FEW:
        return every
    sorts: dict[tuple[Any, ...], list[int]] = {}
    for unit in able:
        sorts.setdefault(unit.structure(), []).extend([unit.start] * unit.times)
    opened: frozenset[int] = frozenset()
    for starts in sorted(sorts.values(), key=len, reverse=True):
        if _boxes(units, more := opened | {starts[0]}) <= SOME:
            opened = more
    return opened


def _merged(units: Sequence[Unit], most: int) -> list[Unit]:
    """Return fewer units, each of several that follow each other."""
    size = -(-len(units) // most)
    found = []
    for place in range(0, len(units), size):
        first, *others = units[place : place + size]
        groups = tuple(group for unit in (first, *others) for group in unit.all)
        found.append(Unit(first.name, first.start, groups, groups) if others else first)
    return found


def _drawn(graph: Graph, units: Sequence[Unit], opened: frozenset[int], is_merged: bool) -> Flow:
    numbers = count()
    boxes = [Box(next(numbers), name, shape) for name, shape in graph.spec.inputs.items()]
    place = {box.number: box.number for box in boxes}
    frames: list[Frame] = []
    sorts = {unit.structure(): unit.name for unit in reversed(units) if unit.start in opened}
    for unit in units:
        if unit.start in opened:
            frame = Frame(len(frames), unit, tuple(range(len(boxes), len(boxes) + len(unit.once))))
            frames.append(frame)
            place |= {unit.start + at: frame.boxes[at % len(unit.once)] for at in range(len(unit.all))}
            boxes += (_within(frame, next(numbers), at) for at in range(len(unit.once)))
        else:
            place |= dict.fromkeys(range(unit.start, unit.end), len(boxes))
            like = sorts.get(unit.structure(), "") if unit.is_block else ""
            boxes.append(_closed(next(numbers), unit, like))
    return Flow(graph, tuple(boxes), tuple(_lines(units, opened, place)), tuple(frames), is_merged)


def _within(frame: Frame, number: int, at: int) -> Box:
    """Return the box of a group of an open block, with its layers of all times."""
    groups = frame.unit.all[at :: len(frame.unit.once)]
    nodes = tuple(node for group in groups for node in group.nodes)
    return Box(number, groups[0].head.name, groups[0].shape, nodes, len(groups), frame=frame.number)


def _closed(number: int, unit: Unit, like: str) -> Box:
    nodes = tuple(node for group in unit.all for node in group.nodes)
    block = unit if unit.is_block else None
    return Box(number, unit.name, unit.all[-1].shape, nodes, unit.times, block, like)


def _lines(units: Sequence[Unit], opened: frozenset[int], place: dict[int, int]) -> Iterator[tuple[int, int]]:
    """Yield the lines, each once; what repeats in an open block is drawn of its first time."""
    seen: set[tuple[int, int]] = set()
    for unit in units:
        groups = unit.once if unit.start in opened else unit.all
        for number, group in enumerate(groups, unit.start):
            for read in group.inputs:
                line = (place[read], place[number])
                if line[0] != line[1] and line not in seen:
                    seen.add(line)
                    yield line


class Valley(NamedTuple):
    """A network that goes down in size and up again, as a U: each box reads the one before, and some an earlier one."""

    bottom: int
    """The first box that has the least places."""
    last: int
    """The last of those that follow it and have as many."""
    across: tuple[tuple[int, int], ...]
    """The lines from the way down to the way up, the lowest first."""
    beside: tuple[tuple[int, int], ...]
    """The lines that pass a box or more on the way up."""


def valley_of(flow: Flow) -> Valley | None:
    """Return how a network goes down and up again; None for one that does not, or not so simply."""
    chain = {(number, number + 1) for number in range(len(flow.boxes) - 1)}
    others = sorted({*flow.lines} - chain, key=lambda line: line[1])
    places = [prod(box.shape[1:]) if len(box.shape) > 1 else 0 for box in flow.boxes]
    bottom = places.index(min(places))
    last = next((number for number in range(bottom, len(places)) if places[number] != min(places)), len(places)) - 1
    across = tuple(line for line in others if line[0] < bottom and line[1] > last)
    beside = tuple(line for line in others if line[0] > last)
    if flow.frames or not across or not chain <= {*flow.lines} or len(across) + len(beside) < len(others):
        return None
    is_nested = all(one[0] > other[0] and one[1] < other[1] for one, other in pairwise(across))
    return Valley(bottom, last, across, beside) if is_nested else None
