"""The chunks of a sweep one after the other, here or in other processes; each is what it is wherever it is computed."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from archcalc.analysis.sweep.executors import HERE, Executor
from archcalc.analysis.sweep.executors.engine import Work
from archcalc.analysis.sweep.outcome import Outcome
from archcalc.analysis.sweep.rows import Best, Rows
from archcalc.analysis.sweep.search import Search
from archcalc.errors import ArchError

MOST_ROWS: Final = 1_000_000
"""The most rows of an answer that has all of them."""

_TOGETHER: Final = 16
"""The most chunks that are sent to a cluster together: a second or two of work."""

Task = Callable[[Search, int], Outcome]
"""What is made of a chunk; it must be a function of a module, or an object that can be sent to a process."""


class Progress(NamedTuple):
    """How far a sweep has come."""

    chunks_done: int
    chunks: int
    variants_done: int


def evaluate_chunk(search: Search, number: int) -> Outcome:
    """Return what the variants of a chunk come to."""
    return search.chunk(number)


@dataclass(frozen=True)
class Chunks:
    """What is done with the number of a chunk."""

    search: Search
    task: Task

    def __call__(self, number: int) -> Outcome:
        return self.task(self.search, number)


def outcomes(
    search: Search, numbers: Iterable[int], executor: Executor = HERE, task: Task = evaluate_chunk
) -> Iterator[Outcome]:
    """Yield the outcome of each chunk, in order. Raises ArchError where those that compute end before their time."""
    return executor.each(Work(Chunks(search.with_what_was_read(), task), _TOGETHER), numbers)


def run(
    search: Search,
    executor: Executor = HERE,
    report: Callable[[Progress], None] = lambda _: None,
    most_rows: int = MOST_ROWS,
) -> Outcome:
    """Return what all variants come to. Raises ArchError where more rows are left than can be held."""
    search.prepare()
    chunks = search.plan.chunks
    total, kept, held = Outcome(), list[Rows](), 0
    for done, found in enumerate(outcomes(search, range(chunks), executor), 1):
        rows, best = found.rows, search.best
        total = total.with_(replace(found, rows=None), Best())
        if rows is not None:
            kept.append(rows)
            held += len(rows)
        if not best.is_all and len(kept) > 1:
            kept = [best.of(Rows.together(kept))]
        elif held > most_rows and best.is_all:
            raise ArchError(
                f"more than {most_rows:,} variants are left, which is too many for one answer: give --top, --pareto, "
                "--where or --sample, or write them to a folder with --out"
            )
        report(Progress(done, chunks, total.variants))
    return replace(total, rows=best.of(Rows.together(kept)) if kept else None)
