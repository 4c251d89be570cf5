"""How sizes become lengths of edges: to scale, 3 beside 224, and 6 beside 9216, would not be seen."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from math import cos, log2, pi, sqrt
from typing import Final, NamedTuple

from archcalc.layers import Shape

_PLACES: Final = 140.0
_CHANNELS: Final = 80.0
_FEATURES: Final = 120.0
"""How long the longest edge of each sort is."""
_LEAST: Final = 3.0
THICK: Final = 11.0
"""How wide a bar of features is."""

SLANT: Final = 0.5 * cos(pi / 4)
"""What goes back is drawn at 45 degrees and half its length, as in a cabinet projection: as far right as up."""


class Scale(StrEnum):
    """How lengths grow with sizes."""

    SQRT = "sqrt"
    LOG = "log"


_OF: Final[dict[Scale, Callable[[float], float]]] = {Scale.SQRT: sqrt, Scale.LOG: lambda size: log2(1 + size)}

_WORDS: Final = {Scale.SQRT: "square roots of sizes", Scale.LOG: "logarithms of sizes"}


class Edges(NamedTuple):
    """A volume as it is drawn: across are channels, down is height, and back, already shortened, is width."""

    across: float
    down: float
    back: float


class Lengths(NamedTuple):
    """The lengths of edges in one figure, those of each sort by a factor of their own."""

    scale: Scale
    places: float
    channels: float
    features: float

    def edges(self, shape: Shape) -> Edges:
        """Return the edges of (features,), (channels, length) or (channels, height, width)."""
        if len(shape) == 1:
            return Edges(THICK, self._length(shape[0], self.features), 0)
        channels, height, *more = shape
        back = self._length(more[0], self.places) * SLANT if more else 0.0
        return Edges(self._length(channels, self.channels), self._length(height, self.places), back)

    def part(self, start: int, end: int, size: int) -> tuple[float, float]:
        """Return where a window along an edge begins and ends, as parts of the edge; its length grows as edges do."""
        long = min(_OF[self.scale](end - start) / _OF[self.scale](size), 1.0)
        before = start / (size - end + start) * (1 - long) if end - start < size else 0.0
        return before, before + long

    def _length(self, size: int, factor: float) -> float:
        return max(factor * _OF[self.scale](size), _LEAST)

    @property
    def words(self) -> str:
        sorts = [
            *(["height and width"] if self.places else []),
            *(["channels"] if self.channels else []),
            *(["features"] if self.features else []),
        ]
        each = f"; {', '.join(sorts[:-1])}, and {sorts[-1]} have scales of their own" if len(sorts) > 1 else ""
        return f"edges, and those of windows, are {_WORDS[self.scale]}{each}"


def lengths_for(shapes: Iterable[Shape], scale: Scale) -> Lengths:
    """Return the lengths by which the longest edges of each sort are as long as they may be."""
    known = [*shapes]
    maps = [shape for shape in known if len(shape) > 1]
    longest = (
        (_PLACES, [size for shape in maps for size in shape[1:]]),
        (_CHANNELS, [shape[0] for shape in maps]),
        (_FEATURES, [shape[0] for shape in known if len(shape) == 1]),
    )
    return Lengths(scale, *(most / _OF[scale](max(sizes)) if sizes else 0.0 for most, sizes in longest))
