"""What a device is seen to do in the run: a large matrix product, and a large copy."""

from typing import Final

import torch

from archcalc.analysis.profile.config import Config, Precision
from archcalc.pytorch.profile.device import Clock, product_dtype
from archcalc.pytorch.profile.memory import free
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


def measure_peaks(config: Config, device: torch.device, clock: Clock, threads: int) -> dict[str, float]:
    """TFLOP/s of a matrix product at the precision of the run, and GB/s of a copy, which reads and writes."""
    peaks = {
        "tflops": _product(config, device, clock, threads) / 1e12,
        "gbs": _copy(config, device, clock, threads) / 1e9,
    }
    free(device)
    return peaks


def _product(config: Config, device: torch.device, clock: Clock, threads: int) -> float:
    """FLOP/s of a square matrix product; of a small one where a large one would take too long."""
    small = _multiplication(_SMALL, config, device)
    once = min(latencies(small, clock, _TRIALS))
    side = _side(config.precision, device)
    if once * (side / _SMALL) ** 3 > _TOO_LONG:
        return 2 * _SMALL**3 / once
    return 2 * side**3 / _median(_multiplication(side, config, device), config, clock, threads)


def _multiplication(side: int, config: Config, device: torch.device) -> Step:
    dtype = product_dtype(config.precision)
    one, other = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))

    def step() -> object:
        with torch.inference_mode():
            return one @ other

    return step


def _copy(config: Config, device: torch.device, clock: Clock, threads: int) -> float:
    """Bytes a second, those read and those written."""
    source = torch.randn(_COPIED // 4, device=device)
    target = torch.empty_like(source)
    return 2 * _COPIED / _median(lambda: target.copy_(source), config, clock, threads)


def _median(step: Step, config: Config, clock: Clock, threads: int) -> float:
    step()
    return throughput(step, clock, threads, config.min_run_time / 2)[0].median


def _side(precision: Precision, device: torch.device) -> int:
    if device.type == "cuda":
        return _ON_CUDA_FP32 if precision is Precision.FP32 else _ON_CUDA
    return _SIDES[device.type]
