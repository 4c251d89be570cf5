"""The device, the machine and the software that times are of, for the record."""

import contextlib
import os
import platform
import time
from typing import Final

import torch

from archcalc.analysis.profile.results import Environment
from archcalc.pytorch.profile.nvml import describe_gpu
from archcalc.pytorch.profile.precision import computes_in_tf32

_MIB: Final = 2**20
_NANO: Final = 10**9
_VARIABLES: Final = ("OMP_", "MKL_", "KMP_", "PYTORCH_", "TORCH_", "CUDA_VISIBLE_", "CUBLAS_", "CUDNN_", "NVIDIA_TF32_")
"""Beginnings of the environment variables that torch and its libraries read."""


def describe(device: torch.device) -> Environment:
    """Return the device, the machine and the software, with the flags as they are set."""
    on_cuda = device.type == "cuda"
    return Environment(
        device=str(device),
        name=_name(device),
        capability=torch.cuda.get_device_capability(device) if on_cuda else None,
        memory_mib=torch.cuda.get_device_properties(device).total_memory // _MIB if on_cuda else None,
        torch=torch.__version__,
        cuda=torch.version.cuda,
        cudnn=torch.backends.cudnn.version() if on_cuda else None,  # type: ignore[no-untyped-call]
        python=platform.python_version(),
        system=platform.platform(),
        processor=_processor(),
        instructions=torch.backends.cpu.get_cpu_capability(),
        cores=os.cpu_count(),
        load=os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        variables={name: value for name, value in sorted(os.environ.items()) if name.startswith(_VARIABLES)},
        threads=torch.get_num_threads(),
        tf32=computes_in_tf32(),
        cudnn_benchmark=torch.backends.cudnn.benchmark,
        inputs="normal numbers",
        waited=None,
        gpu=describe_gpu(device),
    )


class Waiting:
    """How much of the time since it was made this thread has waited for a core."""

    def __init__(self) -> None:
        self._start, self._waited = time.perf_counter(), _waited()

    @property
    def share(self) -> float | None:
        """The waiting as a share of the time; None where the system does not report it."""
        now = _waited()
        if now is None or self._waited is None:
            return None
        return (now - self._waited) / (time.perf_counter() - self._start)


def _waited() -> float | None:
    """Return the seconds that this thread has waited for a core; None where the system is not Linux."""
    with contextlib.suppress(OSError, ValueError, IndexError), open("/proc/thread-self/schedstat", "rb") as file:
        return int(file.read().split()[1]) / _NANO
    return None


def _name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps" and hasattr(torch.backends.mps, "get_name"):
        return torch.backends.mps.get_name()
    return _processor()


def _processor() -> str:
    """Return the CPU's name, as far as the system reports it."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
