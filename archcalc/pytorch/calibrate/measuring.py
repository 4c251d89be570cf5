"""The jobs of a calibration, one after the other: each network some passes, in which each layer is timed."""

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from os import cpu_count
from statistics import median
from typing import Final

import torch
from torch import Tensor

from archcalc.analysis.own_peaks import torch_release
from archcalc.analysis.predict.calibration import Machine
from archcalc.analysis.predict.grid import Job
from archcalc.analysis.predict.learning import Measurements, Times
from archcalc.analysis.profile.request import Request
from archcalc.collector import collector_at_rest
from archcalc.graph import Graph
from archcalc.pytorch.build import Built
from archcalc.pytorch.calibrate.keeping import keeps_memory
from archcalc.pytorch.calibrate.stopwatch import Stopwatch, stopwatch
from archcalc.pytorch.profile.device import resolve, set_up
from archcalc.pytorch.profile.environment import Waiting, describe
from archcalc.pytorch.profile.memory import Shortage, free, tried

_WARM_UPS: Final = 2
_FEWEST: Final = 5
_MOST: Final = 60
_SECONDS: Final = 0.3
"""The time for the passes of a job; some take longer, by the fewest that there are."""

Report = Callable[[str], None]


def measure(jobs: Sequence[Job], device: str, report: Report) -> Measurements:
    """Measure all jobs. Raises MissingError where there is no such device."""
    found = resolve(device)
    threads = set_up(Request("calibration", device=str(found)), found)
    environment, waiting = describe(found), Waiting()
    times = []
    for number, job in enumerate(jobs, start=1):
        report(f"{number}/{len(jobs)} {job.words}")
        times.append(_times(job, found))
    machine = Machine(
        node=platform.node(),
        device=found.type,
        name=environment.name,
        cores=cpu_count(),
        threads=threads,
        torch=torch_release(),
        keeps_memory=found.type == "cpu" and keeps_memory(),
    )
    return Measurements(machine=machine, waited=waiting.share, times=tuple(times))


def _times(job: Job, device: torch.device) -> Times | None:
    """Return the times of a job; None where memory is short, or torch cannot run it on the device."""
    with suppress(NotImplementedError):
        found = tried(partial(_measured, job, device), device)
        free(device)
        return None if isinstance(found, Shortage) else found
    return None


def _measured(job: Job, device: torch.device) -> Times:
    module = _Timed(job.graph, device).eval()
    xs = [torch.randn(job.batch, *shape, device=device) for shape in job.graph.spec.inputs.values()]
    passes: list[list[float]] = []
    with torch.inference_mode(), collector_at_rest():
        for _ in range(_WARM_UPS):
            module(*xs)
            module.watch.laps()
        start = time.perf_counter()
        while len(passes) < _FEWEST or (time.perf_counter() - start < _SECONDS and len(passes) < _MOST):
            module.watch.mark()
            module(*xs)
            passes.append(module.watch.laps())
    return Times(whole=median(map(sum, passes)), layers=tuple(map(median, zip(*passes, strict=True))))


class _Timed(Built):
    """A network that marks the end of each layer."""

    def __init__(self, graph: Graph, device: torch.device) -> None:
        super().__init__(graph, [device])
        self.watch: Stopwatch = stopwatch(device)

    def _run(self, name: str, made: Mapping[str, list[Tensor]]) -> list[Tensor]:
        outputs = super()._run(name, made)
        self.watch.mark()
        return outputs
