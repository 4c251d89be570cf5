"""The chunks of a sweep one after the other, here or in other processes; each is what it is wherever it is computed."""

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any, Final, NamedTuple

from archcalc.analysis.sweep.outcome import Outcome
from archcalc.analysis.sweep.rows import Best, Rows
from archcalc.analysis.sweep.search import Search
from archcalc.errors import ArchError

MOST_ROWS: Final = 1_000_000
"""The most rows of an answer that has all of them."""

_AHEAD: Final = 2
"""How many chunks wait for each process."""

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


def outcomes(search: Search, numbers: Iterable[int], jobs: int = 1, task: Task = evaluate_chunk) -> Iterator[Outcome]:
    """Yield the outcome of each chunk, in order. Raises ArchError where a process ends before its time."""
    if jobs == 1:
        yield from (task(search, number) for number in numbers)
        return
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool
    from multiprocessing import get_context

    waiting = iter(numbers)
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), _start, (replace(search), task))
    try:
        running = [pool.submit(_run, number) for number in islice(waiting, jobs * _AHEAD)]
        while running:
            yield running.pop(0).result()
            running += [pool.submit(_run, number) for number in islice(waiting, 1)]
    except BrokenProcessPool:
        raise ArchError(
            "a process of the sweep ended before its time; what was written with --out is whole, and the same command "
            "goes on from there"
        ) from None
    finally:
        pool.shutdown(cancel_futures=True)


_HERE: dict[str, Any] = {}


def _start(search: Search, task: Task) -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one ends it
    _HERE["search"], _HERE["task"] = search, task


def _run(number: int) -> Outcome:
    outcome: Outcome = _HERE["task"](_HERE["search"], number)
    return outcome


def run(
    search: Search, jobs: int = 1, report: Callable[[Progress], None] = lambda _: None, most_rows: int = MOST_ROWS
) -> Outcome:
    """Return what all variants come to. Raises ArchError where more rows are left than can be held."""
    search.prepare()
    chunks = search.plan.chunks
    total, kept, held = Outcome(), list[Rows](), 0
    for done, found in enumerate(outcomes(search, range(chunks), jobs), 1):
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


def processors() -> int:
    """Return how many processes can run at once here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
