"""Warnings: reasons to doubt the numbers of a record."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from archcalc.analysis.profile.request import Mode
from archcalc.analysis.profile.statistics import LEAST_BLOCKS, NOISY

if TYPE_CHECKING:
    from archcalc.analysis.profile.record import Infer, Record, Train

_BUSY: Final = 0.05
"""Share of the time spent waiting for a core above which others are thought to use the machine."""
_SOFTWARE: Final = 0.01
"""TFLOP/s of a matrix product below which a device is thought to compute a precision in software."""

_FEWER: Final = "FLOPs are counted as direct convolution, and Winograd and FFT algorithms need fewer"
_OVER: Final = {
    "datasheet": _FEWER,
    "measured": f"{_FEWER}; or the convolutions use this device better than the matrix product does",
}


class ProfileWarning(NamedTuple):
    """Words about one mode, in one rank where several ran, or about the whole record."""

    words: str
    mode: Mode | None = None
    rank: int | None = None

    def __str__(self) -> str:
        if self.mode is None:
            return self.words
        where = self.mode if self.rank is None else f"{self.mode}, rank {self.rank}"
        return f"{where}: {self.words}"


def warnings_of(record: "Record") -> Iterator[ProfileWarning]:
    """Yield what a record gives reason to warn of."""
    batch, measured = record.batch, record.peaks.measured.tflops
    if batch.used != batch.asked:
        yield ProfileWarning(f"out of memory at batch {batch.asked}: batch {batch.used} instead")
    if (waited := record.environment.waited or 0) > _BUSY:
        reason = f"{waited:.0%} of the time was spent waiting for a core: {_reason_to_wait(record)}"
        yield ProfileWarning(f"{reason}, and times are too long")
    is_software = measured is not None and measured < _SOFTWARE
    for peak, of in ((measured, "TFLOP/s of a matrix product"), (record.peaks.measured.gbs, "GB/s of a copy")):
        if peak is None:
            yield ProfileWarning(f"the {of} are not known: out of memory for it")
    yield from _of_gpu(record)
    if is_software:
        words = f"this device seems to compute {record.request.precision} in software"
        yield ProfileWarning(f"{measured:.2g} TFLOP/s in a matrix product: {words}")
    yield from _of_ranks(record)
    for mode, part in record.by_mode().items():
        yield from _of_mode(mode, part, record.request.preset is not None, is_software)


def _reason_to_wait(record: "Record") -> str:
    environment = record.environment
    threads = environment.threads * (record.distributed.ranks if record.distributed else 1)
    cores = environment.cores or threads
    return f"{threads} threads share {cores} cores" if threads > cores else "others use this machine"


def _of_mode(mode: Mode, part: "Infer | Train", is_preset: bool, is_software: bool) -> Iterator[ProfileWarning]:
    n, spread = part.times.step.n, part.speed.spread or 0
    if n < LEAST_BLOCKS and not is_preset:
        yield ProfileWarning(f"only {n} samples: too few for a spread", mode)
    if spread > NOISY:
        yield ProfileWarning(f"the middle half of the times spans {spread:.0%} of the median: noise", mode)
    for peak, share in (("datasheet", part.speed.of_datasheet), ("measured", part.speed.of_measured)):
        if (share or 0) > 1 and not (peak == "measured" and is_software):
            yield ProfileWarning(f"over 100 % of the {peak} peak: {_OVER[peak]}", mode)


def _of_gpu(record: "Record") -> Iterator[ProfileWarning]:
    gpu = record.environment.gpu
    if gpu and gpu.other_processes:
        others = "1 other process uses" if gpu.other_processes == 1 else f"{gpu.other_processes} other processes use"
        yield ProfileWarning(f"{others} this GPU, and times may be too long")
    for mode, part in record.by_mode().items():
        if part.times.gpu and part.times.gpu.slowed_by:
            yield ProfileWarning(f"the GPU's clocks were lowered: {', '.join(part.times.gpu.slowed_by)}", mode)


def _of_ranks(record: "Record") -> Iterator[ProfileWarning]:
    for mode, ranks in record.distributed.by_mode().items() if record.distributed else ():
        for one in ranks.times.by_rank:
            step = one.step
            if step.spread > NOISY:
                yield ProfileWarning(f"the middle half spans {step.spread:.0%} of the median: noise", mode, one.rank)
            if step.median_ms and (more := step.mean_ms / step.median_ms - 1) > NOISY:
                words = f"some steps were held up: the mean is {more:.0%} over the median"
                yield ProfileWarning(words, mode, one.rank)
