"""Statistics of times, batches that step down, and the work of a step."""

import random
import statistics

import pytest

from archcalc.analysis import work
from archcalc.analysis.profile.batches import smaller
from archcalc.analysis.profile.statistics import Timing, percentile, timing
from tests.analysis.profile.recorded import LENET, graph_of


@pytest.mark.parametrize("n", [2, 3, 4, 5, 99, 100, 101])
def test_quartiles_and_percentiles_are_those_of_the_standard_library(n: int) -> None:
    times = random.Random(n).choices([x / 7 for x in range(1000)], k=n)
    cuts = statistics.quantiles(times, n=100, method="inclusive")
    for percent in (25, 50, 90, 99):
        assert percentile(times, percent) == pytest.approx(cuts[percent - 1], rel=1e-12)
    found = timing(times)
    assert found.median == pytest.approx(statistics.median(times), rel=1e-12)
    assert found.mean == pytest.approx(statistics.fmean(times), rel=1e-12)
    assert found.deviation == pytest.approx(statistics.pstdev(times), rel=1e-9)
    assert found.n == n


def test_a_single_time_is_all_its_quartiles() -> None:
    assert timing([3.0]) == Timing(3.0, 3.0, 3.0, 3.0, 0.0, 1)
    assert timing([3.0]).spread == 0


def test_the_interquartile_range() -> None:
    # of 1 2 3 4 5 the quartiles are 2 and 4, the range 2, of the median 3 two thirds
    found = timing([5.0, 1.0, 4.0, 2.0, 3.0])
    assert (found.low, found.high, found.iqr) == (2.0, 4.0, 2.0)
    assert found.spread == pytest.approx(2 / 3)


def test_batches_step_down_to_one() -> None:
    steps = [64]
    while (batch := smaller(steps[-1])) is not None:
        steps.append(batch)
    assert steps == [64, 48, 32, 24, 16, 12, 8, 6, 4, 3, 2, 1]
    assert smaller(65) == 64
    assert smaller(1000) == 768


TRAINING = [
    # 3 x 1,428,376,960 forward, less 2 x 70,276,800 for the gradient of the images, which nobody asks for
    ("alexnet_torchvision", 1_428_376_960, 4_144_577_280),
    # 3 x 1,448,813,632 - 2 x 105,415,200
    ("alexnet_paper", 1_448_813_632, 4_135_610_496),
]


@pytest.mark.parametrize(("name", "forward", "training"), TRAINING, ids=lambda value: str(value))
def test_flops_of_a_training_step(name: str, forward: int, training: int) -> None:
    found = work.work(graph_of(name))
    assert (found.forward, found.training) == (forward, training)


def test_what_lenet_moves_at_least() -> None:
    conv1 = work.moved(LENET, 2, 4)[0]
    # 2 x 28*28 read, 6*5*5 + 6 parameters, 2 x 6*28*28 written, of 4 bytes
    assert conv1.bytes == 4 * (2 * 28 * 28 + 6 * 5 * 5 + 6 + 2 * 6 * 28 * 28)
