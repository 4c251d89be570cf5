"""All that one page says about several networks: each by itself, and held against another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from archcalc.analysis.audit.claims import Audit
from archcalc.analysis.audit.claims import audit as audited
from archcalc.analysis.compare.comparison import Aligned, Comparison, compare
from archcalc.analysis.memory.request import Mode, requested
from archcalc.analysis.memory.timeline import Timeline, timeline
from archcalc.analysis.report.gathering import or_error
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.table import Table, measure

MOST_LAYERS: Final = 60
"""Networks of more layers are not read layer by layer."""

MOST_DIFFERING: Final = 40
"""Networks that differ in more layers than these are not read layer by layer."""


@dataclass(frozen=True)
class Against:
    """A network held against another, layer by layer."""

    place: int
    """The place of the other network, which comes before it."""
    comparison: Comparison

    @property
    def differing(self) -> tuple[Aligned, ...]:
        """The layers that differ, even to no effect."""
        return tuple(layer for layer in self.comparison.layers if any(layer.changes))

    @property
    def shared(self) -> int:
        """How many layers both have, alike or not."""
        return sum(None not in layer.parts for layer in self.comparison.layers)


@dataclass(frozen=True)
class Member:
    """One network; errors where there is no answer."""

    graph: Graph
    table: Table
    audit: Audit | ArchError
    inference: Timeline | ArchError
    against: Against | None
    """None where there is none before it with which it has enough in common."""


@dataclass(frozen=True)
class Several:
    """Networks of one page, in their order."""

    members: tuple[Member, ...]

    @property
    def first_is_shared(self) -> bool:
        """Whether all others are held against the first."""
        others = self.members[1:]
        return bool(others) and all(one.against is not None and one.against.place == 0 for one in others)


def gather_several(graphs: Sequence[Graph], batch: int = 1) -> Several:
    """Ask of each network what the page says, with the memory of so many examples.

    All are held against the first, if that can be read layer by layer; otherwise each against the one before it with
    which it has most layers in common.
    """
    first = [_against(graphs, place, 0) for place in range(1, len(graphs))]
    pairs = [None, *first] if all(first) else [_nearest(graphs, place) for place in range(len(graphs))]
    return Several(tuple(_member(graph, pair, batch) for graph, pair in zip(graphs, pairs, strict=True)))


def _member(graph: Graph, against: Against | None, batch: int) -> Member:
    inference = or_error(lambda: timeline(graph, requested(Mode.INFER, batch)))
    return Member(graph, measure(graph), or_error(lambda: audited(graph)), inference, against)


def _nearest(graphs: Sequence[Graph], place: int) -> Against | None:
    found = filter(None, (_against(graphs, place, other) for other in range(place)))
    return max(found, key=lambda one: (one.shared, -len(one.differing)), default=None)


def _against(graphs: Sequence[Graph], place: int, other: int) -> Against | None:
    """Return a network held against another one; None where that cannot be read layer by layer."""
    two = [graphs[other], graphs[place]]
    if max(len(graph.nodes) for graph in two) > MOST_LAYERS:
        return None
    found = Against(other, compare(two))
    return None if found.comparison.are_apart or len(found.differing) > MOST_DIFFERING else found
