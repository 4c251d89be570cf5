"""What a sweep found: its rows, and all that is not among them, with the reason."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, Final, NamedTuple

from archcalc.analysis.profile.record import Record
from archcalc.analysis.sweep.axes import asked_for
from archcalc.analysis.sweep.outcome import Outcome, Reason
from archcalc.analysis.sweep.rows import ALIKE, Rows
from archcalc.analysis.sweep.search import Search
from archcalc.analysis.sweep.structures import Leaf, Structure
from archcalc.errors import ArchError
from archcalc.graph import link
from archcalc.spec.model import Spec


class Refused(NamedTuple):
    """Variants that are not legal for one reason: at which layer, the words for one of them, and that one."""

    layer: str
    why: str
    variants: int
    example: Mapping[str, Any]


class OfRecord(NamedTuple):
    """A column of what was measured of a variant."""

    name: str
    of: Callable[[Record], Any]


def _latency(record: Record) -> Any:
    return record.infer and record.infer.times.latency


OF_RECORDS: Final = (
    OfRecord("latency_ms", lambda record: (found := _latency(record)) and found.p50_ms),
    OfRecord("latency_p90_ms", lambda record: (found := _latency(record)) and found.p90_ms),
    OfRecord("batch_measured", lambda record: record.batch.used),
    OfRecord("images_per_second", lambda record: record.infer and record.infer.speed.images_per_second),
    OfRecord("peak_mib", lambda record: record.infer and record.infer.times.peak_mib),
)
"""The median and 90th percentile of single calls of one example, the speed in batches, and the most memory then."""


@dataclass(frozen=True)
class Found:
    """The outcome of a sweep over a network, whose spec is the one that is varied."""

    spec: Spec
    search: Search
    outcome: Outcome
    folder: str = ""
    """Where its parts are, if they were written."""
    measured: Mapping[int, Record] = field(default_factory=dict)
    """The records of variants that were measured, by their numbers."""
    failed: Mapping[int, str] = field(default_factory=dict)
    """Why others could not be measured."""

    @cached_property
    def refused(self) -> tuple[Refused, ...]:
        """Why variants are not legal, the commonest reason first."""
        reasons = sorted(self.outcome.reasons.values(), key=lambda one: (-one.variants, one.example))
        return tuple(map(self._explained, reasons))

    def _explained(self, reason: Reason) -> Refused:
        example = self.search.plan.space.variant(reason.example)
        asked = asked_for(example)
        try:
            graph = link(self.search.read(asked.settings, asked.inputs))
        except ArchError as error:
            return _refused(error, reason, example)
        from archcalc.analysis.sweep.measures import ALONE

        for measure in self.search.measures:
            if measure.name != reason.rule:
                continue
            try:
                measure.of(graph, asked.batch, ALONE)
            except ArchError as error:
                return _refused(error, reason, example, f"{measure.name}: ")
        raise AssertionError(f"{example} is refused by {reason.layer} ({reason.rule}), and is legal")

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of its rows."""
        has_alike = self.outcome.rows is not None and ALIKE in self.outcome.rows.columns
        of_records = [one.name for one in OF_RECORDS] if self.measured or self.failed else []
        return (*self.search.space.names, *self.search.shown, *((ALIKE,) if has_alike else ()), *of_records)

    @property
    def count(self) -> int:
        """How many rows it has."""
        return 0 if self.outcome.rows is None else len(self.outcome.rows)

    def rows(self, most: int | None = None) -> Iterator[tuple[Any, ...]]:
        """Yield its rows, or the first ones, as plain values under `names`."""
        if self.outcome.rows is not None:
            part = self.outcome.rows if most is None else self.outcome.rows.pick(slice(0, most))
            yield from zip(*self.columns(part).values(), strict=True)

    def columns(self, rows: Rows) -> dict[str, list[Any]]:
        """Return the columns of some rows as lists of plain values."""
        axes = {
            axis.name: [axis.values[place] for place in rows.places[axis.name].tolist()]
            for axis in self.search.space.axes
        }
        return axes | {
            name: rows.columns[name].tolist() if name in rows.columns else self._of_records(name, rows)
            for name in self.names
            if name not in axes
        }

    def _of_records(self, name: str, rows: Rows) -> list[Any]:
        """Return what was measured of some rows; None of those that were not."""
        rule = next(one.of for one in OF_RECORDS if one.name == name)
        records = (self.measured.get(number) for number in rows.numbers.tolist())
        return [record and rule(record) for record in records]


def _refused(error: ArchError, reason: Reason, example: Mapping[str, Any], before: str = "") -> Refused:
    fault = error.faults[0]
    return Refused(fault.within.removeprefix("layer "), f"{before}{fault.what}", reason.variants, example)


def digest(search: Search) -> str:
    """Return a hash of all networks of a sweep: of all that columns are computed of, and of all that varies in it."""
    made = sha256()
    for structure in search.structures.each:
        for part in _parts(structure):
            made.update(repr(part).encode())
    return made.hexdigest()


def _parts(structure: Structure) -> Iterator[object]:
    yield str(structure.fault)
    if structure.spec:
        yield structure.spec.outputs, structure.spec.inplace
        yield [sorted(vars(claim).items(), key=lambda pair: pair[0]) for claim in structure.spec.claims]
    for entry in structure.spec.layers if structure.spec else ():
        fields = vars(entry.layer) | dict(structure.fields.get(entry.name, {}))
        tower = entry.tower and (entry.tower.number, entry.tower.devices)
        yield entry.name, entry.layer.op, entry.inputs, tower, entry.gather, entry.again
        yield [(name, _plain(value)) for name, value in fields.items()]
    yield [(name, [*map(_plain, sizes)]) for name, sizes in structure.inputs.items()]


def _plain(value: Any) -> object:
    if isinstance(value, Leaf):
        return value.axes, value.table.tolist()
    return [*map(_plain, value)] if isinstance(value, tuple) else value
