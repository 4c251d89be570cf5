"""What a record says of a measurement: what follows from the network, and warnings."""

import json

import pytest

from archcalc.analysis.precision import Precision
from archcalc.analysis.profile.comparing import compare
from archcalc.analysis.profile.record import Record
from archcalc.analysis.profile.request import Mode, Request
from archcalc.render.envelope import stamped
from archcalc.render.formats import json as json_format
from archcalc.render.formats.plain import render
from archcalc.render.profile import profile_sheets
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
