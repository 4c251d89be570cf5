"""What executors share: work is sent once, items are sent in batches, and a few batches wait for each process."""

import pickle
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, Final

from archcalc.errors import ArchError

TRIES: Final = 3
"""How often the same work may die before the sweep ends."""

_AHEAD: Final = 2
"""How many batches wait for each process."""

_FOR_EACH: Final = 4
"""How many batches each process gets at least, so that all end at about the same time."""

ENDED: Final = "what was written with --out is whole, and the same command goes on from there"


@dataclass(frozen=True)
class Work:
    """What is done with each item, by an object that can be sent to other processes."""

    do: Callable[[Any], Any]
    most_together: int = 1
    """How many items are sent together: an engine takes milliseconds for whatever it sends."""
    holds_device: str = ""
    """The device that it needs for itself, as torch names it; none where empty."""
    is_in_order: bool = True
    """Whether what comes of the items is wanted in their order, or each as soon as it is there."""


class Engine(ABC):
    """A pool or a cluster that is connected; it ends what it started when it is closed."""

    @abstractmethod
    def workers(self) -> int:
        """Return how many items are worked on at once, as of now; a cluster may grow, and lose some."""

    @abstractmethod
    def submit(self, items: Sequence[Any]) -> Any:
        """Begin a batch, and return what `result` takes."""

    @abstractmethod
    def result(self, task: Any) -> list[Any]:
        """Return what `run` returned for a batch, as soon as it is there. Raises ArchError where it dies for good."""

    def first_done(self, tasks: Sequence[Any]) -> Any:
        """Wait for one of some batches, and return it; by default the first."""
        return tasks[0]

    @abstractmethod
    def close(self, unfinished: Iterable[Any]) -> None:
        """Let go of what is unfinished, and of the engine."""


def each(start: Callable[[], Engine], work: Work, items: Iterable[Any]) -> Iterator[Any]:
    """Yield what the work makes of each item, by an engine that is started for it.

    Items of a sequence are sent together, others one by one, as they come.
    """
    if isinstance(items, Sequence) and not items:
        return
    engine, running = start(), list[Any]()
    try:
        together = _together(work, len(items), engine.workers()) if isinstance(items, Sequence) else 1
        waiting = _batches(items, together)
        while True:
            room = _AHEAD * max(1, engine.workers()) - len(running)
            running += [engine.submit(batch) for batch in islice(waiting, max(0, room))]
            if not running:
                return
            task = running[0] if work.is_in_order else engine.first_done(running)
            running.remove(task)
            for found in engine.result(task):
                if isinstance(found, ArchError):
                    raise found
                yield found
    finally:
        engine.close(running)


def _batches(items: Iterable[Any], together: int) -> Iterator[list[Any]]:
    each_item = iter(items)
    while batch := [*islice(each_item, together)]:
        yield batch


def _together(work: Work, items: int, workers: int) -> int:
    """
    >>> [_together(Work(len, most_together=16), items, workers=4) for items in (3, 100, 10_000)]
    [1, 6, 16]
    """
    return max(1, min(work.most_together, items // (_FOR_EACH * max(1, workers))))


def run(version: str, payload: bytes, items: Sequence[Any]) -> list[Any]:
    """Do work on some items, wherever this is: it is sent as bytes, which are read only where archcalc is the same."""
    from archcalc import __version__

    if version != __version__:
        return [ArchError(f"{_host()} has archcalc {__version__}, and this is {version}: install the same there")]
    return run_here(_loaded(payload), items)


def run_here(do: Callable[[Any], Any], items: Sequence[Any]) -> list[Any]:
    """Do work on some items, and return what came of them; after an error, which is the last, none."""
    found = list[Any]()
    for item in items:
        try:
            found.append(do(item))
        except ArchError as error:
            return [*found, error]
    return found


@lru_cache(maxsize=1)
def _loaded(payload: bytes) -> Callable[[Any], Any]:
    """Return the work of some bytes; what it has made for itself is kept for the next items."""
    do: Callable[[Any], Any] = pickle.loads(payload)
    return do


def _host() -> str:
    from platform import node

    return node()
