"""Measuring in less time: the series of a request, --quick, and a budget for several networks."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from archcalc.analysis.profile.budget import QUICK_RUN_TIME, Budget, seconds_of, with_times, within
from archcalc.analysis.profile.request import Layers, Mode, Request
from tests.analysis.profile.tiny import FakeClock
from tests.commands import run

PLAIN = Request("paper")


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
    asked = with_times(replace(PLAIN, latency_calls=500), 3.0, is_quick=True)
    assert (asked.min_run_time, asked.latency_calls) == (3.0, 500)
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
    output = tmp_path / "records.json"
    command = ("profile", "lenet_d2l", "alexnet_half", "lenet_d2l", "--device", "cpu", "--batch", "1", "--threads", "1")
    done = run(*command, "--budget", "0.5", "--output", str(output))
    assert done.returncode == 2
    assert done.stderr.endswith("--budget: the 0.5 seconds are over, and alexnet_half and lenet_d2l not measured\n")
    record = json.loads(output.read_text(encoding="utf-8"))
    assert record["spec"]["name"] == "lenet_d2l"
    assert record["asked"]["min_run_time"] == 0.02
    assert record["infer"]["latency"]["n"] >= 10
    assert (record["infer"]["latency"]["p99_ms"] is None) == (record["infer"]["latency"]["n"] < 100)
