"""One variant, measured on a device that nobody else of archcalc uses meanwhile, in a process of its own.

Dask and Ray tell the workers that they start to use one thread: a measurement uses all cores, as `archcalc profile`.
"""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Final

from archcalc.analysis.profile.budget import with_times
from archcalc.analysis.profile.recording import record
from archcalc.analysis.profile.request import Request, default_batch
from archcalc.analysis.profile.results import MeasuredPeak
from archcalc.analysis.sweep.executors import Executor
from archcalc.analysis.sweep.executors.engine import Work
from archcalc.analysis.sweep.measured import Asked, Measured, Variant
from archcalc.errors import ArchError, MissingError
from archcalc.graph import Graph
from archcalc.pytorch.profile.process import find_device, in_a_process

_OF_THREADS: Final = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")

_PEAKS: Final[dict[str, MeasuredPeak]] = {}
"""The peaks of devices that were measured by this process, which are not measured for each variant."""


@dataclass(frozen=True)
class Measuring:
    """Measures a variant; `is_elsewhere` where an engine has started this process."""

    is_elsewhere: bool

    def __call__(self, variant: Variant) -> Measured:
        """Return its record, or why it could not be measured. Raises MissingError where no variant can be."""
        with _all_cores(self.is_elsewhere):
            device = str(find_device(variant.request.device))
            batch = variant.batch or default_batch(device)
            request = replace(variant.request, device=device, batch=batch)
            with _alone_on(device):
                try:
                    found = in_a_process(variant.graph, request, _say_nothing, _peaks(variant.graph, request))
                except MissingError:
                    raise
                except ArchError as error:
                    return Measured(variant.number, None, str(error))
        return Measured(variant.number, record(variant.graph, request, found))


def _peaks(graph: Graph, request: Request) -> MeasuredPeak:
    """Return the peaks of a device, measured in a process of its own: one that has measured them has held more."""
    if request.device not in _PEAKS:
        briefly = with_times(request, None, is_quick=True)
        _PEAKS[request.device] = in_a_process(graph, briefly, _say_nothing).measured_peak
    return _PEAKS[request.device]


def _say_nothing(_: str) -> None:
    """Report nothing."""


def measured(executor: Executor, variants: Iterable[Variant], asked: Asked) -> Iterator[Measured]:
    """Yield what is found of variants, as soon as it is; none is begun when the seconds to measure are over."""
    end = None if asked.seconds is None else monotonic() + asked.seconds
    work = Work(Measuring(not executor.is_here), holds_device=asked.device, is_in_order=False)
    for one in executor.each(work, variants):
        yield one
        if end is not None and monotonic() >= end:
            return


@contextmanager
def _all_cores(is_elsewhere: bool) -> Iterator[None]:
    """Hide from the process that measures how many threads an engine allows."""
    hidden = {name: os.environ.pop(name) for name in _OF_THREADS if name in os.environ} if is_elsewhere else {}
    try:
        yield
    finally:
        os.environ.update(hidden)


@contextmanager
def _alone_on(device: str) -> Iterator[None]:
    """Wait until no other process of this user measures on a device of this machine."""
    import fcntl

    path = Path(tempfile.gettempdir()) / f"archcalc-{os.getuid()}-{_physical(device)}.lock"
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # it ends with the process, however that ends
        yield


def _physical(device: str) -> str:
    """Return a name of a device that is the same for processes that see other devices.

    >>> os.environ["CUDA_VISIBLE_DEVICES"] = "2,3"
    >>> _physical("cuda:1"), _physical("cpu")
    ('cuda3', 'cpu')
    >>> del os.environ["CUDA_VISIBLE_DEVICES"]
    >>> _physical("cuda:1")
    'cuda1'
    """
    kind, _, place = device.partition(":")
    seen = os.environ.get("CUDA_VISIBLE_DEVICES", "")
    if kind != "cuda" or not seen:
        return f"{kind}{place}"
    words = seen.split(",")
    index = int(place or 0)
    return f"{kind}{words[index].strip() if index < len(words) else index}"
