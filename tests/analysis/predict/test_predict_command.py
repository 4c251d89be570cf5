"""archcalc predict, and which calibrations it takes."""

import json
import os
import platform
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import archcalc
from archcalc.analysis.predict import calibration as place
from archcalc.analysis.predict.calibration import Calibration, find, if_kept, keep, kept_at, write
from archcalc.analysis.predict.prediction import predict
from archcalc.answers.predict import Calibrated
from archcalc.errors import ArchError, MissingError
from tests.analysis.predict.made_up import calibration, twice_as_long_at_places
from tests.commands import run
from tests.goldens import same_as_golden
from tests.pages import sections


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(place, "torch_release", lambda: "2.9.0")


def here(**other: object) -> Calibration:
    """The calibration of a made-up CPU, as if it were this machine's."""
    machine = replace(calibration().machine, node=platform.node(), cores=os.cpu_count())
    return replace(calibration(), machine=replace(machine, **other))


def test_a_machine_that_is_not_calibrated() -> None:
    result = run("predict", "lenet_d2l", XDG_CACHE_HOME="/nowhere")
    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr == (
        "archcalc: this machine is not calibrated yet: run archcalc calibrate, which takes some minutes\n"
    )


def test_what_is_kept_is_taken() -> None:
    keep(here())
    assert find() == here() == if_kept("cpu")
    assert if_kept("cuda:0") is None


def test_a_gpu_comes_first() -> None:
    keep(here())
    keep(here(device="cuda"))
    assert find().machine.device == "cuda"
    assert if_kept("cuda:1") == here(device="cuda")


def test_another_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = here(node="another")
    keep(kept)
    with pytest.raises(ArchError) as caught:
        find()
    assert str(caught.value) == (
        f"the calibration is of another, a made-up CPU (cpu, 8 threads, torch 2.9.0), and this is {platform.node()} "
        f"with {os.cpu_count()} cores: run archcalc calibrate again"
    )
    assert if_kept("cpu") is None


def test_another_torch_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    keep(here())
    monkeypatch.setattr(place, "torch_release", lambda: "3.0.0")
    with pytest.raises(ArchError) as caught:
        find()
    assert str(caught.value) == (
        "the calibration was made with torch 2.9.0, and here is torch 3.0.0: run archcalc calibrate again"
    )


def test_no_torch_is_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    keep(here())

    def missing() -> str:
        raise MissingError("no torch")

    monkeypatch.setattr(place, "torch_release", missing)
    assert find() == here()


def test_a_file_is_taken_for_the_machine_that_it_is_of(tmp_path: Path) -> None:
    file = tmp_path / "board.json"
    write(calibration(), file)
    assert find(str(file)).machine.node == "bench"


UNREADABLE = (
    "{} cannot be read: No such file or directory; write local for this machine, or name a file that archcalc "
    "calibrate --save wrote; for a device by its data sheet there is archcalc roofline"
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            None,
            "{} cannot be read: No such file or directory; write local for this machine, or name a file that archcalc "
            "calibrate --save wrote; for a device by its data sheet there is archcalc roofline",
        ),
        ("conv1", "{} is not JSON: a calibration is what archcalc calibrate --save writes"),
        ("[" * 100_000, "{} is not JSON: a calibration is what archcalc calibrate --save writes"),
        ("[]", "{} is not a calibration: archcalc calibrate --save writes them"),
        ('{"layers": []}', "{} is not a calibration: archcalc calibrate --save writes them"),
        (
            '{"schema": 1, "terms": 5, "rates": {}, "held_out": []}',
            "{} is a calibration of another version of archcalc: run archcalc calibrate again",
        ),
    ],
)
def test_a_file_that_is_none(content: str | None, message: str, tmp_path: Path) -> None:
    file = tmp_path / "board.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    result = run("predict", "lenet_d2l", "--device-model", str(file))
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"archcalc: {message.format(file)}\n"


def test_a_file_that_lacks_something(tmp_path: Path) -> None:
    file = tmp_path / "board.json"
    data = calibration().to_json()
    del data["machine"]["cores"]
    file.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(ArchError, match=r"board.json machine\.cores is missing"):
        find(str(file))


def test_the_table(tmp_path: Path, update_golden: bool) -> None:
    file = tmp_path / "board.json"
    write(calibration(), file)
    result = run("predict", "lenet_d2l", "--batch", "2", "--device-model", str(file))
    assert result.stderr == ""
    same_as_golden("predict_lenet_d2l.txt", result.stdout, update_golden)


def test_json_is_the_same_in_python(tmp_path: Path) -> None:
    file = tmp_path / "board.json"
    write(calibration(), file)
    result = run("predict", "lenet_d2l", "--device-model", str(file), "--format", "json")
    answer = archcalc.load("lenet_d2l").predict(device_model=str(file))
    assert json.loads(result.stdout) == json.loads(json.dumps(answer.to_dict()))
    layers = answer.to_dict()["layers"]
    assert sum(layer["ms"] for layer in layers) == pytest.approx(answer.to_dict()["ms"])
    assert [*answer.records()] == layers
    assert answer.least <= answer.seconds <= answer.most
    assert str(kept_at("cpu")).endswith("-cpu.json")


