"""What differs between devices: how they are waited for, and how floats are multiplied."""

import contextlib
import os
import platform
import time
from collections.abc import Iterator
from typing import Any, Final

import torch

from archcalc.analysis.profile.config import Config, Precision
from archcalc.errors import ArchError, MissingError

_MIB: Final = 2**20
_NANO: Final = 10**9
_VARIABLES: Final = ("OMP_", "MKL_", "KMP_", "PYTORCH_", "TORCH_", "CUDA_VISIBLE_", "CUBLAS_", "CUDNN_", "NVIDIA_TF32_")
"""Beginnings of environment variables that torch, or what it calls, goes by."""

_HALF: Final = {
    Precision.FP16: torch.float16,
    Precision.BF16: torch.bfloat16,
    Precision.AMP_FP16: torch.float16,
    Precision.AMP_BF16: torch.bfloat16,
}


def resolve(name: str) -> torch.device:
    """The device that `auto`, `cpu`, `cuda`, `cuda:1` or `mps` means. Raises MissingError, saying what torch sees."""
    if name == "auto":
        return resolve(_accelerator() or "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise ArchError(f"--device: '{name}' is no device; write auto, cpu, cuda, cuda:1 or mps") from None
    if device.type == "cuda":
        device = torch.device("cuda", device.index or 0)
        _expect_cuda(device)
    elif device.type == "mps" and not torch.backends.mps.is_available():
        raise MissingError(f"torch {torch.__version__} sees no MPS device here; --device cpu works")
    elif device.type not in ("cpu", "cuda", "mps"):
        raise ArchError(f"--device: {name} cannot be profiled; write auto, cpu, cuda, cuda:1 or mps")
    return device


def _accelerator() -> str | None:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else None


def _expect_cuda(device: torch.device) -> None:
    wheel = f"torch {torch.__version__}"
    if torch.version.cuda is None and torch.version.hip is None:
        raise MissingError(f"{wheel} is built without CUDA; --device cpu works (pytorch.org says how to install it)")
    if not torch.cuda.is_available():
        built = f"built for CUDA {torch.version.cuda}" if torch.version.cuda else f"built for ROCm {torch.version.hip}"
        raise MissingError(
            f"{wheel}, {built}, sees no CUDA device here: is there a GPU, and its driver? --device cpu works"
        )
    if device.index >= torch.cuda.device_count():
        seen = ", ".join(f"cuda:{index}" for index in range(torch.cuda.device_count()))
        raise MissingError(f"there is no {device}: torch sees {seen}")
    _expect_code_for(device, wheel)


def _expect_code_for(device: torch.device, wheel: str) -> None:
    """Code of the same major version runs, and PTX of any earlier one. Raises MissingError where there is neither."""
    major, minor = torch.cuda.get_device_capability(device)
    archs = torch.cuda.get_arch_list()
    built_for = [_number(arch) for arch in archs if arch.startswith("sm_")]
    later = [_number(arch) for arch in archs if arch.startswith("compute_")]
    ours = 10 * major + minor
    runs = any(arch // 10 == major and arch <= ours for arch in built_for) or any(arch <= ours for arch in later)
    if built_for and not runs:
        raise MissingError(
            f"{torch.cuda.get_device_name(device)} has compute capability {major}.{minor}; {wheel} is built for "
            f"{', '.join(arch for arch in archs if arch.startswith('sm_'))}: it needs "
            f"{'an older' if ours < min(built_for) else 'a newer'} torch; --device cpu works"
        )


def _number(arch: str) -> int:
    """
    >>> _number("sm_90a"), _number("compute_120")
    (90, 120)
    """
    return int("".join(filter(str.isdigit, arch)))


def synchronize(device: torch.device) -> None:
    """Wait until the device has done all that it was given."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


class Clock:
    """Seconds, read when the device has done all that it was given."""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def __call__(self) -> float:
        synchronize(self.device)
        return time.perf_counter()


def set_up(config: Config, device: torch.device) -> dict[str, Any]:
    """Threads, flags and seed; what they are now, for the record."""
    threads = config.threads or default_threads()
    torch.set_num_threads(threads)
    torch.manual_seed(config.seed)
    tf32 = config.precision is Precision.TF32
    torch.backends.cuda.matmul.allow_tf32 = tf32
    torch.backends.cudnn.allow_tf32 = tf32
    torch.backends.cudnn.benchmark = True
    if device.type == "cuda":
        torch.cuda.set_device(device)
    return {"threads": threads, "tf32": tf32, "cudnn_benchmark": True}


def default_threads() -> int:
    """The cores that this process may use, no more than torch would take."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, torch.get_num_threads())


def dtype_of(precision: Precision) -> torch.dtype:
    """What weights and inputs are; amp keeps them in fp32."""
    return product_dtype(precision) if precision in (Precision.FP16, Precision.BF16) else torch.float32


def product_dtype(precision: Precision) -> torch.dtype:
    """What products are computed in; amp casts them to half."""
    return _HALF.get(precision, torch.float32)


def autocast(precision: Precision, device: torch.device) -> contextlib.AbstractContextManager[Any]:
    """Where amp casts; elsewhere nothing."""
    if precision not in (Precision.AMP_FP16, Precision.AMP_BF16):
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=_HALF[precision])


def describe(device: torch.device) -> dict[str, Any]:
    """The device and the software, for the record."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else _processor()
    return {
        "device": str(device),
        "name": name,
        "capability": list(torch.cuda.get_device_capability(device)) if device.type == "cuda" else None,
        "memory_mib": torch.cuda.get_device_properties(device).total_memory // _MIB if device.type == "cuda" else None,
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version() if device.type == "cuda" else None,  # type: ignore[no-untyped-call]
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": _processor(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "variables": {name: value for name, value in sorted(os.environ.items()) if name.startswith(_VARIABLES)},
    }


def waited() -> float | None:
    """Seconds that this thread has waited for a core, as Linux tells; None elsewhere."""
    with contextlib.suppress(OSError, ValueError, IndexError), open("/proc/thread-self/schedstat", "rb") as told:
        return int(told.read().split()[1]) / _NANO
    return None


def _processor() -> str:
    """The CPU's name, as far as the system tells."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


@contextlib.contextmanager
def refused(config: Config, device: torch.device) -> Iterator[None]:
    """A message for what a device cannot compute, instead of torch's own."""
    try:
        yield
    except (RuntimeError, NotImplementedError) as error:
        is_cuda_s = "CUDA error" in str(error)
        if not is_cuda_s and ("not implemented for" in str(error) or "not supported" in str(error).lower()):
            first = str(error).splitlines()[0]
            raise ArchError(f"{device} cannot compute in {config.precision} ({first}); try --precision fp32") from error
        raise
