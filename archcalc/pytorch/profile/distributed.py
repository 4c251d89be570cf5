"""Several devices at once, a process of torchrun's for each: first one alone, then all, a fixed number of steps.

Training is data-parallel: every rank has the whole network and a batch of its own, and gradients are averaged.
"""

import atexit
from collections.abc import Callable
from math import ceil
from typing import Any, Final

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from archcalc.analysis.profile.config import Config
from archcalc.analysis.profile.ranks import Place
from archcalc.analysis.profile.statistics import percentile, timing
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.pytorch.profile import device as devices
from archcalc.pytorch.profile import memory
from archcalc.pytorch.profile.device import Clock
from archcalc.pytorch.profile.peaks import measure_peaks
from archcalc.pytorch.profile.run import Report, data, model
from archcalc.pytorch.profile.steps import Training, inference, random_input
from archcalc.pytorch.profile.timing import Step, latencies, warm_up

_FEWEST: Final = 10
_MOST: Final = 1000
"""Steps that are timed."""

Make = Callable[[nn.Module], Step]


def measure(graph: Graph, config: Config, place: Place, report: Report) -> dict[str, Any]:
    """Measure in this rank, with all others. What is found is known to the first rank; others get nothing.

    Raises ArchError where the device cannot compute so, MissingError for one that is not there.
    """
    device = devices.resolve(config.device)
    flags = devices.set_up(config, device)
    backend = _join(device)
    try:
        with devices.refused(config, device):
            found = {mode: _times(mode, graph, config, Clock(device), place, report) for mode in _modes(config)}
    except (RuntimeError, MemoryError) as error:
        if memory.is_out_of_memory(error):
            raise ArchError(f"rank {place.rank} is out of memory at batch {config.batch}: try a smaller one") from error
        raise
    if not place.is_first:
        return {}
    report("the device's own peaks")
    peaks = measure_peaks(config, device, Clock(device), flags["threads"])
    return {
        "environment": devices.describe(device) | flags,
        "measured_peaks": peaks,
        "batch": config.batch,
        "distributed": {"ranks": place.size, "backend": backend} | found,
    }


def _modes(config: Config) -> list[str]:
    return [*(["infer"] if config.infers else []), *(["train"] if config.trains else [])]


def _join(device: torch.device) -> str:
    """Meet the other ranks, over NCCL on CUDA, over gloo elsewhere; which of both."""
    backend = "nccl" if device.type == "cuda" else "gloo"
    if not distributed.is_initialized():
        distributed.init_process_group(backend)
        atexit.register(distributed.destroy_process_group)
    return backend


def _times(mode: str, graph: Graph, config: Config, clock: Clock, place: Place, report: Report) -> dict[str, Any]:
    """Times of the first rank alone, and of every rank when all run."""
    module = model(graph, config, clock.device)
    module.train(mode == "train")
    x = random_input(graph, config.batch, config, clock.device)

    def make(module: nn.Module) -> Step:
        return Training(module, graph, x, config).step if mode == "train" else inference(module, x, config)

    report(f"{mode}, batch {len(x)}: one rank alone")
    alone = _alone(make(module), config, clock) if place.is_first else None
    steps, warm_ups = _told(list(alone[:2]) if alone else [0, 0])
    report(f"{mode}, batch {len(x)} each: {place.size} ranks")
    times = _together(make(_parallel(module, clock.device) if mode == "train" else module), steps, warm_ups, clock)
    ours = {"rank": place.rank, "device": str(clock.device), "step": data(timing(times))}
    all_ranks = _gathered(ours, place)
    return (
        {"steps": steps, "warm_up_steps": warm_ups, "alone": data(timing(alone[2])), "by_rank": all_ranks}
        if alone
        else {}
    )


def _alone(step: Step, config: Config, clock: Clock) -> tuple[int, int, list[float]]:
    """How many steps last as long as asked, how many it took to warm up, and the times of the former."""
    warm_ups = warm_up(step, clock, config)
    once = percentile(latencies(step, clock, _FEWEST), 50)
    steps = min(max(ceil(config.min_run_time / once), _FEWEST), _MOST)
    return steps, warm_ups, latencies(step, clock, steps)


def _together(step: Step, steps: int, warm_ups: int, clock: Clock) -> list[float]:
    """Times of so many steps, which every rank begins at once and ends as often, or some would wait for ever."""
    for _ in range(warm_ups):
        step()
    clock()
    distributed.barrier()
    return latencies(step, clock, steps)


def _parallel(module: nn.Module, device: torch.device) -> nn.Module:
    return DistributedDataParallel(module, device_ids=[device.index] if device.type == "cuda" else None)


def _told(words: list[Any]) -> list[Any]:
    """What the first rank says, in every rank; others wait for it here while it runs alone."""
    distributed.broadcast_object_list(words, src=0)
    return words


def _gathered(ours: dict[str, Any], place: Place) -> list[dict[str, Any]]:
    """What every rank has, in the first."""
    everything: list[Any] | None = [None] * place.size if place.is_first else None
    distributed.gather_object(ours, everything, dst=0)
    return everything or []
