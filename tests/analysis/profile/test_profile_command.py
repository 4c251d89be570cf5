"""archcalc profile at the command line."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from archcalc.cli.app import _with_values
from archcalc.cli.options import Writing
from archcalc.cli.output import write_answer
from archcalc.render.profile import answer
from tests.analysis.profile.recorded import recorded
from tests.analysis.profile.tiny import SHORT, TINY
from tests.commands import clean_environment, on_terminal, run_here
from tests.commands import run as cli
from tests.conftest import ROOT


def test_compile_may_go_without_a_value() -> None:
    assert _with_values(["profile", "paper", "--compile"]) == ["profile", "paper", "--compile=default"]
    assert _with_values(["profile", "--compile", "paper"]) == ["profile", "--compile=default", "paper"]
    written = ["profile", "--compile", "max-autotune", "paper"]
    assert _with_values(written) == written
    assert _with_values(["table", "--compile"]) == ["table", "--compile"]


def test_profile_at_the_command_line(tiny: Path, tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    arguments = ("--mode", "both", "--detail", "--layers", "--output", str(path))
    done = cli("profile", "-", *SHORT, *arguments, cwd=tmp_path, stdin=TINY)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    made = json.loads(path.read_text(encoding="utf-8"))
    assert (made["kind"], made["spec"]["name"], made["asked"]["spec"]) == ("profile", "tiny", "-")
    assert {"infer", "train", "layers", "residual_ms"} < set(made)
    assert made["environment"]["threads"] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["record.json", "tiny.yaml"]
    done = run_here("profile", "--compare", str(path), str(path), cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.count("no difference beyond the spread") == 2 + 3 + 5  # modes, parts, layers


@pytest.mark.slow
def test_the_lines_of_tensorflow_at_the_command_line(tiny: Path, tmp_path: Path) -> None:
    done = cli("profile", str(tiny), "--preset", "tf-benchmark", "--format", "tf", *SHORT[:6], cwd=tmp_path)
    assert done.returncode == 0
    forward, both = done.stdout.splitlines()
    assert forward.startswith("Forward across 100 steps, 0.")
    assert both.startswith("Forward-backward across 100 steps, 0.")
    (path,) = (tmp_path / "reports" / "profiles").iterdir()
    assert done.stderr == f"archcalc: recorded in reports/profiles/{path.name}\n"


@pytest.mark.slow
def test_what_was_measured_is_kept_when_broken_off(tiny: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "archcalc", "profile", str(tiny), "lenet_d2l", *SHORT, "--min-run-time", "0.1"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(ARCHCALC_SPECS=str(ROOT / "specs")),
        start_new_session=True,
    )
    assert process.stderr is not None
    assert process.stderr.readline().startswith("archcalc: recorded in ")
    os.killpg(process.pid, signal.SIGINT)
    shown, said = process.communicate()
    assert (process.returncode, said) == (130, "archcalc: stopped: 1 of 2 measured\n")
    assert "\ntiny " in shown
    assert "lenet" not in shown
    (path,) = (tmp_path / "reports" / "profiles").iterdir()
    assert json.loads(path.read_text(encoding="utf-8"))["spec"]["name"] == "tiny"


@pytest.mark.slow
def test_a_terminal_sees_what_is_being_measured(tiny: Path, tmp_path: Path) -> None:
    arguments = ("profile", str(tiny), *SHORT, "--output", str(tmp_path / "r.json"))
    text, code = on_terminal(40, *arguments)
    assert code == 0
    lines = [line.rstrip() for line in text.split("\r")]
    assert lines[1] == "1/1 tiny: the device's own peaks"
    assert max(map(len, text.split("\r"))) == 39
    assert lines[-1] == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["lenet_d2l", "--batch", "0"], "--batch must be at least 1, got 0"),
        (["lenet_d2l", "--device", "cpu:5"], "--device: 'cpu:5' is not a device; write auto, cpu, cuda, cuda:1 or mps"),
        (["lenet_d2l", "--device", "gpu"], "--device: 'gpu' is not a device; write auto, cpu, cuda, cuda:1 or mps"),
        (["lenet_d2l", "--preset", "tf"], "there is no preset 'tf' (there are convnet-benchmarks, tf-benchmark, "),
        (["lenet_d2l", "--compile=fast"], "Invalid value for '--compile': 'fast' is not one of 'default'"),
        *(
            (["lenet_d2l", "--preset", "tf-benchmark", *given], f"sets what is measured: leave out {given[0]}")
            for given in (["--mode", "infer"], ["--calls", "200"], ["--detail"], ["--layers"], ["--compile"])
        ),
        (["lenet_d2l", "-o", "no/r.json"], "--output: no/r.json cannot be written: there is no folder no"),
        (["lenet_d2l", "-o", "r.xyz"], "--output: .xyz is not the ending of a format"),
        (["nope"], "there is no spec 'nope'"),
        (["--compare", "specs/zfnet.yaml", "no.json"], "--compare: specs/zfnet.yaml is not JSON"),
        (["paper", "--compare", "no.json", "no.json"], "--compare measures nothing: leave out the networks"),
        (["--compare", "no.json", "no.json"], "--compare: no.json cannot be read: no such file or directory"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_are_said_before_anything_is_measured(arguments: list[str], message: str) -> None:
    done = run_here("profile", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
@pytest.mark.slow
def test_a_network_that_cannot_be_measured_keeps_no_other_from_it(tiny: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.yaml"
    empty.write_text("archcalc: 1\nname: empty\ninput: [6, 9, 9]\nlayers:\n  - {name: act, op: relu}\n")
    path = tmp_path / "records.json"
    done = run_here("profile", str(empty), str(tiny), *SHORT, "--mode", "train", "--output", str(path), cwd=tmp_path)
    assert done.returncode == 2
    assert "empty has no parameters to train" in done.stderr
    assert json.loads(path.read_text())["spec"]["name"] == "tiny"


def test_files_of_several_records_are_compared_network_by_network(tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    lenet = recorded()
    write_answer(answer([replace(lenet, spec=replace(lenet.spec, name="tiny")), lenet]), Writing("json", one))
    made = json.loads(one.read_text(encoding="utf-8"))
    other.write_text(json.dumps(made["results"][1]), encoding="utf-8")
    done = run_here("profile", "--compare", "one.json", "one.json", "--format", "json", cwd=tmp_path)
    assert [result["after"]["spec"] for result in json.loads(done.stdout)["results"]] == ["tiny", "lenet_d2l"]
    done = run_here("profile", "--compare", "one.json", "other.json", cwd=tmp_path)
    assert done.stdout.startswith("lenet_d2l, one.json (before) and lenet_d2l, other.json (after)\n")
    assert done.stderr == "archcalc: only in one.json: tiny\n"
    done = run_here("profile", "--compare", "one.json", "other.json", "-o", "other.json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--output: other.json is a file that the answer was made from: name another" in done.stderr
    another = made["results"][0]
    another["spec"]["name"] = "another"
    other.write_text(json.dumps(another), encoding="utf-8")
    done = run_here("profile", "--compare", "one.json", "other.json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--compare: the two files have no measurement in common" in done.stderr


def test_a_record_that_is_not_whole_is_not_compared(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"kind": "profile"}')
    done = run_here("profile", "--compare", "bad.json", "bad.json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr == "archcalc: --compare: bad.json is not a whole record of archcalc profile: created is missing\n"
    )


def test_a_missing_gpu_ends_with_3() -> None:
    done = run_here("profile", "lenet_d2l", "--device", "cuda")
    assert (done.returncode, done.stdout) == (3, "")
    assert "--device cpu works" in done.stderr


def test_missing_torch_ends_with_3(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError(\"No module named 'torch'\")\n")
    done = cli("profile", "lenet_d2l", PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")
    assert (done.returncode, done.stdout) == (3, "")
    assert "archcalc: profile needs torch (No module named 'torch'): pip install 'archcalc[torch]'" in done.stderr
