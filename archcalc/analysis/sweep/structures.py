"""The networks of a space: what is varied is either a number in the fields of one network, or makes another network.

A spec is read with values that vary (`layers.varying`) in the place of params, fields and sizes of its input. What
reads these as no more than numbers of fields becomes tables, from which arrays are taken. Whatever asks for their one
value, such as `repeat` and `when`, makes them part of the structure: then each value is read for itself.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from archcalc.analysis.sweep.axes import Axis, asked_for
from archcalc.analysis.sweep.space import Space
from archcalc.errors import ArchError
from archcalc.layers import Layer
from archcalc.layers.fields import Axis as AxisField
from archcalc.layers.fields import FieldType, Integer, PaddingType, PerAxis, Sides, is_integer
from archcalc.layers.varying import VariesError, Varying
from archcalc.spec.inputs import Inputs
from archcalc.spec.model import Spec

if TYPE_CHECKING:
    from numpy.typing import NDArray

Read = Callable[[Mapping[str, Any], Inputs | None], Spec]
"""Reads the spec with settings, params and fields of layers by their dotted names, and with an input."""

MOST_STRUCTURES: Final = 1_000
MOST_CELLS: Final = 1_000_000
"""The most combinations of values that one field may depend on."""


class Leaf(NamedTuple):
    """A number that depends on some of the axes: a table with a dimension for each of them."""

    axes: tuple[str, ...]
    table: "NDArray[Any]"

    @property
    def ends(self) -> tuple[int, int]:
        return int(self.table.min()), int(self.table.max())


class Unreadable(NamedTuple):
    """Values that a field refuses: where its table has True."""

    layer: str
    field: str
    leaf: Leaf


@dataclass(frozen=True)
class Structure:
    """One network of a space: the values that make it, and its numbers that vary, as tables."""

    fixed: Mapping[str, int]
    """The places of the values of the axes that are part of the structure."""
    spec: Spec | None
    fault: ArchError | None = None
    """Why there is no such network, whatever else is varied."""
    fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By layers, the values of fields in which something varies, with leaves in the places of what does."""
    inputs: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    batch: Any = 1
    unreadable: tuple[Unreadable, ...] = ()


class Structures(NamedTuple):
    """A space, with the axes that make structures first, and its structures, in the order of these axes' values."""

    space: Space
    structural: int
    """How many axes make structures."""
    each: tuple[Structure, ...]


def find_structures(space: Space, read: Read) -> Structures:
    """Read the networks of a space. Raises ArchError for too many."""
    names = {axis.name for axis in space.axes if not axis.is_input and not _are_numbers(axis)}
    while True:
        try:
            return _read_all(space.with_first(names), len(names), read)
        except VariesError as found:
            new = found.names - names
            if not new:
                raise AssertionError(f"{found} is fixed, and varies") from found
            names |= new


def _are_numbers(axis: Axis) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in axis.values)


def _read_all(space: Space, structural: int, read: Read) -> Structures:
    fixed, free = space.axes[:structural], space.axes[structural:]
    count = prod(axis.size for axis in fixed)
    if count > MOST_STRUCTURES:
        sizes = ", ".join(f"{axis.name} ({axis.size:,} values)" for axis in fixed)
        raise ArchError(
            f"{sizes} change more than numbers of layers: they make {count:,} networks, and at most "
            f"{MOST_STRUCTURES:,} are read; give fewer values"
        )
    places = product(*(range(axis.size) for axis in fixed))
    return Structures(space, structural, tuple(_structure(fixed, each, free, read) for each in places))


def _structure(fixed: tuple[Axis, ...], places: tuple[int, ...], free: tuple[Axis, ...], read: Read) -> Structure:
    chosen = {axis.name: axis.values[place] for axis, place in zip(fixed, places, strict=True)}
    values = chosen | {axis.name: _varying(axis) for axis in free}
    by_name = {axis.name: axis for axis in free}
    at = {axis.name: place for axis, place in zip(fixed, places, strict=True)}
    asked = asked_for(values)
    try:
        spec = read(asked.settings, asked.inputs)
    except ArchError as error:
        return Structure(at, None, error)
    tables = _Tables(by_name)
    fields = dict(tables.of_layers(spec))
    inputs = {name: tuple(map(tables.number, sizes)) for name, sizes in spec.inputs.items()}
    return Structure(at, spec, None, fields, inputs, tables.number(asked.batch), tuple(tables.unreadable))


