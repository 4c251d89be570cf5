"""What profile says of times, without taking any: statistics, batches, records, comparisons and lines."""

import json
import os
import random
import stat
import statistics
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from archcalc.analysis import work
from archcalc.analysis.devices import datasheet
from archcalc.analysis.precision import Precision
from archcalc.analysis.profile import presets
from archcalc.analysis.profile.batches import smaller
from archcalc.analysis.profile.comparing import Verdict, compare
from archcalc.analysis.profile.ranks import Place, device_of
from archcalc.analysis.profile.record import Record
from archcalc.analysis.profile.recording import record
from archcalc.analysis.profile.request import Layers, Mode, Request, check
from archcalc.analysis.profile.results import Results
from archcalc.analysis.profile.statistics import Timing, overlap, percentile, timing
from archcalc.analysis.profile.warnings import ProfileWarning
from archcalc.cli.options import Writing
from archcalc.cli.profile import records
from archcalc.cli.profile.answering import is_of_records
from archcalc.errors import ArchError
from archcalc.graph import Graph, link
from archcalc.render.envelope import stamped
from archcalc.render.formats import Name
from archcalc.render.formats import json as json_format
from archcalc.render.formats.plain import render
from archcalc.render.profile import comparison_data, comparison_sheet, profile_sheets, tensorflow_lines
from archcalc.spec.catalogue import Catalogue
from tests.conftest import SPECS
from tests.pages import sections

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def graph_of(name: str) -> Graph:
    return link(Catalogue(str(SPECS)).load(name, {}, None))


LENET = graph_of("lenet_d2l")


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


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("NVIDIA H100 80GB HBM3", "H100 SXM"),
        ("NVIDIA H100 PCIe", "H100 PCIe"),
        ("NVIDIA H100 NVL", "H100 NVL"),
        ("NVIDIA H200", "H200 SXM"),
        ("NVIDIA A100-SXM4-40GB", "A100 40 GB"),
        ("NVIDIA A100-SXM4-80GB", "A100 SXM 80 GB"),
        ("NVIDIA A100 80GB PCIe", "A100 PCIe 80 GB"),
        ("NVIDIA L40S", "L40S"),
        ("NVIDIA L4", "L4"),
        ("Tesla T4", "T4"),
        ("Tesla V100-SXM2-16GB", "V100 SXM2"),
        ("Tesla V100-PCIE-32GB", "V100 PCIe"),
        ("NVIDIA GeForce RTX 4090", "RTX 4090"),
        ("NVIDIA GeForce RTX 3090 Ti", None),
        ("NVIDIA L40", None),
        ("AMD EPYC", None),
    ],
)
def test_data_sheets_by_the_names_that_drivers_give(name: str, expected: str | None) -> None:
    peak = datasheet(name)
    assert (peak.name if peak else None) == expected


def test_the_peak_is_that_of_the_precision() -> None:
    h100 = datasheet("NVIDIA H100 80GB HBM3")
    assert h100 is not None
    tflops = [h100.tflops(precision) for precision in (Precision.FP32, Precision.TF32, Precision.AMP_BF16)]
    assert tflops == [67, 494.5, 989]


def step(*milliseconds: float) -> dict[str, Any]:
    """A series of times as JSON has it."""
    times = timing(milliseconds)
    return {f"{name}_ms": value for name, value in times._asdict().items() if name != "n"} | {"n": times.n}


def found(batch: int = 8, name: str = "AMD EPYC", tflops: float = 0.1, **more: Any) -> dict[str, Any]:
    """What the measuring side finds, as JSON has it."""
    environment = {
        "device": "cpu",
        "name": name,
        "torch": "2.9.0",
        "threads": 2,
        "python": "3.11",
        "system": "Linux",
        "processor": name,
        "instructions": "AVX2",
        "tf32": False,
        "cudnn_benchmark": True,
        "inputs": "normal numbers",
        "variables": {},
    } | dict.fromkeys(("capability", "memory_mib", "cuda", "cudnn", "cores", "load", "waited"))
    infer = {
        "warm_up_steps": 10,
        "peak_mib": 400.0,
        "peak_is": "the whole process",
        "step": step(2.0, 2.0, 2.1, 1.9, 2.0) | {"per_block": 10},
        "latency": {"batch": 1, "n": 100, "p50_ms": 0.5, "p90_ms": 0.6, "p99_ms": 0.9},
    }
    peaks = {"tflops": tflops, "gbs": 20.0}
    return {"environment": environment, "measured_peak": peaks, "batch": batch, "infer": infer} | more


