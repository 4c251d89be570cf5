"""What any device is asked: by its own part of torch, or where that has no such question, by torch.accelerator.

Its own goes first, since torch.accelerator waits for nothing on MPS in torch 2.6, and knows no memory there for some
releases after. All is of the device that was made current. A CPU has done what it was given, and tells no memory.
"""

import contextlib
import time
from typing import Any

import torch


def make_current(device: torch.device) -> None:
    """Let all that is asked be of this device."""
    _ask(device, "set_device", device)


def synchronize(device: torch.device) -> None:
    """Wait until the device has done all that it was given."""
    _ask(device, "synchronize")


def empty_cache(device: torch.device) -> None:
    """Give back to the device what nothing holds any more."""
    _ask(device, "empty_cache")


def reset_peak(device: torch.device) -> None:
    """Begin anew to note how much is held at most."""
    with contextlib.suppress(RuntimeError):  # raised for an allocator that torch.accelerator does not know yet
        _ask(device, "reset_peak_memory_stats")


def peak(device: torch.device) -> int | None:
    """Bytes that tensors held at most since `reset_peak`; None where no allocator tells."""
    with contextlib.suppress(RuntimeError):
        return _ask(device, "max_memory_allocated") or None
    return None


class Clock:
    """Seconds, read when the device has done all that it was given."""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def __call__(self) -> float:
        synchronize(self.device)
        return time.perf_counter()


def _ask(device: torch.device, name: str, *arguments: Any) -> Any:
    """What a function of this name says; None where this release has none for the device."""
    own = getattr(torch, device.type)
    if hasattr(own, name):
        return getattr(own, name)(*arguments)
    if _is_accelerator(device) and hasattr(torch.accelerator, name):
        return getattr(torch.accelerator, name)(*arguments)
    return None


def _is_accelerator(device: torch.device) -> bool:
    """Whether torch.accelerator is of this device: without a driver a CUDA build names CUDA too, and raises."""
    if not hasattr(torch, "accelerator") or not torch.accelerator.is_available():
        return False
    current = torch.accelerator.current_accelerator()
    return current is not None and current.type == device.type
