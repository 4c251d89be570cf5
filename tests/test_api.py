"""The Python API: what the command line answers, as objects."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import archcalc
from archcalc.answers.answer import Answer
from archcalc.errors import ArchError
from tests.commands import run, run_here
from tests.conftest import ROOT

PAPER = archcalc.load("paper")
LENET = archcalc.load("lenet_d2l")

ANSWERS: list[tuple[Callable[[], Answer], list[str]]] = [
    (lambda: PAPER.table(), ["table", "paper"]),
    (lambda: PAPER.table(batch=3), ["table", "paper", "--batch", "3"]),
    (lambda: PAPER.table(per_device=True), ["table", "paper", "--per-device"]),
    (lambda: PAPER.table(convention="fvcore"), ["table", "paper", "--convention", "fvcore"]),
    (lambda: PAPER.table(convention="all"), ["table", "paper", "--convention", "all"]),
    (lambda: PAPER.table(columns=["layer", "params"]), ["table", "paper", "--columns", "layer,params"]),
    (lambda: PAPER.explain(), ["explain", "paper"]),
    (lambda: PAPER.explain("conv1"), ["explain", "paper", "conv1"]),
    (lambda: PAPER.explain(of="macs"), ["explain", "paper", "--of", "macs"]),
    (lambda: PAPER.solve(), ["solve", "paper"]),
    (lambda: PAPER.layer_output("conv1", (55, 55)), ["solve", "paper", "--layer", "conv1", "--output", "55"]),
    (
        lambda: LENET.sweep({"conv1.out_channels": [4, 6]}, inputs="8,28", where=["params > 61k"]),
        ["sweep", "lenet_d2l", "--vary", "conv1.out_channels=4,6", "--input", "8,28", "--where", "params > 61k"],
    ),
    (
        lambda: LENET.fit({"macs": "300k"}, keep=["conv1"], divisor=2),
        ["fit", "lenet_d2l", "--max-macs", "300k", "--keep", "conv1", "--divisor", "2"],
    ),
    (lambda: PAPER.audit(), ["audit", "paper"]),
    (lambda: PAPER.training(), ["training", "paper"]),
    (
        lambda: LENET.training(device="t4", utilisation="30%", watts=70, price=0.35),
        ["training", "lenet_d2l", "--device-model", "t4", "--utilisation", "30%", "--watts", "70", "--price", "0.35"],
    ),
    (lambda: PAPER.reconcile(), ["reconcile", "paper"]),
    (lambda: PAPER.reconcile("torchinfo", batch=2), ["reconcile", "paper", "torchinfo", "--batch", "2"]),
    (
        lambda: LENET.reconcile_memory("keras", "caffe", mode="train", batch=3),
        ["reconcile", "lenet_d2l", "keras", "caffe", "--of", "memory", "--mode", "train", "--batch", "3"],
    ),
    (lambda: PAPER.memory(), ["memory", "paper"]),
    (
        lambda: PAPER.memory("train", batch=8, dtype="bf16", optimizer="adam", in_place=True),
        [
            *["memory", "paper", "--mode", "train", "--batch", "8"],
            *["--dtype", "bf16", "--optimizer", "adam", "--in-place"],
        ],
    ),
    (lambda: LENET.memory("train", fits="1GiB"), ["memory", "lenet_d2l", "--mode", "train", "--fits", "1GiB"]),
    (
        lambda: LENET.memory_plan(2, dtype="int8", in_place=False, order="best"),
        ["memory", "lenet_d2l", "--plan", "--batch", "2", "--dtype", "int8", "--out-of-place", "--order", "best"],
    ),
    (
        lambda: LENET.memory("train", batch=7, device="t4"),
        ["memory", "lenet_d2l", "--mode", "train", "--batch", "7", "--device-model", "t4"],
    ),
    (lambda: PAPER.memory_per_device(fits="1GiB"), ["memory", "paper", "--per-device", "--fits", "1GiB"]),
    (
        lambda: PAPER.predict(2, device_model="reports/calibrations/amd-epyc-2-cores-cpu.json"),
        ["predict", "paper", "--batch", "2", "--device-model", "reports/calibrations/amd-epyc-2-cores-cpu.json"],
    ),
    (lambda: PAPER.memory_as("caffe", batch=2), ["memory", "paper", "--convention", "caffe", "--batch", "2"]),
    (lambda: PAPER.measured("724.41M"), ["reconcile", "paper", "--measured", "724.41M"]),
    (lambda: LENET.check(), ["check", "lenet_d2l"]),
    (lambda: archcalc.check("lenet_d2l", PAPER), ["check", "lenet_d2l", "paper"]),
    (lambda: archcalc.compare("paper", "torchvision"), ["compare", "paper", "torchvision"]),
    (lambda: archcalc.audit("paper", "d2l"), ["audit", "paper", "d2l"]),
    (lambda: archcalc.identify("0.77G"), ["identify", "0.77G"]),
    (lambda: archcalc.catalogue(), ["list"]),
    (lambda: archcalc.validate("paper", "d2l"), ["validate", "paper", "d2l"]),
    (
        lambda: archcalc.validate("paper", budget={"params": "61M", "ms": {"max": 9, "device": "t4"}}),
        ["validate", "paper", "--max-params", "61M", "--max-ms", "9", "--device-model", "t4"],
    ),
    (lambda: archcalc.conventions(), ["conventions"]),
    (lambda: archcalc.conventions("thop"), ["conventions", "thop"]),
    (lambda: archcalc.ops(), ["ops"]),
    (lambda: archcalc.ops("conv2d"), ["ops", "conv2d"]),
]


@pytest.mark.parametrize(("ask", "command"), ANSWERS, ids=lambda one: " ".join(one) if isinstance(one, list) else "")
def test_python_answers_what_the_command_line_answers(ask: Callable[[], Answer], command: list[str]) -> None:
    answer = ask()
    done = run_here(*command, "--format", "json", cwd=ROOT)
    assert answer.to_dict() == json.loads(done.stdout)
    assert f"{answer}\n" == run_here(*command, "--format", "plain", cwd=ROOT).stdout
    frame = answer.to_frame()
    assert len(frame)
    assert answer._repr_html_().count("<table") >= 1
    for name, column in frame.items():
        assert str(column.dtype) in ("Int64", "Float64", "string", "boolean", "object", "str"), name
        assert not any(isinstance(value, list | tuple | dict) for value in column), name


def test_a_frame_of_a_table_has_plain_columns() -> None:
    frame = PAPER.table().to_frame().set_index("name")
    assert frame.loc["conv1", ["in_channels", "in_height", "in_width"]].tolist() == [3, 224, 224]
    assert frame.loc["conv1", ["out_channels", "out_height", "out_width"]].tolist() == [96, 55, 55]
    assert frame.loc["conv1", ["kernel_height", "stride_width", "padding_bottom", "groups"]].tolist() == [11, 4, 3, 1]
    assert frame.loc["fc6", ["in_features", "out_features"]].tolist() == [9216, 4096]
    assert frame.loc["fc6", ["in_channels", "kernel_height", "groups"]].isna().all()
    assert {str(frame[name].dtype) for name in ("groups", "params", "macs", "in_features", "kernel_height")} == {
        "Int64"
    }
    assert int(frame["params"].sum()) == PAPER.table().totals.params
    assert "total" not in frame.index


def test_what_is_missing_everywhere_is_no_number_of_another_kind() -> None:
    frame = LENET.table().to_frame()
    assert frame["devices"].isna().all()
    assert frame["groups"].dtype == pd.Int64Dtype()


def test_costs_stand_in_the_frame() -> None:
    table = PAPER.table(convention="torchinfo")
    assert table.priced is not None
    assert int(table.to_frame()["cost"].sum()) == table.priced.total.cost


TEXT = """archcalc: 1
name: net
params: {width: 8}
input: [3, 8, 8]
layers:
  - {name: conv, op: conv2d, out_channels: $width, kernel_size: 3}