REST = {"infer": {}, "train": {"loss": "", "optimizer": None}}


def record_of(request: Request, given: dict[str, Any]) -> Record:
    """The record of results, which need not have what a test does not look at."""
    rest = {mode: {"warm_up_steps": 10, "peak_mib": None, "peak_is": ""} | more for mode, more in REST.items()}
    whole = given | {mode: rest[mode] | given[mode] for mode in REST if mode in given}
    return record(LENET, request, Results.from_json(whole), NOW)


def recorded(request: Request | None = None, **more: Any) -> Record:
    return record_of(request or Request("lenet_d2l", batch=8), found(**more))


def test_a_record_says_what_follows_from_the_spec() -> None:
    made = recorded().to_json()
    assert list(made) == [
        *("kind", "created", "spec", "asked", "batch", "environment", "peaks", "infer", "warnings"),
    ]
    assert made["created"] == "2026-01-02T03:04:05+00:00"
    assert made["spec"]["params"] == 61_706
    assert made["batch"] == {"asked": 8, "used": 8}
    infer = made["infer"]
    assert infer["images_per_second"] == pytest.approx(8 / 0.002)
    # 833,040 FLOPs an image, 4,000 images a second, of 0.1 TFLOP/s
    assert infer["tflops"] == pytest.approx(833_040 * 4_000 / 1e12)
    assert infer["of_measured"] == pytest.approx(833_040 * 4_000 / 1e12 / 0.1)
    assert infer["of_datasheet"] is None
    assert made["warnings"] == []
    assert json.loads(json_format.text(stamped(made)))["schema"] == 1


def test_what_a_record_has_is_documented() -> None:
    parts = {name: step(1.0, 2.0) for name in ("forward", "backward", "optimizer")}
    train = {"step": step(1.0, 2.0), "loss": "", "optimizer": None, "parts": parts, "peak_mib": 1.0, "peak_is": ""}
    layers = {node.name: step(0.1, 0.1) for node in LENET.nodes}
    request = Request("lenet_d2l", batch=8, mode=Mode.BOTH, preset="tf-benchmark")
    given = found(train=train | {"compile_s": 1.0}, layers=layers, distributed={"ranks": 2, "backend": "gloo"})
    made = record_of(request, given).to_json()
    keys = {*made, *made["infer"], *made["train"]}
    assert [key for key in sorted(keys) if f"`{key}`" not in sections("json.md")["profile"]] == []
    docstring = Record.__doc__ or ""
    assert [key for key in made if f"`{key}`" not in docstring] == []


def test_a_record_of_a_listed_device_has_its_data_sheet() -> None:
    made = recorded(name="NVIDIA H100 80GB HBM3").to_json()
    assert made["peaks"]["datasheet"] == {
        "device": "H100 SXM",
        "tflops": 67,
        "gbs": 3350,
        "source": "NVIDIA data sheet",
    }
    assert made["infer"]["of_datasheet"] == pytest.approx(833_040 * 4_000 / 67e12)


def test_more_than_the_peak_is_shown_and_explained() -> None:
    made = recorded(tflops=0.0001, infer=found()["infer"]).to_json()
    assert made["infer"]["of_measured"] > 1
    assert any("this device seems to compute fp32 in software" in words for words in made["warnings"])
    (warning,) = recorded(tflops=0.02, infer=found()["infer"] | {"step": step(*[0.1] * 5)}).warnings
    assert str(warning).startswith("infer: over 100 % of the measured peak: FLOPs are counted as direct convolution")
    assert warning.mode is Mode.INFER


