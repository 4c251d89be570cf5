"""The measuring loops, on a clock that goes on only when it is told to."""

import time
from itertools import chain, cycle, repeat

import pytest

from archcalc.analysis.profile.statistics import LEAST_BLOCKS
from archcalc.pytorch.profile import timing
from tests.analysis.profile.tiny import FakeClock, asked


def test_throughput_on_a_clock_that_is_known() -> None:
    clock = FakeClock()
    found, per_block = timing.throughput(lambda: clock.sleep(0.25), clock, 4.0)
    assert (found.median, found.iqr) == (0.25, 0.0)
    assert found.n * per_block * 0.25 >= 4.0


def test_a_slow_step_is_measured_often_enough_for_quartiles() -> None:
    clock = FakeClock()
    found, per_block = timing.throughput(lambda: clock.sleep(100.0), clock, 1.0)
    assert per_block == 1
    assert found.n >= LEAST_BLOCKS


@pytest.mark.parametrize(
    ("step", "waiting", "per_block"),
    [
        (1e-3, 0.0, 1),  # as on a CPU: each sample is a step
        (1e-3, 9e-6, 1),  # 0.9 % of a step
        (1e-3, 15e-6, 2),  # 1.5 % of one step, 0.75 % of two
        (1e-4, 15e-6, 15),  # 1 % of 1.5 ms
        (1.0, 1.0, 1),  # too slow to find out
    ],
)
def test_a_block_has_as_few_steps_as_keep_waiting_cheap(step: float, waiting: float, per_block: int) -> None:
    clock = FakeClock()
    launched = 0

    def run() -> None:
        nonlocal launched
        launched += 1
        clock.sleep(step)

    class Waiting(FakeClock):
        def __call__(self) -> float:
            nonlocal launched
            if launched:
                launched = 0
                clock.sleep(waiting)
            return clock()

    found, steps = timing.throughput(run, Waiting(), 1.0)
    assert steps == per_block
    assert found.median == pytest.approx(step + waiting / steps)
    assert found.n >= LEAST_BLOCKS


def test_single_steps_show_their_spread() -> None:
    clock = FakeClock()
    durations = cycle([1e-3, 1e-3, 3e-3, 3e-3])
    found, steps = timing.throughput(lambda: clock.sleep(next(durations)), clock, 1.0)
    assert (steps, found.low, found.high) == (1, pytest.approx(1e-3), pytest.approx(3e-3))


def test_single_calls_are_as_many_as_asked_or_as_fit() -> None:
    clock = FakeClock()

    def step() -> None:
        clock.sleep(0.1)

    assert len(timing.latencies(step, clock, 1000, 2.05)) == 21
    assert len(timing.latencies(step, clock, 1000, 2.0, fewest=100)) == 100
    assert len(timing.latencies(step, clock, 15, 2.0, fewest=100)) == 15


def test_launching_is_the_time_of_the_host_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    host, device = FakeClock(), FakeClock()
    monkeypatch.setattr(time, "perf_counter", host)

    def step() -> None:
        host.sleep(2e-5)
        device.sleep(1.0)

    assert timing.launching(step, device) == pytest.approx(2e-5)


def test_single_calls_and_parts_on_a_clock_that_is_known() -> None:
    clock = FakeClock()
    durations = iter([1.0, 2.0, 4.0])
    assert timing.latencies(lambda: clock.sleep(next(durations)), clock, 3) == [1.0, 2.0, 4.0]
    done = []
    steps = [("one", lambda: (done.append(1), clock.sleep(1.0))), ("two", lambda: (done.append(2), clock.sleep(3.0)))]
    found = timing.parts(steps, clock, 2)
    assert done == [1, 2, 1, 2]
    assert {name: series.median for name, series in found.items()} == {"one": 1.0, "two": 3.0}


def test_warming_up_takes_as_many_steps_as_asked() -> None:
    done: list[int] = []
    assert timing.warm_up(lambda: done.append(1), FakeClock(), asked(warm_up_steps=12)) == len(done) == 12


def test_where_nothing_is_waited_for_a_noisy_machine_makes_no_longer_blocks() -> None:
    clock = FakeClock()
    durations = chain([5e-3, 5e-3, 5e-3], repeat(1e-3))  # the first are slow, as if each wait took 4 ms
    clock.waits = False
    found, steps = timing.throughput(lambda: clock.sleep(next(durations)), clock, 1.0)
    assert (steps, found.median) == (1, pytest.approx(1e-3))
