"""A machine whose layers take times that are known, and what is learnt of it."""

from collections.abc import Callable, Sequence
from functools import cache

import archcalc
from archcalc.analysis.predict.calibration import Calibration, Machine
from archcalc.analysis.predict.grid import KINDS_FILE, Job, grid
from archcalc.analysis.predict.learning import Measurements, Times, learn
from archcalc.analysis.predict.load import Load, loads
from archcalc.graph import Graph

NAMES = ("alexnet_torchvision", "lenet_d2l", "lenet5", "mobilenet_v1", "nin", "resnet18", "squeezenet1_1", "zfnet")
MACHINE = Machine(
    node="bench", device="cpu", name="a made-up CPU", cores=8, threads=8, torch="2.9.0", keeps_memory=False
)
SECONDS = (1e-11, 1e-10, 2e-10, 3e-10, 5e-11, 4e-6, 2e-5)
"""For an operation, a byte of weights, of inputs, of the output, beyond caches, a call, and one that is cold."""

Rule = Callable[[Load], float]


def by_the_terms(load: Load) -> float:
    return sum(rate * term for rate, term in zip(SECONDS, load.terms, strict=True))


def twice_as_long_at_places(load: Load) -> float:
    """A rule that the terms do not say."""
    return by_the_terms(load) * (2 if load.terms[2] % 3 == 0 else 1)


@cache
def networks() -> tuple[Graph, ...]:
    return tuple(archcalc.load(name).graph for name in NAMES)


@cache
def jobs(seed: int = 0) -> tuple[Job, ...]:
    return tuple(grid(networks(), archcalc.load(KINDS_FILE).graph, seed))


def measured(some: Sequence[Job], rule: Rule, waited: float | None = 0.0) -> Measurements:
    """What a machine finds whose layers take these times."""
    times = []
    for job in some:
        layers = tuple(rule(load) for load in loads(job.graph, job.batch))
        times.append(Times(whole=sum(layers), layers=layers))
    return Measurements(machine=MACHINE, waited=waited, times=tuple(times))


@cache
def calibration(rule: Rule = by_the_terms) -> Calibration:
    return learn(jobs(), measured(jobs(), rule), 0, "2026-01-02T03:04:05+00:00")
