"""Variants of a sweep that are measured: each once, one at a time on each device, and kept as soon as it is there."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import archcalc
from archcalc.analysis.profile.request import Request
from archcalc.analysis.profile.results import (
    Environment,
    InferTimes,
    Latency,
    MeasuredPeak,
    Results,
    StepTimes,
)
from archcalc.analysis.sweep.executors import Executor
from archcalc.analysis.sweep.executors.engine import Work
from archcalc.errors import ArchError, MissingError
from archcalc.graph import Graph
from archcalc.pytorch.sweep import measuring
from tests.analysis.sweep.engines import hold, overlaps, ray_node
from tests.commands import clean_environment, run_here
from tests.conftest import ROOT

ENVIRONMENT = Environment(
    device="cpu",
    name="a machine",
    capability=None,
    memory_mib=None,
    torch="2.9",
    cuda=None,
    cudnn=None,
    python="3.11",
    system="Linux",
    processor="a machine",
    instructions="AVX2",
    cores=2,
    load=None,
    variables={},
    threads=2,
    tf32=False,
    cudnn_benchmark=True,
    inputs="normal numbers",
    waited=None,
)


def results(graph: Graph, request: Request) -> Results:
    """Made-up results, of which the latency is the width of conv1 in milliseconds."""
    width = float(graph.nodes[1].output_shape[0])
    step = StepTimes(median_ms=width, low_ms=width, high_ms=width, mean_ms=width, deviation_ms=0.0, n=3)
    latency = Latency(batch=1, n=100, p50_ms=width, p90_ms=2 * width, p99_ms=None)
    times = InferTimes(warm_up_steps=3, step=step, peak_mib=100.0, peak_is="of a test", latency=latency)
    peak = MeasuredPeak(tflops=1.0, gbs=10.0)
    return Results(environment=ENVIRONMENT, measured_peak=peak, batch=request.batch, infer=times)


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """The requests that are measured, by results that are made up; not those for peaks."""
    found = []

    def measure(graph: Graph, request: Request, _: object, peaks: object = None) -> Results:
        if peaks is not None:
            found.append(request)
        return results(graph, request)

    monkeypatch.setattr(measuring, "in_a_process", measure)
    monkeypatch.setattr(measuring, "_PEAKS", {})
    return found


VARY = {"conv1.out_channels": "4..32:4"}


def swept(**more: Any) -> Any:
    return archcalc.sweep("lenet_d2l", VARY, columns=["params"], **more)


def test_the_front_is_measured_once(tmp_path: Path, seen: list[Request]) -> None:
    best: dict[str, Any] = {"top": 3, "by": "-params", "where": ["params < 70k"]}
    found = swept(**best).measure("front", str(tmp_path), device="cpu")
    widths = [row[0] for row in found.rows()]
    assert widths == [24, 20, 16]
    assert [request.settings["conv1.out_channels"] for request in seen] == widths
    names = ("conv1.out_channels", "params", "latency_ms", "latency_p90_ms", "batch_measured", "images_per_second")
    assert found.names == (*names, "peak_mib")
    # a step of 16 examples takes as many milliseconds as conv1 has channels
    expected = [[w, float(w), 2.0 * w, 16, pytest.approx(16_000 / w), 100.0] for w in widths]
    assert [[row[0], *row[2:]] for row in found.rows()] == expected
    again = swept(**best).measure("front", str(tmp_path), device="cpu")
    assert len(seen) == 3
    assert [*again.rows()] == [*found.rows()]
    wider = swept(**{**best, "top": 4}).measure("front", str(tmp_path), device="cpu")
    assert [request.settings["conv1.out_channels"] for request in seen[3:]] == [12]
    assert [row[2] for row in wider.rows()] == [24.0, 20.0, 16.0, 12.0]


def test_records_and_a_table_are_for_others(tmp_path: Path, seen: list[Request]) -> None:
    found = swept().measure("all", str(tmp_path), device="cpu")
    assert len(seen) == found.count == 8
    frame = pd.read_parquet(tmp_path / "_measured" / "measured.parquet")
    assert frame.latency_ms.tolist() == [float(width) for width in range(4, 33, 4)]
    assert frame.columns.tolist() == ["variant", *found.names]
    assert pd.read_parquet(tmp_path).columns.tolist() == ["variant", "conv1.out_channels", "params"]
    record = tmp_path / "_measured" / "variant-000002-cpu.json"
    data = json.loads(record.read_text(encoding="utf-8"))
    assert (data["kind"], data["asked"]["settings"]) == ("profile", {"conv1.out_channels": 12})
    assert data["spec"]["params"] == frame.params[2]
    compared = run_here("profile", "--compare", str(record), str(record))
    assert (compared.returncode, compared.stderr) == (0, "")


def test_a_record_is_kept_before_the_next_is_measured(
    tmp_path: Path, seen: list[Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    measure = measuring.in_a_process

    def killed_at_the_third(graph: Graph, request: Request, *rest: Any) -> Results:
        if len(seen) == 3:
            raise KeyboardInterrupt
        return measure(graph, request, *rest)

    monkeypatch.setattr(measuring, "in_a_process", killed_at_the_third)
    with pytest.raises(KeyboardInterrupt):
        swept().measure("all", str(tmp_path), device="cpu")
    monkeypatch.setattr(measuring, "in_a_process", measure)
    swept().measure("all", str(tmp_path), device="cpu")
    assert [request.settings["conv1.out_channels"] for request in seen] == [*range(4, 33, 4)]


def test_the_batch_that_is_varied_is_the_one_that_is_measured(seen: list[Request]) -> None:
    swept(batch=[2, 8], top=2, by="params").measure(device="cpu")
    assert sorted(request.batch for request in seen) == [2, 8]


def test_what_cannot_be_measured_stops_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(graph: Graph, request: Request, *_: object) -> Results:
        if request.settings["conv1.out_channels"] == 8:
            raise ArchError("lenet_d2l: the measurement was killed")
        return results(graph, request)

    monkeypatch.setattr(measuring, "in_a_process", measure)
    monkeypatch.setattr(measuring, "_PEAKS", {"cpu": MeasuredPeak(tflops=None, gbs=None)})
    best = {"top": 3, "by": "params"}
    found = swept(**best).measure("front", str(tmp_path), device="cpu")
    assert [row[2] for row in found.rows()] == [4.0, None, 12.0]
    assert found.failed == {1: "lenet_d2l: the measurement was killed"}
    from archcalc.render.sweep import answer

    notes = answer(found).sheets[-1].notes
    assert "measured: 2 of 3 on a machine (cpu, torch 2.9, fp32)" in notes
    assert "not measured: conv1.out_channels=8: lenet_d2l: the measurement was killed" in notes


def test_seconds_end_it_and_the_same_command_goes_on(
    tmp_path: Path, seen: list[Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = iter(range(100))
    monkeypatch.setattr(measuring, "monotonic", lambda: float(next(ticks)))
    swept().measure("all", str(tmp_path), device="cpu", seconds=3)
    assert len(seen) == 3
    found = swept().measure("all", str(tmp_path), device="cpu")
    assert (len(seen), found.count) == (8, 8)


MISTAKES: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (
        {},
        {"which": "front"},
        "to measure the front is to measure what --top or --pareto keep: give one of them, or --measure all",
    ),
    (
        {"top": 1, "by": "params"},
        {"which": "all"},
        "to measure all is to measure every row: leave out --top and --pareto, or --measure front",
    ),
    (
        {"inputs": "28..228"},
        {"which": "all"},
        # 8 widths and 201 inputs; 1 s for peaks, 2 * 0.5 s to warm up, 1 s and 2 s of series, and 4 s to start
        "to measure 1,608 variants takes about 4 hours on one device, 9 seconds each: keep fewer, with --where, --top "
        "or --sample, or measure for some time, with --measure-seconds 3600; with --out, the same command goes on",
    ),
    ({}, {"which": "all", "seconds": 0}, "the seconds to measure must be more than 0, got 0"),
    ({}, {"which": "some"}, "what is measured must be front or all, got 'some'"),
]


@pytest.mark.parametrize(("sweep", "measure", "message"), MISTAKES, ids=[row[2][:40] for row in MISTAKES])
def test_a_mistake_is_said(seen: list[Request], sweep: dict[str, Any], measure: dict[str, Any], message: str) -> None:
    with pytest.raises(ArchError) as found:
        swept(**sweep).measure(**measure)
    assert (str(found.value), seen) == (message, [])


def test_other_times_are_not_mixed(tmp_path: Path, seen: list[Request]) -> None:
    best = {"top": 1, "by": "params"}
    swept(**best).measure("front", str(tmp_path), device="cpu", is_quick=True)
    with pytest.raises(ArchError) as found:
        swept(**best).measure("front", str(tmp_path), device="cpu")
    path = tmp_path / "_measured" / "variant-000000-cpu.json"
    said = f"{path} was measured for another time: ask for the same, --quick or not, or remove it"
    assert str(found.value) == said
    path.write_text("{}", encoding="utf-8")
    with pytest.raises(ArchError, match=r"is no record of a measurement, or is damaged \(.*\): remove it"):
        swept(**best).measure("front", str(tmp_path), device="cpu")


def test_a_device_that_is_missing_ends_it(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="sees no MPS device here"):
        swept(top=1, by="params").measure("front", str(tmp_path), device="mps")


def test_what_an_engine_says_of_threads_is_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    with measuring._all_cores(True):
        assert "OMP_NUM_THREADS" not in os.environ
    assert os.environ["OMP_NUM_THREADS"] == "1"
    with measuring._all_cores(False):
        assert os.environ["OMP_NUM_THREADS"] == "1"


def test_a_device_is_one_process_s_at_a_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    script = (
        "import sys, time; from archcalc.pytorch.sweep.measuring import _alone_on\n"
        "with _alone_on(sys.argv[1]): print(time.monotonic(), flush=True); time.sleep(0.6); print(time.monotonic())"
    )

    def start(device: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", script, device]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=clean_environment())

    processes = [start(device) for device in ("cpu", "cpu", "cuda:1")]
    spans = [tuple(map(float, one.communicate(timeout=60)[0].split())) for one in processes]
    first, second = sorted(spans[:2])
    assert first[1] <= second[0]


def test_gpus_are_resources_of_ray() -> None:
    """Two GPUs that are made up: each work has one for itself, and sees no other."""
    work = Work(hold, holds_device="auto", is_in_order=False)
    with ray_node(num_cpus=4, num_gpus=2):
        held = [*Executor("ray").each(work, iter(range(8)))]
        on_cpu = [*Executor("ray").each(replace(work, holds_device="cpu"), iter(range(3)))]
    assert sorted(one.item for one in held) == [*range(8)]
    assert {one.device for one in held} == {"0", "1"}
    for device in "01":
        assert not overlaps([one for one in held if one.device == device])
    assert overlaps(held)
    assert not overlaps(on_cpu)


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_gpus_are_resources_of_dask() -> None:
    import distributed

    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=4, resources={"GPU": 2}, dashboard_address="127.0.0.1:0"
    ) as cluster:
        executor = Executor("dask", address=cluster.scheduler_address)
        work = Work(hold, holds_device="cuda", is_in_order=False)
        held = [*executor.each(work, iter(range(6)))]
    assert sorted(one.item for one in held) == [*range(6)]
    most = max(sum(other.start <= one.start < other.end for other in held) for one in held)
    assert most == 2


@pytest.mark.slow
@pytest.mark.parametrize("executor", ["processes", "dask", "ray"])
def test_a_sweep_is_really_measured(tmp_path: Path, executor: str) -> None:
    words = ["sweep", "lenet_d2l", "--vary", "conv1.out_channels=4,64", "--top", "2", "--by", "params"]
    words += ["--measure", "front", "--quick", "--device", "cpu", "--out", str(tmp_path), "--executor", executor]
    start = time.monotonic()
    first = run_here(*words, "--format", "json")
    taken = time.monotonic() - start
    assert (first.returncode, first.stderr) == (0, "")
    data = json.loads(first.stdout)
    rows = [dict(zip(data["columns"], row, strict=True)) for row in data["rows"]]
    assert [row["conv1.out_channels"] for row in rows] == [4, 64]
    for row in rows:
        assert 0 < row["latency_ms"] <= row["latency_p90_ms"]
        assert row["images_per_second"] > 0
    records = sorted((tmp_path / "_measured").glob("*.json"))
    for record, row in zip(records, rows, strict=True):
        there = json.loads(record.read_text(encoding="utf-8"))
        assert there["infer"]["latency"]["p50_ms"] == row["latency_ms"]
        if executor != "processes":  # where the tests' own environment holds
            assert there["environment"]["threads"] == len(os.sched_getaffinity(0)) == there["environment"]["cores"]
    start = time.monotonic()
    again = run_here(*words, "--format", "json")
    assert json.loads(again.stdout)["rows"] == data["rows"]
    assert time.monotonic() - start < taken / 2
