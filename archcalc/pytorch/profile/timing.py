"""Times of a step: of blocks of many steps for throughput, of single steps for latency."""

import time
from collections.abc import Callable

from torch.utils.benchmark import Timer

from archcalc.analysis.profile.request import Request
from archcalc.analysis.profile.statistics import LEAST_BLOCKS, Timing, timing

Step = Callable[[], object]
Clock = Callable[[], float]


def warm_up(step: Step, clock: Clock, request: Request) -> int:
    """Run a step as often and as long as the request says. Returns how often it ran."""
    start, steps = clock(), 0
    while steps < request.warm_up_steps or time.perf_counter() - start < request.warm_up_seconds:
        step()
        steps += 1
        if steps >= request.warm_up_steps:
            clock()
    clock()
    return steps


def throughput(step: Step, clock: Clock, threads: int, min_run_time: float) -> tuple[Timing, int]:
    """Return the seconds of a step, from blocks of many with a wait at the end of each, and the steps in a block.

    A block hides a single slow step; percentiles of single calls come from `latencies`. Slow steps are measured for
    longer than `min_run_time`, or there would be no quartiles.
    """
    timer = Timer(stmt="step()", globals={"step": step}, timer=clock, num_threads=threads)
    measured = timer.blocked_autorange(min_run_time=min_run_time)
    times, per_block = list(measured.times), measured.number_per_run
    while len(times) < LEAST_BLOCKS:
        times.append(block(step, clock, per_block) / per_block)
    return timing(times), per_block


def block(step: Step, clock: Clock, steps: int) -> float:
    """Return the seconds of so many steps, with one wait at their end."""
    start = clock()
    for _ in range(steps):
        step()
    return clock() - start


def latencies(step: Step, clock: Clock, calls: int) -> list[float]:
    """Return the seconds of single calls, with a wait after each."""
    times = []
    for _ in range(calls):
        start = clock()
        step()
        times.append(clock() - start)
    return times


def parts(steps: list[tuple[str, Step]], clock: Clock, repeats: int) -> dict[str, Timing]:
    """Return the seconds of the parts of a step, which run in order, with a wait after each."""
    times: dict[str, list[float]] = {name: [] for name, _ in steps}
    for _ in range(repeats):
        for name, step in steps:
            start = clock()
            step()
            times[name].append(clock() - start)
    return {name: timing(series) for name, series in times.items()}
