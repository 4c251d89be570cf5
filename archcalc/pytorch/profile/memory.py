"""The memory that a device held, how to free it, and which errors mean that there is no more."""

import contextlib
import gc
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import torch

from archcalc.errors import first_line
from archcalc.pytorch.profile import accelerator

T = TypeVar("T")

_MIB: Final = 2**20
_OUT_OF_MEMORY: Final = (getattr(torch, "OutOfMemoryError", torch.cuda.OutOfMemoryError), MemoryError)
_WORDS: Final = (
    "CUDA error: out of memory",
    "CUDA driver error: out of memory",
    "Triton Error [CUDA]: out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
    "MPS backend out of memory",
    "DefaultCPUAllocator: can't allocate memory",
    "DefaultCPUAllocator: not enough memory",
)
_NO_ENGINE: Final = "unable to find an engine"
"""The words of cuDNN where no algorithm works for a convolution: memory is short, or there is no algorithm."""

_UNKNOWN: Final = "unknown on this device"
_SELF: Final = Path("/proc/self")


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that a device, or the CPU's allocator, has no more memory.

    MPS and the CPU's allocator raise a RuntimeError, known only by its words.
    """
    if isinstance(error, _OUT_OF_MEMORY):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _WORDS)


class Shortage(NamedTuple):
    """An end of memory, in the words of the error."""

    words: str


def tried(work: Callable[[], T], device: torch.device) -> T | Shortage:
    """Return what work returns; where memory runs out, a Shortage, once what work held is freed."""
    before = _times_short(device)
    try:
        return work()
    except (RuntimeError, MemoryError) as error:
        is_disguised = _NO_ENGINE in str(error) and _times_short(device) > before
        if not (is_disguised or is_out_of_memory(error)):
            raise
        shortage = Shortage(first_line(error) or type(error).__name__)
    free(device)  # here, where no traceback holds the tensors any more
    return shortage


def _times_short(device: torch.device) -> int:
    """Return how often CUDA's allocator had no more memory."""
    return torch.cuda.memory_stats(device).get("num_ooms", 0) if device.type == "cuda" else 0


def free(device: torch.device) -> None:
    """Free what nothing holds any more."""
    gc.collect()
    accelerator.empty_cache(device)


def reset_peak(device: torch.device) -> None:
    """Reset the peak to what is held now, where that is possible."""
    accelerator.reset_peak(device)
    if device.type == "cpu":
        with contextlib.suppress(OSError):
            (_SELF / "clear_refs").write_text("5")


def peak_memory(device: torch.device) -> tuple[float | None, str]:
    """Return the most MiB held since `reset_peak`, None where that is unknown, and what the number means."""
    if device.type == "cpu":
        return _of_process()
    held = accelerator.peak(device)
    return (None, _UNKNOWN) if held is None else (held / _MIB, "tensors, by the device's allocator")


def new_memory(step: Callable[[], object], device: torch.device) -> float | None:
    """Return the MiB that a step gets anew from the system, a page at its first use; None where that is not known."""
    if device.type != "cpu" or not sys.platform.startswith("linux"):
        return None
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    step()
    pages = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    return pages * resource.getpagesize() / _MIB


def _of_process() -> tuple[float | None, str]:
    """Return the peak of the process: on Linux since the reset, on another Unix since the process began."""
    with contextlib.suppress(OSError, StopIteration):
        lines = (_SELF / "status").read_text(encoding="utf-8").splitlines()
        kib = next(line.split()[1] for line in lines if line.startswith("VmHWM:"))
        return int(kib) * 1024 / _MIB, "the whole process, torch itself included"
    with contextlib.suppress(ImportError):
        import resource

        unit = 1 if platform.system() == "Darwin" else 1024
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / _MIB
        return peak, "the whole process since it began, torch itself included"
    return None, _UNKNOWN
