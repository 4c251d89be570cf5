"""Many variants of a network, of which an answer has rows."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from archcalc.analysis.sweep.found import Found, digest
from archcalc.analysis.sweep.run import Progress, outcomes, run
from archcalc.analysis.sweep.search import Outcome, Search
from archcalc.answers.answer import Answer
from archcalc.render.answer import Answer as Rendered

if TYPE_CHECKING:
    import pandas as pd


def _nothing(progress: Progress) -> None:
    """Report nothing."""


@dataclass(frozen=True, repr=False)
class Sweep(Answer):
    """The variants of a network in a space: nothing is computed before it is asked for.

    `found` has the rows that are kept, and counts of all others; `chunks()` yields frames one after the other, of any
    number of variants; `write(folder)` makes Parquet files, and goes on with those that are there.
    """

    label: str
    search: Search
    jobs: int = 1
    report: Callable[[Progress], None] = field(default=_nothing, compare=False)

    @cached_property
    def found(self) -> Found:
        """All variants, gone through. Raises ArchError where more rows are left than one answer can hold."""
        return Found(self.label, self.search, run(self.search, self.jobs, self.report))

    def chunks(self) -> "Iterator[pd.DataFrame]":
        """Yield a DataFrame for each chunk of the space, with all variants that are legal and for which `where` holds.

        Of `top` and `pareto` they have those of the chunk alone.
        """
        import pandas as pd

        self.search.prepare()
        for one in outcomes(self.search, range(self.search.plan.chunks), self.jobs):
            yield pd.DataFrame(self._columns(one))

    def write(self, folder: str, *, shard: str = "1/1") -> Found:
        """Write Parquet files to a folder, those that it lacks, or every so many-th of them; return what all came to.

        Raises ArchError for a folder of another sweep, and where it cannot be written.
        """
        from archcalc.analysis.sweep.parts import read_shard, write_parts

        part = read_shard(shard)
        outcome = write_parts(self.search, Path(folder), self.manifest(), part, self.jobs, self.report)
        return Found(self.label, self.search, outcome, folder)

    def manifest(self) -> dict[str, Any]:
        """Return what makes a sweep: two with the same have the same rows."""
        from archcalc import __version__

        return {
            "archcalc": __version__,
            "network": self.label,
            "layers": digest(self.search),
            "space": self.search.plan.space.data(),
            "columns": [*self.search.shown],
            "where": [*self.search.where],
        }

    def rendered(self) -> Rendered:
        from archcalc.render.sweep import answer

        return answer(self.found)

    def records(self) -> Iterator[dict[str, Any]]:
        """Return a row for each variant that is kept, with the keys of JSON."""
        found = self.found
        return (dict(zip(found.names, row, strict=True)) for row in found.rows())

    def to_frame(self) -> "pd.DataFrame":
        """Return a DataFrame of the variants that are kept."""
        import pandas as pd

        return pd.DataFrame(self._columns(self.found.outcome))

    def _columns(self, outcome: Outcome) -> dict[str, Any]:
        found = Found(self.label, self.search, outcome)
        if outcome.rows is None:
            return {name: [] for name in found.names}
        axes = {axis.name: _taken(axis.values, outcome.rows.places[axis.name]) for axis in self.search.space.axes}
        return axes | {name: outcome.rows.columns[name] for name in found.names if name not in axes}

    def __repr__(self) -> str:
        return f"<Sweep {self.label}: {self.search.space.drawn:,} variants of {', '.join(self.search.space.names)}>"


def _taken(values: tuple[Any, ...], places: Any) -> Any:
    """Return values at some places, as an array."""
    import numpy as np

    if any(isinstance(value, tuple) for value in values):
        table = np.empty(len(values), dtype=object)
        table[:] = values
        return table[places]
    return np.array(values)[places]
