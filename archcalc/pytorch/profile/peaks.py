"""The peaks that a device reaches in the same run: in a large matrix product, and in a large copy."""

from collections.abc import Callable
from functools import partial
from typing import Final

import torch

from archcalc.analysis.precision import Precision
from archcalc.analysis.profile.results import MeasuredPeak
from archcalc.pytorch.profile.bench import Bench
from archcalc.pytorch.profile.memory import Shortage, free, tried
from archcalc.pytorch.profile.precision import product_dtype
from archcalc.pytorch.profile.timing import Step, latencies, throughput

_SIDES: Final = {"cpu": 2048, "mps": 4096}
_ON_CUDA_FP32: Final = 4096
_ON_CUDA: Final = 8192
_SMALL: Final = 512
_TRIALS: Final = 2
_TOO_LONG: Final = 5.0
"""Seconds."""
_COPIED: Final = 2**28
"""Bytes: more than any cache holds."""


def measure_peaks(bench: Bench) -> MeasuredPeak:
    """Measure a matrix product at the precision of the request, and a copy, which reads and writes.

    A peak for which memory is short is None.
    """
    bench.report("the device's own peaks")
    tflops = _known(partial(_product, bench), bench, 1e12)
    gbs = _known(partial(_copy, bench), bench, 1e9)
    free(bench.device)
    return MeasuredPeak(tflops=tflops, gbs=gbs)


def _known(measurement: Callable[[], float], bench: Bench, unit: float) -> float | None:
    """Return what is measured; None where memory runs out."""
    found = tried(measurement, bench.device)
    if isinstance(found, Shortage):
        bench.report(f"out of memory ({found.words})")
        return None
    return found / unit


def _product(bench: Bench) -> float:
    """Return the FLOP/s of a square matrix product; of a small one where a large one would take too long."""
    once = min(latencies(_multiplication(_SMALL, bench), bench.clock, _TRIALS))
    side = _side(bench.request.precision, bench.device)
    if once * (side / _SMALL) ** 3 > _TOO_LONG:
        return 2 * _SMALL**3 / once
    return 2 * side**3 / _median(_multiplication(side, bench), bench)


def _multiplication(side: int, bench: Bench) -> Step:
    dtype = product_dtype(bench.request.precision)
    one, other = (torch.randn(side, side, device=bench.device).to(dtype) for _ in range(2))

    def step() -> object:
        with torch.inference_mode():
            return one @ other

    return step


def _copy(bench: Bench) -> float:
    """Return the bytes a second, read and written."""
    source = torch.randn(_COPIED // 4, device=bench.device)
    target = torch.empty_like(source)
    return 2 * _COPIED / _median(lambda: target.copy_(source), bench)


def _median(step: Step, bench: Bench) -> float:
    step()
    return throughput(step, bench.clock, bench.request.min_run_time / 2)[0].median


def _side(precision: Precision, device: torch.device) -> int:
    if device.type == "cuda":
        return _ON_CUDA_FP32 if precision is Precision.FP32 else _ON_CUDA
    return _SIDES[device.type]
