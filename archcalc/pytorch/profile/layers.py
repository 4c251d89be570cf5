"""The time of each layer: alone, on random inputs of its shapes, or inside the network, by torch's profiler."""

from collections.abc import Mapping
from math import ceil
from typing import Final, NamedTuple

import torch
from torch import Tensor
from torch.autograd.profiler import record_function
from torch.autograd.profiler_util import FunctionEvent
from torch.profiler import ProfilerActivity

from archcalc.analysis.profile.request import Layers
from archcalc.analysis.profile.statistics import LEAST_BLOCKS, OF_HOST, Timing, timing
from archcalc.errors import ArchError
from archcalc.graph import Node
from archcalc.pytorch.build import Built
from archcalc.pytorch.profile.bench import Bench
from archcalc.pytorch.profile.precision import autocast
from archcalc.pytorch.profile.steps import inference
from archcalc.pytorch.profile.timing import Step, latencies, launching, parts, throughput

_MOST_TURNS: Final = 1000
_MOST_PROFILED: Final = 50
"""Forward passes at most, since the profiler keeps every event of each."""
_MARK: Final = "layer "
_MICRO: Final = 1e-6


class Timed(NamedTuple):
    """The times of layers by their names, and the layers whose time is rather that of the host, which launches them.

    The latter are None where this is not asked: on a CPU, and of the profiler, which has the times of kernels.
    """

    times: dict[str, Timing]
    of_host: tuple[str, ...] | None = None


def time_layers(bench: Bench, module: Built) -> Timed:
    """Return the times of every layer by its name, in inference, of all devices of a tower together."""
    bench.report("each layer inside the network" if bench.request.layers is Layers.PROFILER else "each layer alone")
    return Timed(_profiled(bench)) if bench.request.layers is Layers.PROFILER else _alone(bench, module)


def _alone(bench: Bench, module: Built) -> Timed:
    """Time each layer alone.

    On a CPU the layers run in turn, so that each finds the caches as the layer before left them, as in the network. On
    other devices each layer runs in blocks, since a wait after every short layer takes longer than the layer.
    """
    steps = [(node.name, _step(bench, module, node)) for node in bench.graph.nodes]
    if bench.device.type == "cpu":

        def turn() -> None:
            for _, step in steps:
                step()

        return Timed(parts(steps, bench.clock, _repeats(bench, turn, _MOST_TURNS)))
    found, of_host = {}, []
    for name, step in steps:
        step()
        found[name] = throughput(step, bench.clock, bench.request.min_run_time / 10)[0]
        if launching(step, bench.clock) >= OF_HOST * found[name].median:
            of_host.append(name)
    return Timed(found, tuple(of_host))


def _step(bench: Bench, module: Built, node: Node) -> Step:
    tensors = [bench.random((bench.batch, *shape)) for shape in node.device_inputs]

    def step() -> object:
        with torch.inference_mode(), autocast(bench.request.precision, bench.device):
            return module.run_alone(node.name, tensors)

    return step


def _repeats(bench: Bench, step: Step, most: int) -> int:
    """Return how many steps last as long as the request says."""
    seconds = min(latencies(step, bench.clock, 2))
    return min(max(ceil(bench.request.min_run_time / seconds), LEAST_BLOCKS), most)


class _Marked(Built):
    """A network that marks for the profiler which layer runs."""

    def _run(self, name: str, made: Mapping[str, list[Tensor]]) -> list[Tensor]:
        with record_function(f"{_MARK}{name}"):
            return super()._run(name, made)


def _profiled(bench: Bench) -> dict[str, Timing]:
    """Time each layer in some forward passes: on CUDA its kernels, on a CPU its operators.

    Raises ArchError where the profiler sees no kernels.
    """
    step = inference(bench.module(_Marked).eval(), bench.inputs(), bench.request)
    repeats = _repeats(bench, step, _MOST_PROFILED)
    on_cuda = bench.device.type == "cuda"
    activities = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if on_cuda else [])]
    with torch.profiler.profile(activities=activities) as profiler:
        latencies(step, bench.clock, repeats)
    times: dict[str, list[float]] = {node.name: [] for node in bench.graph.nodes}
    for event in profiler.events() or ():
        if event.name.startswith(_MARK) and event.device_type.name == "CPU":
            taken = _kernels(event) if on_cuda else event.cpu_time_total
            times[event.name.removeprefix(_MARK)].append(taken * _MICRO)
    if not any(map(sum, times.values())):
        raise ArchError(
            "--layers profiler: torch's profiler saw no kernels (it may lack the permission to use CUPTI); "
            "use --layers alone"
        )
    return {name: timing(series) for name, series in times.items()}


def _kernels(event: FunctionEvent) -> float:
    """Return the microseconds of the kernels launched in an event; the attribute's name differs between releases."""
    total: float = event.device_time_total if hasattr(event, "device_time_total") else event.cuda_time_total
    return total