"""


def test_a_text_and_a_dict_are_read_as_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "net.yaml").write_text(TEXT)
    of_file = archcalc.load(tmp_path / "net.yaml")
    of_text = archcalc.load(TEXT)
    layers = [{"name": "conv", "op": "conv2d", "out_channels": 8, "kernel_size": 3}]
    of_dict = archcalc.load({"archcalc": 1, "name": "net", "input": [3, 8, 8], "layers": layers})
    assert of_file.table().rows == of_text.table().rows == of_dict.table().rows


def test_another_network_of_the_same_spec() -> None:
    network = archcalc.load(TEXT, width=4)
    wider = network.with_(width=16)
    assert [one.table().totals.params for one in (network, wider)] == [4 * 27 + 4, 16 * 27 + 16]
    larger = wider.with_(input_shape=(3, 10, 10))
    assert (larger.graph.output_shape, larger.table().totals.params) == ((16, 8, 8), 16 * 27 + 16)
    with pytest.raises(ArchError, match="net has no param 'depth' to set"):
        network.with_(depth=2)
    with pytest.raises(ArchError, match="was not read from a spec"):
        archcalc.Network(network.spec).with_(width=2)


def test_faults_of_a_text_have_their_place() -> None:
    with pytest.raises(ArchError, match=r"<text>:6:22: layer conv: unknown op 'conv2'"):
        archcalc.load(TEXT.replace("conv2d", "conv2"))


def test_a_checkpoint_is_identified(tmp_path: Path) -> None:
    import torch

    path = tmp_path / "lenet.pth"
    torch.save(LENET.module().state_dict(), path)
    found = archcalc.identify(path)
    assert found.to_dict() == json.loads(run_here("identify", str(path), "--format", "json").stdout)
    assert LENET.check_weights(path).to_dict() == json.loads(
        run_here("check", "lenet_d2l", "--weights", str(path), "--format", "json").stdout
    )
    assert len(found.to_frame())
    assert not LENET.check_weights(path).differences


def test_a_model_of_somebodys_own_is_held_against_it(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(LENET.export())
    found = LENET.check_against(f"{path}:LenetD2l")
    assert found.differences == []
    assert len(found.to_frame()) == len(found.found.layers)


def test_export_is_what_show_and_export_print() -> None:
    assert LENET.export() == run("export", "lenet_d2l").stdout
    assert LENET.export("yaml") == run("show", "lenet_d2l").stdout
    assert LENET.export("json") == run("show", "lenet_d2l", "--format", "json").stdout


SCRIPT = """
import archcalc
from archcalc import Network

