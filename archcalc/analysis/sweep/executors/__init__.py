"""Where the work of a sweep is done: in processes of this machine, or by Dask or Ray on those of a cluster.

Each does the same work on the same items, and gives what came of them in order. Whoever dies at it loses nothing: what
was not finished is done again by another.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from archcalc.analysis.sweep.executors.engine import Work, each
from archcalc.errors import ArchError, did_you_mean, listing

PROCESSES: Final = "processes"
DASK: Final = "dask"
RAY: Final = "ray"
NAMES: Final = (PROCESSES, DASK, RAY)


@dataclass(frozen=True)
class Executor:
    """Who computes: so many processes of this machine, or a cluster at an address.

    Without an address, Dask and Ray take the cluster that this process or its environment is connected to, and else
    start one of `jobs` processes here.
    """

    name: str = PROCESSES
    jobs: int = 1
    address: str | None = None

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise ArchError(f"the executor must be {listing(NAMES)}, got '{self.name}'{did_you_mean(self.name, NAMES)}")
        if self.address is not None and self.name == PROCESSES:
            raise ArchError(f"an address is that of a cluster: name its executor too, {DASK} or {RAY}")
        if self.address is not None and self.jobs != 1:
            raise ArchError("the cluster at an address has as many processes as it has: leave out jobs")

    @property
    def is_here(self) -> bool:
        """Whether it is this machine alone that computes, for sure."""
        return self.name == PROCESSES

    def expect_installed(self) -> None:
        """Raise MissingError where its package is missing."""
        if self.name == DASK:
            from archcalc.analysis.sweep.executors.on_dask import imported

            imported()
        elif self.name == RAY:
            from archcalc.analysis.sweep.executors.on_ray import imported

            imported()

    def each(self, work: Work, items: Iterable[Any]) -> Iterator[Any]:
        """Yield what the work makes of each item, in order. Raises ArchError as the work does, and where it dies."""
        if self.name == DASK:
            from archcalc.analysis.sweep.executors.on_dask import OnDask

            return each(lambda: OnDask(self.jobs, self.address, work), work, items)
        if self.name == RAY:
            from archcalc.analysis.sweep.executors.on_ray import OnRay

            return each(lambda: OnRay(self.jobs, self.address, work), work, items)
        if self.jobs == 1 or work.holds_device:
            return map(work.do, items)
        from archcalc.analysis.sweep.executors.processes import Pool

        return each(lambda: Pool(self.jobs, work), work, items)


HERE: Final = Executor()
