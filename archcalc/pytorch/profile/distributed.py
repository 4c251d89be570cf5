"""Several devices at once, each with a process of torchrun: first one alone, then all, a fixed number of steps.

Training is data-parallel: every rank has the whole network and its own batch, and gradients are averaged.
"""

import atexit
from dataclasses import replace
from math import ceil
from typing import Any, Final

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from archcalc.analysis.profile.ranks import Place
from archcalc.analysis.profile.request import Mode, Request
from archcalc.analysis.profile.results import DistributedTimes, RanksTimes, RankTimes, Results, StepTimes
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
from archcalc.pytorch.profile.steps import Training, inference
from archcalc.pytorch.profile.timing import Step, latencies, warm_up

_FEWEST: Final = 10
"""Steps that are timed, at least."""
_TRIALS: Final = 2
"""Training steps that must fit into memory, or the batch is too large."""


def measure(graph: Graph, request: Request, place: Place, report: Report) -> Results | None:
    """Measure in this rank, together with all others. The first rank gets the results of all; others get None.

    Raises ArchError where the device cannot compute at the precision, MissingError where there is no such device.
    """
    bench = Bench.ready(graph, request, report)
    environment, waiting = describe(bench.device), Waiting()
    memory.free(bench.device)  # of the network before, or it could be this rank alone that has too little
    backend = _join(bench.device)
    try:
        with refused(request, bench.device):
            bench = _that_fits(bench)
            infer = _times(Mode.INFER, bench, place) if bench.request.infers else None
            train = _times(Mode.TRAIN, bench, place) if bench.request.trains else None
    except BaseException:
        atexit.unregister(distributed.destroy_process_group)  # it would wait for ranks that wait for this one
        raise
    if not place.is_first:
        return None
    return Results(
        environment=replace(environment, waited=waiting.share),
        measured_peak=measure_peaks(bench),
        batch=bench.batch,
        distributed=DistributedTimes(ranks=place.size, backend=backend, infer=infer, train=train),
    )


def _join(device: torch.device) -> str:
    """Meet the other ranks, over NCCL on CUDA, over gloo elsewhere. Returns which."""
    backend = "nccl" if device.type == "cuda" else "gloo"
    if not distributed.is_initialized():
        distributed.init_process_group(backend)
        distributed.barrier(device_ids=_ids(device))  # NCCL takes its memory here, before the network takes all
        atexit.register(distributed.destroy_process_group)
    return backend


def _that_fits(bench: Bench) -> Bench:
    """Return the bench with the largest batch that fits on every rank. Raises ArchError in all, where none does."""
    while _in_any(shortage := _shortage(bench), bench.device):
        bench = bench.with_less(shortage or Shortage("on another rank"))
    return bench


def _shortage(bench: Bench) -> Shortage | None:
    """Return whether this rank is short of memory for a step of each mode and for the gradients to send."""

    def once() -> None:
        module, x = bench.module(), bench.input()
        if bench.request.infers:
            inference(module.eval(), x, bench.request)()
        if bench.request.trains:
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
    """Return whether any rank is short of memory; all call this together, and go on with the same batch."""
    short = torch.tensor(int(shortage is not None), device=device)
    distributed.all_reduce(short, distributed.ReduceOp.MAX)
    return bool(short.item())


def _times(mode: Mode, bench: Bench, place: Place) -> RanksTimes | None:
    """Time the first rank alone, then every rank while all run. Raises ArchError where memory runs out."""
    try:
        return _alone_and_together(mode, bench, place)
    except (RuntimeError, MemoryError) as error:
        if memory.is_out_of_memory(error):
            name = bench.graph.spec.name
            raise ArchError(f"{name}: out of memory at batch {bench.batch}: try a smaller --batch") from error
        raise


def _alone_and_together(mode: Mode, bench: Bench, place: Place) -> RanksTimes | None:
    module, x = bench.module(), bench.input()
    module.train(mode is Mode.TRAIN)
    bench.report(f"{mode}, batch {bench.batch}: one rank alone")
    alone = _alone(_step(mode, module, x, bench), bench) if place.is_first else None
    steps, warm_ups = _from_the_first(list(alone[:2]) if alone else [0, 0])
    bench.report(f"{mode}, batch {bench.batch} each: {place.size} ranks")
    together = _step(mode, _parallel(module, bench.device) if mode is Mode.TRAIN else module, x, bench)
    times = StepTimes.of(timing(_together(together, steps, warm_ups, bench.clock)))
    all_ranks = _gathered(RankTimes(rank=place.rank, device=str(bench.device), step=times), place)
    if alone is None:
        return None
    alone_times = StepTimes.of(timing(alone[2]))
    return RanksTimes(steps=steps, warm_up_steps=warm_ups, alone=alone_times, by_rank=tuple(all_ranks))


def _step(mode: Mode, module: nn.Module, x: Tensor, bench: Bench) -> Step:
    return Training(module, x, bench).step if mode is Mode.TRAIN else inference(module, x, bench.request)


def _alone(step: Step, bench: Bench) -> tuple[int, int, list[float]]:
    """Return how many steps last as long as the request says, how many warmed up, and the times of the former."""
    warm_ups = warm_up(step, bench.clock, bench.request)
    once = percentile(latencies(step, bench.clock, _FEWEST), 50)
    steps = max(ceil(bench.request.min_run_time / once), _FEWEST)
    return steps, warm_ups, latencies(step, bench.clock, steps)


def _together(step: Step, steps: int, warm_ups: int, clock: Clock) -> list[float]:
    """Time so many steps; all ranks begin together and run as many, or some would wait for ever."""
    for _ in range(warm_ups):
        step()
    clock()
    distributed.barrier(device_ids=_ids(clock.device))
    return latencies(step, clock, steps)


def _parallel(module: nn.Module, device: torch.device) -> nn.Module:
    return DistributedDataParallel(module, device_ids=_ids(device))


def _ids(device: torch.device) -> list[int] | None:
    """Return the one GPU of this rank; None on the CPU."""
    return [device.index] if device.type == "cuda" else None


def _from_the_first(values: list[int]) -> list[int]:
    """Return the values of the first rank, in every rank; the others wait here while it runs alone."""
    distributed.broadcast_object_list(values, src=0)
    return values


def _gathered(ours: RankTimes, place: Place) -> list[RankTimes]:
    """Return the times of every rank, in the first; nothing in others."""
    everything: list[Any] | None = [None] * place.size if place.is_first else None
    distributed.gather_object(ours, everything, dst=0)
    return everything or []
