"""The tables of records."""

from dataclasses import replace

from archcalc.analysis.profile import presets
from archcalc.analysis.profile.request import Mode, Request
from archcalc.analysis.profile.warnings import ProfileWarning
from archcalc.render.formats.plain import render
from archcalc.render.profile import profile_sheets
from tests.analysis.profile.recorded import followed, found, record_of, recorded, step


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
