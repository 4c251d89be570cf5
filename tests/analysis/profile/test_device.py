"""Devices that are not real: which are there, and how each is asked."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from archcalc.analysis.precision import Precision
from archcalc.analysis.profile.request import Layers
from archcalc.errors import ArchError, MissingError
from archcalc.graph import Graph
from archcalc.pytorch.build import build
from archcalc.pytorch.profile import accelerator, device, layers, memory, run, timing
from archcalc.pytorch.profile.bench import Bench
from tests.analysis.profile.tiny import asked


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
