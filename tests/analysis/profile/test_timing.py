"""The measuring loops, on a clock that goes on only when it is told to."""

from archcalc.analysis.profile.statistics import LEAST_BLOCKS
from archcalc.pytorch.profile import timing
from tests.analysis.profile.tiny import FakeClock, asked


def test_throughput_on_a_clock_that_is_known() -> None:
    clock = FakeClock()
    found, per_block = timing.throughput(lambda: clock.sleep(0.25), clock, 1, 4.0)
    assert (found.median, found.iqr) == (0.25, 0.0)
    assert found.n * per_block * 0.25 >= 4.0


def test_a_slow_step_is_measured_often_enough_for_quartiles() -> None:
    clock = FakeClock()
    found, per_block = timing.throughput(lambda: clock.sleep(100.0), clock, 1, 1.0)
    assert per_block == 1
    assert found.n >= LEAST_BLOCKS


def test_waiting_that_takes_long_does_not_make_few_blocks_longer() -> None:
    clock = FakeClock()

    def waited() -> float:
        clock.sleep(150e-6)
        return clock()

    found, per_block = timing.throughput(lambda: clock.sleep(1.2e-3), waited, 1, 1.0)
    assert found.n == LEAST_BLOCKS
    assert per_block * 1.2e-3 < 2  # the most that Timer takes in one block for an error of 1e-4
    assert clock.now < 20


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
