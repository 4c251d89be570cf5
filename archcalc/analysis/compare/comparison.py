"""Networks side by side: layers put together by what they do, in order, and what differs between them.

The first network is the one that the others are compared with.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final, NamedTuple

from archcalc.analysis.compare.changes import Change, Part, changes
from archcalc.analysis.compare.edges import rewired
from archcalc.analysis.compare.pairing import (
    Together,
    have_enough_in_common,
    may_have_enough_in_common,
    put_together,
    without_names,
)
from archcalc.graph import Graph
from archcalc.spec.inputs import inputs_in_words
from archcalc.spec.model import Spec
from archcalc.table import Table, measure

MOST_PAIRS: Final = 4_000_000
"""How many pairs of layers are looked at; longer networks are not put together."""


class Aligned(NamedTuple):
    """One layer in every network that has it, in the networks' order."""

    parts: Together
    changes: tuple[tuple[Change, ...], ...]
    """For each network its differences from the first; none for the first itself."""
    by_name: bool = False
    """Whether names decided what was put together, as kinds, fields and places did not."""

    @property
    def names(self) -> list[str]:
        """Return the networks' names of it, each word once."""
        return list(dict.fromkeys(part.row.name for part in self.parts if part))

    @property
    def differs(self) -> bool:
        """Whether its computation or its numbers differ in one of the networks."""
        numbers = {part and _numbers(part) for part in self.parts}
        return len(numbers) > 1 or any(not change.idle for several in self.changes for change in several)


@dataclass(frozen=True)
class Comparison:
    """Networks side by side."""

    specs: tuple[Spec, ...]
    tables: tuple[Table, ...]
    layers: tuple[Aligned, ...]
    """None at all where the networks have too little in common."""

    @property
    def are_apart(self) -> bool:
        return not self.layers and any(table.rows for table in self.tables)

    @property
    def parting(self) -> Aligned | None:
        """The first layer at which output shapes differ."""
        for aligned in self.layers:
            if len({part.row.output_shape for part in aligned.parts if part}) > 1:
                return aligned
        return None

    @property
    def differ(self) -> bool:
        """Whether anything differs in any of them, even to no effect."""
        shapes = {inputs_in_words(table.input_shape) for table in self.tables}
        return self.are_apart or len(shapes) > 1 or any(x.differs or any(x.changes) for x in self.layers)

    @property
    def same(self) -> list[list[int]]:
        """The places of networks that are given more than once: the same spec under the same name."""
        groups: list[list[int]] = []
        for place, spec in enumerate(self.specs):
            group = next((g for g in groups if _content(self.specs[g[0]]) == _content(spec)), None)
            if group is None:
                groups.append([place])
            else:
                group.append(place)
        return [group for group in groups if len(group) > 1]


def compare(graphs: Sequence[Graph], batch: int = 1) -> Comparison:
    """Put two or more networks side by side, layers in an order that is that of each of them."""
    specs, tables = tuple(graph.spec for graph in graphs), tuple(measure(graph, batch) for graph in graphs)
    parts = [list(map(Part, graph.nodes, table.rows)) for graph, table in zip(graphs, tables, strict=True)]
    if prod(sorted(map(len, parts))[-2:]) > MOST_PAIRS or not may_have_enough_in_common(parts):
        return Comparison(specs, tables, ())
    together = put_together(parts)
    if not have_enough_in_common(together):
        return Comparison(specs, tables, ())
    by_work = {_names(layer) for layer in without_names(parts)}
    inputs = [[*spec.inputs] for spec in specs]
    edges = [rewired(together, inputs, place) for place in range(1, len(parts))]
    layers = (
        Aligned(layer, tuple(_changes(layer, row, edges)), _is_shared(layer) and _names(layer) not in by_work)
        for row, layer in enumerate(together)
    )
    return Comparison(specs, tables, tuple(layers))


def _is_shared(layer: Together) -> bool:
    return sum(part is not None for part in layer) > 1


def _names(layer: Together) -> tuple[str | None, ...]:
    return tuple(part.row.name if part else None for part in layer)


def _changes(layer: Together, row: int, edges: Sequence[dict[int, Change]]) -> list[tuple[Change, ...]]:
    """Return what differs in each network from the first."""
    before, *others = layer
    found: list[tuple[Change, ...]] = [()]
    for after, edge in zip(others, edges, strict=True):
        if before and after:
            found.append((*([edge[row]] if row in edge else []), *changes(before, after)))
        else:
            found.append(() if before is after else (Change("layer", _op(before), _op(after)),))
    return found


def _op(part: Part | None) -> str | None:
    return part.row.op if part else None


def _numbers(part: Part) -> tuple[Any, ...]:
    """Return all that a table says of a layer, except its name, what it reads and where it is held."""
    named = ("name", "inputs", "input_shapes", "groups", "devices", "gather", "received", "weights_of")
    return tuple(value for key, value in part.row._asdict().items() if key not in named)


def _content(spec: Spec) -> tuple[Any, ...]:
    """Return the content of a spec, without its file and its sources."""
    layers = [(entry.name, entry.layer, entry.inputs, entry.tower, entry.gather, entry.again) for entry in spec.layers]
    return spec.name, spec.input_shape, layers
