"""How profile measures: on a clock and devices that are not real, and shortly on the CPU. No test asserts a time."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from archcalc.analysis.profile import record
from archcalc.analysis.profile.config import Config, Mode, Precision
from archcalc.analysis.profile.presets import PRESETS
from archcalc.analysis.profile.statistics import LEAST_BLOCKS
from archcalc.cli import measuring
from archcalc.cli.app import _with_values
from archcalc.errors import ArchError, MissingError
from archcalc.graph import Graph, link
from archcalc.pytorch.profile import device, memory, run, timing
from archcalc.pytorch.profile.steps import loss
from archcalc.spec.catalogue import Catalogue
from tests.conftest import ROOT
from tests.test_cli import clean_environment, on_terminal
from tests.test_cli import run as cli

TINY = """archcalc: 1
name: tiny
input: [3, 16, 16]
layers:
  - {name: conv1, op: conv2d, out_channels: 4, kernel_size: 3, activation: relu}
  - {name: flatten, op: flatten}
  - {name: drop, op: dropout, p: 0.5}
  - {name: fc, op: linear, out_features: 10}
"""
SHORT = ("--device", "cpu", "--threads", "1", "--batch", "2", "--min-run-time", "0.01")


@pytest.fixture(autouse=True)
def _torch_as_it_was() -> Iterator[None]:
    """Threads are of the process: what a run sets, other tests would have too."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(TINY, encoding="utf-8")
    return path


@pytest.fixture
def graph(tiny: Path) -> Graph:
    return link(Catalogue().load(str(tiny), {}, None))


@pytest.fixture
def _quick_peaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "measure_peaks", lambda *_: {"tflops": 0.1, "gbs": 10.0})


def asked(**changed: Any) -> Config:
    short = Config("tiny", batch=2, threads=1, min_run_time=0.01, warm_up_seconds=0.0)
    return short._replace(**changed)


