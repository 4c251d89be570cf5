"""The variants of a space in numbered chunks, each of them in blocks that are evaluated at once.

A block is a box of the grid: all values of the last axes, and some of the axis before these. Chunks are runs of blocks.
Of a sample, block k is drawn by the seed and k alone. So chunk k is the same wherever and whenever it is computed.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, Final, NamedTuple

from archcalc.analysis.sweep.points import Points
from archcalc.analysis.sweep.space import LATIN, Space
from archcalc.errors import ArchError, MissingError

BLOCK: Final = 16_384
"""How many variants are evaluated at once: their numbers stay in the cache."""

CHUNK: Final = 262_144
"""About how many variants a chunk has."""

MOST_LATIN: Final = 4_000_000
"""The most variants of a Latin hypercube, which is drawn as a whole."""


class Block(NamedTuple):
    """Variants of one structure: the number of the structure, and the places of the variants along all axes."""

    structure: int
    points: Points


class _Cut(NamedTuple):
    """How the grid is cut: so many axes are fixed in a block, and of the next one it has so many values."""

    fixed: int
    run: int


@dataclass(frozen=True)
class Plan:
    """A space with its structural axes first, cut into blocks and chunks."""

    space: Space
    structural: int

    @cached_property
    def _cut(self) -> _Cut:
        sizes = [axis.size for axis in self.space.axes]
        place, whole = len(sizes), 1
        while place > self.structural and whole * sizes[place - 1] <= BLOCK:
            place -= 1
            whole *= sizes[place]
        if place == self.structural:
            return _Cut(place, 0)
        return _Cut(place - 1, max(1, BLOCK // whole))

    @cached_property
    def _runs(self) -> int:
        """How many blocks there are for each choice of the fixed axes."""
        fixed, run = self._cut
        return -(-self.space.axes[fixed].size // run) if run else 1

    @property
    def block_size(self) -> int:
        """The most variants of a block."""
        if self.space.sample is not None:
            return min(BLOCK, self.space.sample)
        fixed, run = self._cut
        sizes = [axis.size for axis in self.space.axes]
        return prod(sizes[fixed:]) if not run else run * prod(sizes[fixed + 1 :])

    @cached_property
    def blocks(self) -> int:
        if self.space.sample is not None:
            return -(-self.space.sample // BLOCK)
        return prod(axis.size for axis in self.space.axes[: self._cut.fixed]) * self._runs

    @property
    def blocks_in_chunk(self) -> int:
        return max(1, CHUNK // self.block_size)

    @property
    def chunks(self) -> int:
        return -(-self.blocks // self.blocks_in_chunk)

    def chunk(self, number: int) -> Iterator[Block]:
        """Yield the blocks of a chunk."""
        first = number * self.blocks_in_chunk
        for block in range(first, min(first + self.blocks_in_chunk, self.blocks)):
            yield from self._drawn(block) if self.space.sample is not None else [self._box(block)]

    def _box(self, number: int) -> Block:
        import numpy as np

        outer, turn = divmod(number, self._runs)
        fixed, run = self._cut
        places: dict[str, Any] = {}
        for axis in reversed(self.space.axes[:fixed]):
            outer, places[axis.name] = divmod(outer, axis.size)
        inner = self.space.axes[fixed:]
        ranges = [range(axis.size) for axis in inner]
        if run:
            ranges[0] = ranges[0][turn * run : (turn + 1) * run]
        for place, (axis, span) in enumerate(zip(inner, ranges, strict=True)):
            shape = [1] * len(inner)
            shape[place] = len(span)
            places[axis.name] = np.arange(span.start, span.stop).reshape(shape)
        return Block(int(self.structure_at(places)), Points(places, tuple(map(len, ranges))))

    def structure_at(self, places: Mapping[str, Any]) -> Any:
        """Return the numbers of the structures that variants are of."""
        number: Any = 0
        for axis in self.space.axes[: self.structural]:
            number = number * axis.size + places[axis.name]
        return number

    def _drawn(self, block: int) -> Iterator[Block]:
        """Yield the variants of a block of a sample, those of each structure together."""
        import numpy as np

        places = self._latin(block) if self.space.sampling == LATIN else self._uniform(block)
        number = np.broadcast_to(self.structure_at(places), len(next(iter(places.values()))))
        for structure in np.unique(number).tolist():
            chosen = number == structure
            own: dict[str, Any] = {name: place[chosen] for name, place in places.items()}
            for axis in self.space.axes[: self.structural]:
                own[axis.name] = int(own[axis.name][0])
            yield Block(structure, Points(own, (int(chosen.sum()),)))

    def _rows(self, block: int) -> range:
        assert self.space.sample is not None
        return range(block * BLOCK, min((block + 1) * BLOCK, self.space.sample))

    def _uniform(self, block: int) -> dict[str, Any]:
        import numpy as np

        drawing = np.random.default_rng([self.space.seed, block])
        count = len(self._rows(block))
        return {axis.name: drawing.integers(0, axis.size, count) for axis in self.space.axes}

    def _latin(self, block: int) -> dict[str, Any]:
        rows = self._rows(block)
        drawn = self._hypercube[rows.start : rows.stop]
        return {axis.name: drawn[:, place] for place, axis in enumerate(self.space.axes)}

    @cached_property
    def _hypercube(self) -> Any:
        import numpy as np

        if (self.space.sample or 0) > MOST_LATIN:
            raise ArchError(
                f"a Latin hypercube is drawn as a whole, of at most {MOST_LATIN:,} variants: draw --sampling uniform"
            )
        try:
            from scipy.stats import qmc
        except ImportError as error:
            what = f"a Latin hypercube needs scipy ({error}): pip install 'archcalc[sweep]'"
            raise MissingError(what) from None
        sizes = [axis.size for axis in self.space.axes]
        drawn = qmc.LatinHypercube(len(sizes), seed=self.space.seed).random(self.space.sample)
        return np.minimum((drawn * sizes).astype(np.int64), np.array(sizes) - 1)
