"""Records of measurements that were not made."""

from datetime import UTC, datetime
from typing import Any

from archcalc.analysis.profile import presets
from archcalc.analysis.profile.record import Record
from archcalc.analysis.profile.recording import record
from archcalc.analysis.profile.request import Request
from archcalc.analysis.profile.results import Results
from archcalc.analysis.profile.statistics import timing
from archcalc.graph import Graph, link
from archcalc.spec.catalogue import Catalogue
from tests.conftest import SPECS

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def graph_of(name: str) -> Graph:
    return link(Catalogue(str(SPECS)).load(name, {}, None))


LENET = graph_of("lenet_d2l")


def step(*milliseconds: float) -> dict[str, Any]:
    """A series of times as JSON has it."""
    times = timing(milliseconds)
    return {f"{name}_ms": value for name, value in times._asdict().items() if name != "n"} | {"n": times.n}


def found(batch: int = 8, name: str = "AMD EPYC", tflops: float = 0.1, **more: Any) -> dict[str, Any]:
    """What the measuring side finds, as JSON has it."""
    environment = {
        "device": "cpu",
        "name": name,
        "torch": "2.9.0",
        "threads": 2,
        "python": "3.11",
        "system": "Linux",
        "processor": name,
        "instructions": "AVX2",
        "tf32": False,
        "cudnn_benchmark": True,
        "inputs": "normal numbers",
        "variables": {},
    } | dict.fromkeys(("capability", "memory_mib", "cuda", "cudnn", "cores", "load", "waited"))
    infer = {
        "warm_up_steps": 10,
        "peak_mib": 400.0,
        "peak_is": "the whole process",
        "step": step(2.0, 2.0, 2.1, 1.9, 2.0) | {"per_block": 10},
        "latency": {"batch": 1, "n": 100, "p50_ms": 0.5, "p90_ms": 0.6, "p99_ms": 0.9},
    }
    peaks = {"tflops": tflops, "gbs": 20.0}
    return {"environment": environment, "measured_peak": peaks, "batch": batch, "infer": infer} | more


REST = {"infer": {}, "train": {"loss": "", "optimizer": None}}


def record_of(request: Request, given: dict[str, Any]) -> Record:
    """The record of results, which need not have what a test does not look at."""
    rest = {mode: {"warm_up_steps": 10, "peak_mib": None, "peak_is": ""} | more for mode, more in REST.items()}
    whole = given | {mode: rest[mode] | given[mode] for mode in REST if mode in given}
    return record(LENET, request, Results.from_json(whole), NOW)


def recorded(request: Request | None = None, **more: Any) -> Record:
    return record_of(request or Request("lenet_d2l", batch=8), found(**more))


def followed(preset: presets.Preset, forward: float, backward: float, n: int) -> Record:
    """A record of a preset whose steps all take so many milliseconds."""
    request = Request("lenet_d2l", batch=8, mode=preset.mode, preset=preset.name)
    parts = {"forward": step(forward), "backward": step(backward)} if preset.in_a_block else {}
    train = {"step": step(*[forward + backward] * n) | {"per_block": preset.steps // n}, "loss": "", "parts": parts}
    infer = {"step": step(*[forward] * n) | {"per_block": preset.steps // n}, "peak_mib": None}
    given = found(train=train | {"peak_mib": None, "peak_is": ""}, infer=infer)
    if not request.infers:
        del given["infer"]
    return record_of(request, given)


def ranks(backend: str, *steps: dict[str, Any], alone: dict[str, Any]) -> dict[str, Any]:
    by_rank = [{"rank": rank, "device": f"cuda:{rank}", "step": one} for rank, one in enumerate(steps)]
    times = {"steps": 5, "warm_up_steps": 10, "alone": alone, "by_rank": by_rank}
    return {"distributed": {"ranks": len(steps), "backend": backend, "train": times}}
