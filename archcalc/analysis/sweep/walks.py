"""Walks over the layers of a structure with numbers in the places of its leaves: arrays, or bounds of them."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from archcalc.analysis.sweep.points import Points
from archcalc.analysis.sweep.quantities import Nodes
from archcalc.analysis.sweep.structures import Leaf, Structure
from archcalc.errors import ArchError
from archcalc.graph import Numbers, propagate
from archcalc.layers import Layer
from archcalc.layers.fields import LARGEST, Sides
from archcalc.layers.requirement import Requirement
from archcalc.layers.sizes import Sizes
from archcalc.spec.model import Entry

Number = Callable[[Any], Any]
"""Returns what stands in for a leaf; any other value as it is."""


class Refusal(NamedTuple):
    """Variants that a layer refuses for one reason: how many, and one of them."""

    layer: str
    rule: str
    """Which of the layer's requirements it is."""
    variants: int
    example: Points


class NoneLegalError(Exception):
    """The walk ends: no variant is legal."""


def put(value: Any, number: Number) -> Any:
    """Return the value of a field with numbers in the places of its own."""
    if isinstance(value, Sides):
        return Sides(*map(number, value))
    if isinstance(value, tuple) and not isinstance(value, Leaf):
        return tuple(map(number, value))
    return number(value)


def stood_in(structure: Structure, number: Number) -> tuple[dict[str, Layer], dict[str, tuple[Any, ...]]]:
    """Return the layers with leaves, and the sizes of inputs, with numbers in the places of leaves."""
    layers = {entry.name: entry.layer for entry in structure.spec.layers} if structure.spec else {}
    made = {
        name: layers[name].with_stand_ins(**{key: put(value, number) for key, value in fields.items()})
        for name, fields in structure.fields.items()
    }
    return made, {name: tuple(map(number, sizes)) for name, sizes in structure.inputs.items()}


class _Standing(Numbers[Any]):
    """Numbers that stand in for the fields of layers and the sizes of inputs."""

    def __init__(self, structure: Structure, number: Number) -> None:
        self.structure, self.number = structure, number
        self.layers: Mapping[str, Layer] = {}

    def walk(self) -> Nodes:
        """Walk over all layers. Raises NoneLegalError where no variant is legal."""
        assert self.structure.spec is not None
        self.layers, inputs = stood_in(self.structure, self.number)
        return propagate(self.structure.spec, inputs, self)

    def layer(self, entry: Entry) -> Layer:
        return self.layers.get(entry.name, entry.layer)


class Bounding(_Standing):
    """Numbers between bounds, of which it is not known what they meet; one that never holds ends the walk."""

    largest_size = 0

    def require(self, entry: Entry, requirement: Requirement) -> None:
        if requirement.holds is False:
            raise NoneLegalError

    def makes(self, entry: Entry, shape: Sizes[Any]) -> Sizes[Any]:
        for size in shape:
            self.largest_size = max(self.largest_size, size if isinstance(size, int) else size.high)
        return shape


class Sifting(_Standing):
    """Arrays: what a layer does not read makes its variants illegal, by the first requirement that they do not meet."""

    def __init__(
        self, structure: Structure, number: Number, points: Points, inside: Any, may_be_too_large: bool
    ) -> None:
        super().__init__(structure, number)
        self.points, self.may_be_too_large = points, may_be_too_large
        self.legal: Any = inside
        self.refusals: list[Refusal] = []
        self.at: tuple[str, int] = ("", 0)

    def walk(self) -> Nodes:
        for layer, field, leaf in self.structure.unreadable:
            self.refuse(layer, f"field {field}", self.number(leaf) == 0)
        self.expect_any()
        return super().walk()

    def expect_any(self) -> None:
        """End the walk where no variant is legal."""
        if self.legal is not True and not (self.legal is not False and self.legal.any()):
            raise NoneLegalError

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
        """Make variants illegal of which something does not hold, for which others do not count that are so already."""
        import numpy as np

        fails = np.logical_and(self.legal, np.logical_not(holds))
        count = self.points.count(fails)
        if count:
            self.refusals.append(Refusal(layer, rule, count, self.points.at(fails)))
            self.legal = np.logical_and(self.legal, holds)

    def fault(self, entry: Entry, error: ArchError, nodes: Any, given: Any) -> ArchError:
        return error
