"""The numbers of many variants of one structure at once: one walk over its layers, with arrays.

An array has a dimension for each axis along which its number changes, of length 1 along all others, and a number that
does not change is a Python integer: so most of the work is done on few elements.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, NamedTuple

from archcalc.analysis.sweep.bounds import SAFE, Scale
from archcalc.analysis.sweep.extent import Extent
from archcalc.analysis.sweep.points import Points
from archcalc.analysis.sweep.quantities import Nodes, Quantity
from archcalc.analysis.sweep.structures import Leaf, Structure
from archcalc.errors import ArchError
from archcalc.graph import Numbers, propagate
from archcalc.layers import Layer
from archcalc.layers.fields import LARGEST, Sides
from archcalc.layers.requirement import Requirement
from archcalc.layers.sizes import Sizes
from archcalc.spec.inputs import INPUT
from archcalc.spec.model import Entry

_MOST_INPUTS: Final = 64
"""The most inputs for each of which bounds are looked for, where those of all together are too wide."""


class Refusal(NamedTuple):
    """Variants that a layer refuses for one reason: how many, and one of them."""

    layer: str
    rule: str
    """Which of the layer's requirements it is."""
    variants: int
    example: Points


class Evaluated(NamedTuple):
    """What variants come to: which are legal, their columns, and why the others are not legal."""

    legal: Any
    columns: Mapping[str, Any]
    """Of those that are not legal, they mean nothing."""
    refusals: tuple[Refusal, ...] = ()


class _NoneLegalError(Exception):
    """The walk ends: no variant is legal."""


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
        numbers = _Variants(self, points, inside)
        with np.errstate(all="ignore"):  # what is not legal is made of nonsense
            try:
                nodes = numbers.walk()
                columns = {
                    one.name: one.of(nodes, self.number(self.structure.batch, points)) for one in self.quantities
                }
            except _NoneLegalError:
                columns = dict.fromkeys((one.name for one in self.quantities), 0)
        return Evaluated(numbers.legal, columns, tuple(numbers.refusals))

    def _none(self, points: Points, inside: Any) -> Evaluated:
        assert self.structure.fault is not None
        count = int(_spread(inside, points.shape).sum())
        columns = dict.fromkeys((one.name for one in self.quantities), 0)
        what, within, _ = self.structure.fault.faults[0]
        refusals = (Refusal(within, what, count, points.at(inside)),) if count else ()
        return Evaluated(False, columns, refusals)

    def number(self, value: Any, points: Points) -> Any:
        """Return what stands for a value at some variants."""
        return points.take(self.tables[id(value)], value.axes) if isinstance(value, Leaf) else value

    def put(self, number: Callable[[Any], Any]) -> "tuple[dict[str, Layer], dict[str, tuple[Any, ...]]]":
        """Return layers, and sizes of inputs, with numbers in the places of leaves."""
        spec, structure = self.structure.spec, self.structure
        layers = {entry.name: entry.layer for entry in spec.layers} if spec else {}
        stood_in = {
            name: layers[name].with_stand_ins(**{key: _put(value, number) for key, value in fields.items()})
            for name, fields in structure.fields.items()
        }
        inputs = {name: tuple(map(number, sizes)) for name, sizes in structure.inputs.items()}
        return stood_in, inputs

    @cached_property
    def leaves(self) -> list[Leaf]:
        found: dict[int, Leaf] = {}

        def collect(value: Any) -> Any:
            if isinstance(value, Leaf):
                found[id(value)] = value
            return value

        self.put(collect)
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
        sizes = {leaf.table.size for leaf in self.leaves if leaf.axes == (INPUT,)}
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

        walk = _Bounding(self, bound)
        try:
            nodes = walk.walk()
            batch = bound(self.structure.batch)
            made = {one.name: one.of(nodes, batch) for one in self.quantities}
        except _NoneLegalError:
            made = dict.fromkeys((one.name for one in self.quantities), 0)
        except (TypeError, AttributeError, ZeroDivisionError):  # a rule asks more of a number than bounds can do
            return None
        columns = {name: (n, n) if isinstance(n, int) else (n.low, n.high) for name, n in made.items()}
        return Extent(scale.largest, walk.largest_size, columns)


