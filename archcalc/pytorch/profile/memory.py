"""How much memory a device held, how it gives it back, and which errors say that it has no more."""

import contextlib
import gc
import platform
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
"""What cuDNN says of a convolution for which no algorithm works, be it that memory is short or that it has none."""

_NOT_TOLD: Final = "not told by this device"
_SELF: Final = Path("/proc/self")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error is a device's, or the CPU allocator's, that it has no more memory.

    MPS and the CPU's allocator have no error of their own, but words.
    """
    if isinstance(error, _OUT_OF_MEMORY):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _WORDS)


class Shortage(NamedTuple):
    """That memory ran out, and how that was said."""

    words: str


def tried(work: Callable[[], T], device: torch.device) -> T | Shortage:
    """What work gives; where memory runs out in it, that, once what it held is given back."""
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
    """How often CUDA's allocator had no more memory."""
    return torch.cuda.memory_stats(device).get("num_ooms", 0) if device.type == "cuda" else 0


def free(device: torch.device) -> None:
    """Give back what nothing holds any more."""
    gc.collect()
    accelerator.empty_cache(device)


def reset_peak(device: torch.device) -> None:
    """Begin anew to note how much is held at most, where that can be."""
    accelerator.reset_peak(device)
    if device.type == "cpu":
        with contextlib.suppress(OSError):
            (_SELF / "clear_refs").write_text("5")


def peak_memory(device: torch.device) -> tuple[float | None, str]:
    """MiB held at most since `reset_peak`, and what that is; None where nothing can tell."""
    if device.type == "cpu":
        return _of_process()
    held = accelerator.peak(device)
    return (None, _NOT_TOLD) if held is None else (held / _MIB, "tensors, by the device's allocator")


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
    return None, _NOT_TOLD
