"""What may be asked for, and where the records go."""

import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from archcalc.analysis.precision import Precision
from archcalc.analysis.profile.request import Layers, Mode, Request, expect_numbers, expect_on_device
from archcalc.cli.options import Writing
from archcalc.cli.profile import records
from archcalc.cli.profile.answering import is_of_records
from archcalc.errors import ArchError
from archcalc.render.formats import Name
from tests.analysis.profile.recorded import recorded


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


def check(request: Request) -> None:
    expect_numbers(request, request.batch)
    expect_on_device(request)


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


@pytest.mark.parametrize(
    ("form", "output", "expected"),
    [
        (None, None, False),
        (None, "r.json", True),
        (None, "r.md", False),
        ("json", None, False),
        ("json", "r.txt", True),
        ("csv", "r.csv", False),
    ],
)
def test_a_record_is_kept_unless_it_is_the_answer(form: Name | None, output: str | None, expected: bool) -> None:
    assert is_of_records(Writing(form, Path(output) if output else None)) is expected
