"""One configuration, measured: what a record of it holds, but for what follows from the spec."""

import time
from collections.abc import Callable
from typing import Any, cast

import torch

from archcalc.analysis.profile.batches import smaller
from archcalc.analysis.profile.config import Config
from archcalc.analysis.profile.statistics import Timing, percentile
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.pytorch.build import Built, build
from archcalc.pytorch.profile import device as devices
from archcalc.pytorch.profile import memory
from archcalc.pytorch.profile.device import Clock
from archcalc.pytorch.profile.layers import time_layers
from archcalc.pytorch.profile.peaks import measure_peaks
from archcalc.pytorch.profile.protocol import follow
from archcalc.pytorch.profile.steps import Training, inference, laid_out, random_input
from archcalc.pytorch.profile.timing import Step, latencies, parts, throughput, warm_up

Report = Callable[[str], None]
"""Is told what is being measured."""

_DETAIL_REPEATS = 20
_MEMORY_STEPS = 2
_NOT_APART = "not told apart from training's by this protocol"


def measure(graph: Graph, config: Config, report: Report) -> dict[str, Any]:
    """Measure; a device that is out of memory gets smaller batches.

    Raises ArchError where even one example does not fit, or the device cannot compute so, MissingError for a device
    that is not there.
    """
    device = devices.resolve(config.device)
    flags = devices.set_up(config, device)
    environment = devices.describe(device) | flags
    found: dict[str, Any] = {"environment": environment}
    start, waited = time.perf_counter(), devices.waited()
    report("the device's own peaks")
    found["measured_peaks"] = measure_peaks(config, device, Clock(device), flags["threads"])
    batch: int | None = config.batch
    while batch is not None:
        short = ""
        try:
            with devices.refused(config, device):
                found |= {"batch": batch} | _at(graph, config, device, batch, flags["threads"], report)
            if waited is not None:
                environment["waited"] = ((devices.waited() or 0) - waited) / (time.perf_counter() - start)
            return found
        except (RuntimeError, MemoryError) as error:
            if not memory.is_out_of_memory(error):
                raise
            short = (str(error) or type(error).__name__).splitlines()[0]
        memory.free(device)  # here, where no traceback holds the tensors any more
        report(f"out of memory at batch {batch} ({short})")
        batch = smaller(batch)
    raise ArchError(f"{graph.spec.name}: {device} has not memory enough for one example")


def _at(graph: Graph, config: Config, device: torch.device, batch: int, threads: int, report: Report) -> dict[str, Any]:
    """Everything that is asked for at one batch size."""
    clock = Clock(device)
    module = model(graph, config, device)
    if config.preset:
        return _by_protocol(module, graph, batch, config, clock, report)
    found: dict[str, Any] = {}
    run = module if config.compile is None else _compiled(module, config.compile)
    x = random_input(graph, batch, config, device)
    if config.infers:
        found["infer"] = _infer(run, graph, x, config, clock, threads, report)
    if config.layers:
        found["layers"] = _layers(module, graph, batch, config, clock, threads, report)
    if config.trains:
        found["train"] = _train(run, graph, x, config, clock, threads, report)
    return found


def _by_protocol(
    module: Built, graph: Graph, batch: int, config: Config, clock: Clock, report: Report
) -> dict[str, Any]:
    """What a preset's protocol takes the times of."""
    report(f"{config.preset}, batch {batch}")
    memory.reset_peak(clock.device)
    found = follow(module, graph, batch, config, clock)
    peak, meaning = memory.peak_memory(clock.device)
    steps = {"warm_up_steps": found["warm_up_steps"]}
    apart = {name: data(series) for name, series in found["parts"].items()}
    return {
        "infer": {"step": data(found["forward"]) | {"per_block": 1}, "peak_mib": None, "peak_is": _NOT_APART} | steps,
        "train": {
            "step": data(found["both"]) | {"per_block": 1},
            "loss": "half the output's sum of squares; gradients without an optimizer",
            "parts": apart,
            "peak_mib": peak,
            "peak_is": meaning,
        }
        | steps,
    }