def test_a_record_warns_of_noise_few_samples_and_a_smaller_batch() -> None:
    made = recorded(batch=6, infer=found()["infer"] | {"step": step(1.0, 2.0, 3.0)})
    assert made.to_json()["warnings"] == [
        "out of memory at batch 8: batch 6 instead",
        "infer: only 3 samples: too few for a spread",
        "infer: the middle half of the times spans 50% of the median: noise",
    ]
    (sheet,) = profile_sheets([made])
    assert "6 (of 8)" in render([sheet])


def test_layers_are_held_against_the_whole() -> None:
    layers = {node.name: step(*[0.1] * 5) for node in LENET.nodes}
    whole = recorded(layers=layers)
    made = whole.to_json()
    assert made["layers_ms"] == pytest.approx(0.1 * len(layers))
    assert made["residual_ms"] == pytest.approx(2.0 - made["layers_ms"])
    assert sum(layer["share"] for layer in made["layers"]) == pytest.approx(1)
    # conv1 has 117,600 MACs: 8 x 2 x 117,600 FLOPs in 0.1 ms
    assert made["layers"][0]["tflops"] == pytest.approx(8 * 2 * 117_600 / 1e-4 / 1e12)
    text = render(profile_sheets([whole]))
    assert "sum of layers" in text
    assert "residual" in text


def test_a_layer_that_launches_nothing_takes_no_time() -> None:
    times = {node.name: 0.0 if node.name == "flatten" else 0.1 for node in LENET.nodes}
    made = recorded(layers={name: step(*[time] * 5) for name, time in times.items()})
    assert made.layers is not None
    (flatten,) = (layer for layer in made.layers.layers if layer.name == "flatten")
    assert (flatten.share, flatten.tflops) == (0, None)
    assert "flatten" in render(profile_sheets([made]))
    assert "flatten ms/image" not in {time.name for time in compare(made, made).times}


def test_with_amp_layers_move_halves_and_ranks_send_whole_gradients() -> None:
    assert {precision.element_bytes for precision in Precision} == {2, 4}
    assert {one for one in Precision if one.element_bytes == 4} == {Precision.FP32, Precision.TF32}
    assert {one for one in Precision if one.weight_bytes == 2} == {Precision.FP16, Precision.BF16}


def test_two_records_differ_only_where_quartiles_have_nothing_in_common() -> None:
    before = recorded()
    fast = recorded(infer=found()["infer"] | {"step": step(1.0, 1.0, 1.1, 0.9, 1.0) | {"per_block": 10}})
    unsure = recorded(infer=found()["infer"] | {"step": step(1.0, 1.5, 1.8, 2.0, 3.0) | {"per_block": 10}})
    for after, verdict in ((fast, Verdict.FASTER), (unsure, Verdict.UNDECIDED), (before, Verdict.UNDECIDED)):
        (time,) = compare(before, after).times
        assert time.verdict is verdict
    (slower,) = compare(fast, before).times
    assert (slower.verdict, slower.ratio) == (Verdict.SLOWER, pytest.approx(2))
    assert slower.before == pytest.approx(1 / 8)


def test_a_few_percent_may_be_the_machine_s() -> None:
    def at(milliseconds: float) -> Record:
        return recorded(infer=found()["infer"] | {"step": step(*[milliseconds] * 5) | {"per_block": 10}})

    for after, verdict in (
        *((1.04, Verdict.CLOSE), (0.96, Verdict.CLOSE), (1.0, Verdict.UNDECIDED)),
        *((1.06, Verdict.SLOWER), (0.94, Verdict.FASTER)),
    ):
        (time,) = compare(at(1.0), at(after)).times
        assert time.verdict is verdict


def test_touching_quartiles_overlap() -> None:
    one, other = Timing(2, 1, 3, 2, 0, 9), Timing(4, 3, 5, 4, 0, 9)
    assert overlap(one, other)
    assert overlap(other, one)
    assert not overlap(one, other._replace(low=3.1))


