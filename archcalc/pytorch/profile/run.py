"""One configuration, measured: what a record of it holds, but for what follows from the spec."""

from functools import partial
from typing import Any, cast

import torch
from torch import Tensor, nn

from archcalc.analysis.profile.config import Compile, Config
from archcalc.analysis.profile.presets import PRESETS
from archcalc.analysis.profile.statistics import Timing, percentile
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.pytorch.build import Built
from archcalc.pytorch.profile import memory
from archcalc.pytorch.profile.bench import Bench, Report
from archcalc.pytorch.profile.environment import Waiting, describe
from archcalc.pytorch.profile.layers import time_layers
from archcalc.pytorch.profile.memory import Shortage
from archcalc.pytorch.profile.peaks import measure_peaks
from archcalc.pytorch.profile.precision import refused
from archcalc.pytorch.profile.protocol import follow
from archcalc.pytorch.profile.steps import Training, inference
from archcalc.pytorch.profile.timing import Step, latencies, parts, throughput, warm_up

_DETAIL_REPEATS = 20
_MEMORY_STEPS = 2
_COMPILERS = ("torch._dynamo", "torch._inductor")
_IN_GRAPHS = (Compile.REDUCE_OVERHEAD, Compile.MAX_AUTOTUNE)
_NOT_APART = "not told apart from training's by this protocol"


def measure(graph: Graph, config: Config, report: Report) -> dict[str, Any]:
    """Measure; a device that is out of memory gets smaller batches.

    Raises ArchError where even one example does not fit, or the device cannot compute so, MissingError for a device
    that is not there.
    """
    bench = Bench.ready(graph, config, report)
    environment, waiting = describe(bench.device), Waiting()
    with refused(config, bench.device):
        peaks = measure_peaks(bench)
    while isinstance(found := memory.tried(partial(_everything, bench), bench.device), Shortage):
        bench = bench.with_less(found)
    environment["waited"] = waiting.share
    return {"environment": environment, "measured_peaks": peaks, "batch": bench.batch} | found


def _everything(bench: Bench) -> dict[str, Any]:
    """All that is asked for, at one batch size."""
    with refused(bench.config, bench.device):
        module = bench.module()
        return _by_protocol(bench, module) if bench.config.preset else _as_asked(bench, module)


def _as_asked(bench: Bench, module: Built) -> dict[str, Any]:
    config = bench.config
    found: dict[str, Any] = {}
    run = module if config.compile is None else _compiled(module, config.compile)
    x = bench.input()
    if config.infers:
        found["infer"] = _infer(bench, run.eval(), x)
    if config.layers:
        times = time_layers(bench, module.eval())
        found["layers"] = [{"name": name, "step": data(series)} for name, series in times.items()]
    if config.trains:
        found["train"] = _train(bench, run.train(), x)
    return found


def _by_protocol(bench: Bench, module: Built) -> dict[str, Any]:
    """What a preset's protocol takes the times of."""
    followed = follow(bench, module)
    peak, meaning = memory.peak_memory(bench.device)
    found: dict[str, Any] = {
        "train": {
            "step": data(followed.total) | {"per_block": followed.per_block},
            "parts": {name: data(series) for name, series in followed.parts.items()},
            "peak_mib": peak,
            "peak_is": meaning,
        }
        | followed.told
    }
    if followed.forward:
        step = data(followed.forward) | {"per_block": followed.per_block}
        found["infer"] = {"step": step, "peak_mib": None, "peak_is": _NOT_APART}
    return {mode: part | {"warm_up_steps": PRESETS[bench.config.preset or ""].dry_runs} for mode, part in found.items()}


def _compiled(module: Built, mode: Compile) -> nn.Module:
    """The module as torch.compile makes it, anew for each batch size, when it is first called.

    What was compiled before is forgotten, or after a few batches torch would no longer compile, and not say so.
    """
    torch.compiler.reset()
    return cast(nn.Module, torch.compile(module, mode=None if mode is Compile.DEFAULT else mode.value, dynamic=False))


def _infer(bench: Bench, module: nn.Module, x: Tensor) -> dict[str, Any]:
    found = _series(bench, inference(module, x, bench.config), f"inference, batch {len(x)}")
    single = inference(module, bench.input(1), bench.config)
    bench.report("inference, one example: latency")
    if bench.config.compile is not None:
        found["compile_s"] += _first_call(bench, single)
    warm_up(single, bench.clock, bench.config)
    calls = latencies(single, bench.clock, bench.config.latency_calls)
    shares = {f"p{share}_ms": 1e3 * percentile(calls, share) for share in (50, 90, 99)}
    return found | {"latency": {"batch": 1, "n": len(calls)} | shares}


def _train(bench: Bench, module: nn.Module, x: Tensor) -> dict[str, Any]:
    training = Training(module, x, bench)
    found = training.told | _series(bench, training.step, f"training, batch {len(x)}")
    if bench.config.detail:
        bench.report(f"training, batch {len(x)}: forward, backward, optimizer")
        apart = parts(training.parts, bench.clock, _DETAIL_REPEATS)
        found["parts"] = {name: data(series) for name, series in apart.items()}
    return found


def _series(bench: Bench, step: Step, what: str) -> dict[str, Any]:
    """The throughput of a step, its memory, and with --compile the seconds of its first call."""
    found = {} if bench.config.compile is None else {"compile_s": _first_call(bench, step)}
    bench.report(f"{what}: warming up")
    steps = warm_up(step, bench.clock, bench.config)
    bench.report(f"{what}: throughput")
    times, per_block = throughput(step, bench.clock, bench.threads, bench.config.min_run_time)
    peak, meaning = _peak(step, bench)
    return {
        "warm_up_steps": steps,
        "step": data(times) | {"per_block": per_block},
        "peak_mib": peak,
        "peak_is": meaning,
    } | found


def _first_call(bench: Bench, step: Step) -> float:
    """The seconds of a first call, in which a module is compiled. Raises ArchError where this torch cannot."""
    bench.report("compiling")
    start = bench.clock()
    try:
        step()
    except Exception as error:
        if not isinstance(error, AssertionError) and not type(error).__module__.startswith(_COMPILERS):
            raise
        what = f"torch {torch.__version__} cannot compile {bench.graph.spec.name}"
        raise ArchError(f"{what} ({type(error).__name__}): leave out --compile, or try another torch") from error
    return bench.clock() - start


def _peak(step: Step, bench: Bench) -> tuple[float | None, str]:
    """Memory of a few steps, after all that is set up once has been."""
    if bench.device.type == "cuda" and bench.config.compile in _IN_GRAPHS:
        return None, "not told: a CUDA graph that is run again asks the allocator for nothing"
    bench.clock()
    memory.reset_peak(bench.device)
    for _ in range(_MEMORY_STEPS):
        step()
    bench.clock()
    return memory.peak_memory(bench.device)


def data(times: Timing) -> dict[str, Any]:
    """A timing in milliseconds, as a record has it."""
    values = {f"{name}_ms": 1e3 * value for name, value in times._asdict().items() if name != "n"}
    return values | {"n": times.n}
