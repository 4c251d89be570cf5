"""The blocks of a network, found in the names of its layers: `layer1.0.conv1` is in `layer1.0`, and that in `layer1`.

A structure whose parts follow each other, as those of a stage do, is taken apart; one whose parts lie side by side, or
are single layers, is a block.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any, Final, NamedTuple

from archcalc.exchange.diagrams.boxes import Group, grouped
from archcalc.graph import Graph
from archcalc.table import row_of

_SEVERAL: Final = 2
"""How many of the parts of what is taken apart have several layers, at least."""


class Unit(NamedTuple):
    """A block, or a layer with those that only follow it, where it is used: one time or several, each after the one
    before."""

    name: str
    start: int
    """The number of its first group."""
    once: tuple[Group, ...]
    """The groups of the first time."""
    all: tuple[Group, ...]
    """The groups of all times."""

    @property
    def end(self) -> int:
        return self.start + len(self.all)

    @property
    def times(self) -> int:
        return len(self.all) // len(self.once)

    @property
    def varies(self) -> bool:
        """Whether it has not the same numbers each time, as no single layer does that is used several times."""
        numbers = [_numbers(group) for group in self.all]
        return numbers != numbers[: len(self.once)] * self.times

    def by_numbers(self) -> Iterator["Unit"]:
        """Yield those of its times as one that follow each other and have the same numbers."""
        size = len(self.once)
        times = [self.all[place : place + size] for place in range(0, len(self.all), size)]
        start = self.start
        for _, run in groupby(times, lambda groups: [_numbers(group) for group in groups]):
            first, *others = run
            groups = tuple(group for one in (first, *others) for group in one)
            yield Unit(_name(first, self.name.count(".") + 1), start, first, groups)
            start += len(groups)

    @property
    def is_block(self) -> bool:
        return len(self.once) > 1

    @property
    def last_name(self) -> str:
        """The name of its last time: of `stage.1` that is used three times, `stage.3`."""
        return _name(self.all[-len(self.once) :], self.name.count(".") + 1)

    @property
    def is_chain(self) -> bool:
        """Whether each of its groups reads the one before alone."""
        return all(group.inputs == (self.start + place,) for place, group in enumerate(self.once[1:]))

    def structure(self, with_fields: bool = False) -> tuple[Any, ...]:
        """Return what its layers are, and which of them read which; with their fields, or without."""
        return tuple(
            (
                tuple(node.layer if with_fields else node.layer.op for node in group.nodes),
                tuple(number - self.start if number >= self.start else None for number in group.inputs),
            )
            for group in self.once
        )


def units_of(graph: Graph, most: int) -> list[Unit]:
    """Return the blocks of a network and the layers between them, in order, and those as one that repeat.

    Where names leave more than so many, what lies between two places at which a single layer is read later is a block.
    """
    finder = _Finder(graph)
    named = finder.repeated([*finder.split(0, len(finder.groups), 0)])
    return named if len(named) <= most else finder.repeated(finder.between_cuts(named))


class _Finder:
    """The groups of a graph, numbered after its inputs."""

    def __init__(self, graph: Graph) -> None:
        self.groups = grouped(graph, in_blocks=True)
        self.first = len(graph.spec.inputs)
        self.readers: dict[int, set[int]] = {}
        for number, group in enumerate(self.groups, self.first):
            for read in group.inputs:
                self.readers.setdefault(read, set()).add(number)
        ends = {*graph.outputs}
        self.handed_on = {
            number for number, group in enumerate(self.groups, self.first) if ends.intersection(group.names)
        }

    def split(self, start: int, end: int, depth: int) -> Iterator[Unit]:
        """Yield the units of some groups whose names are alike up to a depth."""
        for low, high in self.parts(start, end, depth):
            if high - low > 1 and self.is_sequence(low, high, depth + 1):
                yield from self.split(low, high, depth + 1)
            else:
                groups = tuple(self.groups[low:high])
                name = _name(groups, depth + 1) if high - low > 1 else groups[0].head.name
                yield Unit(name, self.first + low, groups, groups)

    def parts(self, start: int, end: int, depth: int) -> list[tuple[int, int]]:
        """Return the runs of groups whose names have the same word at a depth."""
        runs = groupby(range(start, end), lambda place: self.groups[place].head.name.split(".")[depth : depth + 1])
        places = [[*run] for _, run in runs]
        if depth and len(places) == end - start:
            return [(place, place + 1) for place in range(start, end)]
        return [(run[0], run[-1] + 1) for run in places]

    def is_sequence(self, start: int, end: int, depth: int) -> bool:
        """Return whether some groups are blocks one after the other."""
        parts = self.parts(start, end, depth)
        if len(parts) == 1:
            deepest = max(self.groups[place].head.name.count(".") for place in range(start, end))
            return depth < deepest and self.is_sequence(start, end, depth + 1)
        if sum(high - low > 1 for low, high in parts) < _SEVERAL:
            return False
        return all(
            self.reads(low, high) <= {*range(self.first + before, self.first + low)}
            for (before, _), (low, high) in pairwise(parts)
        )

    def reads(self, start: int, end: int) -> set[int]:
        """Return the numbers of what some groups read of others."""
        inner = range(self.first + start, self.first + end)
        return {read for group in self.groups[start:end] for read in group.inputs if read not in inner}

    def between_cuts(self, units: Sequence[Unit]) -> list[Unit]:
        """Return those as one unit that lie between places where no more than one group before is read later."""
        ends = {unit.end for unit in units}
        waiting: dict[int, int] = {}
        cuts = set()
        for number in range(self.first + len(self.groups)):
            waiting = {read: last for read, last in waiting.items() if last >= number}
            if number in ends and len(waiting) <= 1:
                cuts.add(number)
            if number in self.readers:
                waiting[number] = max(self.readers[number])
        found: list[list[Unit]] = [[]]
        for unit in units:
            if unit.start in cuts and found[-1]:
                found.append([])
            found[-1].append(unit)
        return [self._together(run) for run in found]

    def _together(self, units: Sequence[Unit]) -> Unit:
        first, *others = units
        groups = tuple(group for unit in units for group in unit.all)
        return Unit(groups[0].head.name, first.start, groups, groups) if others else first

    def repeated(self, units: Sequence[Unit]) -> list[Unit]:
        """Return the units, those as one of which each reads the one before and is the same."""
        found: list[Unit] = []
        for unit in units:
            if found and self.goes_on(found[-1], unit):
                found[-1] = found[-1]._replace(all=(*found[-1].all, *unit.all))
            else:
                found.append(unit)
        return found

    def goes_on(self, one: Unit, other: Unit) -> bool:
        """Return whether a unit is one more time of another: it alone reads that, and only what that hands on.

        A layer has the same numbers too, not only the same fields; a block may grow.
        """
        if one.structure(True) != other.structure(True) or _level(one) != _level(other):
            return False
        if not one.is_block and _numbers(one.all[-1]) != _numbers(other.all[0]):
            return False
        reads = self.reads(other.start - self.first, other.end - self.first)
        own = range(other.start - len(one.once), other.start)
        if len(reads) != 1 or not reads <= {*own} or self.handed_on.intersection(own):
            return False
        inside, after = {*own}, range(other.start, other.end)
        return all(
            self.readers.get(number, set()) <= (inside | {*after} if number in reads else inside) for number in own
        )


def _numbers(group: Group) -> list[Any]:
    """Return the sizes of layers, and what each has and costs."""
    rows = map(row_of, group.nodes)
    return [(row.input_shapes, row.output_shape, row.params, row.macs, row.activations) for row in rows]


def _level(unit: Unit) -> str:
    return unit.name.rpartition(".")[0]


def _name(groups: Sequence[Group], depth: int) -> str:
    return ".".join(groups[0].head.name.split(".")[:depth])
