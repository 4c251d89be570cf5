"""A pool of processes of this machine; where one dies, a new pool goes on with what was not finished."""

import os
import signal
import threading
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from typing import Any

from archcalc.analysis.sweep.executors.engine import ENDED, TRIES, Engine, Work, run_here
from archcalc.errors import ArchError


class _Batch:
    """Items that a process is given, or was given when it died."""

    def __init__(self, items: Sequence[Any]) -> None:
        self.items = items
        self.future: Future[list[Any]] | None = None


class Pool(Engine):
    """Processes that are started for one work; they end with this one, however it ends."""

    def __init__(self, jobs: int, work: Work) -> None:
        self._jobs, self._work = jobs, work
        self._unfinished: list[_Batch] = []
        self._deaths = 0
        self._start()

    def workers(self) -> int:
        return self._jobs

    def submit(self, items: Sequence[Any]) -> _Batch:
        batch = _Batch(items)
        self._unfinished.append(batch)
        self._send(batch)
        return batch

    def result(self, task: _Batch) -> list[Any]:
        while True:
            try:
                assert task.future is not None
                found = task.future.result()
            except BrokenProcessPool:
                self._go_on()
                continue
            self._unfinished.remove(task)
            self._deaths = 0
            return found

    def close(self, unfinished: Iterable[Any]) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _start(self) -> None:
        self._pool = ProcessPoolExecutor(self._jobs, get_context("spawn"), _begin, (self._work.do,))

    def _send(self, batch: _Batch) -> None:
        try:
            batch.future = self._pool.submit(_run, batch.items)
        except BrokenProcessPool as error:  # it has just broken: whoever asks for the result starts a new one
            batch.future = Future()
            batch.future.set_exception(error)

    def _go_on(self) -> None:
        """Start again what a broken pool has not finished. Raises ArchError where the first of it dies repeatedly."""
        self._deaths += 1
        if self._deaths >= TRIES:
            raise ArchError(f"processes ended {TRIES} times at the same work, as where memory runs out; {ENDED}")
        self._pool.shutdown(cancel_futures=True)
        self._start()
        for batch in self._unfinished:
            future = batch.future
            if future is None or future.cancelled() or (future.done() and future.exception() is not None):
                self._send(batch)


_HERE: dict[str, Any] = {}


def _begin(do: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one ends it
    threading.Thread(target=_end_with_the_caller, daemon=True).start()
    _HERE["do"] = do


def _end_with_the_caller() -> None:
    """End when the process that started this one has ended: a pool that was killed leaves its processes waiting."""
    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _run(items: Sequence[Any]) -> list[Any]:
    return run_here(_HERE["do"], items)