network: Network = archcalc.load("paper")
table = network.table(batch=2, convention="fvcore")
params: int = table.totals.params
rows: list[tuple[int, ...]] = [row.output_shape for row in table.rows]
explained = network.explain("conv1", of="macs")
name: str = explained.layers[0].node.name
smallest: tuple[int, int] | None = network.solve().smallest
size: tuple[int, int] = network.layer_output("conv1", (55, 55)).output
surprises: bool = network.audit().has_surprises
cost: int = network.reconcile("torchinfo").found.rungs[0].cost
printed: str = network.measured("724.41M").printed
differs: bool = archcalc.compare(network, "torchvision", only="params").differ
quoted: bool = archcalc.identify("0.77G").has_match
files: list[str] = [spec.file for spec in archcalc.catalogue().specs]
faults: int = sum(len(spec.faults) for spec in archcalc.validate("paper").specs)
words: list[str] = [one.word for one in archcalc.conventions().conventions]
op: str | None = archcalc.ops("conv2d").op
source: str = network.export("pytorch")
agree: list[str] = network.check().differences
smaller: Network = network.with_(num_classes=10, input_shape=(3, 227, 227))
data: dict[str, object] = table.to_dict()
"""


def test_a_script_that_uses_all_of_it_is_typed_and_runs(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"), str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    scope: dict[str, Any] = {}
    exec(SCRIPT, scope)
    assert scope["cost"] == PAPER.table().totals.macs
    assert scope["agree"] == []


def test_mypy_sees_what_is_wrong_in_a_script(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text('import archcalc\n\nparams: str = archcalc.load("paper").table().totals.params\n')
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"), str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Incompatible types in assignment" in done.stdout


@pytest.mark.slow
def test_a_network_is_profiled_as_the_command_does_it() -> None:
    network = archcalc.load("lenet_d2l", num_classes=7)
    found = network.profile("cpu", batch=2, mode="both", threads=1, layers="alone", min_run_time=0.05)
    assert (found.spec.name, found.batch.used, found.environment.device) == ("lenet_d2l", 2, "cpu")
    assert found.request.settings == {"num_classes": 7}
    assert found.spec.params == network.table().totals.params
    assert found.layers is not None
    assert [one.name for one in found.layers.layers] == [row.name for row in network.table().rows]
    frame = found.to_frame()
    assert list(frame["mode"]) == ["infer", "train"]
    for row, part in zip(frame.to_dict("records"), (found.infer, found.train), strict=True):
        assert part is not None
        assert row["images_per_second"] == pytest.approx(2 / (row["step_ms"] / 1000))
    assert found.to_dict()["infer"]["images_per_second"] == frame["images_per_second"][0]
    assert "lenet_d2l" in str(found)
    assert "<table" in found._repr_html_()


@pytest.mark.slow
def test_a_network_is_profiled_by_a_preset() -> None:
    network = archcalc.load("lenet_d2l")
    found = network.profile("cpu", preset="convnet-benchmarks", batch=2)
    assert (found.request.preset, found.request.mode, found.batch.used) == ("convnet-benchmarks", "both", 2)
    assert found.published
    assert list(found.to_frame()["mode"]) == ["infer", "train"]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"precision": "fp31"}, "precision must be fp32, tf32, "),
        ({"mode": "testing"}, "mode must be infer, train or both, got text 'testing'"),
        ({"mode": ""}, "mode must be infer, train or both, got empty text"),
        ({"layers": ""}, "layers must be alone or profiler, got empty text"),
        ({"compile": "fast"}, "compile must be default, "),
        ({"calls": 5}, "--calls must be at least 100 for a 99th percentile, got 5"),
        ({"min_run_time": 0.0}, "--min-run-time must be more than 0 seconds, got 0.0"),
        ({"preset": "tf"}, "there is no preset 'tf'"),
        ({"preset": "tf-benchmark", "calls": 100}, "--preset tf-benchmark sets what is measured: leave out calls"),
        ({"batch": 0}, "--batch must be at least 1, got 0"),
        ({"device": "tpu"}, "tpu"),
    ],
)
def test_what_cannot_be_measured_is_refused(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ArchError, match=re.escape(message)):
        archcalc.load("lenet_d2l").profile(**{"device": "cpu", **asked})


def test_the_api_is_what_is_listed_and_is_loaded_when_asked_for() -> None:
    assert set(archcalc.__all__) <= set(dir(archcalc))
    for name in archcalc.__all__:
        assert getattr(archcalc, name).__module__.startswith("archcalc.")
    with pytest.raises(AttributeError, match="has no attribute 'measure'"):
        _ = archcalc.measure
    loaded = "import sys, archcalc; print(*[name for name in sys.modules if name.startswith('archcalc')])"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == "archcalc\n"