def test_records_say_in_what_else_they_differ() -> None:
    after = recorded(Request("lenet_d2l", batch=8, precision=Precision.BF16), name="Tesla T4")
    before = replace(recorded(), warnings=(ProfileWarning("noise", Mode.INFER),))
    after = replace(after, environment=replace(after.environment, processor="AMD EPYC"))
    comparison = compare(before, after)
    assert comparison.differences == (
        ("asked precision", "fp32", "bf16"),
        ("environment name", "AMD EPYC", "Tesla T4"),
    )
    text = render([comparison_sheet(("a.json", "b.json"), comparison)])
    assert text.startswith("lenet_d2l, a.json (before) and lenet_d2l, b.json (after)\n")
    assert text.endswith(
        "asked precision: fp32 -> bf16\nenvironment name: AMD EPYC -> Tesla T4\na.json: infer: noise\n"
    )
    data = comparison_data(("a.json", "b.json"), comparison)
    assert data["before"] == {"file": "a.json", "spec": "lenet_d2l", "warnings": ["infer: noise"]}
    assert data["otherwise"][0] == {"what": "asked precision", "before": "fp32", "after": "bf16"}


def test_the_lines_of_tensorflow() -> None:
    # 27 ms in each of 100 steps, then 10 of 80 and 90 of 81
    infer = {"step": step(*[27.0] * 100) | {"per_block": 1}, "peak_mib": None, "peak_is": ""}
    train = {"step": step(*[80.0] * 10, *[81.0] * 90) | {"per_block": 1}, "peak_mib": None, "loss": "", "parts": {}}
    made = recorded(infer=infer, train=train)
    assert tensorflow_lines([made]) == (
        "Forward across 100 steps, 0.027 +/- 0.000 sec / batch\n"
        "Forward-backward across 100 steps, 0.081 +/- 0.000 sec / batch\n"
    )


