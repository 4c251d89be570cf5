"""Times of a step: blocks of many for throughput, single ones for latency."""

import time
from collections.abc import Callable

from torch.utils.benchmark import Timer

from archcalc.analysis.profile.config import Config
from archcalc.analysis.profile.statistics import LEAST_BLOCKS, Timing, timing

Step = Callable[[], object]
Clock = Callable[[], float]


def warm_up(step: Step, clock: Clock, config: Config) -> int:
    """Run a step until it has run often enough and long enough; how often that was."""
    start, steps = clock(), 0
    while steps < config.warm_up_steps or time.perf_counter() - start < config.warm_up_seconds:
        step()
        steps += 1
        if steps >= config.warm_up_steps:
            clock()
    clock()
    return steps


def throughput(step: Step, clock: Clock, threads: int, min_run_time: float) -> tuple[Timing, int]:
    """Seconds a step, from blocks at whose ends alone the device is waited for, and how many steps a block has.

    A single slow step is not seen in a block: percentiles of single calls are `latencies`' to tell. Slow steps are
    measured for longer than asked, or there would be no quartiles.
    """
    timer = Timer(stmt="step()", globals={"step": step}, timer=clock, num_threads=threads)
    measured = timer.blocked_autorange(min_run_time=min_run_time)
    times, per_block = list(measured.times), measured.number_per_run
    while len(times) < LEAST_BLOCKS:
        times.append(block(step, clock, per_block) / per_block)
    return timing(times), per_block


def block(step: Step, clock: Clock, steps: int) -> float:
    """Seconds of so many steps, waited for at the end of the last."""
    start = clock()
    for _ in range(steps):
        step()
    return clock() - start


def latencies(step: Step, clock: Clock, calls: int) -> list[float]:
    """Seconds of single calls, each waited for."""
    times = []
    for _ in range(calls):
        start = clock()
        step()
        times.append(clock() - start)
    return times


def parts(steps: list[tuple[str, Step]], clock: Clock, repeats: int) -> dict[str, Timing]:
    """Seconds of the parts of a step that run one after the other, each waited for."""
    times: dict[str, list[float]] = {name: [] for name, _ in steps}
    for _ in range(repeats):
        for name, step in steps:
            start = clock()
            step()
            times[name].append(clock() - start)
    return {name: timing(series) for name, series in times.items()}
