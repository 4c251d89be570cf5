"""What a device is seen to do in the run: a large matrix product, and a large copy."""

from typing import Final

import torch

from archcalc.analysis.profile.config import Config, Precision
from archcalc.pytorch.profile.device import Clock, autocast, dtype_of, free
from archcalc.pytorch.profile.timing import Step, throughput

_SIDES: Final = {"cpu": 2048, "mps": 4096}
_ON_CUDA_FP32: Final = 4096
_ON_CUDA: Final = 8192
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
    """FLOP/s of a square matrix product."""
    side = _side(config.precision, device)
    one, other = (torch.randn(side, side, device=device).to(dtype_of(config.precision)) for _ in range(2))

    def multiply() -> object:
        with torch.inference_mode(), autocast(config.precision, device):
            return one @ other

    return 2 * side**3 / _median(multiply, config, clock, threads)


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