def _varying(axis: Axis) -> Any:
    """Return what stands for the values of an axis; for those of an input, a shape of what varies in it."""
    name, names = axis.name, frozenset((axis.name,))
    if not axis.is_input:
        return Varying(names, lambda point: point[name])
    ranks = {len(shape) for shape in axis.values}
    sizes = range(ranks.pop())
    constant = {place for place in sizes if len({shape[place] for shape in axis.values}) == 1}

    def of(place: int) -> Varying:
        return Varying(names, lambda point: point[name][place])

    return tuple(axis.values[0][place] if place in constant else of(place) for place in sizes)


class _Tables:
    """Makes tables of what varies, for all combinations of the values that it depends on."""

    def __init__(self, axes: Mapping[str, Axis]) -> None:
        self.axes = axes
        self.unreadable: list[Unreadable] = []

    def of_layers(self, spec: Spec) -> Iterator[tuple[str, dict[str, Any]]]:
        for entry in spec.layers:
            found = {
                name: self.field(entry.name, name, entry.layer, value)
                for name, value in vars(entry.layer).items()
                if isinstance(value, Varying)
            }
            if found:
                yield entry.name, found

    def number(self, value: Any) -> Any:
        """Return a number as it is, or as a leaf where it varies."""
        if not isinstance(value, Varying):
            return value
        axes, cells = self.cells(value, "")
        return self.leaf(axes, cells)

    def field(self, layer: str, name: str, of: Layer, value: Varying) -> Any:
        """Return the value of a field with leaves in it. Raises VariesError where arrays cannot stand in for it."""
        axes, cells = self.cells(value, f"{layer}.{name}")
        legal = [cell for cell in cells if not isinstance(cell, ArchError)]
        if len(legal) < len(cells):
            refused = [isinstance(cell, ArchError) for cell in cells]
            self.unreadable.append(Unreadable(layer, name, self.leaf(axes, refused)))
        if not legal:
            return None  # nobody asks: no variant is legal
        whole = [legal[0] if isinstance(cell, ArchError) else cell for cell in cells]
        if all(type(cell) is type(whole[0]) and cell == whole[0] for cell in whole):
            return whole[0]
        return self.stacked(value, of.fields[name].type, axes, whole)

    def stacked(self, value: Varying, kind: FieldType, axes: tuple[str, ...], cells: list[Any]) -> Any:
        """Return the values of a field as one value, of leaves."""
        if isinstance(kind, Integer) and not isinstance(kind, AxisField):
            return self.leaf(axes, cells)
        is_sides = isinstance(kind, PaddingType) and all(isinstance(cell, Sides) for cell in cells)
        if not isinstance(kind, PerAxis) and not is_sides:
            raise VariesError(value.names)
        made = [self.component(value, axes, part) for part in zip(*cells, strict=True)]
        return Sides(*made) if is_sides else tuple(made)

    def component(self, value: Varying, axes: tuple[str, ...], part: tuple[Any, ...]) -> Any:
        if all(one == part[0] for one in part):
            return part[0]
        if not all(map(is_integer, part)):
            raise VariesError(value.names)
        return self.leaf(axes, part)

    def cells(self, value: Varying, what: str) -> tuple[tuple[str, ...], list[Any]]:
        """Return the value for each combination of what it depends on; an error where it cannot be."""
        axes = tuple(name for name in self.axes if name in value.names)
        count = prod(self.axes[name].size for name in axes)
        if count > MOST_CELLS:
            raise ArchError(
                f"{what} depends on {' and '.join(axes)} together, which have {count:,} combinations; at most "
                f"{MOST_CELLS:,} are computed: give fewer values"
            )
        points = product(*(self.axes[name].values for name in axes))
        return axes, [_tried(value, dict(zip(axes, point, strict=True))) for point in points]

    def leaf(self, axes: tuple[str, ...], cells: Any) -> Leaf:
        import numpy as np

        return Leaf(axes, np.array(cells).reshape([self.axes[name].size for name in axes]))


def _tried(value: Varying, point: Mapping[str, Any]) -> Any:
    try:
        return value.at(point)
    except ArchError as error:
        return error
