"""Calls that any device has: of its own part of torch, or where that has no such function, of torch.accelerator.

Its own part comes first, since torch.accelerator waits for nothing on MPS in torch 2.6, and reports no memory there for
some releases after. All calls are about the device that was made current. A CPU has nothing to wait for, and reports no
memory.
"""

import contextlib
import time
from typing import Any

import torch


def make_current(device: torch.device) -> None:
    """Make all later calls be about this device."""
    _call(device, "set_device", device)


def synchronize(device: torch.device) -> None:
    """Wait until the device has finished its work."""
    _call(device, "synchronize")


def empty_cache(device: torch.device) -> None:
    """Return memory that no tensor holds to the device."""
    _call(device, "empty_cache")


def reset_peak(device: torch.device) -> None:
    """Reset the peak of memory to what is held now."""
    with contextlib.suppress(RuntimeError):  # raised for an allocator that torch.accelerator does not know yet
        _call(device, "reset_peak_memory_stats")


def peak(device: torch.device) -> int | None:
    """Return the most bytes that tensors held since `reset_peak`; None where no allocator reports them."""
    with contextlib.suppress(RuntimeError):
        return _call(device, "max_memory_allocated") or None
    return None


class Clock:
    """A clock in seconds, which waits for the device before it is read."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.waits = device.type != "cpu"

    def __call__(self) -> float:
        synchronize(self.device)
        return time.perf_counter()


def _call(device: torch.device, name: str, *arguments: Any) -> Any:
    """Return what the function of this name returns; None where this release has none for the device."""
    own = getattr(torch, device.type)
    if hasattr(own, name):
        return getattr(own, name)(*arguments)
    if _is_accelerator(device) and hasattr(torch.accelerator, name):
        return getattr(torch.accelerator, name)(*arguments)
    return None


def _is_accelerator(device: torch.device) -> bool:
    """Return whether torch.accelerator is this device; without a driver, a CUDA build names CUDA too, and raises."""
    if not hasattr(torch, "accelerator") or not torch.accelerator.is_available():
        return False
    current = torch.accelerator.current_accelerator()
    return current is not None and current.type == device.type
