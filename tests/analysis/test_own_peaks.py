"""Peaks of this machine: measured once, kept, and refused where another torch reached them."""

import json
import os
import sys
from pathlib import Path

import pytest

import archcalc
from archcalc.analysis import own_peaks
from archcalc.analysis.own_peaks import OwnPeak, cache_folder, keep, kept
from archcalc.errors import ArchError, MissingError
from tests.commands import run

PEAK = OwnPeak(device="some CPU", torch="2.6.0", tflops=0.1, gbs=20.5)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(own_peaks, "torch_release", lambda: "2.6.0")
    return tmp_path / "archcalc" / "peaks.json"


def test_what_is_kept_is_found_again_for_its_number_format() -> None:
    assert kept("fp32") is None
    keep("fp32", PEAK)
    keep("bf16", OwnPeak(device="some CPU", torch="2.6.0", tflops=0.2, gbs=20.5))
    assert kept("fp32") == PEAK
    assert kept("tf32") is None


def test_another_machine_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    keep("fp32", PEAK)
    monkeypatch.setattr("platform.node", lambda: "another")
    assert kept("fp32") is None
    monkeypatch.undo()


def test_peaks_of_another_torch_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    keep("fp32", PEAK)
    monkeypatch.setattr(own_peaks, "torch_release", lambda: "2.7.0")
    with pytest.raises(ArchError) as caught:
        archcalc.load("lenet_d2l").roofline("measured")
    assert str(caught.value) == (
        "the peaks of some CPU were measured with torch 2.6.0, and here is torch 2.7.0: "
        "add --remeasure to measure them again"
    )


@pytest.mark.parametrize("content", ["", "[]", "{", '{"x": 1}', "\x00"])
def test_a_broken_cache_is_as_good_as_none(cache: Path, content: str) -> None:
    cache.parent.mkdir()
    cache.write_text(content, encoding="utf-8")
    assert kept("fp32") is None
    keep("fp32", PEAK)
    assert kept("fp32") == PEAK


def test_an_entry_that_is_wrong_is_as_good_as_none(cache: Path) -> None:
    keep("fp32", PEAK)
    entries = json.loads(cache.read_text(encoding="utf-8"))
    cache.write_text(json.dumps({key: {"device": 1} for key in entries}), encoding="utf-8")
    assert kept("fp32") is None


def test_kept_peaks_are_taken() -> None:
    keep("fp32", PEAK)
    found = archcalc.load("lenet_d2l").roofline("measured")
    assert (found.roofs.name, found.roofs.products.tflops, found.roofs.gbs) == ("some CPU, as measured", 0.1, 20.5)
    assert archcalc.load("lenet_d2l").roofline("measured", peak_gbs=10).roofs.gbs == 10


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_CACHE_HOME": "/some"}, "/some/archcalc"),
        ("linux", {"XDG_CACHE_HOME": "relative"}, "{home}/.cache/archcalc"),
        ("linux", {"XDG_CACHE_HOME": ""}, "{home}/.cache/archcalc"),
        ("darwin", {"XDG_CACHE_HOME": "/some"}, "{home}/Library/Caches/archcalc"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/archcalc/Cache"),
    ],
)
def test_the_cache_is_where_the_system_keeps_such_things(
    platform: str, variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert str(cache_folder()) == expected.format(home=Path.home())


def test_without_torch_the_message_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(own_peaks, "version", _missing)
    with pytest.raises(MissingError) as caught:
        own_peaks.torch_release()
    assert str(caught.value) == "to measure peaks needs torch: pip install 'archcalc[torch]'"


def _missing(name: str) -> str:
    from importlib.metadata import PackageNotFoundError

    raise PackageNotFoundError(name)


@pytest.mark.slow
def test_torch_measures_this_machine(tmp_path: Path) -> None:
    variables = {"XDG_CACHE_HOME": str(tmp_path), "CUDA_VISIBLE_DEVICES": ""}
    command = ("roofline", "lenet_d2l", "--device-model", "measured", "--format", "json")
    first = run(*command, **variables)
    assert (first.returncode, first.stderr) == (0, "archcalc: measuring the device's own peaks\n")
    again = run(*command, **variables)
    assert (again.stdout, again.stderr) == (first.stdout, "")
    found = json.loads(first.stdout)
    assert found["device"]["id"] is None
    assert 0.001 < found["roofs"][0]["tflops"] < 1000
    assert 0.1 < found["gbs"] < 10_000
    assert os.listdir(tmp_path / "archcalc") == ["peaks.json"]
    refused = run(*command[:4], "--precision", "tf32", **variables)
    assert refused.stderr == "archcalc: --precision tf32 is for CUDA; this machine has cpu: try --precision fp32\n"
