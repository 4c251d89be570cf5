"""Marks in the work of a device, and the seconds between them."""

import time
from itertools import pairwise
from typing import Any, Protocol

import torch

from archcalc.pytorch.profile.accelerator import Clock


class Stopwatch(Protocol):
    """Marks a moment; `laps` gives the seconds between marks since the last time."""

    def mark(self) -> None: ...
    def laps(self) -> list[float]: ...


class HostStopwatch:
    """Marks by a clock, after which the device has finished what was asked for so far."""

    def __init__(self, device: torch.device) -> None:
        self._clock = time.perf_counter if device.type == "cpu" else Clock(device)
        self._marks: list[float] = []

    def mark(self) -> None:
        self._marks.append(self._clock())

    def laps(self) -> list[float]:
        marks, self._marks = self._marks, []
        return [after - before for before, after in pairwise(marks)]


class CudaStopwatch:
    """Marks in the stream of a GPU: a layer that is done sooner than the next is launched takes until then."""

    def __init__(self) -> None:
        self._events: list[Any] = []

    def mark(self) -> None:
        event = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        event.record()
        self._events.append(event)

    def laps(self) -> list[float]:
        torch.cuda.synchronize()
        events, self._events = self._events, []
        return [1e-3 * one.elapsed_time(other) for one, other in pairwise(events)]


def stopwatch(device: torch.device) -> Stopwatch:
    return CudaStopwatch() if device.type == "cuda" else HostStopwatch(device)
