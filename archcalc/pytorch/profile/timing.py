"""Times of a step: in blocks for throughput, of single steps for latency, and of its launch by the host."""

import time
from collections.abc import Callable
from math import ceil
from typing import Final, Protocol

from archcalc.analysis.profile.request import Request
from archcalc.analysis.profile.statistics import LEAST_BLOCKS, Timing, percentile, timing
from archcalc.collector import collector_at_rest

Step = Callable[[], object]


class Clock(Protocol):
    """A clock in seconds."""

    waits: bool
    """Whether it waits for a device, which takes time."""

    def __call__(self) -> float: ...


_WAITING: Final = 0.01
"""The most that waiting for the device may add to the time of a step, as a share of it."""
_TRIALS: Final = 3
_MOST_STEPS: Final = 1000
_LAUNCHES: Final = 20


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


def throughput(step: Step, clock: Clock, min_run_time: float) -> tuple[Timing, int]:
    """Return the seconds of a step, from blocks of steps with a wait at the end of each, and the steps in a block.

    Slow steps are measured for longer than `min_run_time`, or there would be no quartiles.
    """
    per_block = block_size(step, clock, min_run_time)
    times: list[float] = []
    spent = 0.0
    with collector_at_rest():
        while len(times) < LEAST_BLOCKS or spent < min_run_time:
            taken = block(step, clock, per_block)
            spent += taken
            times.append(taken / per_block)
    return timing(times), per_block


def block_size(step: Step, clock: Clock, min_run_time: float) -> int:
    """Return the least number of steps among which a wait at the end adds a hundredth to none of them.

    So a sample is a single step wherever waiting is cheap, as on a CPU, and its spread is that of single steps.
    """
    with collector_at_rest():
        once = min(latencies(step, clock, _TRIALS))
        if once * LEAST_BLOCKS > min_run_time:
            return 1
        several = min(max(ceil(min_run_time / LEAST_BLOCKS / _TRIALS / once), 2), _MOST_STEPS)
        each = min(block(step, clock, several) for _ in range(_TRIALS)) / several
    if each <= 0:
        return several
    waiting = max(once - each, 0) if clock.waits else min(block(step, clock, 0) for _ in range(_TRIALS))
    return min(max(ceil(waiting / (_WAITING * each)), 1), max(int(min_run_time / LEAST_BLOCKS / each), 1))


def block(step: Step, clock: Clock, steps: int) -> float:
    """Return the seconds of so many steps, with one wait at their end."""
    start = clock()
    for _ in range(steps):
        step()
    return clock() - start


def latencies(step: Step, clock: Clock, calls: int, seconds: float = float("inf"), fewest: int = 1) -> list[float]:
    """Return the seconds of single calls, with a wait after each: of as many as asked, or as fit into some time.

    There are `fewest` whatever the time.
    """
    times: list[float] = []
    spent = 0.0
    with collector_at_rest():
        while len(times) < calls and (len(times) < fewest or spent < seconds):
            start = clock()
            step()
            times.append(clock() - start)
            spent += times[-1]
    return times


def launching(step: Step, clock: Clock) -> float:
    """Return the seconds that the host takes to launch a step, while the device has no other work."""
    times = []
    with collector_at_rest():
        for _ in range(_LAUNCHES):
            clock()
            start = time.perf_counter()
            step()
            times.append(time.perf_counter() - start)
    clock()
    return percentile(times, 50)


def parts(steps: list[tuple[str, Step]], clock: Clock, repeats: int) -> dict[str, Timing]:
    """Return the seconds of the parts of a step, which run in order, with a wait after each."""
    times: dict[str, list[float]] = {name: [] for name, _ in steps}
    with collector_at_rest():
        for _ in range(repeats):
            for name, step in steps:
                start = clock()
                step()
                times[name].append(clock() - start)
    return {name: timing(series) for name, series in times.items()}
