"""Work on a cluster of Dask, which gives what a worker had not finished to another when it dies."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from archcalc.analysis.sweep.executors.engine import ENDED, Engine, Work, run
from archcalc.errors import ArchError, MissingError, first_line

_GPU: Final = "GPU"
"""What workers say that they have of GPUs: `dask worker --resources GPU=1`."""


def imported() -> Any:
    """Return the package. Raises MissingError."""
    try:
        import distributed
    except ImportError as error:
        raise MissingError(f"the executor dask needs it ({error}): pip install 'archcalc[sweep,dask]'") from None
    return distributed


class OnDask(Engine):
    """A client of a cluster: of that at an address, of the one that is connected, or of one that is started here."""

    def __init__(self, jobs: int, address: str | None, work: Work) -> None:
        import cloudpickle

        from archcalc import __version__

        self._distributed = imported()
        self._started = ExitStack()
        self._client = self._connected(jobs, address)
        on_gpus = bool(work.holds_device) and work.holds_device != "cpu"
        self._counted = _GPU if on_gpus and any(_GPU in one["resources"] for one in self._workers()) else None
        payload = cloudpickle.dumps(work.do)
        # computed, not scattered: what is scattered is gone with the worker that has it
        self._sent = (__version__, self._client.submit(bytes, payload, pure=False))

    def workers(self) -> int:
        try:
            each = self._workers()
        except OSError as error:
            raise self._gone(error) from None
        return int(sum(one["resources"].get(_GPU, 0) if self._counted else one["nthreads"] for one in each))

    def submit(self, items: Sequence[Any]) -> Any:
        resources = {self._counted: 1} if self._counted else None
        return self._client.submit(run, *self._sent, items, pure=False, resources=resources)

    def result(self, task: Any) -> list[Any]:
        try:
            found: list[Any] = task.result()
        except self._distributed.KilledWorker:
            raise ArchError(f"workers ended several times at the same work; {ENDED}") from None
        except (self._distributed.CancelledError, OSError) as error:
            raise self._gone(error) from None
        except ImportError as error:
            raise ArchError(f"a worker cannot run archcalc ({error}): install the same there") from None
        return found

    def first_done(self, tasks: Sequence[Any]) -> Any:
        with self._client.as_current():
            return next(iter(self._distributed.wait([*tasks], return_when="FIRST_COMPLETED").done))

    def close(self, unfinished: Iterable[Any]) -> None:
        with suppress(Exception):  # the cluster may have gone
            self._client.cancel([*unfinished, self._sent[1]])
        self._started.close()

    def _gone(self, error: Exception) -> ArchError:
        return ArchError(f"the cluster has gone ({first_line(error) or type(error).__name__}); {ENDED}")

    def _workers(self) -> list[Any]:
        return [*self._client.scheduler_info()["workers"].values()]

    def _connected(self, jobs: int, address: str | None) -> Any:
        import dask

        distributed = self._distributed
        if address is None:
            with suppress(ValueError):
                return distributed.default_client()
        named = address or dask.config.get("scheduler-address", None)
        self._started.enter_context(_silent_client())
        if named is None:
            cluster = distributed.LocalCluster(n_workers=jobs, threads_per_worker=1, dashboard_address="127.0.0.1:0")
            self._started.enter_context(cluster)
            return self._started.enter_context(distributed.Client(cluster, set_as_default=False))
        try:
            return self._started.enter_context(distributed.Client(**_place(named), set_as_default=False))
        except (OSError, ValueError, TypeError) as error:
            raise ArchError(f"no scheduler of Dask answers at {named}: {first_line(error)}") from None


@contextmanager
def _silent_client() -> Iterator[None]:
    """Let a client not print how it failed to reach a cluster that has gone, which is said in a line."""
    logger = logging.getLogger("distributed.client")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


def _place(address: str) -> dict[str, str]:
    """Return where a scheduler is, by its address, or by the file that `dask scheduler --scheduler-file` writes."""
    if not address.endswith(".json"):
        return {"address": address}
    if not Path(address).exists():
        raise FileNotFoundError("there is no such file")
    return {"scheduler_file": address}
