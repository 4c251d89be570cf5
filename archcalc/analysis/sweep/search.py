"""What becomes of the variants of a chunk: rows that are kept, and counts of all others by the reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import ceil, floor
from typing import Any

from archcalc.analysis.sweep.bounds import SAFE
from archcalc.analysis.sweep.conditions import Condition, read_condition
from archcalc.analysis.sweep.evaluation import Evaluator
from archcalc.analysis.sweep.outcome import Outcome, Reason
from archcalc.analysis.sweep.plan import Block, Plan
from archcalc.analysis.sweep.points import Points
from archcalc.analysis.sweep.quantities import TOTALS, Quantity, read_quantity
from archcalc.analysis.sweep.rows import Best, Rows, expect_columns
from archcalc.analysis.sweep.space import Space
from archcalc.analysis.sweep.structures import Read, find_structures
from archcalc.errors import ArchError


@dataclass(frozen=True)
class Search:
    """A sweep that can be run: the space, what is computed, which variants are wanted."""

    space: Space
    read: Read = field(repr=False, compare=False)
    columns: tuple[str, ...]
    where: tuple[str, ...] = ()
    best: Best = field(default_factory=Best)
    doubtful: tuple[str, ...] = ()
    """What is varied of layers that the spec does not have as it is: some of its variants may have them."""

    @cached_property
    def structures(self) -> Any:
        return find_structures(self.space, self.read)

    @cached_property
    def plan(self) -> Plan:
        return Plan(self.structures.space, self.structures.structural)

    def with_what_was_read(self, **changes: Any) -> "Search":
        """Return the same sweep, or a changed one over the same networks, which need not be read again.

        It can be sent to other processes, and other machines.
        """
        other = replace(self, **changes)
        other.__dict__.update({key: vars(self)[key] for key in ("structures", "plan") if key in vars(self)})
        return other

    @cached_property
    def computed(self) -> tuple[Quantity, ...]:
        """The columns, and what conditions and objectives need besides."""
        conditions = [name for one in self._where for name in sorted(one.names) if name not in self._numbers]
        wanted = [name for name in (*self.columns, *conditions, *self._objectives) if name not in self._numbers]
        return tuple(map(read_quantity, dict.fromkeys(wanted)))

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns of its rows, besides what is varied: those that are asked for, and those of objectives."""
        return tuple(dict.fromkeys(name for name in (*self.columns, *self._objectives) if name not in self._numbers))

    def largest(self, column: str) -> int:
        """Return a number that no number of a column is above."""
        bounds = [one.bounds for one in self.evaluators]
        return max((max(map(abs, one.columns[column])) if one else SAFE**4) for one in bounds)

    @property
    def _objectives(self) -> tuple[str, ...]:
        return tuple(one.column for one in (*self.best.front, *((self.best.by,) if self.best.by else ())))

    @cached_property
    def _numbers(self) -> dict[str, tuple[str, list[Any]]]:
        """The numbers of axes, by their names, each with its axis."""
        return {name: (axis.name, values) for axis in self.space.axes for name, values in axis.numbers().items()}

    @cached_property
    def _tables(self) -> dict[str, tuple[str, Any]]:
        import numpy as np

        def table(values: list[Any]) -> Any:
            is_small = all(isinstance(value, int) and abs(value) < SAFE for value in values)
            return np.array(values, dtype=np.int64 if is_small else object)

        return {name: (axis, table(values)) for name, (axis, values) in self._numbers.items()}

    @cached_property
    def _constraints(self) -> tuple[Condition, ...]:
        return tuple(read_condition(text, self._numbers) for text in self.space.constraints)

    @cached_property
    def _where(self) -> tuple[Condition, ...]:
        return tuple(read_condition(text, _Known(self._numbers, self.columns)) for text in self.where)

    @cached_property
    def evaluators(self) -> tuple[Evaluator, ...]:
        return tuple(Evaluator(one, self.computed) for one in self.structures.each)

    def prepare(self) -> None:
        """Read all that is needed. Raises ArchError for what is wrong with it."""
        _ = self._constraints, self._where
        expect_columns(
            (*self.best.front, *((self.best.by,) if self.best.by else ())),
            [*self._numbers, *(one.name for one in self.computed)],
        )
        self.space.expect_enumerable()
        first = self.structures.each[0]
        if self.doubtful and first.fault and all(one.spec is None for one in self.structures.each):
            raise ArchError(*(fault._replace(mark=None) for fault in first.fault.faults))
        for one in self.evaluators:
            _ = one.bounds

    def chunk(self, number: int) -> Outcome:
        """Return what the variants of a chunk come to."""
        total, kept = Outcome(), []
        for block in self.plan.chunk(number):
            found = self._block(block)
            if found.rows is not None and len(found.rows):
                kept.append(found.rows)
            total = total.with_(
                Outcome(found.variants, found.outside, found.legal, found.matching, found.reasons), Best()
            )
        rows = self.best.of(Rows.together(kept)) if kept else None
        return Outcome(total.variants, total.outside, total.legal, total.matching, total.reasons, rows)

    def _block(self, block: Block) -> Outcome:
        import numpy as np

        points, evaluator = block.points, self.evaluators[block.structure]
        inside = self._inside(points)
        found = evaluator.evaluate(points, inside)
        count = int(np.prod(points.shape, dtype=np.int64))
        within = _count(inside, points.shape)
        legal = _count(found.legal, points.shape)
        wanted = found.legal
        if legal and self._where:
            wanted = np.logical_and(wanted, self._wanted(points, evaluator, found.columns))
        matching = _count(wanted, points.shape) if self._where else legal
        reasons = {
            (one.layer, one.rule): Reason(one.layer, one.rule, one.variants, int(self._number(one.example.places)))
            for one in found.refusals
        }
        rows = self._rows(points, found.columns, wanted) if matching else None
        rows = self.best.of(rows) if rows is not None else None
        return Outcome(count, count - within, legal, matching, reasons, rows)

    def _scope(self, points: Points) -> dict[str, Any]:
        return {name: self._at(points, name) for name in self._tables}

    def _at(self, points: Points, name: str) -> Any:
        """Return a number of an axis at some variants."""
        axis, table = self._tables[name]
        return points.take(table, (axis,)) if table.dtype != object else table[points.places[axis]]

    def _inside(self, points: Points) -> Any:
        import numpy as np

        inside: Any = True
        if self._constraints:
            ends = {name: _ends(values) for name, (_, values) in self._numbers.items()}
            scope = self._scope(points)
            for one in self._constraints:
                inside = np.logical_and(inside, one.holds(_safe(scope, one, ends)))
        return inside

    def _wanted(self, points: Points, evaluator: Evaluator, columns: Mapping[str, Any]) -> Any:
        import numpy as np

        ends = {name: _ends(values) for name, (_, values) in self._numbers.items()}
        bounds = evaluator.bounds
        scope = {**columns, **self._scope(points)}
        wanted: Any = True
        for one in self._where:
            if bounds is None:
                safe = {name: _as_object(scope[name]) for name in one.names}
            else:
                safe = _safe(scope, one, {**ends, **bounds.columns})
            wanted = np.logical_and(wanted, one.holds(safe))
        return wanted

    def _number(self, places: Mapping[str, Any]) -> Any:
        """Return the numbers of variants, by mixed radix."""
        is_large = self.plan.space.size >= SAFE
        number: Any = 0
        for axis in self.plan.space.axes:
            place = places[axis.name]
            number = number * axis.size + (_as_object(place) if is_large else place)
        return number

    def numbers(self, places: Mapping[str, Any]) -> Any:
        """Return the numbers of variants as an array."""
        import numpy as np

        numbers = self._number(places)
        return np.array(numbers, dtype=object) if self.plan.space.size >= SAFE else numbers

    def places(self, numbers: Any) -> dict[str, Any]:
        """Return the places of the values of variants along each axis, by their numbers."""
        found: dict[str, Any] = {}
        for axis in reversed(self.plan.space.axes):
            found[axis.name] = (numbers % axis.size).astype("int64")
            numbers = numbers // axis.size
        return found

    def with_objectives(self, rows: Rows) -> Rows:
        """Return rows with the numbers of axes that are objectives among their columns."""
        of_axes = {
            name: self._tables[name][1][rows.places[self._tables[name][0]]]
            for name in self._objectives
            if name in self._numbers
        }
        return replace(rows, columns={**rows.columns, **of_axes})

    def _rows(self, points: Points, columns: Mapping[str, Any], wanted: Any) -> Rows:
        import numpy as np

        shape = points.shape
        mask = np.broadcast_to(wanted, shape).ravel()
        is_whole = bool(mask.all())
        which = slice(None) if is_whole else np.flatnonzero(mask)

        def flat(value: Any) -> Any:
            return np.broadcast_to(value, shape).ravel()[which]

        numbers = self.numbers(points.places)
        places = {name: flat(place) for name, place in points.places.items()}
        return self.with_objectives(Rows(flat(numbers), places, {name: flat(columns[name]) for name in self.shown}))


class _Known(tuple[str, ...]):
    """The names that a condition on variants may have: of numbers of axes, of totals, and of what layers have."""

    def __new__(cls, numbers: Iterable[str], columns: Iterable[str]) -> "_Known":
        return super().__new__(cls, dict.fromkeys((*numbers, *columns, *TOTALS)))

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or (isinstance(name, str) and "." in name and not name.startswith("input."))


def _count(mask: Any, shape: tuple[int, ...]) -> int:
    import numpy as np

    return int(np.broadcast_to(mask, shape).sum())


def _ends(values: list[Any]) -> tuple[int, int]:
    return floor(min(values)), ceil(max(values))


def _safe(scope: Mapping[str, Any], condition: Condition, ends: Mapping[str, tuple[int, int]]) -> dict[str, Any]:
    """Return the numbers of a condition, as Python integers where it might make too large ones for others."""
    used = {name: scope[name] for name in condition.names}
    if condition.largest({name: ends[name] for name in condition.names}) < SAFE:
        return used
    return {name: _as_object(value) for name, value in used.items()}


def _as_object(value: Any) -> Any:
    return value.astype(object) if hasattr(value, "astype") else value
