"""The numbers of many variants of one structure at once: one walk over its layers, with arrays.

An array has a dimension for each axis along which its number changes, of length 1 along all others, and a number that
does not change is a Python integer: so most of the work is done on few elements.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

from archcalc.analysis.sweep.bounds import SAFE, Scale
from archcalc.analysis.sweep.extent import Extent
from archcalc.analysis.sweep.measuring import Networks
from archcalc.analysis.sweep.points import Points
from archcalc.analysis.sweep.quantities import Nodes, Quantity
from archcalc.analysis.sweep.structures import Leaf, Structure
from archcalc.analysis.sweep.walks import Bounding, NoneLegalError, Refusal, Sifting, stood_in
from archcalc.layers.fields import LARGEST
from archcalc.spec.inputs import INPUT

_MOST_INPUTS: Final = 64
"""The most inputs for each of which bounds are looked for, where those of all together are too wide."""


class Evaluated(NamedTuple):
    """What variants come to: which are legal, their columns, and why the others are not legal."""

    legal: Any
    columns: Mapping[str, Any]
    """Of those that are not legal, they mean nothing."""
    refusals: tuple[Refusal, ...] = ()
    networks: Networks | None = None
    """What more can be asked of; None where no variant is legal."""


@dataclass(frozen=True)
class Evaluator:
    """Evaluates variants of a structure, exactly: with integers of 64 bits where none can be too large for these."""

    structure: Structure
    quantities: tuple[Quantity, ...]

    def evaluate(self, points: Points, inside: Any = True) -> Evaluated:
        """Return what variants come to; those that are not `inside` are neither legal nor refused."""
        import numpy as np

        if self.structure.spec is None:
            return self._none(points, inside)
        too_large = self.bounds is None or self.bounds.largest_size > LARGEST
        numbers = Sifting(self.structure, lambda value: self.number(value, points), points, inside, too_large)
        with np.errstate(all="ignore"):  # what is not legal is made of nonsense
            try:
                nodes = numbers.walk()
            except NoneLegalError:
                return Evaluated(numbers.legal, self._nothing, tuple(numbers.refusals))
            batch = self.number(self.structure.batch, points)
            columns = {one.name: one.of(nodes, batch) for one in self.quantities}
        return Evaluated(numbers.legal, columns, tuple(numbers.refusals), self._networks(nodes, batch, points))

    def _networks(self, nodes: Nodes, batch: Any, points: Points) -> Networks:
        structure = self.structure
        assert structure.spec is not None
        varying = {name: tuple(fields) for name, fields in structure.fields.items()}
        inputs = {name: tuple(self.number(size, points) for size in sizes) for name, sizes in structure.inputs.items()}
        return Networks(structure.spec, nodes, varying, inputs, batch, points.shape, not self.fits_in_64_bits)

    def _none(self, points: Points, inside: Any) -> Evaluated:
        assert self.structure.fault is not None
        count = points.count(inside)
        what, within, _ = self.structure.fault.faults[0]
        refusals = (Refusal(within, what, count, points.at(inside)),) if count else ()
        return Evaluated(False, self._nothing, refusals)

    @property
    def _nothing(self) -> dict[str, int]:
        return dict.fromkeys((one.name for one in self.quantities), 0)

    def number(self, value: Any, points: Points) -> Any:
        """Return what stands for a value at some variants."""
        return points.take(self.tables[id(value)], value.axes) if isinstance(value, Leaf) else value

    @cached_property
    def leaves(self) -> list[Leaf]:
        found: dict[int, Leaf] = {}

        def collect(value: Any) -> Any:
            if isinstance(value, Leaf):
                found[id(value)] = value
            return value

        stood_in(self.structure, collect)
        collect(self.structure.batch)
        for one in self.structure.unreadable:
            collect(one.leaf)
        return [*found.values()]

    @cached_property
    def tables(self) -> dict[int, Any]:
        """The tables of leaves, of Python integers where others might overflow."""
        kept = {id(leaf): leaf.table for leaf in self.leaves}
        return kept if self.fits_in_64_bits else {key: _as_objects(table) for key, table in kept.items()}

    @property
    def fits_in_64_bits(self) -> bool:
        return self.bounds is not None and self.bounds.largest < SAFE

    @cached_property
    def bounds(self) -> Extent | None:
        """Between which integers everything lies; None where that cannot be told."""
        has_none = any(value is None for fields in self.structure.fields.values() for value in fields.values())
        if self.structure.spec is None or has_none:  # no variant is legal
            return Extent(0, 0, dict.fromkeys((one.name for one in self.quantities), (0, 0)))
        whole = self._extent({})
        sizes = {leaf.table.size for leaf in self.leaves if leaf.axes == (INPUT,)}  # of several inputs all together
        if (whole is None or whole.largest >= SAFE) and len(sizes) == 1 and max(sizes) <= _MOST_INPUTS:
            each = [self._extent({INPUT: place}) for place in range(max(sizes))]
            return None if None in each else Extent.of_all(one for one in each if one)
        return whole

    def _extent(self, chosen: Mapping[str, int]) -> Extent | None:
        scale = Scale()

        def bound(value: Any) -> Any:
            if not isinstance(value, Leaf):
                return value
            if len(value.axes) == 1 and value.axes[0] in chosen:
                return int(value.table[chosen[value.axes[0]]])
            return scale.between(*value.ends)

        walk = Bounding(self.structure, bound)
        try:
            nodes = walk.walk()
            batch = bound(self.structure.batch)
            made = {one.name: one.of(nodes, batch) for one in self.quantities}
        except NoneLegalError:
            made = self._nothing
        except (TypeError, AttributeError, ZeroDivisionError):  # a rule asks more of a number than bounds can do
            return None
        columns = {name: (n, n) if isinstance(n, int) else (n.low, n.high) for name, n in made.items()}
        return Extent(scale.largest, walk.largest_size, columns)


def _as_objects(table: Any) -> Any:
    return table if table.dtype == bool else table.astype(object)
