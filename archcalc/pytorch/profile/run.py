"""One request, measured on one device."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Final, NamedTuple, cast

import torch
from torch import Tensor, nn

from archcalc.analysis.profile.presets import PRESETS
from archcalc.analysis.profile.request import LATENCY_CALLS, LATENCY_SECONDS, LEAST_CALLS, Compile, Request
from archcalc.analysis.profile.results import (
    GpuState,
    InferTimes,
    Latency,
    MeasuredPeak,
    Results,
    StepTimes,
    TrainTimes,
)
from archcalc.analysis.profile.statistics import percentile
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.pytorch.build import Built
from archcalc.pytorch.profile import memory
from archcalc.pytorch.profile.bench import Bench, Report
from archcalc.pytorch.profile.environment import Waiting, describe
from archcalc.pytorch.profile.layers import time_layers
from archcalc.pytorch.profile.memory import Shortage
from archcalc.pytorch.profile.nvml import gpu_while
from archcalc.pytorch.profile.peaks import measure_peaks
from archcalc.pytorch.profile.precision import refused
from archcalc.pytorch.profile.protocol import follow
from archcalc.pytorch.profile.steps import Training, inference
from archcalc.pytorch.profile.timing import Step, latencies, launching, parts, throughput, warm_up

_DETAIL_REPEATS: Final = 20
_FEWEST_CALLS: Final = 10
"""Single calls where the time for them was shortened."""
_MEMORY_STEPS: Final = 2
_COMPILERS: Final = ("torch._dynamo", "torch._inductor")
_IN_GRAPHS: Final = (Compile.REDUCE_OVERHEAD, Compile.MAX_AUTOTUNE)
_NOT_APART: Final = "not measured apart from training by this protocol"


class Parts(NamedTuple):
    """The parts of the results that are measured at one batch size."""

    infer: InferTimes | None = None
    train: TrainTimes | None = None
    layers: dict[str, StepTimes] | None = None
    host_layers: tuple[str, ...] | None = None


class Series(NamedTuple):
    """The throughput of a step, its memory, what its launch takes, the GPU meanwhile, and the seconds to compile it.

    `new_memory_mib` is what a step gets anew from the system.
    """

    warm_up_steps: int
    step: StepTimes
    peak_mib: float | None
    peak_is: str
    launch_ms: float | None
    gpu: GpuState | None
    compile_s: float | None
    new_memory_mib: float | None


def measure(graph: Graph, request: Request, report: Report, peaks: MeasuredPeak | None = None) -> Results:
    """Measure a network; where the device is out of memory, with smaller batches.

    `peaks` are those of the device, where they were measured a moment ago.
    Raises ArchError where even one example does not fit or the device cannot compute at the precision, MissingError
    where there is no such device.
    """
    bench = Bench.ready(graph, request, report)
    environment, waiting = describe(bench.device), Waiting()
    if peaks is None:
        with refused(request, bench.device):
            peaks = measure_peaks(bench)
    while isinstance(found := memory.tried(partial(_all_parts, bench), bench.device), Shortage):
        bench = bench.with_less(found)
    return Results(
        environment=replace(environment, waited=waiting.share),
        measured_peak=peaks,
        batch=bench.batch,
        infer=found.infer,
        train=found.train,
        layers=found.layers,
        host_layers=found.host_layers,
    )


def _all_parts(bench: Bench) -> Parts:
    with refused(bench.request, bench.device):
        module = bench.module()
        return _by_protocol(bench, module) if bench.request.preset else _as_asked(bench, module)


def _as_asked(bench: Bench, module: Built) -> Parts:
    request = bench.request
    run = module if request.compile is None else _compiled(module, request.compile)
    xs = bench.inputs()
    infer = _infer(bench, run.eval(), xs) if request.infers else None
    timed = time_layers(bench, module.eval()) if request.layers else None
    train = _train(bench, run.train(), xs) if request.trains else None
    if timed is None:
        return Parts(infer, train)
    layers = {name: StepTimes.of(times) for name, times in timed.times.items()}
    return Parts(infer, train, layers, timed.of_host)


def _by_protocol(bench: Bench, module: Built) -> Parts:
    """Measure as a preset prescribes."""
    followed = follow(bench, module)
    warm_up_steps, per_block = PRESETS[bench.request.preset or ""].dry_runs, followed.per_block
    peak, peak_is = memory.peak_memory(bench.device)
    train = TrainTimes(
        loss=followed.loss,
        optimizer=followed.optimizer,
        warm_up_steps=warm_up_steps,
        step=StepTimes.of(followed.total, per_block),
        peak_mib=peak,
        peak_is=peak_is,
        parts={name: StepTimes.of(times) for name, times in followed.parts.items()},
    )
    if followed.forward is None:
        return Parts(train=train)
    forward = StepTimes.of(followed.forward, per_block)
    infer = InferTimes(warm_up_steps=warm_up_steps, step=forward, peak_mib=None, peak_is=_NOT_APART)
    return Parts(infer, train)


def _compiled(module: Built, mode: Compile) -> nn.Module:
    """Return the module as torch.compile makes it, which is compiled at its first call, for each batch size again.

    What was compiled before is forgotten: after a few batch sizes torch would stop compiling, without a word.
    """
    torch.compiler.reset()
    return cast(nn.Module, torch.compile(module, mode=None if mode is Compile.DEFAULT else mode.value, dynamic=False))


def _infer(bench: Bench, module: nn.Module, xs: Sequence[Tensor]) -> InferTimes:
    series = _series(bench, inference(module, xs, bench.request), f"inference, batch {bench.batch}")
    single = inference(module, bench.inputs(1), bench.request)
    bench.report("inference, one example: latency")
    if series.compile_s is not None:
        series = series._replace(compile_s=series.compile_s + _first_call(bench, single))
    warm_up(single, bench.clock, bench.request)
    calls = _single_calls(single, bench)
    p50, p90, p99 = (1e3 * percentile(calls, share) for share in (50, 90, 99))
    latency = Latency(batch=1, n=len(calls), p50_ms=p50, p90_ms=p90, p99_ms=p99 if len(calls) >= LEAST_CALLS else None)
    return InferTimes(**series._asdict(), latency=latency)


def _single_calls(step: Step, bench: Bench) -> list[float]:
    asked, seconds = bench.request.latency_calls, bench.request.latency_seconds
    if asked is not None:
        return latencies(step, bench.clock, asked)
    if seconds is not None:
        return latencies(step, bench.clock, LATENCY_CALLS, seconds, _FEWEST_CALLS)
    return latencies(step, bench.clock, LATENCY_CALLS, LATENCY_SECONDS, LEAST_CALLS)


def _train(bench: Bench, module: nn.Module, xs: Sequence[Tensor]) -> TrainTimes:
    training = Training(module, xs, bench)
    series = _series(bench, training.step, f"training, batch {bench.batch}")
    apart = None
    if bench.request.detail:
        bench.report(f"training, batch {bench.batch}: forward, backward, optimizer")
        times = parts(training.parts, bench.clock, _DETAIL_REPEATS)
        apart = {name: StepTimes.of(one) for name, one in times.items()}
    return TrainTimes(loss=training.loss_name, optimizer=training.optimizer_settings, **series._asdict(), parts=apart)


def _series(bench: Bench, step: Step, what: str) -> Series:
    compile_s = None if bench.request.compile is None else _first_call(bench, step)
    bench.report(f"{what}: warming up")
    steps = warm_up(step, bench.clock, bench.request)
    bench.report(f"{what}: throughput")
    times, per_block = throughput(step, bench.clock, bench.request.min_run_time)
    gpu = gpu_while(step, per_block, bench.clock)
    launch_ms = None if bench.device.type == "cpu" else 1e3 * launching(step, bench.clock)
    peak, peak_is = _peak(step, bench)
    new = memory.new_memory(step, bench.device)
    return Series(steps, StepTimes.of(times, per_block), peak, peak_is, launch_ms, gpu, compile_s, new)


def _first_call(bench: Bench, step: Step) -> float:
    """Return the seconds of a first call, which compiles. Raises ArchError where this torch cannot compile."""
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
    """Return the memory of a few steps, once everything that is set up only once is there."""
    if bench.device.type == "cuda" and bench.request.compile in _IN_GRAPHS:
        return None, "unknown: a CUDA graph that runs again asks the allocator for nothing"
    bench.clock()
    memory.reset_peak(bench.device)
    for _ in range(_MEMORY_STEPS):
        step()
    bench.clock()
    return memory.peak_memory(bench.device)
