"""Measuring in less time: the series of a request, --quick, and a budget for several networks."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from archcalc.analysis.profile.budget import QUICK_RUN_TIME, Budget, seconds_of, with_times, within
from archcalc.analysis.profile.request import Layers, Mode, Request
from archcalc.analysis.profile.results import Results
from archcalc.cli.options import Writing
from archcalc.cli.profile.answering import answer
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.pytorch.profile.run import measure
from tests.analysis.profile.recorded import LENET, found
from tests.analysis.profile.tiny import FakeClock, asked
from tests.commands import run

PLAIN = Request("paper")
RESULTS = Results.from_json(found())


def test_the_seconds_of_a_request() -> None:
    # the peaks take 1 s, a series 0.5 s of warm-up and 1 s; latency 0.5 s and 2 s; the layers 1 s
    assert seconds_of(PLAIN) == 1 + 1.5 + 2.5
    assert seconds_of(replace(PLAIN, mode=Mode.TRAIN)) == 1 + 1.5
    assert seconds_of(replace(PLAIN, mode=Mode.BOTH, layers=Layers.ALONE)) == 1 + 1.5 + 2.5 + 1.5 + 1


def test_times_are_shortened_alike_and_never_lengthened() -> None:
    half = within(PLAIN, 2.5)
    assert (half.min_run_time, half.latency_seconds, half.warm_up_seconds, half.warm_up_steps) == (0.5, 1.0, 0.25, 5)
    assert seconds_of(half) == 2.5
    assert within(PLAIN, 5.0) == within(PLAIN, 500.0) == PLAIN
    nothing = within(PLAIN, -3.0)
    assert (nothing.min_run_time, nothing.latency_seconds, nothing.warm_up_steps) == (0.02, 0.0, 1)


def test_quick_gives_way_to_what_is_asked_for() -> None:
    quick = with_times(PLAIN, None, is_quick=True)
    assert (quick.min_run_time, quick.latency_calls) == (QUICK_RUN_TIME, 100)
    assert seconds_of(quick) < seconds_of(PLAIN)
    longer = with_times(replace(PLAIN, latency_calls=500), 3.0, is_quick=True)
    assert (longer.min_run_time, longer.latency_calls) == (3.0, 500)
    assert with_times(PLAIN, None, is_quick=False) == PLAIN


def test_networks_share_what_is_left_and_what_they_need_beside_is_learnt() -> None:
    clock = FakeClock()
    budget = Budget(40.0, 4, clock)
    spent = []
    for beside in (6.0, 6.0, 6.0, 6.0):
        share = budget.share(PLAIN)
        assert share is not None
        spent.append(seconds_of(share))
        clock.sleep(spent[-1] + beside)
    # 0.9 x 40 / 4 s less 4 s at first, until it is known that starting takes 6 s
    assert spent[0] == pytest.approx(5.0)
    assert spent[1] == pytest.approx(0.9 * 29 / 3 - 6)
    assert clock.now <= 40


def test_no_network_is_begun_when_all_is_spent() -> None:
    clock = FakeClock()
    budget = Budget(10.0, 2, clock)
    assert budget.share(PLAIN)
    clock.sleep(10.0)
    assert budget.share(PLAIN) is None


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf"])
def test_a_budget_that_is_none_is_refused_before_torch_is_loaded(seconds: str) -> None:
    done = run("profile", "lenet_d2l", "--device", "cpu", "--budget", seconds)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"archcalc: --budget must be more than 0 seconds, got {float(seconds)}\n"


@pytest.mark.parametrize(
    "words",
    [["--batch", "0"], ["--threads", "0"], ["--min-run-time", "0"], ["--calls", "9"], ["--detail"], ["--budget", "0"]],
    ids=" ".join,
)
def test_numbers_are_refused_before_torch_is_loaded(words: list[str]) -> None:
    done = run("profile", "lenet_d2l", *words, PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 2
    loaded = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")]
    assert "archcalc.analysis.profile.request" in loaded
    assert "torch" not in loaded


def test_what_is_left_is_named_and_what_was_measured_is_kept(tmp_path: Path) -> None:
    clock = FakeClock()
    requests: list[Request] = []

    def measured(graph: Graph, request: Request, *_: object) -> Results:
        requests.append(request)
        clock.sleep(10.0)
        return RESULTS

    output = tmp_path / "records.json"
    three = [(name, LENET) for name in ("lenet_d2l", "one", "other")]
    with pytest.raises(ArchError, match="the 8 seconds are over, and lenet_d2l and lenet_d2l not measured"):
        answer(PLAIN, three, measured, None, Writing("json", output), False, Budget(8.0, 3, clock))
    assert json.loads(output.read_text(encoding="utf-8"))["spec"]["name"] == "lenet_d2l"
    (first,) = requests
    assert (first.spec, first.min_run_time) == ("lenet_d2l", 0.02)  # 0.9 x 8 / 3 s are less than starting takes


def test_the_peaks_of_the_first_network_are_those_of_all(tmp_path: Path) -> None:
    given: list[object] = []

    def measured(graph: Graph, request: Request, report: object, peaks: object) -> Results:
        given.append(peaks)
        return RESULTS

    answer(PLAIN, [("a", LENET), ("b", LENET)], measured, None, Writing("json", tmp_path / "two.json"), False, None)
    assert given == [None, RESULTS.measured_peak]


@pytest.mark.usefixtures("_quick_peaks")
def test_fewer_than_100_calls_have_no_99th_percentile(graph: Graph) -> None:
    made = measure(graph, asked(latency_seconds=0.0), lambda _: None)
    assert made.infer is not None
    assert made.infer.latency is not None
    assert (made.infer.latency.n, made.infer.latency.p99_ms) == (10, None)
