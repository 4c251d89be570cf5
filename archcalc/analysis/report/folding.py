"""Which layers of a large network stand on one line together: those of a structure, as far in as there is room."""

from collections.abc import Sequence
from itertools import accumulate, groupby
from typing import Final, NamedTuple

from archcalc.graph import Node

MOST_LINES: Final = 100
"""So many layers have a line each; of a network with more, structures have."""


class Line(NamedTuple):
    """A layer, or the layers of a structure that follow each other, under its name."""

    name: str
    nodes: tuple[Node, ...]
    first: int
    """The place of the first of them in the table, counted from 0."""

    @property
    def places(self) -> range:
        """The places of all."""
        return range(self.first, self.first + len(self.nodes))

    @property
    def is_folded(self) -> bool:
        return len(self.nodes) > 1


def lines(nodes: Sequence[Node], most: int = MOST_LINES) -> list[Line]:
    """Return a line for each layer, or, if there are too many, for structures: the smallest of which there is room.

    Where even the largest structures are too many, each has its line all the same.
    """
    deepest = max((node.name.count(".") for node in nodes), default=0)
    if len(nodes) <= most:
        return [Line(node.name, (node,), place) for place, node in enumerate(nodes)]
    for depth in range(deepest, 0, -1):
        found = _lines(nodes, depth)
        if len(found) <= most:
            return found
    return _lines(nodes, 1)


def _lines(nodes: Sequence[Node], depth: int) -> list[Line]:
    """Return the layers by so many of the words between the dots of their names."""
    groups = [tuple(group) for _, group in groupby(nodes, lambda node: node.name.split(".")[:depth])]
    ends = accumulate(map(len, groups))
    return [Line(_shared(group, depth), group, end - len(group)) for group, end in zip(groups, ends, strict=True)]


def _shared(group: Sequence[Node], depth: int) -> str:
    name = group[0].name
    return name if len(group) == 1 else ".".join(name.split(".")[:depth])
