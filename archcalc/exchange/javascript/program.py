"""A whole network as data and functions: what each layer reads, its fields, and its rule in each way to round.

`walk.js` beside this module goes over the layers in order, as `graph.propagate` does, with any fields and any inputs.
"""

from collections.abc import Iterator
from contextlib import suppress
from importlib.resources import files
from itertools import product
from typing import Any, Final, NamedTuple

from archcalc.exchange.javascript.code import text
from archcalc.exchange.javascript.numbers import UnwrittenError
from archcalc.exchange.javascript.rules import NeverError, open_fields, rule
from archcalc.graph import Graph, Node, reads_own_part
from archcalc.layers import Layer
from archcalc.layers.fields import LARGEST, Boolean, Choice, FieldType, Optional, PaddingType, PerAxis, Sides
from archcalc.spec.model import Entry, InputShape

CEIL_MODE: Final = "ceil_mode"


class Program(NamedTuple):
    """A network as plain data, and the functions that its layers' kinds name by their places."""

    data: dict[str, Any]
    rules: tuple[str, ...]

    def source(self, name: str = "network") -> str:
        """Return a script that defines `name`, and `walk(name, setting)`, which computes it with other numbers."""
        functions = ",\n".join(self.rules)
        return f"{walker()}const {name}={text(self.data)};\n{name}.rules=[\n{functions}];\n"


def walker() -> str:
    """Return the script that walks over a network."""
    return files(__package__).joinpath("walk.js").read_text(encoding="utf-8")


def program(graph: Graph) -> Program:
    """Write a network, each of whose layers can have other fields, and be rounded in other ways."""
    return _Writing(graph).program()


class _Kind(NamedTuple):
    """Layers that compute alike: the fields that may be others, and their rule in each way, if there is one."""

    op: str
    fields: tuple[dict[str, Any], ...]
    rules: dict[str, str]


_WRITTEN: Final[dict[object, _Kind]] = {}
"""What was written before, of this network or of others, by what tells kinds apart."""


