"""Which layers of a network may be made wider or narrower, all by one factor, and which must stay as they are.

Those stay that are to be kept, those whose channels the network hands on, and those that a merge, or anything else,
ties to one that stays. Layers that are tied to each other alone change together. A depthwise convolution has the
channels that it reads.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction
from math import lcm
from typing import Any

from archcalc.analysis.fit.channels import Asked, Channels
from archcalc.errors import ArchError, did_you_mean
from archcalc.graph import AnyNode, Graph, Numbers, propagate
from archcalc.layers import Layer
from archcalc.layers.base import field_of_type
from archcalc.layers.fields import GroupCount, Width
from archcalc.layers.requirement import Requirement
from archcalc.layers.sizes import Sizes
from archcalc.spec.model import Entry, Spec


class Stays(StrEnum):
    """Why a layer stays as wide as it is."""

    KEPT = "kept"
    HANDED_ON = "handed on"
    TIED = "tied"


@dataclass(frozen=True)
class Free:
    """Layers that are as wide as each other: how wide, and by what their width must be divisible."""

    layers: tuple[str, ...]
    width: int
    step: int

    def at(self, factor: Fraction) -> int:
        """Return the widest that is not over so many times the width, and at least one step."""
        return max(int(factor * self.width / self.step), 1) * self.step

    def factors(self, low: Fraction, high: Fraction) -> Iterator[Fraction]:
        """Yield each factor above `low` and up to `high` from which on it is wider."""
        each = Fraction(self.step, self.width)
        for steps in range(max(int(low / each) + 1, 2), int(high / each) + 1):
            yield steps * each


@dataclass(frozen=True)
class Depthwise:
    """A convolution with a group for each channel that it reads: its groups, and so many outputs of each."""

    name: str
    reads: Channels
    times: int


@dataclass(frozen=True)
class Widths:
    """What of a network may change."""

    graph: Graph
    free: tuple[Free, ...]
    depthwise: tuple[Depthwise, ...]
    stays: Mapping[str, Stays]
    """Why each of the other layers that have a width stays as it is."""

    def spec(self, factor: Fraction) -> Spec:
        """Return the network where all that may change is so many times as wide: the same layers, with other widths."""
        widths = {name: one.at(factor) for one in self.free for name in one.layers}
        channels = {one.name: (one.times, one.reads.at(widths)) for one in self.depthwise}
        firsts: dict[str, str] = {}
        entries = []
        for entry in self.graph.spec.layers:
            first = firsts[entry.name] = firsts.get(entry.again or "", entry.name)
            layer, width, groups = entry.layer, _width_field(entry.layer), _groups_field(entry.layer)
            if width and groups and entry.name in channels:
                times, read = channels[entry.name]
                layer = _with(layer, {width: times * read, groups: read})
            elif width and first in widths:
                layer = _with(layer, {width: widths[first]})
            entries.append(entry._replace(layer=layer))
        return replace(self.graph.spec, layers=tuple(entries))


def find_widths(graph: Graph, keep: tuple[str, ...], divisor: int) -> Widths:
    """Find what of a network may change. Raises ArchError for a layer to keep that is not there, or where none may."""
    stays = dict.fromkeys(_kept(graph, keep), Stays.KEPT)
    while True:
        walk = _Walk(graph, stays)
        new = walk.walk()
        if not new:
            break
        stays |= new
    groups: dict[str, list[str]] = {}
    for name in walk.wide:
        groups.setdefault(walk.root(name), []).append(name)
    free = []
    for names in groups.values():
        step = lcm(divisor, *(walk.asked.divisors.get(name, 1) for name in names))
        free.append(Free(tuple(names), walk.wide[names[0]], step))
    if not free:
        raise ArchError(f"no layer of {graph.spec.name} may be made wider: all are kept, handed on, or tied to such")
    return Widths(graph, tuple(free), tuple(walk.depthwise), stays)


def widths_of(spec: Spec) -> dict[str, int]:
    """Return how wide each layer is that has a width."""
    named = ((entry, _width_field(entry.layer)) for entry in spec.layers)
    return {entry.name: getattr(entry.layer, name) for entry, name in named if name}


def _kept(graph: Graph, keep: tuple[str, ...]) -> Iterator[str]:
    names = [entry.name for entry in graph.spec.layers]
    for word in keep:
        found = {name for name in names if name == word or name.startswith(f"{word}.")}
        if not found:
            raise ArchError(f"{graph.spec.name} has no layer '{word}' to keep{did_you_mean(word, names)}")
        wide = found & widths_of(graph.spec).keys()
        if not wide:
            raise ArchError(f"{word} has no width of its own to keep: it is as wide as what it reads")
        yield from wide


def _width_field(layer: Layer) -> str | None:
    return field_of_type(type(layer), Width)


def _groups_field(layer: Layer) -> str | None:
    return field_of_type(type(layer), GroupCount)


def _with(layer: Layer, fields: Mapping[str, int]) -> Layer:
    return type(layer)(**{**vars(layer), **fields})


@dataclass
class _Walk(Numbers[Any]):
    """A walk on which each width that may change is a number that remembers so."""

    graph: Graph
    stays: Mapping[str, Stays]
    asked: Asked = field(default_factory=Asked)
    wide: dict[str, int] = field(default_factory=dict)
    depthwise: list[Depthwise] = field(default_factory=list)
    roots: dict[str, str] = field(default_factory=dict)
    shapes: tuple[Sizes[Any], ...] = ()
    firsts: dict[str, str] = field(default_factory=dict)
    """The first of the layers that are one, with the same weights, by the names of all."""

    def walk(self) -> dict[str, Stays]:
        """Return the layers that turn out to stay as they are."""
        spec = self.graph.spec
        nodes = propagate(spec, spec.inputs, self)
        found = dict.fromkeys(self._handed_on(nodes), Stays.HANDED_ON)
        return found or dict.fromkeys(self._tied(), Stays.TIED)

    def reads(self, entry: Entry, shapes: tuple[Sizes[Any], ...]) -> tuple[Sizes[Any], ...]:
        self.shapes = shapes
        return shapes

    def layer(self, entry: Entry) -> Layer:
        name = _width_field(entry.layer)
        if name is None:
            return entry.layer
        width, read = getattr(entry.layer, name), self.shapes[0][0]
        groups = _groups_field(entry.layer)
        count = getattr(entry.layer, groups) if groups else 1
        if groups and isinstance(read, Channels) and count == read and count > 1:
            return self._depthwise(entry, name, groups, read)
        first = self.firsts[entry.name] = self.firsts.get(entry.again or "", entry.name)
        if first in self.stays:
            return entry.layer
        self.wide[first] = width
        return entry.layer.with_stand_ins(**{name: Channels.of_layer(self.asked, first, width)})

    def _depthwise(self, entry: Entry, width: str, groups: str, read: Channels) -> Layer:
        if entry.name in self.stays or not read.is_sum:
            self.asked.fixed.update(read.terms)
            return entry.layer
        times = getattr(entry.layer, width) // read.value
        self.depthwise.append(Depthwise(entry.name, read, times))
        return entry.layer.with_stand_ins(**{width: read * times, groups: 1})

    def require(self, entry: Entry, requirement: Requirement) -> None:
        """Nothing: the network is legal, and what was asked of numbers is remembered."""

    def root(self, name: str) -> str:
        while name in self.roots:
            name = self.roots[name]
        return name

    def _handed_on(self, nodes: Mapping[str, AnyNode[Any]]) -> Iterator[str]:
        for name in self.graph.outputs:
            for size in nodes[name].output_shape:
                if isinstance(size, Channels):
                    yield from size.terms

    def _tied(self) -> Iterator[str]:
        """Yield the layers that are tied to what stays, or to others in a way that one factor does not keep."""
        yield from self.asked.fixed
        hard = []
        for one, other in self.asked.equal:
            if self._is_plain(one) and self._is_plain(other):
                first, second = (self.root(*each.terms) for each in (one, other))
                if first != second:
                    self.roots[second] = first
            elif one == other:
                hard.append((one, other))
        for one, other in hard:
            if self._by_root(one) != self._by_root(other):
                yield from {**one.terms, **(other.terms if isinstance(other, Channels) else {})}

    def _is_plain(self, number: Any) -> bool:
        """Whether a number is the width of one layer."""
        is_sum = isinstance(number, Channels) and number.is_sum and not number.constant
        return is_sum and [*number.terms.values()] == [1]

    def _by_root(self, number: Any) -> Any:
        if not isinstance(number, Channels):
            return {}, Fraction(number)
        if not number.is_sum:
            return object()
        terms: dict[str, Fraction] = {}
        for name, times in number.terms.items():
            terms[self.root(name)] = terms.get(self.root(name), Fraction(0)) + times
        return terms, number.constant
