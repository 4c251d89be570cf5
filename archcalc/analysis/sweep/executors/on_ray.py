"""Work on a cluster of Ray, which begins what a worker had not finished anew when it dies."""

import os
import socket
from collections.abc import Iterable, Sequence
from typing import Any, Final

from archcalc.analysis.sweep.executors.engine import ENDED, TRIES, Engine, Work, run
from archcalc.errors import ArchError, MissingError, first_line

_SECONDS_TO_ANSWER: Final = 10


def imported() -> Any:
    """Return the package. Raises MissingError."""
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # says nothing, and hides no GPU of a task without
    try:
        import ray
    except ImportError as error:
        raise MissingError(f"the executor ray needs it ({error}): pip install 'archcalc[sweep,ray]'") from None
    return ray


class OnRay(Engine):
    """A driver of a cluster: of that at an address, of the one that is connected, or of one that is started here."""

    def __init__(self, jobs: int, address: str | None, work: Work) -> None:
        from archcalc import __version__

        self._ray = imported()
        self._is_own = not self._ray.is_initialized()
        if self._is_own:
            self._connect(jobs, address)
        self._asks = self._asked(work)
        self._run = self._ray.remote(run).options(max_retries=TRIES, **self._asks)
        self._sent = (__version__, self._ray.put(self._ray.cloudpickle.dumps(work.do)))

    def workers(self) -> int:
        there = self._ray.cluster_resources()
        if "num_gpus" in self._asks:
            return int(there.get("GPU", 0))
        return int(there.get("CPU", 0)) // max(1, int(self._asks["num_cpus"]))

    def submit(self, items: Sequence[Any]) -> Any:
        return self._run.remote(*self._sent, items)

    def result(self, task: Any) -> list[Any]:
        errors = self._ray.exceptions
        try:
            found: list[Any] = self._ray.get(task)
        except errors.RayTaskError as error:
            if isinstance(error.cause, ImportError):
                raise ArchError(f"a worker cannot run archcalc ({error.cause}): install the same there") from None
            raise
        except (errors.WorkerCrashedError, errors.OutOfMemoryError, errors.NodeDiedError) as error:
            raise ArchError(f"workers ended several times at the same work ({first_line(error)}); {ENDED}") from None
        except errors.RayError as error:
            raise ArchError(f"the cluster has gone ({first_line(error)}); {ENDED}") from None
        return found

    def first_done(self, tasks: Sequence[Any]) -> Any:
        return self._ray.wait([*tasks], num_returns=1)[0][0]

    def close(self, unfinished: Iterable[Any]) -> None:
        for task in unfinished:
            self._ray.cancel(task)
        if self._is_own:
            self._ray.shutdown()

    def _connect(self, jobs: int, address: str | None) -> None:
        import logging

        quietly = {"log_to_driver": False, "logging_level": logging.ERROR}
        named = address or os.environ.get("RAY_ADDRESS")
        if named is None:
            os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody was asked
            self._ray.init(address="local", num_cpus=jobs, include_dashboard=False, **quietly)
            return
        try:
            _expect_answer(named)
            self._ray.init(address=named, **quietly)
        except (OSError, ValueError, RuntimeError) as error:
            raise ArchError(f"no cluster of Ray answers at {named}: {first_line(error)}") from None

    def _asked(self, work: Work) -> dict[str, float]:
        """Return what a task asks for: one CPU; for a device, a GPU where there are any, else all CPUs of a machine."""
        if not work.holds_device:
            return {"num_cpus": 1}
        if work.holds_device != "cpu" and self._ray.cluster_resources().get("GPU", 0) >= 1:
            return {"num_gpus": 1, "num_cpus": 0}
        return {"num_cpus": max(node["Resources"].get("CPU", 1) for node in self._ray.nodes() if node["Alive"])}


def _expect_answer(address: str) -> None:
    """Raise OSError where nobody listens at an address, for whom Ray itself waits for ever."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdecimal():
        socket.create_connection((host, int(port)), _SECONDS_TO_ANSWER).close()
