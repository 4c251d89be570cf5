"""Devices that are not real: which are there, and how each is asked."""

import os
import sys
from collections.abc import Iterator
from operator import attrgetter
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode

from archcalc.analysis.precision import Precision
from archcalc.analysis.profile.request import Layers
from archcalc.analysis.profile.results import Gpu, GpuState
from archcalc.errors import ArchError, MissingError
from archcalc.graph import Graph
from archcalc.pytorch.build import build
from archcalc.pytorch.profile import accelerator, device, layers, memory, nvml, run
from archcalc.pytorch.profile.bench import Bench
from archcalc.pytorch.profile.precision import computes_in_tf32, set_products
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


BITS = {"SwPowerCap": 0x4, "HwSlowdown": 0x8, "SwThermalSlowdown": 0x20}
"""Of nvml.h."""


class Nvml(ModuleType):
    """NVML as it answers for one GPU, which does not know the clock of its memory."""

    def __init__(self) -> None:
        super().__init__("pynvml")
        self.opened = 0
        mine, other = SimpleNamespace(pid=os.getpid()), SimpleNamespace(pid=1)
        self.answers = {
            "NVML_CLOCK_SM": 1,
            "NVML_CLOCK_MEM": 2,
            "NVML_TEMPERATURE_GPU": 0,
            **{f"nvmlClocksThrottleReason{name}": bit for name, bit in BITS.items()},
            "nvmlInit": lambda: self.count(1),
            "nvmlShutdown": lambda: self.count(-1),
            "nvmlDeviceGetHandleByUUID": {"GPU-c0ffee": "this one"}.__getitem__,
            "nvmlSystemGetDriverVersion": lambda: b"580.65",
            "nvmlDeviceGetEnforcedPowerLimit": lambda gpu: 700_000,
            "nvmlDeviceGetPowerUsage": lambda gpu: 650_500,
            "nvmlDeviceGetMaxClockInfo": lambda gpu, clock: {1: 1980}[clock],
            "nvmlDeviceGetClockInfo": lambda gpu, clock: {1: 1755}[clock],
            "nvmlDeviceGetTemperature": lambda gpu, sensor: 55,
            "nvmlDeviceGetCurrentClocksThrottleReasons": lambda gpu: 0x1 | 0x4 | 0x20,
            "nvmlDeviceGetComputeRunningProcesses": lambda gpu: [mine, other],
        }

    def count(self, more: int) -> None:
        self.opened += more

    def __getattr__(self, name: str) -> Any:
        if name in self.__dict__.get("answers", ()):
            return self.answers[name]
        raise AttributeError(name)


@pytest.mark.parametrize("case", ["no package", "no driver", "no uuid", "unknown"])
def test_a_gpu_of_which_nvml_knows_nothing(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Nvml()
    properties = SimpleNamespace(**({} if case == "no uuid" else {"uuid": "other" if case == "unknown" else "c0ffee"}))
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: properties)
    monkeypatch.setitem(sys.modules, "pynvml", None if case == "no package" else fake)
    if case == "no driver":
        fake.answers["nvmlInit"] = lambda: 1 / 0
    assert nvml.describe_gpu(torch.device("cuda", 0)) is None
    assert nvml.gpu_while(lambda: None, 1, accelerator.Clock(torch.device("cuda", 0))) is None
    assert nvml.describe_gpu(torch.device("cpu")) is None
    assert fake.opened == 0


