"""A memory of which only the peak is asked for."""

from collections.abc import Callable, Iterable
from typing import Any

from archcalc.analysis.memory.pool import Pass, Pool
from archcalc.layers.tensors import Storage


class Gauge(Pool):
    """How full a memory is, and how full it was at most since peaks were forgotten: `total` and `highest`."""

    def __init__(self, larger: Callable[[Any, Any], Any] = max) -> None:
        """Start with nothing in it; `larger` returns the larger of two sizes, whatever sort of numbers they are."""
        super().__init__()
        self.larger = larger
        self.highest = 0

    def begin(self, layer: str, during: Pass) -> None:
        self.layer, self.during = layer, during

    def end(self) -> None:
        self.layer = ""

    def forget_peaks(self) -> None:
        self.highest = self.total

    def make(self, size: int) -> Storage:
        self.total += size
        self.highest = self.larger(self.highest, self.total)
        return Storage(size, self.sort, 1, self)

    def add(self, sort: str, sizes: Iterable[int]) -> None:
        size = sum(sizes)
        self.total, self.highest = self.total + size, self.highest + size

    def release(self, storage: Storage) -> None:
        storage.holders -= 1
        if not storage.holders:
            self.total -= storage.size

    def sort_as(self, storage: Storage, sort: str) -> None:
        storage.sort = sort
