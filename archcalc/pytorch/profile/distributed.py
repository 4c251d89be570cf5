"""Several devices at once, a process of torchrun's for each: first one alone, then all, a fixed number of steps.

Training is data-parallel: every rank has the whole network and a batch of its own, and gradients are averaged.
"""

import atexit
from math import ceil
from typing import Any, Final

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from archcalc.analysis.profile.config import Config
from archcalc.analysis.profile.ranks import Place
from archcalc.analysis.profile.statistics import percentile, timing
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.pytorch.profile import memory
from archcalc.pytorch.profile.accelerator import Clock
from archcalc.pytorch.profile.bench import Bench, Report
from archcalc.pytorch.profile.environment import Waiting, describe
from archcalc.pytorch.profile.memory import Shortage
from archcalc.pytorch.profile.peaks import measure_peaks
from archcalc.pytorch.profile.precision import refused
from archcalc.pytorch.profile.run import data
from archcalc.pytorch.profile.steps import Training, inference
from archcalc.pytorch.profile.timing import Step, latencies, warm_up

_FEWEST: Final = 10
"""Steps that are timed."""
_TRIALS: Final = 2
"""Steps after which memory is thought to be enough."""


def measure(graph: Graph, config: Config, place: Place, report: Report) -> dict[str, Any]:
    """Measure in this rank, with all others. What is found is known to the first rank; others get nothing.

    Raises ArchError where the device cannot compute so, MissingError for one that is not there.
    """
    bench = Bench.ready(graph, config, report)
    environment, waiting = describe(bench.device), Waiting()
    memory.free(bench.device)  # of the network before, or it could be this rank alone that has too little
    backend = _join(bench.device)
    try:
        with refused(config, bench.device):
            bench = _that_fits(bench)
            found = _of_all_modes(bench, place)
    except BaseException:
        atexit.unregister(distributed.destroy_process_group)  # it would wait for ranks that wait for this one
        raise
    if not place.is_first:
        return {}
    environment["waited"] = waiting.share
    return {
        "environment": environment,
        "measured_peaks": measure_peaks(bench),
        "batch": bench.batch,
        "distributed": {"ranks": place.size, "backend": backend} | found,
    }


def _join(device: torch.device) -> str:
    """Meet the other ranks, over NCCL on CUDA, over gloo elsewhere; which of both."""
    backend = "nccl" if device.type == "cuda" else "gloo"
    if not distributed.is_initialized():
        distributed.init_process_group(backend)
        distributed.barrier(device_ids=_ids(device))  # NCCL takes its memory here, before the network takes all
        atexit.register(distributed.destroy_process_group)
    return backend


def _that_fits(bench: Bench) -> Bench:
    """With the largest batch that fits on every rank. Raises ArchError, in all of them, where none does."""
    while _in_any(shortage := _shortage(bench), bench.device):
        bench = bench.with_less(shortage or Shortage("on another rank"))
    return bench


def _shortage(bench: Bench) -> Shortage | None:
    """Of memory, on this rank, for a step of each mode and for the gradients that are sent."""

    def once() -> None:
        module, x = bench.module(), bench.input()
        if bench.config.infers:
            inference(module.eval(), x, bench.config)()
        if bench.config.trains:
            sent = [torch.empty_like(parameter) for parameter in module.parameters()]
            training = Training(module.train(), x, bench)
            for _ in range(_TRIALS):
                training.step()
            del sent
        bench.clock()

    shortage = memory.tried(once, bench.device)
    memory.free(bench.device)
    return shortage


def _in_any(shortage: Shortage | None, device: torch.device) -> bool:
    """Whether any rank has one: all ask together, so that all go on with the same batch."""
    short = torch.tensor(int(shortage is not None), device=device)
    distributed.all_reduce(short, distributed.ReduceOp.MAX)
    return bool(short.item())


def _of_all_modes(bench: Bench, place: Place) -> dict[str, Any]:
    config = bench.config
    modes = [*(["infer"] if config.infers else []), *(["train"] if config.trains else [])]
    try:
        return {mode: _times(mode, bench, place) for mode in modes}
    except (RuntimeError, MemoryError) as error:
        if memory.is_out_of_memory(error):
            name = bench.graph.spec.name
            raise ArchError(f"{name}: out of memory at batch {bench.batch}: try a smaller --batch") from error
        raise


def _times(mode: str, bench: Bench, place: Place) -> dict[str, Any]:
    """Times of the first rank alone, and of every rank when all run."""
    module, x = bench.module(), bench.input()
    module.train(mode == "train")
    bench.report(f"{mode}, batch {bench.batch}: one rank alone")
    alone = _alone(_step(mode, module, x, bench), bench) if place.is_first else None
    steps, warm_ups = _told(list(alone[:2]) if alone else [0, 0])
    bench.report(f"{mode}, batch {bench.batch} each: {place.size} ranks")
    together = _step(mode, _parallel(module, bench.device) if mode == "train" else module, x, bench)
    times = _together(together, steps, warm_ups, bench.clock)
    all_ranks = _gathered({"rank": place.rank, "device": str(bench.device), "step": data(timing(times))}, place)
    if alone is None:
        return {}
    return {"steps": steps, "warm_up_steps": warm_ups, "alone": data(timing(alone[2])), "by_rank": all_ranks}


def _step(mode: str, module: nn.Module, x: Tensor, bench: Bench) -> Step:
    return Training(module, x, bench).step if mode == "train" else inference(module, x, bench.config)


def _alone(step: Step, bench: Bench) -> tuple[int, int, list[float]]:
    """How many steps last as long as asked, how many it took to warm up, and the times of the former."""
    warm_ups = warm_up(step, bench.clock, bench.config)
    once = percentile(latencies(step, bench.clock, _FEWEST), 50)
    steps = max(ceil(bench.config.min_run_time / once), _FEWEST)
    return steps, warm_ups, latencies(step, bench.clock, steps)


def _together(step: Step, steps: int, warm_ups: int, clock: Clock) -> list[float]:
    """Times of so many steps, which every rank begins at once and ends as often, or some would wait for ever."""
    for _ in range(warm_ups):
        step()
    clock()
    distributed.barrier(device_ids=_ids(clock.device))
    return latencies(step, clock, steps)


def _parallel(module: nn.Module, device: torch.device) -> nn.Module:
    return DistributedDataParallel(module, device_ids=_ids(device))


def _ids(device: torch.device) -> list[int] | None:
    """The one GPU of this rank; None for a rank on the CPU, which wants none."""
    return [device.index] if device.type == "cuda" else None


def _told(words: list[Any]) -> list[Any]:
    """What the first rank says, in every rank; others wait for it here while it runs alone."""
    distributed.broadcast_object_list(words, src=0)
    return words


def _gathered(ours: dict[str, Any], place: Place) -> list[dict[str, Any]]:
    """What every rank has, in the first."""
    everything: list[Any] | None = [None] * place.size if place.is_first else None
    distributed.gather_object(ours, everything, dst=0)
    return everything or []