def model(graph: Graph, config: Config, device: torch.device) -> Built:
    """The network on its device, in the precision and layout asked for."""
    module = build(graph, device).to(devices.dtype_of(config.precision))
    for parameter in module.parameters():
        parameter.data = laid_out(parameter.data, config)
    return module


def _compiled(module: Built, mode: str) -> torch.nn.Module:
    """The module as torch.compile makes it, anew for each batch size, when it is first called."""
    return cast(torch.nn.Module, torch.compile(module, mode=None if mode == "default" else mode, dynamic=False))


def _first_call(step: Step, clock: Clock, config: Config, report: Report) -> dict[str, float]:
    """The seconds of a first call, in which a module is compiled; nothing where none is."""
    if config.compile is None:
        return {}
    report("compiling")
    start = clock()
    step()
    return {"compile_s": clock() - start}


def _infer(
    module: torch.nn.Module, graph: Graph, x: torch.Tensor, config: Config, clock: Clock, threads: int, report: Report
) -> dict[str, Any]:
    module.eval()
    step = inference(module, x, config)
    first = _first_call(step, clock, config, report)
    report(f"inference, batch {len(x)}: warming up")
    steps = warm_up(step, clock, config)
    report(f"inference, batch {len(x)}: throughput")
    times, per_block = throughput(step, clock, threads, config.min_run_time)
    peak, meaning = _peak(step, clock)
    single = inference(module, random_input(graph, 1, config, clock.device), config)
    report("inference, one example: latency")
    warm_up(single, clock, config)
    calls = latencies(single, clock, config.latency_calls)
    return {
        "warm_up_steps": steps,
        "step": data(times) | {"per_block": per_block},
        "latency": {"batch": 1, "n": len(calls)}
        | {f"p{share}_ms": 1e3 * percentile(calls, share) for share in (50, 90, 99)},
        "peak_mib": peak,
        "peak_is": meaning,
    } | first


def _train(
    module: torch.nn.Module, graph: Graph, x: torch.Tensor, config: Config, clock: Clock, threads: int, report: Report
) -> dict[str, Any]:
    module.train()
    training = Training(module, graph, x, config)
    first = _first_call(training.step, clock, config, report)
    report(f"training, batch {len(x)}: warming up")
    steps = warm_up(training.step, clock, config)
    report(f"training, batch {len(x)}: throughput")
    times, per_block = throughput(training.step, clock, threads, config.min_run_time)
    peak, meaning = _peak(training.step, clock)
    found: dict[str, Any] = first | {
        "loss": training.loss_name,
        "warm_up_steps": steps,
        "step": data(times) | {"per_block": per_block},
        "peak_mib": peak,
        "peak_is": meaning,
    }
    if config.detail:
        report(f"training, batch {len(x)}: forward, backward, optimizer")
        apart = parts(training.parts, clock, _DETAIL_REPEATS)
        found["parts"] = {name: data(series) for name, series in apart.items()}
    return found


def _layers(
    module: Built, graph: Graph, batch: int, config: Config, clock: Clock, threads: int, report: Report
) -> list[dict[str, Any]]:
    module.eval()
    report("each layer alone")
    times = time_layers(module, graph, batch, config, clock, threads)
    return [{"name": name, "step": data(series)} for name, series in times.items()]


def _peak(step: Callable[[], object], clock: Clock) -> tuple[float | None, str]:
    """Memory of a few steps, after all that is set up once has been."""
    clock()
    memory.reset_peak(clock.device)
    for _ in range(_MEMORY_STEPS):
        step()
    clock()
    return memory.peak_memory(clock.device)


def data(times: Timing) -> dict[str, Any]:
    """A timing in milliseconds, as a record has it."""
    values = {f"{name}_ms": 1e3 * value for name, value in times._asdict().items() if name != "n"}
    return values | {"n": times.n}