class _Writing:
    """The layers of a graph as they are written; what computes alike is written once."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.entries = {entry.name: entry for entry in graph.spec.layers}
        self.nodes = {node.name: node for node in graph.nodes}
        self.places = {node.name: place for place, node in enumerate(graph.nodes)}
        self.kinds: list[dict[str, Any]] = []
        self._rules: dict[str, int] = {}
        self._places_of_kinds: dict[object, int] = {}

    def program(self) -> Program:
        spec = self.graph.spec
        layers = [self._layer(node) for node in self.graph.nodes]
        data = {
            "name": spec.name,
            "inputs": {name: list(shape) for name, shape in spec.inputs.items()},
            "shape": InputShape().words,
            "largest": LARGEST,
            "kinds": self.kinds,
            "layers": layers,
        }
        return Program(data, tuple(self._rules))

    def _layer(self, node: Node) -> dict[str, Any]:
        entry = self.entries[node.name]
        ranks = tuple(map(len, node.device_inputs))
        key = (_told_apart(entry.layer), ranks, node.copies, entry.again and node.name)
        if key not in self._places_of_kinds:
            self._places_of_kinds[key] = len(self.kinds)
            self.kinds.append(self._numbered(self._kind(key, entry, node)))
        kind = self._places_of_kinds[key]
        has_fields = bool(self.kinds[kind]["fields"])
        numbers = [number for one in open_fields(entry.layer).values() for number in one] if has_fields else []
        said = {"name": node.name, "kind": kind, "way": _way(entry.layer), "f": numbers}
        again = {} if entry.again is None else {"again": self.places[entry.again]}
        return said | {"reads": [self._reading(entry, name) for name in entry.inputs]} | again

    def _reading(self, entry: Entry, name: str) -> list[Any]:
        """Return what a layer reads: an input or the place of a layer, and whether only the part on its own device."""
        source = self.entries.get(name)
        return [self.places.get(name, name), source is not None and reads_own_part(entry, source)]

    def _kind(self, key: object, entry: Entry, node: Node) -> _Kind:
        """Return what is written of a layer; of one that is another once more it depends on the network."""
        if entry.again is not None:
            return self._written(entry, node)
        if key not in _WRITTEN:
            _WRITTEN[key] = self._written(entry, node)
        return _WRITTEN[key]

    def _written(self, entry: Entry, node: Node) -> _Kind:
        for fixed in (False, True):
            try:
                rules = dict(self._in_each_way(entry, node, fixed))
            except UnwrittenError:
                continue
            return _Kind(node.layer.op, () if fixed else tuple(_fields(entry.layer)), rules)
        return _Kind(node.layer.op, (), {})

    def _in_each_way(self, entry: Entry, node: Node, fixed: bool) -> Iterator[tuple[str, str]]:
        """Yield each way of a layer, and its rule; of one that is another once more, in each way of both."""
        for layer in _ways(entry.layer):
            own = entry._replace(layer=layer)
            if entry.again is None:
                yield _way(layer), rule(own, node, None, fixed)
                continue
            first, its_node = self.entries[entry.again], self.nodes[entry.again]
            for other in _ways(first.layer):
                again = (first._replace(layer=other), its_node)
                with suppress(NeverError):
                    yield f"{_way(layer)}/{_way(other)}", rule(own, node, again, fixed)

    def _numbered(self, kind: _Kind) -> dict[str, Any]:
        """Return a kind as plain data, with the places of its rules."""
        rules = {way: self._rules.setdefault(written, len(self._rules)) for way, written in kind.rules.items()}
        return {"op": kind.op, "fields": kind.fields, "rules": rules}


def _fields(layer: Layer) -> Iterator[dict[str, Any]]:
    """Yield how each open field is read: what it is called, of how many numbers, and of which at least."""
    for name, numbers in open_fields(layer).items():
        kind = layer.fields[name].type
        kind = kind.inner if isinstance(kind, Optional) else kind
        sides = Sides(*numbers).names if isinstance(kind, PaddingType) else ()
        is_list = bool(sides) or isinstance(kind, PerAxis)
        least = 0 if sides else kind.least  # type: ignore[attr-defined]  # an integer, or one for each axis
        said = {"name": name, "count": len(numbers), "least": least, "words": kind.words, "is_list": is_list}
        yield said | ({"sides": sides} if sides else {})


def _words_for_padding(layer: Layer) -> tuple[str, ...]:
    kind: FieldType | None = layer.fields["padding"].type if "padding" in layer.fields else None
    return tuple(word for word in kind.options if word != "valid") if isinstance(kind, PaddingType) else ()


def _ways(layer: Layer) -> Iterator[Layer]:
    """Yield a layer in each way to pad and to round that its kind has."""
    paddings: list[Any] = [*_words_for_padding(layer)]
    if paddings:
        paddings.insert(0, Sides(*(0,) * 2 * layer.axes) if isinstance(layer.padding, str) else layer.padding)  # type: ignore[attr-defined]
    modes: tuple[Any, ...] = ()
    if CEIL_MODE in layer.fields:
        kind = layer.fields[CEIL_MODE].type
        modes = kind.options if isinstance(kind, Choice) else (False, True) if isinstance(kind, Boolean) else ()
    names = [name for name, values in (("padding", paddings), (CEIL_MODE, modes)) if values]
    for values in product(*(one for one in (paddings, modes) if one)):
        yield layer.with_stand_ins(**dict(zip(names, values, strict=True)))


def _way(layer: Layer) -> str:
    """Return a word for the way in which a layer pads and rounds.

    >>> from archcalc.layers.conv import Conv2d
    >>> _way(Conv2d(out_channels=8, kernel_size=3)), _way(Conv2d(out_channels=8, kernel_size=3, padding="same"))
    (' false', 'same false')
    """
    padding, mode = getattr(layer, "padding", None), getattr(layer, CEIL_MODE, None)
    said = padding if isinstance(padding, str) else ""
    return f"{said} {'' if mode is None else str(mode).lower()}"


def _told_apart(layer: Layer) -> tuple[Any, ...]:
    """Return what tells apart layers that have rules of their own: all but their numbers, and how they round."""
    numbers = {name: len(values) for name, values in open_fields(layer).items()}
    return (
        type(layer),
        *((name, numbers.get(name) or (None if name == CEIL_MODE else vars(layer)[name])) for name in layer.fields),
    )