def followed(preset: presets.Preset, forward: float, backward: float, n: int) -> Record:
    """A record of a preset whose steps all take so many milliseconds."""
    request = Request("lenet_d2l", batch=8, mode=preset.mode, preset=preset.name)
    parts = {"forward": step(forward), "backward": step(backward)} if preset.in_a_block else {}
    train = {"step": step(*[forward + backward] * n) | {"per_block": preset.steps // n}, "loss": "", "parts": parts}
    infer = {"step": step(*[forward] * n) | {"per_block": preset.steps // n}, "peak_mib": None}
    given = found(train=train | {"peak_mib": None, "peak_is": ""}, infer=infer)
    if not request.infers:
        del given["infer"]
    return record_of(request, given)


@pytest.mark.parametrize("preset", presets.PRESETS.values(), ids=lambda preset: preset.name)
def test_a_preset_is_of_a_spec_that_there_is(preset: presets.Preset) -> None:
    graph_of(preset.spec)
    for one in preset.published:
        if one.forward_ms and one.backward_ms and one.total_ms:
            assert abs(one.forward_ms + one.backward_ms - one.total_ms) <= 2  # rounded, each for itself


def test_what_was_published_stands_below_what_was_measured() -> None:
    made = followed(presets.CONVNET_BENCHMARKS, 1.0, 3.0, n=1)
    assert made.to_json()["published"][2] == {
        "hardware": "GTX TITAN X (Maxwell)",
        "library": "cuDNN R4 fp32, Torch",
        "batch": 128,
        "images_per_second": pytest.approx(128 / 0.081),
        "source": "soumith/convnet-benchmarks, README",
        "forward_ms": 27,
        "backward_ms": 53,
        "total_ms": 81,
    }
    *_, sheet = profile_sheets([made])
    title, header, _, ours, *others = render([sheet]).splitlines()
    assert title == "convnet-benchmarks, next to what was published for alexnet_owt on other hardware"
    for word, cell, theirs in (
        *(("forward ms", "1.000", "25"), ("backward ms", "3.000", "46"), ("total ms", "4.000", "71")),
        *(("images/s", "2,000", "1,803"), ("batch", "8", "128")),
    ):
        end = header.index(word) + len(word)
        assert (ours[:end].split()[-1], others[0][:end].split()[-1]) == (cell, theirs)
    assert ours.endswith("this run, lenet_d2l")


def test_images_a_second_are_published_without_milliseconds() -> None:
    made = followed(presets.TF_CNN_BENCHMARKS, 1.0, 3.0, n=100)
    assert made.infer is None
    text = render(profile_sheets([made]))
    assert "forward ms" not in text
    (line,) = (line for line in text.splitlines() if line.startswith("Tesla P100 (DGX-1)"))
    assert line.split()[-4:] == ["512", "2,987", "tensorflow/tensorflow,", "docs_src/performance/benchmarks.md"]


def test_one_block_has_no_spread_and_decides_nothing() -> None:
    made = followed(presets.CONVNET_BENCHMARKS, 1.0, 3.0, n=1)
    assert made.infer is not None
    assert made.infer.speed.spread is None
    assert made.warnings == ()
    text = render(profile_sheets([made]))
    assert "ms/step: mean of one block of 10 steps, with a wait for the device at its end" in text
    assert "IQR" not in text
    faster = followed(presets.CONVNET_BENCHMARKS, 0.5, 1.5, n=1)
    assert {time.verdict for time in compare(made, faster).times} == {Verdict.TOO_FEW}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"batch": 0}, "--batch must be at least 1, got 0"),
        ({"threads": 0}, "--threads must be at least 1, got 0"),
        ({"latency_calls": 99}, "--calls must be at least 100 for a 99th percentile, got 99"),
        ({"min_run_time": 0.0}, "--min-run-time must be more than 0 seconds, got 0.0"),
        ({"min_run_time": float("nan")}, "--min-run-time must be more than 0 seconds, got nan"),
        ({"precision": Precision.TF32}, "--precision tf32 is for CUDA; cpu has fp32, bf16 or amp-bf16"),
        ({"detail": True}, "--detail splits training steps: add --mode train or --mode both"),
        (
            {"layers": Layers.PROFILER, "device": "mps"},
            "--layers profiler is for CUDA and CPUs: torch's profiler sees no kernels of MPS; use --layers",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, dict) else "",
)
def test_what_cannot_be_measured_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ArchError) as refused:
        check(replace(Request("paper"), **changed))
    assert str(refused.value) == message


def test_what_can_be_measured_is_not_refused() -> None:
    check(Request("paper"))
    check(Request("paper", device="cuda:1", precision=Precision.TF32, mode=Mode.BOTH, detail=True, threads=1))


def test_records_are_kept_whole_and_named_by_what_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    records.keep(recorded())
    (path,) = (tmp_path / "reports" / "profiles").iterdir()
    assert path.name == "lenet_d2l-cpu-infer-fp32-nchw-torch2.9.0-2026-01-02T030405.json"
    assert json.loads(path.read_text(encoding="utf-8"))["infer"] == recorded().to_json()["infer"]
    assert capsys.readouterr().err == f"archcalc: recorded in reports/profiles/{path.name}\n"
    records.keep(recorded())
    records.keep(recorded())
    kept = sorted(one.name for one in path.parent.iterdir())
    assert kept == [f"{path.stem}-2.json", f"{path.stem}-3.json", path.name]  # of the same second: none is lost


def test_a_record_that_is_broken_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        records.keep(recorded())
    assert list((tmp_path / "reports" / "profiles").iterdir()) == []


def test_a_record_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "reports").touch(stat.S_IRUSR)
    records.keep(recorded())
    assert capsys.readouterr().err.startswith("archcalc: the record is not kept (")


def ranks(backend: str, *steps: dict[str, Any], alone: dict[str, Any]) -> dict[str, Any]:
    by_rank = [{"rank": rank, "device": f"cuda:{rank}", "step": one} for rank, one in enumerate(steps)]
    times = {"steps": 5, "warm_up_steps": 10, "alone": alone, "by_rank": by_rank}
    return {"distributed": {"ranks": len(steps), "backend": backend, "train": times}}


