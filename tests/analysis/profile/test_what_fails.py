"""What cannot be measured: too little memory, numbers a device does not have, code that cannot be compiled."""

import sys
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch._dynamo.exc import Unsupported

from archcalc.analysis.precision import Precision
from archcalc.analysis.profile.recording import record
from archcalc.analysis.profile.request import Compile, Layers
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.pytorch.profile import accelerator, memory, run
from archcalc.pytorch.profile.bench import Bench
from archcalc.pytorch.profile.precision import autocast
from tests.analysis.profile.tiny import asked


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