def _put(value: Any, number: Callable[[Any], Any]) -> Any:
    if isinstance(value, Sides):
        return Sides(*map(number, value))
    if isinstance(value, tuple) and not isinstance(value, Leaf):
        return tuple(map(number, value))
    return number(value)


def _as_objects(table: Any) -> Any:
    return table if table.dtype == bool else table.astype(object)


def _spread(mask: Any, shape: tuple[int, ...]) -> Any:
    import numpy as np

    return np.broadcast_to(mask, shape)


class _Standing(Numbers[Any]):
    """Numbers that stand in for the fields of layers and the sizes of inputs."""

    def __init__(self, evaluator: Evaluator, number: Callable[[Any], Any]) -> None:
        self.evaluator = evaluator
        self.number = number
        self.layers: dict[str, Layer] = {}

    def walk(self) -> Nodes:
        spec = self.evaluator.structure.spec
        assert spec is not None
        self.layers, inputs = self.evaluator.put(self.number)
        return propagate(spec, inputs, self)

    def layer(self, entry: Entry) -> Layer:
        return self.layers.get(entry.name, entry.layer)


class _Bounding(_Standing):
    """Numbers between bounds, of which it is not known what they meet; one that never holds ends the walk."""

    largest_size = 0

    def require(self, entry: Entry, requirement: Requirement) -> None:
        if requirement.holds is False:
            raise _NoneLegalError

    def makes(self, entry: Entry, shape: Sizes[Any]) -> Sizes[Any]:
        for size in shape:
            self.largest_size = max(self.largest_size, size if isinstance(size, int) else size.high)
        return shape


class _Variants(_Standing):
    """Arrays: what a layer does not read makes its variants illegal, by the first requirement that they do not meet."""

    def __init__(self, evaluator: Evaluator, points: Points, inside: Any) -> None:
        super().__init__(evaluator, lambda value: evaluator.number(value, points))
        self.points = points
        self.legal: Any = inside
        self.refusals: list[Refusal] = []
        self.at: tuple[str, int] = ("", 0)
        self.may_be_too_large = evaluator.bounds is None or evaluator.bounds.largest_size > LARGEST

    def walk(self) -> Nodes:
        for layer, field, leaf in self.evaluator.structure.unreadable:
            self.refuse(layer, f"field {field}", self.number(leaf) == 0)
        self.expect_any()
        return super().walk()

    def expect_any(self) -> None:
        """End the walk where no variant is legal."""
        if self.legal is not True and not (self.legal is not False and self.legal.any()):
            raise _NoneLegalError

    def makes(self, entry: Entry, shape: Sizes[Any]) -> Sizes[Any]:
        if self.may_be_too_large:
            for size in shape:
                self.require(entry, Requirement(size <= LARGEST, lambda: "too large"))
        return shape

    def require(self, entry: Entry, requirement: Requirement) -> None:
        self.at = (entry.name, self.at[1] + 1 if self.at[0] == entry.name else 0)
        holds = requirement.holds
        if holds is True or (holds is not False and holds.all()):
            return
        self.refuse(entry.name, f"{entry.layer.op} {self.at[1]}", holds)
        self.expect_any()

    def refuse(self, layer: str, rule: str, holds: Any) -> None:
        import numpy as np

        fails = _spread(np.logical_and(self.legal, np.logical_not(holds)), self.points.shape)
        count = int(fails.sum())
        if count:
            self.refusals.append(Refusal(layer, rule, count, self.points.at(fails)))
            self.legal = np.logical_and(self.legal, holds)

    def fault(self, entry: Entry, error: ArchError, nodes: Any, given: Any) -> ArchError:
        return error