def test_layers_unlike_what_was_measured_are_named(tmp_path: Path) -> None:
    file = tmp_path / "board.json"
    rates = {name: one for name, one in calibration().rates.items() if name.partition(",")[0] != "sigmoid"}
    write(replace(calibration(), rates=rates), file)
    result = run("predict", "lenet_d2l", "--device-model", str(file))
    assert "of layers unlike those that were measured: conv1.sigmoid, conv2.sigmoid, fc1.sigmoid" in result.stdout
    assert "fc2.sigmoid (no layer of its sort)" in result.stdout
    assert "conv1.sigmoid  activation" in result.stdout


def test_the_answer_of_calibrate(update_golden: bool) -> None:
    found = calibration(twice_as_long_at_places)
    busy = replace(found, waited=0.25, machine=replace(found.machine, keeps_memory=True))
    same_as_golden("calibration.txt", f"{Calibrated(busy)}\n", update_golden)


def test_the_keys_of_a_calibration_are_documented() -> None:
    answer = Calibrated(calibration()).to_dict()
    keys = {*answer, *answer["machine"], *answer["held_out"][0]} - {"archcalc", "schema"}
    page = sections("json.md")
    assert [key for key in sorted(keys) if f"`{key}`" not in page["calibrate"] + page["predict"]] == []


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    """What is said of a calibration in which something was changed."""
    data = json.loads(json.dumps(calibration().to_json()))
    change(data)
    with pytest.raises(ArchError) as caught:
        Calibration.from_json(data)
    return str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data["rates"]["relu"].update(seconds=[1e-9]), "rates.relu must have 7 numbers each"),
        (lambda data: data["rates"]["relu"].update(least=[0] * 6), "rates.relu must have 7 numbers each"),
        (
            lambda data: data["rates"]["relu"].update(seconds=[-1e-9, 0, 0, 0, 0, 0, 0]),
            "rates.relu.seconds must be numbers from 0 to 1",
        ),
        (
            lambda data: data["rates"]["relu"].update(seconds=[1e308, 0, 0, 0, 0, 0, 0]),
            "rates.relu.seconds must be numbers from 0 to 1",
        ),
        (
            lambda data: data["held_out"][0].update(measured_ms=0.0),
            "held_out.measured_ms must be numbers over 0, and predicted_ms from 0 on",
        ),
        (lambda data: data.update(held_out=[]), "has no rates, or nothing that was held out"),
        (lambda data: data.update(rates={}), "has no rates, or nothing that was held out"),
        (
            lambda data: data["machine"].update(name="\x1b[31mred"),
            "machine must be text without control characters",
        ),
    ],
)
def test_numbers_that_no_machine_has(change: Callable[[dict[str, Any]], object], message: str) -> None:
    assert changed(change) == message


def test_standard_input_is_not_read() -> None:
    result = run("predict", "lenet_d2l", "--device-model", "-")
    assert result.returncode == 2
    assert result.stderr == "archcalc: a calibration is not read from standard input: name its file\n"


def test_a_device_is_not_read() -> None:
    result = run("predict", "lenet_d2l", "--device-model", "/dev/zero")
    assert result.returncode == 2
    assert result.stderr == "archcalc: /dev/zero is not a calibration, as archcalc calibrate --save writes them\n"


def test_a_calibration_that_does_not_hold_hides_none_that_does() -> None:
    keep(here(device="cuda", torch="2.0.0"))
    keep(here())
    assert find() == here()


def test_a_broken_one_that_is_kept() -> None:
    keep(here())
    kept_at("cpu").write_text("{", encoding="utf-8")
    with pytest.raises(
        ArchError, match=r"^the calibration that is kept is broken \(.*\): run archcalc calibrate again$"
    ):
        find()
    assert if_kept("cpu") is None


def test_the_interval_is_of_what_is_measured() -> None:
    """What is off by as much as nine of ten were, either way, lies at one of its ends."""
    found = calibration(twice_as_long_at_places)
    answer = predict(archcalc.load("zfnet").graph, found, 1)
    assert 0 < answer.within == found.within_about(answer.seconds) < 1
    assert answer.seconds / answer.least - 1 == pytest.approx(answer.within)  # predicted too long
    assert answer.seconds / answer.most - 1 == pytest.approx(-answer.within)  # predicted too short


def test_a_guess_has_no_interval(tmp_path: Path) -> None:
    file = tmp_path / "board.json"
    rates = {name: one for name, one in calibration().rates.items() if not name.startswith("linear")}
    write(replace(calibration(), rates=rates), file)
    result = run("predict", "torchvision", "--device-model", str(file))
    assert "images/s; how far that may be off is not known, since more than 10% of it is a guess" in result.stdout
    answer = archcalc.load("torchvision").predict(device_model=str(file)).to_dict()
    assert (answer["least_ms"], answer["most_ms"]) == (None, None)
