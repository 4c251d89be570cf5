"""How profile measures: on a clock and devices that are not real, and shortly on the CPU. No test asserts a time."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch._dynamo.exc import Unsupported
from torch._subclasses.fake_tensor import FakeTensorMode

from archcalc.analysis.precision import Precision
from archcalc.analysis.profile.messages import Progress, line
from archcalc.analysis.profile.presets import PRESETS, Preset
from archcalc.analysis.profile.recording import record
from archcalc.analysis.profile.request import Compile, Layers, Mode, Request
from archcalc.analysis.profile.results import MeasuredPeak, Results
from archcalc.analysis.profile.statistics import LEAST_BLOCKS
from archcalc.cli.app import _with_values
from archcalc.errors import ArchError, MissingError
from archcalc.graph import Graph, link
from archcalc.pytorch.build import build
from archcalc.pytorch.profile import accelerator, device, layers, memory, protocol, run, timing
from archcalc.pytorch.profile import process as own_process
from archcalc.pytorch.profile.bench import Bench
from archcalc.pytorch.profile.precision import autocast
from archcalc.pytorch.profile.steps import Training, loss
from archcalc.spec.catalogue import Catalogue
from tests.commands import clean_environment, on_terminal
from tests.commands import run as cli
from tests.conftest import ROOT

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
    monkeypatch.setattr(run, "measure_peaks", lambda *_: MeasuredPeak(tflops=0.1, gbs=10.0))


def asked(**changed: Any) -> Request:
    short = Request("tiny", batch=2, threads=1, min_run_time=0.01, warm_up_seconds=0.0)
    return replace(short, **changed)


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


def test_waiting_that_takes_long_does_not_make_few_blocks_longer() -> None:
    clock = FakeClock()

    def waited() -> float:
        clock.sleep(150e-6)
        return clock()

    found, per_block = timing.throughput(lambda: clock.sleep(1.2e-3), waited, 1, 1.0)
    assert found.n == LEAST_BLOCKS
    assert per_block * 1.2e-3 < 2  # the most that Timer takes in one block for an error of 1e-4
    assert clock.now < 20


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


class Asked:
    """A module of torch that answers any of the questions it has with its name, and notes what it was asked."""

    def __init__(self, name: str, *has: str, **answers: Any) -> None:
        self.name, self.has, self.answers = name, has, answers
        self.noted: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name not in (*self.has, *self.answers):
            raise AttributeError(name)
        return lambda *arguments: self.noted.append(name) or self.answers.get(name)


QUESTIONS = ("synchronize", "empty_cache", "reset_peak_memory_stats")


def test_cuda_is_asked_by_its_own_part_of_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Asked("cuda", "set_device", *QUESTIONS, max_memory_allocated=9)
    monkeypatch.setattr(torch, "cuda", own)
    monkeypatch.setattr(torch, "accelerator", Asked("accelerator", is_available=False))
    asked = torch.device("cuda:1")
    accelerator.make_current(asked)
    accelerator.Clock(asked)()
    accelerator.empty_cache(asked)
    accelerator.reset_peak(asked)
    assert accelerator.peak(asked) == 9
    assert own.noted == ["set_device", *QUESTIONS, "max_memory_allocated"]


HAS = {
    "memory": 7,
    "no memory": None,
    "no torch.accelerator": None,
    "another": None,
    "none available": None,
}


@pytest.mark.parametrize("has", HAS)
def test_what_mps_itself_has_not_torch_accelerator_may_have(has: str, monkeypatch: pytest.MonkeyPatch) -> None:
    own = Asked("mps", "synchronize", "empty_cache")
    current = torch.device("cuda" if has == "another" else "mps")
    answers: dict[str, Any] = {"is_available": has != "none available", "current_accelerator": current}
    if has != "no memory":
        answers |= {"reset_peak_memory_stats": None, "max_memory_allocated": 7}
    general = Asked("accelerator", *QUESTIONS[:2], **answers)
    monkeypatch.setattr(torch, "mps", own)
    monkeypatch.setattr(torch, "accelerator", general)
    if has == "no torch.accelerator":
        monkeypatch.delattr(torch, "accelerator")
    asked = torch.device("mps")
    accelerator.make_current(asked)
    accelerator.Clock(asked)()
    accelerator.empty_cache(asked)
    accelerator.reset_peak(asked)
    assert accelerator.peak(asked) == HAS[has]
    assert own.noted == ["synchronize", "empty_cache"]
    assert not {"synchronize", "empty_cache"} & set(general.noted)


def test_an_allocator_that_tells_nothing_has_no_peak(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> None:
        raise RuntimeError("Allocator for mps is not a DeviceAllocator.")

    current = {"is_available": True, "current_accelerator": torch.device("mps"), "max_memory_allocated": 0}
    general = Asked("accelerator", **current)
    monkeypatch.setattr(torch, "accelerator", general)
    assert accelerator.peak(torch.device("mps")) is None
    monkeypatch.setattr(general, "max_memory_allocated", refuses)
    monkeypatch.setattr(general, "reset_peak_memory_stats", refuses, raising=False)
    accelerator.reset_peak(torch.device("mps"))
    assert accelerator.peak(torch.device("mps")) is None
    assert memory.peak_memory(torch.device("mps")) == (None, "unknown on this device")


def test_a_cpu_has_nothing_to_wait_for() -> None:
    cpu = torch.device("cpu")
    accelerator.make_current(cpu)
    accelerator.empty_cache(cpu)
    accelerator.reset_peak(cpu)
    assert accelerator.Clock(cpu)() <= accelerator.Clock(cpu)()
    assert accelerator.peak(cpu) is None


def _only_up_to(batch: int, error: Exception) -> Any:
    def everything(bench: Bench, _: object) -> run.Parts:
        if bench.batch > batch:
            raise error
        return run.Parts()

    return everything


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
    monkeypatch.setattr(run, "_as_asked", _only_up_to(16, error))
    monkeypatch.setattr(memory, "free", lambda _: held.append(sys.exception()))
    assert run.measure(graph, asked(batch=64), told.append).batch == 16
    assert [words.partition(" (")[0] for words in told] == [
        f"out of memory at batch {batch}" for batch in (64, 48, 32, 24)
    ]
    assert held == [None] * 4  # no traceback holds tensors while memory is given back


@pytest.mark.parametrize(("ooms", "is_short"), [((3, 4), True), ((3, 3), False)])
def test_cudnn_without_an_engine_is_short_of_memory_if_the_allocator_was(
    ooms: tuple[int, int], is_short: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work() -> None:
        raise RuntimeError("GET was unable to find an engine to execute this computation")

    told = iter(ooms)
    monkeypatch.setattr(torch.cuda, "memory_stats", lambda _: {"num_ooms": next(told)})
    monkeypatch.setattr(memory, "free", lambda _: None)
    if is_short:
        assert memory.tried(work, torch.device("cuda:0")) == memory.Shortage(
            "GET was unable to find an engine to execute this computation"
        )
    else:
        with pytest.raises(RuntimeError, match="unable to find an engine"):
            memory.tried(work, torch.device("cuda:0"))


@pytest.mark.usefixtures("_quick_peaks")
def test_one_example_that_does_not_fit_is_the_end(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "_as_asked", _only_up_to(0, torch.OutOfMemoryError("CUDA out of memory")))
    with pytest.raises(ArchError, match=r"^tiny: not enough memory on cpu for one example$"):
        run.measure(graph, asked(), lambda _: None)


@pytest.mark.usefixtures("_quick_peaks")
def test_every_other_error_keeps_its_own_message(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    monkeypatch.setattr(run, "_as_asked", _only_up_to(0, RuntimeError("shape mismatch, out of memory of nothing")))
    with pytest.raises(RuntimeError, match="shape mismatch"):
        run.measure(graph, asked(batch=64), tried.append)
    assert tried == []


@pytest.mark.usefixtures("_quick_peaks")
def test_what_a_device_cannot_compute_is_said(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    error = RuntimeError("\"slow_conv2d_cpu\" not implemented for 'Half'\nmore")
    monkeypatch.setattr(run, "_as_asked", _only_up_to(0, error))
    with pytest.raises(ArchError) as refused:
        run.measure(graph, asked(precision=Precision.FP16), lambda _: None)
    assert str(refused.value) == (
        "cpu cannot compute in fp16 (\"slow_conv2d_cpu\" not implemented for 'Half'); try --precision fp32"
    )


@pytest.mark.parametrize(
    "error",
    [
        TypeError("Trying to convert BFloat16 to the MPS backend but it does not have support for that dtype."),
        RuntimeError("User specified an unsupported autocast device_type 'mps'"),
    ],
    ids=["TypeError", "RuntimeError"],
)
def test_a_precision_that_fails_in_the_peaks_already_is_said(
    graph: Graph, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Bench) -> None:
        raise error

    monkeypatch.setattr(run, "measure_peaks", fail)
    with pytest.raises(ArchError, match=r"^cpu cannot compute in bf16 "):
        run.measure(graph, asked(precision=Precision.BF16), lambda _: None)


def test_amp_that_torch_only_warns_of_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: SimpleNamespace(_enabled=False))
    with pytest.raises(ArchError, match=r"^mps cannot compute in amp-bf16; try --precision fp32$"):
        autocast(Precision.AMP_BF16, torch.device("mps"))


@pytest.mark.usefixtures("_quick_peaks")
def test_every_batch_is_compiled_again(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    monkeypatch.setattr(torch.compiler, "reset", lambda: done.append("reset"))
    monkeypatch.setattr(torch, "compile", lambda module, **_: done.append("compile") or module)
    found = run.measure(graph, asked(compile=Compile.DEFAULT, layers=Layers.ALONE), lambda _: None)
    assert done == ["reset", "compile"]
    assert found.infer is not None
    assert (found.infer.compile_s or 0) > 0
    assert record(graph, asked(compile=Compile.DEFAULT), found).to_json()["residual_ms"] is None


@pytest.mark.usefixtures("_quick_peaks")
def test_what_cannot_be_compiled_is_said(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise Unsupported("call_function in a loop")

    monkeypatch.setattr(torch, "compile", lambda *_, **__: SimpleNamespace(eval=lambda: fails))
    with pytest.raises(ArchError) as failed:
        run.measure(graph, asked(compile=Compile.DEFAULT), lambda _: None)
    expected = f"torch {torch.__version__} cannot compile tiny (Unsupported): leave out --compile, or try another torch"
    assert str(failed.value) == expected


def test_a_cuda_graph_tells_no_memory(graph: Graph) -> None:
    for mode, kind, is_told in (
        (Compile.REDUCE_OVERHEAD, "cuda", False),
        (Compile.MAX_AUTOTUNE, "cuda", False),
        (Compile.MAX_AUTOTUNE, "cpu", True),
    ):
        bench = Bench(graph, asked(compile=mode), accelerator.Clock(torch.device(kind)), lambda _: None)
        peak, meaning = run._peak(lambda: None, bench)
        assert (peak is not None) is is_told
        assert meaning.startswith("unknown: a CUDA graph") is not is_told


@pytest.mark.slow
@pytest.mark.parametrize(("name", "side"), [("torchvision", 63), ("tf_benchmark", 67)])
def test_training_leaves_a_network_alive(name: str, side: int) -> None:
    """Zeros are computed faster on some devices: what is timed is to go on computing what it did at first."""
    graph = link(Catalogue().load(name, {}, (3, side, side)))
    bench = Bench(graph, asked(), accelerator.Clock(torch.device("cpu")), lambda _: None)
    torch.manual_seed(0)
    module, x = bench.module(), bench.input()
    training = Training(module, x, bench)

    def alive() -> dict[str, int]:
        with torch.inference_mode():
            outputs = module.eval().outputs(x)
        module.train()
        return {name: int(out.count_nonzero()) for name, out in outputs.items()}

    before = alive()
    for _ in range(30):
        training.step()
    after = alive()
    assert [name for name, count in before.items() if after[name] < 0.9 * count] == []


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


def _five(step: Callable[[], object], clock: Callable[[], float]) -> list[float]:
    return timing.latencies(step, clock, 5)


@pytest.mark.usefixtures("_quick_peaks")
def test_a_run_on_cuda_keeps_all_on_it_and_waits_for_it(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    """On tensors without storage, which refuse to be computed across devices."""
    monkeypatch.setattr(device, "_expect_cuda", lambda _: None)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: (9, 0))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "NVIDIA H100 80GB HBM3")
    waits: list[int] = []
    made_current: list[torch.device] = []
    for name, answer in (
        ("synchronize", lambda: waits.append(1)),
        ("reset_peak_memory_stats", lambda: None),
        ("max_memory_allocated", lambda: 3 * 2**20),
        ("empty_cache", lambda: None),
        ("memory_stats", lambda _: {}),
    ):
        monkeypatch.setattr(torch.cuda, name, answer)
    monkeypatch.setattr(torch.cuda, "set_device", made_current.append)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: SimpleNamespace(total_memory=80 * 2**30))
    monkeypatch.setattr(torch.backends.cudnn, "version", lambda: 91200)
    monkeypatch.setattr(Bench, "module", lambda bench: build(bench.graph, bench.device))  # such weights are not cast
    for module in (run, layers):  # torch's Timer computes with tensors, which here have no numbers
        monkeypatch.setattr(module, "throughput", lambda step, clock, *_: (timing.timing(_five(step, clock)), 5))
    request = asked(device="cuda:1", layers=Layers.ALONE)
    with FakeTensorMode():
        found = run.measure(graph, request, lambda _: None)
    environment = found.environment
    assert (environment.device, environment.memory_mib) == ("cuda:1", 80 * 2**10)
    assert (environment.name, environment.capability) == ("NVIDIA H100 80GB HBM3", (9, 0))
    assert found.infer is not None
    assert (found.infer.peak_mib, found.infer.peak_is) == (3.0, "tensors, by the device's allocator")
    assert [str(device) for device in made_current] == ["cuda:1"]
    assert len(waits) > 2 * (
        request.latency_calls + len(graph.nodes)
    )  # before and after each call, and each layer's block


def test_tf32_is_off_but_where_it_is_asked_for() -> None:
    cpu = torch.device("cpu")
    for precision, is_on in ((Precision.TF32, True), (Precision.FP32, False)):
        device.set_up(asked(precision=precision), cpu)
        assert torch.backends.cudnn.allow_tf32 is is_on
        assert torch.backends.cuda.matmul.allow_tf32 is is_on


@pytest.mark.usefixtures("_quick_peaks")
@pytest.mark.parametrize("mode", Mode)
def test_a_run_on_the_cpu_has_what_was_asked_for(graph: Graph, mode: Mode) -> None:
    request = asked(mode=mode, detail=mode is not Mode.INFER, layers=Layers.ALONE, channels_last=True)
    found = run.measure(graph, request, lambda _: None)
    assert (found.infer is not None, found.train is not None) == (request.infers, request.trains)
    assert list(found.layers or ()) == [node.name for node in graph.nodes]
    assert Results.from_json(json.loads(json.dumps(found.to_json()))) == found
    made = record(graph, request, found).to_json()
    if request.infers:
        assert made["infer"]["latency"]["n"] == 100
        assert made["infer"]["peak_mib"] > 0
        assert made["infer"]["step"]["low_ms"] <= made["infer"]["step"]["median_ms"] <= made["infer"]["step"]["high_ms"]
    if request.trains:
        assert list(made["train"]["parts"]) == ["forward", "backward", "optimizer"]
        assert made["train"]["loss"] == "cross-entropy"
        assert made["train"]["optimizer"] == {"name": "SGD", "lr": 1e-6, "momentum": 0.9, "weight_decay": 0.0}


@pytest.mark.usefixtures("_quick_peaks")
@pytest.mark.parametrize("precision", [Precision.BF16, Precision.AMP_BF16])
def test_half_precision_on_the_cpu(graph: Graph, precision: Precision) -> None:
    assert run.measure(graph, asked(mode=Mode.TRAIN, precision=precision), lambda _: None).train


@pytest.mark.usefixtures("_quick_peaks")
@pytest.mark.parametrize("preset", PRESETS.values(), ids=lambda preset: preset.name)
def test_a_preset_has_its_own_steps(graph: Graph, preset: Preset) -> None:
    found = run.measure(graph, asked(preset=preset.name, mode=preset.mode), lambda _: None)
    assert found.train is not None
    assert (found.infer is not None) is (preset.mode is Mode.BOTH)
    for times in filter(None, (found.infer, found.train)):
        step = times.step
        assert (step.n * (step.per_block or 0), times.warm_up_steps) == (preset.steps, 10)
        assert step.n == (1 if preset.in_a_block else preset.steps)
    assert list(found.train.parts or ()) == (["forward", "backward"] if preset.in_a_block else [])


def test_a_block_is_waited_for_at_its_end_alone(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, done = FakeClock(), []
    gradients = protocol.Gradients(torch.nn.Identity(), torch.zeros(1), asked(), adds_up=True)
    monkeypatch.setattr(gradients, "forward", lambda: (done.append("forward"), clock.sleep(1.0)))
    monkeypatch.setattr(gradients, "backward", lambda: (done.append("backward"), clock.sleep(2.0)))
    waiting = accelerator.Clock(torch.device("cpu"))
    monkeypatch.setattr(accelerator.Clock, "__call__", lambda _: done.append("wait") or clock())
    found = protocol._in_blocks(gradients, waiting, PRESETS["convnet-benchmarks"])
    dry = ["forward", "backward", "wait"] * 10
    assert done == [*dry, "wait", *["forward"] * 10, "wait", "wait", *["backward"] * 10, "wait"]
    assert (found.parts["forward"].median, found.parts["backward"].median, found.total.median) == (1.0, 2.0, 3.0)


@pytest.mark.parametrize("adds_up", [True, False])
def test_gradients_add_up_as_those_of_torch7_do(graph: Graph, adds_up: bool) -> None:
    module = build(graph)
    module.get_submodule("drop").p = 0.0  # type: ignore[assignment]
    gradients = protocol.Gradients(module, torch.randn(2, 3, 16, 16), asked(), adds_up)
    gradients.step()
    (weight, *_) = module.parameters()
    assert weight.grad is not None
    once = weight.grad.clone()
    if adds_up:
        gradients.backward()
    else:
        gradients.step()
    torch.testing.assert_close(weight.grad, 2 * once if adds_up else once)


def test_the_gradients_are_of_half_the_sum_of_squares(graph: Graph) -> None:
    module, x = build(graph).eval(), torch.randn(2, 3, 16, 16)
    gradients = protocol.Gradients(module, x, asked(), adds_up=False)
    gradients.step()
    parameters = list(module.parameters())
    expected = torch.autograd.grad((module(x) ** 2).sum() / 2, parameters)
    torch.testing.assert_close([parameter.grad for parameter in parameters], list(expected))


def test_layers_by_the_profiler(graph: Graph) -> None:
    bench = Bench(graph, asked(layers=Layers.PROFILER), accelerator.Clock(torch.device("cpu")), lambda _: None)
    times = layers.time_layers(bench, bench.module())
    assert list(times) == [node.name for node in graph.nodes]
    assert len({series.n for series in times.values()}) == 1
    assert all(series.n >= LEAST_BLOCKS and series.median > 0 for series in times.values())


def test_a_profiler_that_sees_no_kernels_is_told(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    class Blind:
        def __enter__(self) -> "Blind":
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def events(self) -> None:
            return None

    monkeypatch.setattr(torch.profiler, "profile", lambda **_: Blind())
    bench = Bench(graph, asked(layers=Layers.PROFILER), accelerator.Clock(torch.device("cpu")), lambda _: None)
    with pytest.raises(ArchError, match="saw no kernels"):
        layers.time_layers(bench, bench.module())


def test_the_loss_is_said(graph: Graph) -> None:
    def name_of(spec: str) -> str:
        return loss(link(Catalogue().load(spec, {}, None)))[1]

    assert loss(graph)[1] == "cross-entropy"
    assert name_of("paper") == "cross-entropy, of the probabilities that the network ends in"
    assert name_of("tf_benchmark") == "half the mean square, since the network ends in maps"


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
        monkeypatch.setattr(own_process, "PROCESS", (sys.executable, "-c", script))
        with pytest.raises(ArchError) as failed:
            own_process.in_a_process(graph, asked(), lambda _: None)
        assert str(failed.value).startswith(message)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are found under /proc")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["TERM", "KILL"])
def test_what_measures_ends_with_what_asked(tiny: Path, tmp_path: Path, how: signal.Signals) -> None:
    mark = f"{tmp_path.name}-{how.name}"
    process = subprocess.Popen(
        [sys.executable, "-m", "archcalc", "profile", str(tiny), *SHORT[:-1], "600"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=clean_environment(ARCHCALC_MARK=mark),
    )
    while not any(b"archcalc.pytorch.profile" in _read(one / "cmdline") for one in _processes(mark)):
        time.sleep(0.2)
    time.sleep(3)  # while it measures
    process.send_signal(how)
    process.wait()
    for _ in range(100):
        if not _processes(mark):
            return
        time.sleep(0.1)
    pytest.fail("it goes on measuring")


def _processes(mark: str) -> list[Path]:
    """Those that run with this mark in their environment."""
    return [one for one in Path("/proc").glob("[0-9]*") if mark.encode() in _read(one / "environ")]


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def test_a_file_in_the_folder_is_not_taken_for_a_module(
    graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "random.py").write_text("raise SystemExit('taken')\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert own_process.in_a_process(graph, asked(), lambda _: None).batch == 2


def test_lines_that_are_not_ours_are_not_heard() -> None:
    lines = [b"a library says hello\n", b"[1]\n", line(Progress("x")).encode()]
    told: list[str] = []
    assert own_process._listen(lines, told.append) is None
    assert told == ["x"]
    assert own_process._how_it_ended(-40, "") == "the measurement ended by signal 40; --in-process shows more"


def test_what_fails_in_the_process_is_told_by_its_own_message(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    script = (
        "import archcalc.pytorch.profile.run as run, archcalc.pytorch.profile.__main__ as process\n"
        "def measure(*_): raise ValueError('\\nfirst\\nlast')\n"
        "run.measure = measure\nprocess.main()"
    )
    monkeypatch.setattr(own_process, "PROCESS", (sys.executable, "-c", script))
    with pytest.raises(ArchError) as failed:
        own_process.in_a_process(graph, asked(), lambda _: None)
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
    done = cli("profile", str(tiny), "--preset", "tf-benchmark", "--format", "tf", *SHORT[:-2], cwd=tmp_path)
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
    assert (process.returncode, said) == (130, "archcalc: stopped: 1 of 2 measured\n")
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


def test_files_of_several_records_are_compared_network_by_network(tiny: Path, tmp_path: Path) -> None:
    one, other = tmp_path / "one.json", tmp_path / "other.json"
    cli("profile", str(tiny), "lenet_d2l", *SHORT, "--output", str(one), cwd=tmp_path)
    made = json.loads(one.read_text(encoding="utf-8"))
    other.write_text(json.dumps(made["results"][1]), encoding="utf-8")
    done = cli("profile", "--compare", "one.json", "one.json", "--format", "json", cwd=tmp_path)
    assert [result["after"]["spec"] for result in json.loads(done.stdout)["results"]] == ["tiny", "lenet_d2l"]
    done = cli("profile", "--compare", "one.json", "other.json", cwd=tmp_path)
    assert done.stdout.startswith("lenet_d2l, one.json (before) and lenet_d2l, other.json (after)\n")
    assert done.stderr == "archcalc: only in one.json: tiny\n"
    done = cli("profile", "--compare", "one.json", "other.json", "-o", "other.json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--output: other.json is one of the two records that are compared; name another file" in done.stderr
    another = made["results"][0]
    another["spec"]["name"] = "another"
    other.write_text(json.dumps(another), encoding="utf-8")
    done = cli("profile", "--compare", "one.json", "other.json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "--compare: the two files have no measurement in common" in done.stderr


def test_a_record_that_is_not_whole_is_not_compared(tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text('{"kind": "profile"}')
    done = cli("profile", "--compare", "bad.json", "bad.json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        done.stderr == "archcalc: --compare: bad.json is not a whole record of archcalc profile: created is missing\n"
    )


def test_a_missing_gpu_ends_with_3() -> None:
    done = cli("profile", "lenet_d2l", "--device", "cuda")
    assert (done.returncode, done.stdout) == (3, "")
    assert "--device cpu works" in done.stderr


def test_missing_torch_ends_with_3(tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError(\"No module named 'torch'\")\n")
    done = cli("profile", "lenet_d2l", PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}")
    assert (done.returncode, done.stdout) == (3, "")
    assert "archcalc: profile needs torch (No module named 'torch'): pip install 'archcalc[torch]'" in done.stderr


def torchrun(
    ranks: int, *arguments: str, cwd: Path, program: Sequence[str] = ("-m", "archcalc")
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(ranks)),
            *(*program, "profile", *arguments),
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


def short_of_memory(tmp_path: Path, when: str) -> str:
    """A program that is archcalc, but for a training step that runs out of memory."""
    path = tmp_path / "short.py"
    path.write_text(
        "import os, torch\n"
        "from archcalc.pytorch.profile import distributed\n"
        "class Training(distributed.Training):\n"
        "    def step(self):\n"
        f"        if {when} and os.environ['RANK'] == '1':\n"
        "            raise torch.cuda.OutOfMemoryError('CUDA out of memory')\n"
        "        super().step()\n"
        "distributed.Training = Training\n"
        "from archcalc.__main__ import main\n"
        "main()\n",
        encoding="utf-8",
    )
    return str(path)


def test_ranks_agree_on_the_batch_that_fits_on_all(tiny: Path, tmp_path: Path) -> None:
    program = (short_of_memory(tmp_path, "len(self.x) > 12"),)
    path = tmp_path / "record.json"
    asked = (str(tiny), *SHORT, "--batch", "24", "--mode", "train", "--output", str(path))
    done = torchrun(2, *asked, cwd=tmp_path, program=program)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    made = json.loads(path.read_text(encoding="utf-8"))
    assert made["batch"] == {"asked": 24, "used": 12}
    assert made["warnings"][0] == "out of memory at batch 24: batch 12 instead"


def test_a_rank_that_fails_alone_says_so_and_ends_all(tiny: Path, tmp_path: Path) -> None:
    program = (short_of_memory(tmp_path, "isinstance(self.module, torch.nn.parallel.DistributedDataParallel)"),)
    done = torchrun(2, str(tiny), *SHORT, "--mode", "train", cwd=tmp_path, program=program)
    assert (done.returncode, done.stdout) == (1, "")
    assert "archcalc: rank 1: tiny: out of memory at batch 2: try a smaller --batch\n" in done.stderr


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
    assert found.batch < 2**20
