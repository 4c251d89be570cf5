"""Many variants of a network, of which an answer has rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archcalc.analysis.sweep.executors import HERE, Executor
from archcalc.analysis.sweep.found import Found, digest
from archcalc.analysis.sweep.outcome import Outcome
from archcalc.analysis.sweep.run import Progress, outcomes, run
from archcalc.analysis.sweep.search import Search
from archcalc.answers.answer import Answer
from archcalc.layers.sizes import dims
from archcalc.render.answer import Answer as Rendered
from archcalc.spec.model import Spec

if TYPE_CHECKING:
    import pandas as pd

    from archcalc.analysis.profile.record import Record
    from archcalc.analysis.sweep.measured import Asked, Measurer, Records, Which


def _nothing(*_: object) -> None:
    """Report nothing."""


def _nobody(*_: object) -> Any:
    raise AssertionError("nobody measures the variants of this sweep")


@dataclass(frozen=True, repr=False)
class Sweep(Answer):
    """The variants of a network in a space: nothing is computed before it is asked for.

    `found` has the rows that are kept, and counts of all others; `chunks()` yields frames one after the other, of any
    number of variants; `write(folder)` makes Parquet files, and goes on with those that are there.
    """

    spec: Spec
    search: Search
    executor: Executor = HERE
    measurer: "Measurer" = field(default=_nobody, compare=False)
    """What measures variants, on torch's side."""
    report: Callable[[Progress], None] = field(default=_nothing, compare=False)

    @cached_property
    def found(self) -> Found:
        """All variants, gone through. Raises ArchError where more rows are left than one answer can hold."""
        return Found(self.spec, self.search, run(self.search, self.executor, self.report))

    def chunks(self) -> "Iterator[pd.DataFrame]":
        """Yield a DataFrame for each chunk of the space, with all variants that are legal and for which `where` holds.

        Of `top` and `pareto` they have those of the chunk alone.
        """
        import pandas as pd

        self.search.prepare()
        for one in outcomes(self.search, range(self.search.plan.chunks), self.executor):
            yield pd.DataFrame(self._columns(one)).convert_dtypes()

    def lines(self, counted: Callable[[Found], None] = lambda found: None) -> Iterator[str]:
        """Yield a line of JSON for each variant that is kept: any number of them, of which those of a chunk are held.

        `counted` is given what was found at the end, without the rows.
        """
        from archcalc.render.sweep import lines

        if not self.search.best.is_all:
            yield from lines(self.found)
            counted(self.found)
            return
        self.search.prepare()
        chunks, total = self.search.plan.chunks, Outcome()
        for done, one in enumerate(outcomes(self.search, range(chunks), self.executor), 1):
            yield from lines(Found(self.spec, self.search, one))
            total = total.with_(replace(one, rows=None), self.search.best)
            self.report(Progress(done, chunks, total.variants))
        counted(Found(self.spec, self.search, total))

    def write(self, folder: str, *, shard: str = "1/1") -> Found:
        """Write Parquet files to a folder, those that it lacks, or every so many-th of them; return what all came to.

        Raises ArchError for a folder of another sweep, and where it cannot be written.
        """
        from archcalc.analysis.sweep.parts import read_shard, write_parts

        part = read_shard(shard)
        outcome = write_parts(self.search, Path(folder), self.manifest(), part, self.executor, self.report)
        return Found(self.spec, self.search, outcome, folder)

    def measure(
        self,
        which: "Which" = "front",
        folder: str = "",
        *,
        shard: str = "1/1",
        device: str = "auto",
        is_quick: bool = False,
        seconds: float | None = None,
        report: Callable[[int, int], None] = _nothing,
    ) -> Found:
        """Measure variants as `profile` does, one at a time on each device: the `front`, or `all` rows.

        With a folder, the rows are written there, and the record of each variant as soon as it is there: it is not
        measured again. At most so many `seconds`. Raises MissingError where torch is missing.
        """
        from archcalc.analysis.sweep import measured
        from archcalc.analysis.sweep.parts import read_shard

        asked = measured.Asked(which, device, is_quick, seconds)
        measured.expect_some(self.search.best, which)
        found = self.write(folder, shard=shard) if folder else self.found
        rows = measured.rows_to_measure(found, read_shard(shard))
        if rows is None:
            return found
        kept = measured.Records(Path(folder) if folder else None, device)
        numbers = [*dict.fromkeys(rows.numbers.tolist())]
        records = {number: record for number in numbers if (record := kept.read(number, asked.request()))}
        missing = [number for number in numbers if number not in records]
        asked.expect_time(len(missing))
        new, failed = self._measured(asked, missing, kept, report)
        made = measured.with_measured(found, rows, records | new, failed)
        kept.write_table(made)
        return made

    def _measured(
        self, asked: "Asked", numbers: list[int], kept: "Records", report: Callable[[int, int], None]
    ) -> tuple[dict[int, "Record"], dict[int, str]]:
        """Measure variants, and return the record of each that was reached, or why it could not be measured."""
        from archcalc.analysis.sweep.measured import variant
        from archcalc.render.envelope import stamped

        records, failed = {}, {}
        variants = (variant(self.search, self.spec.label, number, asked.request()) for number in numbers)
        for done, one in enumerate(self.measurer(self.executor, variants, asked), 1):
            if one.record:
                records[one.number] = one.record
                kept.write(one.number, stamped(one.record.to_json()))
            else:
                failed[one.number] = one.failure
            report(done, len(numbers))
        return records, failed

    def manifest(self) -> dict[str, Any]:
        """Return what makes a sweep: two with the same have the same rows."""
        from archcalc import __version__

        means = self.search.means.digest()
        return {
            "archcalc": __version__,
            "network": self.spec.label,
            "layers": digest(self.search),
            "space": self.search.plan.space.data(),
            "columns": [*self.search.shown],
            "where": [*self.search.where],
            **({"means": means} if means else {}),
        }

    def rendered(self) -> Rendered:
        from archcalc.render.sweep import answer

        return answer(self.found)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each variant that is kept, under the columns of JSON; shapes are such as 3x224x224."""
        found = self.found
        return (dict(zip(found.names, map(_plain, row), strict=True)) for row in found.rows())

    def to_frame(self) -> "pd.DataFrame":
        """Return a DataFrame of the variants that are kept."""
        import pandas as pd

        return pd.DataFrame(self._columns(self.found.outcome)).convert_dtypes()

    def _columns(self, outcome: Outcome) -> dict[str, Any]:
        found = Found(self.spec, self.search, outcome)
        if outcome.rows is None:
            return {name: [] for name in found.names}
        axes = {axis.name: _taken(axis.values, outcome.rows.places[axis.name]) for axis in self.search.space.axes}
        return axes | {name: outcome.rows.columns[name] for name in found.names if name not in axes}

    def __repr__(self) -> str:
        return (
            f"<Sweep {self.spec.label}: {self.search.space.drawn:,} variants of {', '.join(self.search.space.names)}>"
        )


def _plain(value: Any) -> Any:
    return dims(value) if isinstance(value, tuple) else value


def _taken(values: tuple[Any, ...], places: Any) -> Any:
    """Return values at some places, as an array."""
    import numpy as np

    are_numbers = all(isinstance(value, int | float) for value in values)
    is_mixed = len({isinstance(value, bool) for value in values}) > 1
    return np.array([*map(_plain, values)], dtype=None if are_numbers and not is_mixed else object)[places]
