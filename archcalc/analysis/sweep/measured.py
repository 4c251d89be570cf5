"""Which variants of a sweep are measured, and what is kept of those that were: the records that profile writes."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from archcalc.analysis.profile.budget import seconds_of, with_times
from archcalc.analysis.profile.record import Record
from archcalc.analysis.profile.request import Request
from archcalc.analysis.sweep.arrow import as_table
from archcalc.analysis.sweep.axes import BATCH
from archcalc.analysis.sweep.executors import Executor
from archcalc.analysis.sweep.found import OF_RECORDS, Found
from archcalc.analysis.sweep.parts import Folder, Shard
from archcalc.analysis.sweep.rows import Best, Rows
from archcalc.analysis.sweep.search import Search
from archcalc.errors import ArchError, reason
from archcalc.files import replacing
from archcalc.graph import Graph, link
from archcalc.spec.inputs import INPUT

Which = Literal["front", "all"]

FOLDER: Final = "_measured"
"""Where records are, in the folder of the parts: readers of Parquet pass over names that start so."""

TABLE: Final = "measured.parquet"

_LONG: Final = 3600
_START: Final = 4.0
"""About how many seconds a measurement takes beside its series: to start torch, and to build the network."""

_MOST: Final = 100_000


@dataclass(frozen=True)
class Asked:
    """How variants are measured: which, on which device, and for how many seconds all together, if not to the end."""

    which: Which = "front"
    device: str = "auto"
    is_quick: bool = False
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.which not in ("front", "all"):
            raise ArchError(f"what is measured must be front or all, got '{self.which}'")
        if self.seconds is not None and not 0 < self.seconds < float("inf"):
            raise ArchError(f"the seconds to measure must be more than 0, got {self.seconds}")

    def request(self) -> Request:
        """Return what is measured of each variant, but for the variant and its batch."""
        return with_times(Request(spec="", device=self.device), None, self.is_quick)

    def expect_time(self, variants: int) -> None:
        """Raise ArchError where nobody can have meant to wait that long."""
        each = seconds_of(self.request()) + _START
        if self.seconds is None and variants * each > _LONG:
            raise ArchError(
                f"to measure {variants:,} variants takes about {_in_words(variants * each)} on one device, "
                f"{each:.0f} seconds each: keep fewer, with --where, --top or --sample, or measure for some time, with "
                "--measure-seconds 3600; with --out, the same command goes on"
            )


def _in_words(seconds: float) -> str:
    """
    >>> _in_words(7300), _in_words(200_000)
    ('2 hours', '2.3 days')
    """
    hours = seconds / 3600
    return f"{hours:.0f} hours" if hours < 48 else f"{hours / 24:,.1f} days"


def expect_some(best: Best, which: Which) -> None:
    """Raise ArchError where what is to be measured is not what the sweep keeps."""
    if which == "front" and best.is_all:
        raise ArchError(
            "to measure the front is to measure what --top or --pareto keep: give one of them, or --measure all"
        )
    if which == "all" and not best.is_all:
        raise ArchError("to measure all is to measure every row: leave out --top and --pareto, or --measure front")


def rows_to_measure(found: Found, shard: Shard) -> Rows | None:
    """Return the variants that are measured: the rows that were kept, or those of the parts, in order."""
    if found.outcome.rows is not None or not found.folder:
        return found.outcome.rows
    if found.outcome.matching > _MOST:
        raise ArchError(
            f"{found.outcome.matching:,} variants are more than the {_MOST:,} that are measured: keep fewer, with "
            "--where or --sample"
        )
    search, place = found.search, Folder(Path(found.folder))
    each = (place.rows(search, number) for number in shard.chunks(search.plan.chunks))
    some = [rows for rows in each if len(rows)]
    return Rows.together(some) if some else None


class Variant(NamedTuple):
    """What is measured: a variant by its number, its request, but for the device, and its batch, if that is given."""

    number: int
    graph: Graph
    request: Request
    batch: int | None


class Measured(NamedTuple):
    """The record of a variant, or why there is none."""

    number: int
    record: Record | None
    failure: str = ""


Measurer = Callable[[Executor, Iterable[Variant], Asked], Iterator[Measured]]
"""What measures variants, and yields what is found of each as soon as it is."""


def variant(search: Search, name: str, number: int, asked: Request) -> Variant:
    """Return a variant, read here: no other machine needs its files."""
    values = search.plan.space.variant(number)
    shape, batch = values.pop(INPUT, None), values.pop(BATCH, None)
    graph = link(search.read(values, shape))
    return Variant(number, graph, replace(asked, spec=name, settings=values, input_shape=shape), batch)


class Records(NamedTuple):
    """The records of variants in the folder of a sweep, on one device; of a sweep that is not written, nowhere."""

    folder: Path | None
    device: str

    def path(self, number: int) -> Path:
        assert self.folder is not None
        return self.folder / FOLDER / f"variant-{number:06d}-{self.device.replace(':', '')}.json"

    def read(self, number: int, asked: Request) -> Record | None:
        """Return the record of a variant; None where it was not measured. Raises ArchError for one of other times."""
        if self.folder is None or not (path := self.path(number)).exists():
            return None
        try:
            found = Record.from_json(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, ArchError) as error:
            raise ArchError(f"{path} is no record of a measurement, or is damaged ({error}): remove it") from None
        if _times(found.request) != _times(asked):
            raise ArchError(f"{path} was measured for another time: ask for the same, --quick or not, or remove it")
        return found

    def write(self, number: int, data: Mapping[str, Any]) -> None:
        """Keep a record, as JSON has it, whole or not at all. Raises ArchError where it cannot be written."""
        if self.folder is None:
            return
        path = self.path(number)
        try:
            path.parent.mkdir(exist_ok=True)
            with replacing(path) as temporary:
                temporary.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise ArchError(f"{path} cannot be written: {reason(error)}") from None

    def write_table(self, found: Found) -> None:
        """Write the variants that were measured as one table of Parquet, with what was found of each."""
        if self.folder is None or found.outcome.rows is None or not found.measured:
            return
        import pyarrow as pa
        import pyarrow.parquet as parquet

        rows = _measured_ones(found.outcome.rows, found.measured)
        table = as_table(found.search, rows)
        records = [found.measured[number] for number in rows.numbers.tolist()]
        for one in OF_RECORDS:
            table = table.append_column(one.name, pa.array([one.of(record) for record in records]))
        with replacing(self.folder / FOLDER / TABLE) as temporary:
            parquet.write_table(table, temporary, compression="zstd")


def _measured_ones(rows: Rows, records: Mapping[int, Record]) -> Rows:
    return rows.pick([place for place, number in enumerate(rows.numbers.tolist()) if number in records])


def _times(request: Request) -> tuple[Any, ...]:
    return request.min_run_time, request.warm_up_seconds, request.latency_calls


def with_measured(found: Found, rows: Rows, records: Mapping[int, Record], failed: Mapping[int, str]) -> Found:
    """Return a sweep with what was measured; where its rows are in a folder, with the rows of those alone."""
    if found.outcome.rows is None:
        found = replace(found, outcome=replace(found.outcome, rows=_measured_ones(rows, records)))
    return replace(found, measured=records, failed=failed)
