"""What becomes of the variants of a block: rows that are kept, and counts of all others by the reason.

What arrays come to is computed first. What is computed of whole networks costs more, and is so only of variants that
meet all conditions on the others; what no condition and no objective is about, only of rows that are kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import ceil, floor
from typing import Any

from archcalc.analysis.sweep.bounds import SAFE
from archcalc.analysis.sweep.conditions import Condition
from archcalc.analysis.sweep.evaluation import Evaluator
from archcalc.analysis.sweep.measuring import Networks
from archcalc.analysis.sweep.outcome import Outcome, Reason
from archcalc.analysis.sweep.plan import Block
from archcalc.analysis.sweep.points import Points
from archcalc.analysis.sweep.rows import Rows
from archcalc.analysis.sweep.search import Search, as_object

Ends = Mapping[str, tuple[int, int]]
"""Between which integers numbers lie, by their names."""


def evaluated(search: Search, block: Block) -> Outcome:
    """Return what the variants of a block come to; rows have no columns yet that are computed of those alone."""
    return _Sieve(search, search.evaluators[block.structure], block.points).outcome()


def with_late(search: Search, rows: Rows) -> Rows | None:
    """Return rows with the columns that are computed of them alone; None where one of them does not have these."""
    import numpy as np

    structures = np.broadcast_to(search.plan.structure_at(rows.places), len(rows))
    columns: dict[str, Any] = {}
    for structure in np.unique(structures).tolist():
        chosen = np.flatnonzero(structures == structure)
        points = Points({name: place[chosen] for name, place in rows.places.items()}, (len(chosen),))
        networks = search.evaluators[structure].evaluate(points).networks
        assert networks is not None
        for measure in search.late:
            found = networks.measured(measure, True)
            if found.refused:
                return None
            column = columns.get(measure.name)
            part = np.broadcast_to(found.column, points.shape)
            if column is None:
                column = np.zeros(len(rows), dtype=part.dtype)
            elif part.dtype == object:
                column = column.astype(object)
            column[chosen] = part
            columns[measure.name] = column
    return replace(rows, columns={**rows.columns, **columns})


class _Sieve:
    """The variants of a block, of which fewer are left the more is computed."""

    def __init__(self, search: Search, evaluator: Evaluator, points: Points) -> None:
        self.search, self.evaluator, self.points = search, evaluator, points
        self.reasons: dict[tuple[str, str], Reason] = {}
        self.legal: Any = True
        self.wanted: Any = True

    def outcome(self) -> Outcome:
        """Return what they come to."""
        inside = self._inside()
        found = self.evaluator.evaluate(self.points, inside)
        for one in found.refusals:
            self._refuse(*one)
        self.legal = self.wanted = found.legal
        columns = dict(found.columns)
        if found.networks is not None:
            columns |= self._sifted(found.networks, columns)
        count, within = self.points.count(True), self.points.count(inside)
        matching = self.points.count(self.wanted)
        rows = self.search.best.of(self._rows(columns)) if matching else None
        return Outcome(count, count - within, self.points.count(self.legal), matching, self.reasons, rows)

    def _sifted(self, networks: Networks, columns: Mapping[str, Any]) -> dict[str, Any]:
        """Hold variants against the conditions, and return the columns that are computed of whole networks for it."""
        import numpy as np

        bounds = self.evaluator.bounds
        ends: dict[str, tuple[int, int] | None] = dict.fromkeys(columns) if bounds is None else {**bounds.columns}
        early = {one.name for one in self.search.early}
        cheap = [one for one in self.search.conditions if early.isdisjoint(one.names)]
        self._hold(cheap, columns, ends)
        made: dict[str, Any] = {}
        for measure in self.search.early:
            found = networks.measured(measure, self.wanted)
            made[measure.name], ends[measure.name] = found.column, _ends_of(found.column)
            for layer, mask in found.refused:
                self._refuse(layer, measure.name, self.points.count(mask), self.points.at(mask))
                self.legal, self.wanted = (np.logical_and(one, ~mask) for one in (self.legal, self.wanted))
        self._hold([one for one in self.search.conditions if one not in cheap], {**columns, **made}, ends)
        return made

    def _hold(
        self, conditions: Sequence[Condition], columns: Mapping[str, Any], ends: Mapping[str, tuple[int, int] | None]
    ) -> None:
        import numpy as np

        if not conditions:
            return
        scope = {**columns, **self._of_axes()}
        reach = {**ends, **_ends_of_axes(self.search)}
        for one in conditions:
            self.wanted = np.logical_and(self.wanted, one.holds(_safe(scope, one, reach)))

    def _refuse(self, layer: str, rule: str, variants: int, example: Points) -> None:
        number, before = int(self.search.number_at(example.places)), self.reasons.get((layer, rule))
        if before is not None:
            variants, number = before.variants + variants, min(before.example, number)
        self.reasons[layer, rule] = Reason(layer, rule, variants, number)

    def _of_axes(self) -> dict[str, Any]:
        """Return the numbers of axes at the variants."""
        found = {}
        for name, (axis, table) in self.search.tables.items():
            is_small = table.dtype != object
            found[name] = self.points.take(table, (axis,)) if is_small else table[self.points.places[axis]]
        return found

    def _inside(self) -> Any:
        """Return the mask of the variants that meet the constraints."""
        import numpy as np

        inside: Any = True
        if self.search.constraints:
            scope, ends = self._of_axes(), _ends_of_axes(self.search)
            for one in self.search.constraints:
                inside = np.logical_and(inside, one.holds(_safe(scope, one, ends)))
        return inside

    def _rows(self, columns: Mapping[str, Any]) -> Rows:
        """Return the variants that are wanted as rows."""
        import numpy as np

        shape = self.points.shape
        mask = np.broadcast_to(self.wanted, shape).ravel()
        which = slice(None) if mask.all() else np.flatnonzero(mask)

        def flat(value: Any) -> Any:
            return np.broadcast_to(value, shape).ravel()[which]

        places = {name: flat(place) for name, place in self.points.places.items()}
        shown = {name: flat(columns[name]) for name in self.search.shown if name in columns}
        return self.search.with_objectives(Rows(flat(self.search.numbers(self.points.places)), places, shown))


def _ends_of_axes(search: Search) -> Ends:
    return {name: (floor(min(values)), ceil(max(values))) for name, (_, values) in search.numbers_of_axes.items()}


def _ends_of(column: Any) -> tuple[int, int]:
    """Return between which integers a column lies; of times any, since floats do not overflow."""
    if not hasattr(column, "dtype"):
        return floor(column), ceil(column)
    return (0, 1) if column.dtype.kind == "f" else (int(column.min()), int(column.max()))


def _safe(scope: Mapping[str, Any], condition: Condition, ends: Mapping[str, tuple[int, int] | None]) -> dict[str, Any]:
    """Return the numbers of a condition, as Python integers where it might make too large ones for others."""
    used = {name: scope[name] for name in condition.names}
    reach = {name: own for name in condition.names if (own := ends[name]) is not None}
    if len(reach) == len(used) and condition.largest(reach) < SAFE:
        return used
    return {name: as_object(value) for name, value in used.items()}
