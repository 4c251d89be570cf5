"""How much memory a device held, how it gives it back, and which errors say that it has no more."""

import contextlib
import gc
import platform
from pathlib import Path
from typing import Final

import torch

_MIB: Final = 2**20
_OUT_OF_MEMORY: Final = (getattr(torch, "OutOfMemoryError", torch.cuda.OutOfMemoryError), MemoryError)
_WORDS: Final = (
    "CUDA error: out of memory",
    "MPS backend out of memory",
    "DefaultCPUAllocator: can't allocate memory",
    "DefaultCPUAllocator: not enough memory",
)
_SELF: Final = Path("/proc/self")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error is a device's, or the CPU allocator's, that it has no more memory.

    MPS and the CPU's allocator have no error of their own, but words.
    """
    if isinstance(error, _OUT_OF_MEMORY):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _WORDS)


def free(device: torch.device) -> None:
    """Give back what nothing holds any more."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()


def reset_peak(device: torch.device) -> None:
    """Begin anew to note how much is held at most, where that can be."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    elif device.type == "cpu":
        with contextlib.suppress(OSError):
            (_SELF / "clear_refs").write_text("5")


def peak_memory(device: torch.device) -> tuple[float | None, str]:
    """MiB held at most since `reset_peak`, and what that is; None where nothing can tell."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / _MIB, "tensors, by CUDA's allocator"
    return _of_process() if device.type == "cpu" else (None, "not told by this device")


def _of_process() -> tuple[float | None, str]:
    """Of Linux since the reset; of another Unix since the process began."""
    with contextlib.suppress(OSError, StopIteration):
        lines = (_SELF / "status").read_text(encoding="utf-8").splitlines()
        kib = next(line.split()[1] for line in lines if line.startswith("VmHWM:"))
        return int(kib) * 1024 / _MIB, "the whole process, torch itself included"
    with contextlib.suppress(ImportError):
        import resource

        unit = 1 if platform.system() == "Darwin" else 1024
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _MIB
        return peak, "the whole process since it began, torch itself included"
    return None, "not told by this device"
