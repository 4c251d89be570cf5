"""Several devices at once, each with a process of torchrun: first one alone, then all, a fixed number of steps.

Training is data-parallel: every rank has the whole network and its own batch, and gradients are averaged.
"""

import atexit
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor, distributed, nn
from torch.nn.parallel import DistributedDataParallel

from archcalc.analysis.profile.ranks import Place
from archcalc.analysis.profile.request import Mode, Request
from archcalc.analysis.profile.results import DistributedTimes, MeasuredPeak, RanksTimes, RankTimes, Results, StepTimes
from archcalc.analysis.profile.statistics import timing
from archcalc.collector import collector_at_rest
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
from archcalc.pytorch.profile.timing import Step, block, throughput, warm_up

_TRIALS: Final = 2
"""Training steps that must fit into memory, or the batch is too large."""


class _Series(NamedTuple):
    """How many steps warm up, and how many blocks of how many steps are timed."""

    warm_up_steps: int
    blocks: int
    per_block: int


class _Alone(NamedTuple):
    """What the first rank alone was timed by, and its times."""

    series: _Series
    step: StepTimes


_NO_SERIES: Final = _Series(0, 0, 0)


def measure(
    graph: Graph, request: Request, place: Place, report: Report, peaks: MeasuredPeak | None = None
) -> Results | None:
    """Measure in this rank, together with all others. The first rank gets the results of all; others get None.

    `peaks` are those of the device, where they were measured a moment ago.
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
        measured_peak=peaks or measure_peaks(bench),
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
        module, xs = bench.module(), bench.inputs()
        if bench.request.infers:
            inference(module.eval(), xs, bench.request)()
        if bench.request.trains:
            sent = [torch.empty_like(parameter) for parameter in module.parameters()]
            training = Training(module.train(), xs, bench)
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
    module, xs = bench.module(), bench.inputs()
    module.train(mode is Mode.TRAIN)
    bench.report(f"{mode}, batch {bench.batch}: one rank alone")
    alone = _alone(_step(mode, module, xs, bench), bench) if place.is_first else None
    series = _from_the_first(alone.series if alone else _NO_SERIES)
    bench.report(f"{mode}, batch {bench.batch} each: {place.size} ranks")
    together = _step(mode, _parallel(module, bench.device) if mode is Mode.TRAIN else module, xs, bench)
    times = _together(together, series, bench.clock)
    all_ranks = _gathered(RankTimes(rank=place.rank, device=str(bench.device), step=times), place)
    if alone is None:
        return None
    return RanksTimes(
        steps=series.blocks * series.per_block,
        warm_up_steps=series.warm_up_steps,
        alone=alone.step,
        by_rank=tuple(all_ranks),
    )


def _step(mode: Mode, module: nn.Module, xs: Sequence[Tensor], bench: Bench) -> Step:
    return Training(module, xs, bench).step if mode is Mode.TRAIN else inference(module, xs, bench.request)


def _alone(step: Step, bench: Bench) -> _Alone:
    """Time one rank as a single device is timed."""
    warm_ups = warm_up(step, bench.clock, bench.request)
    times, per_block = throughput(step, bench.clock, bench.request.min_run_time)
    return _Alone(_Series(warm_ups, times.n, per_block), StepTimes.of(times, per_block))


def _together(step: Step, series: _Series, clock: Clock) -> StepTimes:
    """Time as many steps in as many blocks; all ranks begin together and run as many, or some would wait for ever."""
    for _ in range(series.warm_up_steps):
        step()
    clock()
    distributed.barrier(device_ids=_ids(clock.device))
    with collector_at_rest():
        times = [block(step, clock, series.per_block) / series.per_block for _ in range(series.blocks)]
    return StepTimes.of(timing(times), series.per_block)


def _parallel(module: nn.Module, device: torch.device) -> nn.Module:
    return DistributedDataParallel(module, device_ids=_ids(device))


def _ids(device: torch.device) -> list[int] | None:
    """Return the one GPU of this rank; None on the CPU."""
    return [device.index] if device.type == "cuda" else None


def _from_the_first(series: _Series) -> _Series:
    """Return the series of the first rank, in every rank; the others wait here while it runs alone."""
    values = [*series]
    distributed.broadcast_object_list(values, src=0)
    return _Series(*values)


def _gathered(ours: RankTimes, place: Place) -> list[RankTimes]:
    """Return the times of every rank, in the first; nothing in others."""
    everything: list[Any] | None = [None] * place.size if place.is_first else None
    distributed.gather_object(ours, everything, dst=0)
    return everything or []