def test_several_ranks_wait_for_the_slowest() -> None:
    given = found() | ranks("nccl", step(*[2.5] * 5), step(*[4.0] * 5), alone=step(*[2.0] * 5))
    del given["infer"]
    made = record_of(Request("lenet_d2l", batch=8, mode=Mode.TRAIN, precision=Precision.BF16), given)
    several = made.to_json()["distributed"]
    # 2 x 8 images in 4 ms, where one rank has 8 in 2 ms; 61,706 parameters of 2 bytes
    assert several["train"]["images_per_second"] == 4_000
    assert several["train"]["speed_up"] == 1.0
    assert several["train"]["efficiency"] == 0.5
    assert several["train"]["slowest"] == 1
    assert several["all_reduce"] == {"gradient_bytes": 123_412, "ring_bytes_per_rank": 123_412}
    text = render(profile_sheets([made]))
    assert "several devices at once" in text
    assert "2 ranks over nccl, each on AMD EPYC, 2 threads, torch 2.9.0" in text
    assert made.warnings == ()
    assert records.file_name(made) == "lenet_d2l-cpu-2ranks-train-bf16-nchw-torch2.9.0-2026-01-02T030405.json"
    (time,) = compare(made, made).times
    assert (time.name, time.before) == ("2 ranks, train ms/image of each", 0.5)


def test_a_rank_that_was_held_up_counts_with_its_mean() -> None:
    steps = step(*[1.0] * 9, 11.0)  # median 1, mean 2
    given = found() | ranks("gloo", step(*[1.0] * 5), steps, alone=step(*[1.0] * 5))
    made = record_of(Request("lenet_d2l", batch=8, mode=Mode.TRAIN), given).to_json()
    assert made["distributed"]["train"]["images_per_second"] == 8_000
    assert made["distributed"]["train"]["efficiency"] == 0.5
    assert made["warnings"] == ["train, rank 1: some steps were held up: the mean is 100% over the median"]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"device": "mps"}, "--device mps: under torchrun write cpu, or cuda to give each rank a GPU"),
        ({"device": "cuda:1"}, "--device cuda:1: under torchrun write cpu, or cuda to give each rank a GPU"),
        ({"compile": "default"}, "--compile is for one device: leave it out under torchrun"),
        ({"preset": "tf-benchmark"}, "--preset is for one device: leave it out under torchrun"),
    ],
    ids=lambda value: " ".join(map(str, value.values())) if isinstance(value, dict) else "",
)
def test_what_ranks_do_not_measure(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ArchError) as refused:
        device_of(replace(Request("paper"), **changed), Place(1, 1, 2))
    assert str(refused.value) == message


def test_each_rank_has_a_gpu_of_its_own() -> None:
    assert device_of(Request("paper", device="cuda"), Place(5, 1, 8)) == "cuda:1"
    assert device_of(Request("paper", device="cpu"), Place(5, 1, 8)) == "cpu"


def test_settings_are_said() -> None:
    request = Request("lenet_d2l", batch=8, settings={"num_classes": 7}, input_shape=(1, 28, 28))
    text = render(profile_sheets([record_of(request, found())]))
    assert "\nlenet_d2l: input 1x28x28, num_classes=7\n" in text


def test_a_preset_of_another_network_is_not_the_same_thing() -> None:
    text = render(profile_sheets([followed(presets.CONVNET_BENCHMARKS, 1.0, 3.0, n=1)]))
    assert text.endswith("not the same measurement: this is lenet_d2l at batch 8, published is alexnet_owt at 128\n")


def test_what_is_so_of_several_networks_is_said_once() -> None:
    warnings = (ProfileWarning("noise", Mode.INFER), ProfileWarning("nothing of this", Mode.TRAIN))
    slow = replace(recorded(), warnings=warnings)
    other = replace(slow, spec=replace(slow.spec, name="other"))
    silent = replace(recorded(), spec=replace(slow.spec, name="silent"))
    assert render(profile_sheets([slow, other, silent])).endswith("\nlenet_d2l, other: noise\n")
    assert render(profile_sheets([slow, other])).endswith("\nnoise\n")
    assert render(profile_sheets([slow])).endswith("\nlenet_d2l: noise\n")


