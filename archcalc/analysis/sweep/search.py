"""A sweep that can be run: what is varied, what is computed, and which variants are wanted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from archcalc.analysis.sweep.axes import BATCH
from archcalc.analysis.sweep.bounds import SAFE
from archcalc.analysis.sweep.columns import (
    WHOLE,
    Means,
    expect_batch,
    expect_claims,
    expect_used,
    is_claim,
    is_column,
    read_column,
)
from archcalc.analysis.sweep.conditions import Condition, read_condition, read_conditions
from archcalc.analysis.sweep.evaluation import Evaluator
from archcalc.analysis.sweep.outcome import Outcome
from archcalc.analysis.sweep.plan import Plan
from archcalc.analysis.sweep.quantities import TOTALS, Quantity, expect_layer
from archcalc.analysis.sweep.rows import Best, Rows, expect_columns
from archcalc.analysis.sweep.space import Space
from archcalc.analysis.sweep.structures import Read, find_structures
from archcalc.errors import ArchError

if TYPE_CHECKING:
    from archcalc.analysis.sweep.measures import Measure


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
    means: Means = field(default_factory=Means)
    is_thorough: bool = False
    """Whether every column is computed of all variants that meet the conditions, and not of those alone that are kept.
    """

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
    def computed(self) -> "tuple[Quantity | Measure, ...]":
        """The columns, and what conditions and objectives need besides."""
        conditions = [name for one in self.conditions for name in sorted(one.names)]
        wanted = [name for name in (*self.columns, *conditions, *self._objectives) if name not in self.numbers_of_axes]
        return tuple(read_column(name, self.means) for name in dict.fromkeys(wanted))

    @cached_property
    def quantities(self) -> tuple[Quantity, ...]:
        """What arrays come to."""
        return tuple(one for one in self.computed if isinstance(one, Quantity))

    @cached_property
    def measures(self) -> "tuple[Measure, ...]":
        """What is computed of whole networks."""
        return tuple(one for one in self.computed if not isinstance(one, Quantity))

    @cached_property
    def early(self) -> "tuple[Measure, ...]":
        """Of these, what decides which rows are kept; all of them where all rows are."""
        deciding = {*self._objectives, *(name for one in self.conditions for name in one.names)}
        return tuple(one for one in self.measures if self.best.is_all or self.is_thorough or one.name in deciding)

    @property
    def late(self) -> "tuple[Measure, ...]":
        """The others, which are computed of the rows that are kept."""
        return tuple(one for one in self.measures if one not in self.early)

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns of its rows, besides what is varied: those that are asked for, and those of objectives."""
        wanted = dict.fromkeys((*self.columns, *self._objectives))
        return tuple(name for name in wanted if name not in self.numbers_of_axes)

    def is_time(self, column: str) -> bool:
        """Return whether a column is of floats."""
        return any(one.name == column and one.is_time for one in self.measures)

    def largest(self, column: str) -> int:
        """Return a number that no number of a column is above; of what is computed of whole networks, one that fits."""
        if any(one.name == column for one in self.measures):
            return SAFE
        bounds = [one.bounds for one in self.evaluators]
        return max((max(map(abs, one.columns[column])) if one else SAFE**4) for one in bounds)

    @property
    def _objectives(self) -> tuple[str, ...]:
        return tuple(one.column for one in self.best.objectives)

    @cached_property
    def numbers_of_axes(self) -> dict[str, tuple[str, list[Any]]]:
        """The numbers of axes, by their names, each with its axis."""
        return {name: (axis.name, values) for axis in self.space.axes for name, values in axis.numbers().items()}

    @cached_property
    def tables(self) -> dict[str, tuple[str, Any]]:
        """The same as arrays."""
        import numpy as np

        def table(values: list[Any]) -> Any:
            is_small = all(isinstance(value, int) and abs(value) < SAFE for value in values)
            return np.array(values, dtype=np.int64 if is_small else object)

        return {name: (axis, table(values)) for name, (axis, values) in self.numbers_of_axes.items()}

    @cached_property
    def constraints(self) -> tuple[Condition, ...]:
        return tuple(read_condition(text, self.numbers_of_axes) for text in self.space.constraints)

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        known = _Known(self.numbers_of_axes, self.columns)
        return tuple(one for text in self.where for one in read_conditions(text, known))

    @cached_property
    def evaluators(self) -> tuple[Evaluator, ...]:
        return tuple(Evaluator(one, self.quantities) for one in self.structures.each)

    def prepare(self) -> None:
        """Read all that is needed. Raises ArchError for what is wrong with it."""
        _ = self.constraints, self.conditions
        expect_columns(self.best.objectives, [*self.numbers_of_axes, *(one.name for one in self.computed)])
        expect_used(self.means, tuple(one.name for one in self.computed))
        batches = [axis.values for axis in self.space.axes if axis.name == BATCH]
        expect_batch(max(batches[0]) if batches else 1, self.measures)
        self.space.expect_enumerable()
        first = self.structures.each[0]
        if self.doubtful and first.fault and all(one.spec is None for one in self.structures.each):
            raise ArchError(*(fault._replace(mark=None) for fault in first.fault.faults))
        for one in self.evaluators:
            _ = one.bounds
            layers = [entry.name for entry in one.structure.spec.layers] if one.structure.spec else []
            for measure in self.measures if layers else ():
                expect_layer(measure.name, measure.layer, layers)
            if one.structure.spec and any(is_claim(each.name) for each in self.measures):
                expect_claims(len(one.structure.spec.claims), self.means)

    def keeping_all(self) -> "Search":
        """Return the same sweep, of which all rows are kept, with the columns that it decides by."""
        if self.best.is_all:
            return self
        return self.with_what_was_read(columns=self.shown, best=Best())

    def chunk(self, number: int) -> Outcome:
        """Return what the variants of a chunk come to."""
        from archcalc.analysis.sweep.blocks import evaluated, with_late

        total, kept = Outcome(), []
        for block in self.plan.chunk(number):
            found = evaluated(self, block)
            if found.rows is not None and len(found.rows):
                kept.append(found.rows)
            total = total.with_(replace(found, rows=None), Best())
        rows = self.best.of(Rows.together(kept)) if kept else None
        if rows is not None and self.late:
            rows = with_late(self, rows)
            if rows is None:  # others take the places of those without the columns
                return self.with_what_was_read(is_thorough=True).chunk(number)
        return replace(total, rows=rows)

    def number_at(self, places: Mapping[str, Any]) -> Any:
        """Return the numbers of variants, by mixed radix."""
        is_large = self.plan.space.size >= SAFE
        number: Any = 0
        for axis in self.plan.space.axes:
            place = places[axis.name]
            number = number * axis.size + (as_object(place) if is_large else place)
        return number

    def numbers(self, places: Mapping[str, Any]) -> Any:
        """Return the numbers of variants as an array."""
        import numpy as np

        numbers = self.number_at(places)
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
            name: self.tables[name][1][rows.places[self.tables[name][0]]]
            for name in self._objectives
            if name in self.numbers_of_axes
        }
        return replace(rows, columns={**rows.columns, **of_axes})


class _Known(tuple[str, ...]):
    """The names that a condition on variants may have: of numbers of axes, of totals, and of what layers have."""

    def __new__(cls, numbers: Iterable[str], columns: Iterable[str]) -> "_Known":
        return super().__new__(cls, dict.fromkeys((*numbers, *columns, *TOTALS, *WHOLE)))

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or (
            isinstance(name, str) and is_column(name) and not name.startswith("input.")
        )


def as_object(value: Any) -> Any:
    """Return an array of Python's integers; any other value as it is."""
    return value.astype(object) if hasattr(value, "astype") else value
