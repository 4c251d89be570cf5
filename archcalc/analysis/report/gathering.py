"""All that a page says about one network."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from archcalc.analysis.audit.claims import Audit, audit
from archcalc.analysis.conventions.costs import Total, totals
from archcalc.analysis.devices import find
from archcalc.analysis.explain.explanation import QUANTITIES, Explained, explained
from archcalc.analysis.memory.request import Mode, requested
from archcalc.analysis.memory.timeline import Timeline, timeline
from archcalc.analysis.profile.record import Record
from archcalc.analysis.receptive_field import Sight, receptive_fields
from archcalc.analysis.reconcile.ladder import Ladder, ladder
from archcalc.analysis.report.folding import Line, lines
from archcalc.analysis.roofline.roofline import Roofline, roofline
from archcalc.analysis.roofline.roofs import roofs_of
from archcalc.analysis.work import moves
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.table import Table, measure

A = TypeVar("A")

DEVICE: Final = "h100-sxm"
"""The device whose roofs are shown, if none is named."""

_BYTES: Final = 4
"""Numbers are fp32."""


@dataclass(frozen=True)
class Gathered:
    """A network and the answers to what is asked of it; an error where there is no answer."""

    graph: Graph
    table: Table
    lines: tuple[Line, ...]
    sights: dict[str, tuple[Sight, ...]]
    explained: tuple[Explained, ...]
    """The layers that have a line of their own."""
    totals: tuple[Total, ...]
    """By every convention."""
    ladder: Ladder | None
    """None for a network that is folded."""
    audit: Audit | ArchError
    inference: Timeline | ArchError
    training: Timeline | ArchError
    roofline: Roofline | ArchError
    records: tuple[Record, ...] = ()

    @property
    def is_folded(self) -> bool:
        return any(line.is_folded for line in self.lines)


def refolded(found: Gathered) -> Gathered | None:
    """Return the same with fewer lines; None where it has as few as there can be."""
    shown = tuple(lines(found.graph.nodes, len(found.lines) * 3 // 4))
    if len(shown) >= len(found.lines):
        return None
    alone = {line.nodes[0].name for line in shown if not line.is_folded}
    return replace(
        found, lines=shown, explained=tuple(one for one in found.explained if one.node.name in alone), ladder=None
    )


def gather(graph: Graph, batch: int = 1, device: str = DEVICE, records: Sequence[Record] = ()) -> Gathered:
    """Ask all questions of a network; those about time and memory of so many examples, and of a device.

    `records` are those of this network among others. Raises ArchError for an unknown device.
    """
    roofs = roofs_of(find(device), "fp32", None, None)
    shown = tuple(lines(graph.nodes))
    alone = [line.nodes[0] for line in shown if not line.is_folded]
    is_folded = len(alone) < len(shown)
    sights = receptive_fields(graph)
    return Gathered(
        graph,
        _table(graph),
        shown,
        sights,
        explained(graph, alone, QUANTITIES, sights),
        tuple(totals(graph)),
        None if is_folded else ladder(graph),
        or_error(lambda: audit(graph)),
        or_error(lambda: timeline(graph, requested(Mode.INFER, batch))),
        or_error(lambda: timeline(graph, requested(Mode.TRAIN, batch))),
        or_error(lambda: roofline(graph, roofs, batch)),
        tuple(one for one in records if one.spec.name == graph.spec.name),
    )


def _table(graph: Graph) -> Table:
    """Return the table with the bytes that layers move; without these where torch has no such layers."""
    table, moved = measure(graph), or_error(lambda: moves(graph, 1, _BYTES))
    return table if isinstance(moved, ArchError) else replace(table, moves=moved, dtype="fp32")


def or_error(ask: Callable[[], A]) -> A | ArchError:
    """Return an answer, or the error that there is instead of it."""
    try:
        return ask()
    except ArchError as error:
        return error