def test_the_package_knows_the_reasons_that_are_asked_for() -> None:
    import pynvml

    assert [name for name in nvml._REASONS if not hasattr(pynvml, name)] == []


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
    monkeypatch.setattr(
        torch.cuda, "get_device_properties", lambda _: SimpleNamespace(total_memory=80 * 2**30, uuid="c0ffee")
    )
    monkeypatch.setitem(sys.modules, "pynvml", Nvml())
    monkeypatch.setattr(torch.backends.cudnn, "version", lambda: 91200)
    monkeypatch.setattr(Bench, "module", lambda bench: build(bench.graph, bench.device))  # such weights are not cast
    monkeypatch.setattr(layers, "launching", lambda *_: 1.0)
    request = asked(device="cuda:1", layers=Layers.ALONE)
    with FakeTensorMode():
        found = run.measure(graph, request, lambda _: None)
    environment = found.environment
    assert (environment.device, environment.memory_mib) == ("cuda:1", 80 * 2**10)
    assert (environment.name, environment.capability) == ("NVIDIA H100 80GB HBM3", (9, 0))
    assert found.infer is not None
    assert found.infer.latency is not None
    assert (found.infer.peak_mib, found.infer.peak_is) == (3.0, "tensors, by the device's allocator")
    assert [str(device) for device in made_current] == ["cuda:1"]
    assert environment.gpu == Gpu(
        driver="580.65", power_limit_w=700.0, sm_max_mhz=1980, memory_max_mhz=None, other_processes=1
    )
    assert found.infer.gpu == GpuState(
        sm_mhz=1755, memory_mhz=None, temperature_c=55, power_w=650.5, slowed_by=("power cap", "too hot, by the driver")
    )
    assert found.infer.launch_ms is not None
    assert found.host_layers == tuple(node.name for node in graph.nodes)  # which take less
    assert len(waits) > 2 * (found.infer.latency.n + len(graph.nodes))  # before and after each call, and each block


SETTINGS = ("cuda.matmul", "cudnn.conv", "cudnn.rnn", "mkldnn.matmul", "mkldnn.conv", "mkldnn.rnn")


@pytest.fixture
def backends() -> Iterator[ModuleType]:
    """Return torch.backends, and put its settings of products back."""
    found = torch.backends
    yield found
    set_products(False)
    found.fp32_precision = "none"


def settings_of(backends: ModuleType) -> dict[str, str]:
    return {name: attrgetter(name)(backends).fp32_precision for name in SETTINGS}


def test_fp32_is_fp32_whatever_was_set_before(backends: ModuleType) -> None:
    for before in ("tf32", "none"):
        backends.fp32_precision = before
        device.set_up(asked(precision=Precision.FP32), torch.device("cpu"))
        assert set(settings_of(backends).values()) == {"ieee"}
        assert (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32) == (False, False)
        assert not computes_in_tf32()


def test_tf32_is_on_where_it_is_asked_for(backends: ModuleType) -> None:
    device.set_up(asked(precision=Precision.TF32), torch.device("cpu"))
    found = settings_of(backends)
    assert {found[name] for name in SETTINGS if name.startswith("cu")} == {"tf32"}
    assert {found[name] for name in SETTINGS if name.startswith("mkldnn")} == {"ieee"}
    assert (backends.cuda.matmul.allow_tf32, backends.cudnn.allow_tf32) == (True, True)
    assert computes_in_tf32()


@pytest.mark.parametrize("name", ["cuda.matmul", "cudnn.conv", "cudnn.rnn"])
def test_what_torch_computes_in_is_read_back(backends: ModuleType, name: str) -> None:
    set_products(False)
    attrgetter(name)(backends).fp32_precision = "tf32"
    assert computes_in_tf32()


@pytest.mark.parametrize(
    ("capability", "hip", "reason"),
    [
        ((7, 5), None, "Some GPU is compute capability 7.5"),
        ((9, 4), "6.2", "Some GPU is an AMD GPU"),
        ((8, 0), None, None),
        ((12, 0), None, None),
    ],
)
def test_tf32_is_refused_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch, capability: tuple[int, int], hip: str | None, reason: str | None
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda _: "Some GPU")
    monkeypatch.setattr(torch.version, "hip", hip)
    if reason is None:
        device.expect_tf32(torch.device("cuda", 0))
        return
    with pytest.raises(ArchError, match=reason):
        device.expect_tf32(torch.device("cuda", 0))