class FakeClock:
    """A clock that goes on only when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_throughput_on_a_clock_that_is_known() -> None:
    clock = FakeClock()
    found, per_block = timing.throughput(lambda: clock.sleep(0.25), clock, 1, 4.0)
    assert (found.median, found.iqr) == (0.25, 0.0)
    assert found.n * per_block * 0.25 >= 4.0


def test_a_slow_step_is_measured_often_enough_for_quartiles() -> None:
    clock = FakeClock()
    found, per_block = timing.throughput(lambda: clock.sleep(100.0), clock, 1, 1.0)
    assert per_block == 1
    assert found.n >= LEAST_BLOCKS


def test_single_calls_and_parts_on_a_clock_that_is_known() -> None:
    clock = FakeClock()
    durations = iter([1.0, 2.0, 4.0])
    assert timing.latencies(lambda: clock.sleep(next(durations)), clock, 3) == [1.0, 2.0, 4.0]
    done = []
    steps = [("one", lambda: (done.append(1), clock.sleep(1.0))), ("two", lambda: (done.append(2), clock.sleep(3.0)))]
    found = timing.parts(steps, clock, 2)
    assert done == [1, 2, 1, 2]
    assert {name: series.median for name, series in found.items()} == {"one": 1.0, "two": 3.0}


def test_warming_up_takes_as_many_steps_as_asked() -> None:
    done: list[int] = []
    assert timing.warm_up(lambda: done.append(1), FakeClock(), asked(warm_up_steps=12)) == len(done) == 12


def test_the_clock_waits_for_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[str] = []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda of: waited.append(str(of)))
    monkeypatch.setattr(torch.mps, "synchronize", lambda: waited.append("mps"))
    for name in ("cuda:1", "mps", "cpu"):
        device.Clock(torch.device(name))()
    assert waited == ["cuda:1", "mps"]


def _only_up_to(batch: int, error: Exception) -> Any:
    def at(_: Graph, __: Config, ___: torch.device, tried: int, *____: object) -> dict[str, Any]:
        if tried > batch:
            raise error
        return {}

    return at


SHORTAGES = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("MPS backend out of memory (MPS allocated: 17.99 GB, other allocations: 80.00 MB)"),
    RuntimeError("[enforce fail at alloc_cpu.cpp:127] DefaultCPUAllocator: can't allocate memory: you tried 9 bytes."),
    MemoryError(),
]


@pytest.mark.usefixtures("_quick_peaks")
@pytest.mark.parametrize("error", SHORTAGES, ids=lambda error: str(error)[:24])
def test_a_device_out_of_memory_gets_a_smaller_batch(
    graph: Graph, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    held: list[object] = []
    monkeypatch.setattr(run, "_at", _only_up_to(16, error))
    monkeypatch.setattr(memory, "free", lambda _: held.append(sys.exception()))
    assert run.measure(graph, asked(batch=64), told.append)["batch"] == 16
    assert [words.partition(" (")[0] for words in told[1:]] == [
        f"out of memory at batch {batch}" for batch in (64, 48, 32, 24)
    ]
    assert held == [None] * 4  # no traceback holds tensors while memory is given back


@pytest.mark.usefixtures("_quick_peaks")
def test_one_example_that_does_not_fit_is_the_end(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_at", _only_up_to(0, torch.OutOfMemoryError("CUDA out of memory")))
    with pytest.raises(ArchError, match=r"^tiny: cpu has not memory enough for one example$"):
        run.measure(graph, asked(), lambda _: None)


@pytest.mark.usefixtures("_quick_peaks")
def test_every_other_error_keeps_its_own_message(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    monkeypatch.setattr(run, "_at", _only_up_to(0, RuntimeError("shape mismatch, out of memory of nothing")))
    with pytest.raises(RuntimeError, match="shape mismatch"):
        run.measure(graph, asked(batch=64), tried.append)
    assert tried == ["the device's own peaks"]


@pytest.mark.usefixtures("_quick_peaks")
def test_what_a_device_cannot_compute_is_said(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    error = RuntimeError("\"slow_conv2d_cpu\" not implemented for 'Half'\nmore")
    monkeypatch.setattr(run, "_at", _only_up_to(0, error))
    with pytest.raises(ArchError) as refused:
        run.measure(graph, asked(precision=Precision.FP16), lambda _: None)
    assert str(refused.value) == (
        "cpu cannot compute in fp16 (\"slow_conv2d_cpu\" not implemented for 'Half'); try --precision fp32"
    )


ARCHS = ["sm_75", "sm_80", "sm_90", "compute_90"]


def _cuda(monkeypatch: pytest.MonkeyPatch, **given: Any) -> None:
    """A torch that sees CUDA devices, as many and of such a kind as given."""
    monkeypatch.setattr(torch.version, "cuda", given.get("built", "13.0"))
    monkeypatch.setattr(torch.version, "hip", None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: given.get("count", 0) > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: given.get("count", 0))
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: given.get("capability", (9, 0)))
    monkeypatch.setattr(torch.cuda, "get_arch_list", lambda: given.get("archs", ARCHS))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "Tesla P100-PCIE-16GB")
    monkeypatch.setattr(torch, "__version__", "2.9.0+cu130")


MISSING = [
    (
        {"built": None},
        "cuda",
        "torch 2.9.0+cu130 is built without CUDA; --device cpu works (pytorch.org says how to install it)",
    ),
    (
        {},
        "cuda",
        "torch 2.9.0+cu130, built for CUDA 13.0, sees no CUDA device here: is there a GPU, and its driver? "
        "--device cpu works",
    ),
    ({"count": 1}, "cuda:1", "there is no cuda:1: torch sees cuda:0"),
    (
        {"count": 1, "capability": (6, 0)},
        "cuda",
        "Tesla P100-PCIE-16GB has compute capability 6.0; torch 2.9.0+cu130 is built for sm_75, sm_80, sm_90: "
        "it needs an older torch; --device cpu works",
    ),
    (
        {"count": 1, "capability": (12, 0), "archs": ["sm_80", "sm_90"]},
        "cuda",
        "Tesla P100-PCIE-16GB has compute capability 12.0; torch 2.9.0+cu130 is built for sm_80, sm_90: "
        "it needs a newer torch; --device cpu works",
    ),
]


@pytest.mark.parametrize(("given", "name", "message"), MISSING, ids=["wheel", "driver", "index", "old", "new"])
def test_a_device_that_is_not_there(
    given: dict[str, Any], name: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _cuda(monkeypatch, **given)
    with pytest.raises(MissingError) as missing:
        device.resolve(name)
    assert str(missing.value) == message


def test_auto_takes_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    _cuda(monkeypatch, count=2)
    assert [str(device.resolve(name)) for name in ("auto", "cuda", "cuda:1")] == ["cuda:0", "cuda:0", "cuda:1"]
    _cuda(monkeypatch, count=1, capability=(12, 0))  # by the PTX of 9.0
    assert str(device.resolve("cuda")) == "cuda:0"
    _cuda(monkeypatch, count=0)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert str(device.resolve("auto")) == "cpu"
    for name in ("gpu", "meta"):
        with pytest.raises(ArchError, match="write auto, cpu, cuda, cuda:1 or mps"):
            device.resolve(name)


def test_tf32_is_off_but_where_it_is_asked_for() -> None:
    cpu = torch.device("cpu")
    for precision, is_on in ((Precision.TF32, True), (Precision.FP32, False)):
        device.set_up(asked(precision=precision), cpu)
        assert torch.backends.cudnn.allow_tf32 is is_on
        assert torch.backends.cuda.matmul.allow_tf32 is is_on


@pytest.mark.usefixtures("_quick_peaks")
@pytest.mark.parametrize("mode", Mode)
def test_a_run_on_the_cpu_has_what_was_asked_for(graph: Graph, mode: Mode) -> None:
    config = asked(mode=mode, detail=mode is not Mode.INFER, layers=True, channels_last=True)
    found = run.measure(graph, config, lambda _: None)
    assert ("infer" in found, "train" in found) == (config.infers, config.trains)
    assert [layer["name"] for layer in found["layers"]] == [node.name for node in graph.nodes]
    made = record.record(graph, config, found)
    if config.infers:
        assert made["infer"]["latency"]["n"] == 100
        assert made["infer"]["peak_mib"] > 0
        assert made["infer"]["step"]["low_ms"] <= made["infer"]["step"]["median_ms"] <= made["infer"]["step"]["high_ms"]
    if config.trains:
        assert list(made["train"]["parts"]) == ["forward", "backward", "optimizer"]
        assert made["train"]["loss"] == "cross-entropy"


@pytest.mark.usefixtures("_quick_peaks")
@pytest.mark.parametrize("precision", [Precision.BF16, Precision.AMP_BF16])
def test_half_precision_on_the_cpu(graph: Graph, precision: Precision) -> None:
    assert "train" in run.measure(graph, asked(mode=Mode.TRAIN, precision=precision), lambda _: None)


@pytest.mark.usefixtures("_quick_peaks")
@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_its_own_steps(graph: Graph, name: str) -> None:
    found = run.measure(graph, asked(preset=name), lambda _: None)
    for mode in ("infer", "train"):
        assert (found[mode]["step"]["n"], found[mode]["warm_up_steps"]) == (PRESETS[name].steps, 10)
    assert list(found["train"]["parts"]) == ["forward", "backward"]


def test_the_loss_is_said(graph: Graph) -> None:
    def name_of(spec: str) -> str:
        return loss(link(Catalogue().load(spec, {}, None)))[1]

    assert loss(graph)[1] == "cross-entropy"
    assert name_of("paper") == "cross-entropy, of the probabilities that the network ends in"
    assert name_of("tf_benchmark") == "half the sum of squares, since the network ends in maps"


def test_cross_entropy_of_probabilities_is_that_of_what_they_come_from() -> None:
    logits, target = torch.randn(4, 10), torch.tensor([1, 2, 3, 4])
    of, _ = loss(link(Catalogue().load("paper", {}, None)))
    expected = torch.nn.functional.cross_entropy(logits, target)
    torch.testing.assert_close(of(logits.softmax(1), target), expected)


def test_a_process_that_ends_without_a_word_is_told_by_how_it_ended(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    for script, message in (
        ("import sys; sys.exit('first\\nlast words')", "tiny: the measurement failed: last words"),
        ("import os; os.kill(os.getpid(), 9)", "tiny: the measurement was killed, as systems do where memory runs out"),
        ("import os; os.kill(os.getpid(), 6)", "tiny: the measurement ended by SIGABRT; --in-process shows more"),
    ):
        monkeypatch.setattr(measuring, "PROCESS", (sys.executable, "-c", script))
        with pytest.raises(ArchError) as failed:
            measuring.in_a_process(graph, asked(), lambda _: None)
        assert str(failed.value).startswith(message)


def test_what_fails_in_the_process_is_told_by_its_own_message(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        "import archcalc.pytorch.profile.run as run, archcalc.pytorch.profile.__main__ as process\n"
        "def measure(*_): raise ValueError('\\nfirst\\nlast')\n"
        "run.measure = measure\nprocess.main()"
    )
    monkeypatch.setattr(measuring, "PROCESS", (sys.executable, "-c", script))
    with pytest.raises(ArchError) as failed:
        measuring.in_a_process(graph, asked(), lambda _: None)
    assert str(failed.value) == "the measurement failed: ValueError: first (--in-process shows where)"


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
    done = cli("profile", "--compare", str(path), str(path), cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.count("no difference beyond the spread") == 2 + 3 + 5  # modes, parts, layers


def test_the_lines_of_tensorflow_at_the_command_line(tiny: Path, tmp_path: Path) -> None:
    done = cli("profile", str(tiny), "--preset", "tf-benchmark", "--format", "tf", *SHORT, cwd=tmp_path)
    assert done.returncode == 0
    forward, both = done.stdout.splitlines()
    assert forward.startswith("Forward across 100 steps, 0.")
    assert both.startswith("Forward-backward across 100 steps, 0.")
    (path,) = (tmp_path / "reports" / "profiles").iterdir()
    assert done.stderr == f"archcalc: recorded in reports/profiles/{path.name}\n"


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
    assert (process.returncode, said) == (130, "")
    assert "\ntiny " in shown
    assert "lenet" not in shown
    (path,) = (tmp_path / "reports" / "profiles").iterdir()
    assert json.loads(path.read_text(encoding="utf-8"))["spec"]["name"] == "tiny"


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
        (["lenet_d2l", "--device", "gpu"], "--device: 'gpu' is no device; write auto, cpu, cuda, cuda:1 or mps"),
        (["lenet_d2l", "--preset", "tf"], "there is no preset 'tf' (there are convnet-benchmarks, tf-benchmark)"),
        (["lenet_d2l", "--compile=fast"], "--compile: 'fast' is no mode; write one of default, reduce-overhead, "),
        (["lenet_d2l", "-o", "no/r.json"], "--output: no/r.json cannot be written: there is no folder no"),
        (["lenet_d2l", "-o", "r.xyz"], "--output: .xyz names no format"),
        (["nope"], "there is no spec 'nope'"),
        (["--compare", "specs/zfnet.yaml", "no.json"], "--compare: specs/zfnet.yaml is no JSON"),
        (["--compare", "no.json", "no.json"], "--compare: no.json cannot be read: no such file or directory"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_are_said_before_anything_is_measured(arguments: list[str], message: str) -> None:
    done = cli("profile", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device here")
def test_a_network_that_cannot_be_measured_keeps_no_other_from_it(tiny: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.yaml"
    empty.write_text("archcalc: 1\nname: empty\ninput: [6, 9, 9]\nlayers:\n  - {name: act, op: relu}\n")
    path = tmp_path / "records.json"
    done = cli("profile", str(empty), str(tiny), *SHORT, "--mode", "train", "--output", str(path), cwd=tmp_path)
    assert done.returncode == 2
    assert "empty has no parameters to train" in done.stderr
    assert json.loads(path.read_text())["spec"]["name"] == "tiny"


def test_a_record_that_is_not_whole_is_not_compared(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"kind": "profile"}')
    done = cli("profile", "--compare", "bad.json", "bad.json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "a record is not whole" in done.stderr


def test_a_missing_gpu_ends_with_3() -> None:
    done = cli("profile", "lenet_d2l", "--device", "cuda")
    assert (done.returncode, done.stdout) == (3, "")
    assert "--device cpu works" in done.stderr


def test_missing_torch_ends_with_3(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError(\"No module named 'torch'\")\n")
    done = cli("profile", "lenet_d2l", PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")
    assert (done.returncode, done.stdout) == (3, "")
    assert "archcalc: profile needs torch (No module named 'torch'): pip install 'archcalc[torch]'" in done.stderr


def torchrun(ranks: int, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)),
            *("-m", "archcalc", "profile", *arguments),
        ],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=clean_environment(),
        check=False,
    )


def test_two_ranks_over_gloo(tiny: Path, tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    done = torchrun(2, str(tiny), *SHORT, "--mode", "both", "--output", str(path), cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    made = json.loads(path.read_text(encoding="utf-8"))
    several = made["distributed"]
    assert (several["ranks"], several["backend"]) == (2, "gloo")
    # conv1 has 4*3*3*3 + 4, fc 4*14*14*10 + 10 parameters of 4 bytes; of two ranks each sends them once
    assert several["all_reduce"] == {"gradient_bytes": 4 * 7962, "ring_bytes_per_rank": 4 * 7962}
    for mode in ("infer", "train"):
        assert [rank["rank"] for rank in several[mode]["by_rank"]] == [0, 1]
        assert {rank["step"]["n"] for rank in several[mode]["by_rank"]} == {several[mode]["steps"]}
        assert several[mode]["alone"]["n"] == several[mode]["steps"]
        assert several[mode]["efficiency"] == pytest.approx(several[mode]["speed_up"] / 2)
    assert not {"infer", "train", "layers"} & set(made)


def test_ranks_have_no_lines_of_tensorflow_s(tiny: Path, tmp_path: Path) -> None:
    done = torchrun(2, str(tiny), *SHORT, "--format", "tf", cwd=tmp_path)
    assert done.returncode != 0
    assert "--format tf is for one device" in done.stderr


def test_ranks_are_refused_what_is_for_one_device(tiny: Path, tmp_path: Path) -> None:
    done = torchrun(2, str(tiny), *SHORT, "--layers", cwd=tmp_path)
    assert done.returncode != 0
    assert done.stderr.count("archcalc: --layers is for one device: leave it out under torchrun") == 1


@pytest.mark.cuda
def test_all_gpus_over_nccl(tiny: Path, tmp_path: Path) -> None:
    if torch.cuda.device_count() < 2:
        pytest.skip("torch sees one CUDA device alone")
    path = tmp_path / "record.json"
    arguments = ("--device", "cuda", "--batch", "8", "--mode", "both", "--output", str(path))
    done = torchrun(torch.cuda.device_count(), str(tiny), *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    several = json.loads(path.read_text(encoding="utf-8"))["distributed"]
    assert several["backend"] == "nccl"
    assert len({rank["device"] for rank in several["train"]["by_rank"]}) == several["ranks"]


@pytest.mark.cuda
@pytest.mark.parametrize("precision", Precision)
def test_every_precision_on_cuda(tiny: Path, tmp_path: Path, precision: Precision) -> None:
    path = tmp_path / "record.json"
    short = ("--device", "cuda", "--batch", "8", "--min-run-time", "0.05")
    done = cli("profile", str(tiny), *short, "--mode", "both", "--precision", precision, "--output", str(path))
    assert (done.returncode, done.stderr) == (0, "")
    made = json.loads(path.read_text(encoding="utf-8"))
    assert made["environment"]["tf32"] is (precision is Precision.TF32)
    assert made["environment"]["cudnn"]
    assert made["train"]["peak_mib"] > 0


@pytest.mark.cuda
def test_memory_that_runs_out_on_cuda_makes_the_batch_smaller(graph: Graph) -> None:
    left = 16 * 2**20 / torch.cuda.get_device_properties(0).total_memory
    torch.cuda.set_per_process_memory_fraction(left)
    try:
        found = run.measure(graph, asked(device="cuda", batch=2**20), lambda _: None)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert found["batch"] < 2**20