def test_the_table_of_a_record() -> None:
    (sheet,) = profile_sheets([recorded()])
    header, _, row = render([sheet]).splitlines()[1:4]
    assert header.split("  ")[0] == "model"
    for title, cell in (
        *(("images/s", "4,000"), ("ms/step", "2.000"), ("IQR", "0.0%"), ("p50 ms", "0.500"), ("p90 ms", "0.600")),
        *(("p99 ms", "0.900"), ("GFLOP/image", "0.000833"), ("of measured", "3.3%"), ("peak MiB", "400")),
    ):
        end = header.index(title) + len(title)
        assert row[:end].endswith(f" {cell}")


def test_the_table_of_training_has_its_parts() -> None:
    parts = {name: step(*[value] * 5) for name, value in (("forward", 1.0), ("backward", 2.0), ("optimizer", 0.5))}
    train = {"step": step(*[4.0] * 5), "loss": "cross-entropy", "peak_mib": None, "peak_is": "", "parts": parts}
    given = found(train=train)
    del given["infer"]
    text = render(profile_sheets([record_of(Request("lenet_d2l", batch=8, mode=Mode.TRAIN), given)]))
    header, _, row = text.splitlines()[1:4]
    for title, cell in (("forward ms", "1.000"), ("backward ms", "2.000"), ("optimizer ms", "0.500")):
        assert row[: header.index(title) + len(title)].endswith(f" {cell}")
    assert "peak MiB" not in text


@pytest.mark.parametrize(
    ("form", "output", "expected"),
    [
        (None, None, False),
        (None, "r.json", True),
        (None, "r.md", False),
        ("json", None, False),
        ("json", "r.txt", True),
        ("csv", "r.json", False),
    ],
)
def test_a_record_is_kept_unless_it_is_the_answer(form: Name | None, output: str | None, expected: bool) -> None:
    assert is_of_records(Writing(form, Path(output) if output else None)) is expected


def test_a_machine_that_others_use_is_told() -> None:
    busy = found()
    busy["environment"]["waited"] = 0.66
    (warning,) = record_of(Request("lenet_d2l", batch=8), busy).warnings
    assert warning.words.startswith("66% of the time was spent waiting for a core")
    crowded = {**busy, "environment": busy["environment"] | {"threads": 64, "cores": 2}}
    (warning,) = record_of(Request("lenet_d2l", batch=8), crowded).warnings
    assert "64 threads share 2 cores" in warning.words
    busy["environment"]["waited"] = 0.04
    assert record_of(Request("lenet_d2l", batch=8), busy).warnings == ()


@pytest.mark.parametrize(
    "name",
    ["NVIDIA GH200 480GB", "NVIDIA GeForce RTX 4090 Laptop GPU", "NVIDIA GeForce RTX 4090 D", "Tesla V100S-PCIE-32GB",
     "NVIDIA A100-SXM-64GB", "Tesla P100-PCIE-12GB", "NVIDIA A100-SXM4-40GB MIG 1g.5gb",
     "NVIDIA RTX A1000 Laptop GPU", "Quadro P1000", "GeForce GTX 580M", "NVIDIA A100X", "GRID A100-10C"],
)  # fmt: skip
def test_no_data_sheet_is_guessed(name: str) -> None:
    assert datasheet(name) is None


def test_bf16_came_with_tf32() -> None:
    t4, a100 = datasheet("Tesla T4"), datasheet("NVIDIA A100-SXM4-40GB")
    assert t4 is not None
    assert a100 is not None
    assert (t4.tflops(Precision.FP16), t4.tflops(Precision.BF16)) == (65, None)
    assert (a100.tflops(Precision.FP16), a100.tflops(Precision.AMP_BF16)) == (312, 312)
