"""The memory in which storages lie, and the moment when it was fullest."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from archcalc.layers.tensors import Storage

BLOCK: Final = 512
"""The bytes that CUDA's allocator rounds each storage up to: kMinBlockSize of c10/cuda/CUDACachingAllocator.cpp."""


class Sort(StrEnum):
    """What storages are for."""

    WEIGHTS = "weights"
    BUFFERS = "buffers"
    GRADIENTS = "gradients"
    OPTIMIZER = "optimizer"
    ACTIVATIONS = "activations"
    TEMPORARIES = "temporaries"
    INPUTS = "inputs"


class Pass(StrEnum):
    """The parts of a step."""

    FORWARD = "forward"
    BACKWARD = "backward"
    STEP = "step"


@dataclass(frozen=True)
class Moment:
    """What was alive at one moment, in bytes."""

    total: int
    by_sort: Mapping[str, int]
    layer: str
    during: Pass


@dataclass(frozen=True)
class Phase:
    """A layer in one pass, in bytes: what it made and freed, and what was alive as it ran, and after it."""

    layer: str
    during: Pass
    made: int
    freed: int
    highest: int
    after: int
    at_highest: Mapping[str, int]
    """What the highest is for."""


@dataclass
class Pool:
    """All storages of a device that are alive, by what they are for, and the fullest moments."""

    sort: str = Sort.WEIGHTS
    """What storages that are made now are for."""
    layer: str = ""
    during: Pass = Pass.FORWARD
    total: int = 0
    rounded: int = 0
    """The same, each storage rounded up to a block of the device."""
    high: int = 0
    """The highest total of the layer that runs."""
    at_high: dict[str, int] = field(default_factory=dict)
    rounded_peak: int = 0
    by_sort: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Sort, 0))
    phases: list[Phase] = field(default_factory=list)
    _made: int = 0
    _began_at: int = 0
    peak: Moment = Moment(-1, {}, "", Pass.FORWARD)

    def begin(self, layer: str, during: Pass) -> None:
        """Go on with another layer, or another pass."""
        self.end()
        self.layer, self.during = layer, during
        self.high = self._began_at = self.total
        self.at_high = dict(self.by_sort)

    def end(self) -> None:
        """Put down what the layer that ran has done."""
        if self.layer:
            freed = self._began_at + self._made - self.total
            self.phases.append(Phase(self.layer, self.during, self._made, freed, self.high, self.total, self.at_high))
        self._made, self.layer = 0, ""

    def forget_peaks(self) -> None:
        """Begin to look for peaks at this moment."""
        self.rounded_peak, self.high = self.rounded, self.total
        self.peak = Moment(self.total, dict(self.by_sort), self.layer, self.during)
        self.sort = Sort.ACTIVATIONS

    def make(self, size: int) -> Storage:
        """Allocate a storage, which one holds."""
        storage = Storage(size, self.sort, 1, self)
        self.total += size
        self._made += size
        self.rounded += _rounded(size)
        self.by_sort[self.sort] += size
        if self.total > self.high:
            self.high, self.at_high = self.total, dict(self.by_sort)
            if self.total > self.peak.total:
                self.peak = Moment(self.total, self.at_high, self.layer, self.during)
        if self.rounded > self.rounded_peak:
            self.rounded_peak = self.rounded
        return storage

    def add(self, sort: str, sizes: Iterable[int]) -> None:
        """Put storages in that have been there since peaks were forgotten, and stay; no layer runs."""
        self.end()
        size, rounded = 0, 0
        for each in sizes:
            size, rounded = size + each, rounded + _rounded(each)
        self.by_sort[sort] += size
        self.total, self.high = self.total + size, self.high + size
        self.rounded, self.rounded_peak = self.rounded + rounded, self.rounded_peak + rounded
        self.phases = [_raised(phase, sort, size) for phase in self.phases]
        peak = self.peak
        by_sort = {**peak.by_sort, sort: peak.by_sort[sort] + size}
        self.peak = Moment(peak.total + size, by_sort, peak.layer, peak.during)

    def release(self, storage: Storage) -> None:
        """Give up a storage, which is freed if nobody else holds it."""
        storage.holders -= 1
        if not storage.holders:
            self.total -= storage.size
            self.rounded -= _rounded(storage.size)
            self.by_sort[storage.sort] -= storage.size

    def sort_as(self, storage: Storage, sort: str) -> None:
        """Say what a storage is for from now on."""
        self.by_sort[storage.sort] -= storage.size
        self.by_sort[sort] += storage.size
        storage.sort = sort


def _rounded(size: int) -> int:
    return -(-size // BLOCK) * BLOCK


def _raised(phase: Phase, sort: str, size: int) -> Phase:
    at_highest = {**phase.at_highest, sort: phase.at_highest[sort] + size}
    return replace(phase, highest=phase.highest + size, after=phase.after + size, at_highest=at_highest)
