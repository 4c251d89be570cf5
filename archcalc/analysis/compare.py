"""Networks side by side: layers put together by what they do, in order, and what differs between them.

The first network is the one that the others are held against. Layers are put together by their kind, then by their
fields, then by their names, so that a layer which only one network has stands alone, and conv4 meets conv4 whatever the
others call it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, Final, NamedTuple

from archcalc.analysis.alignment import Pairs, align
from archcalc.graph import Graph, Node
from archcalc.layers.activation import Softmax
from archcalc.layers.base import Activation
from archcalc.table import Row, Table, measure

ALONE: Final = 10
"""What it costs to leave a layer alone. The costs of pairs, below, add up to less than two of these, or to more."""

_OTHER_FIELDS: Final = 2
_OTHER_PLACES: Final = 1
_OTHER_NAME: Final = 3
_SAME_ROLE: Final = 12
_NEVER: Final = 99

MOST_PAIRS: Final = 4_000_000
"""How many pairs of layers are looked at; longer networks are not put together."""

_ROLES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("conv2d", "linear"), "weights"),
    **dict.fromkeys(("max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "adaptive_max_pool2d"), "pool"),
    **dict.fromkeys(("local_response_norm", "batch_norm2d", "batch_norm1d"), "norm"),
    **dict.fromkeys(("add", "concat"), "merge"),
}
"""What kinds stand in for each other."""


class Part(NamedTuple):
    """A layer of one network."""

    node: Node
    row: Row

    @property
    def role(self) -> str:
        is_activation = isinstance(self.node.layer, Activation | Softmax)
        return "activation" if is_activation else _ROLES.get(self.row.op, self.row.op)


class Change(NamedTuple):
    """One thing that is otherwise: a field, the op, the devices, or the layer itself, which None says is not there."""

    what: str
    before: Any
    after: Any


class Aligned(NamedTuple):
    """One layer in every network that has it, in the networks' order."""

    parts: tuple[Part | None, ...]
    by_name: bool = False
    """Whether names decided what was put together, as kinds, fields and places did not."""

    @property
    def is_shared(self) -> bool:
        """Whether more than one of the networks has it."""
        return sum(part is not None for part in self.parts) > 1

    @property
    def names(self) -> list[str]:
        """What the networks call it, each word once."""
        return list(dict.fromkeys(part.row.name for part in self.parts if part))

    def changes(self, place: int) -> list[Change]:
        """What is otherwise in the network at `place` than in the first."""
        before, after = self.parts[0], self.parts[place]
        if before is None or after is None:
            return [] if before is after else [Change("layer", _op(before), _op(after))]
        return list(_changes(before, after))


@dataclass(frozen=True)
class Comparison:
    """Networks side by side."""

    tables: tuple[Table, ...]
    layers: tuple[Aligned, ...]
    """None at all where the networks have too little in common."""

    @property
    def are_apart(self) -> bool:
        return not self.layers and any(table.rows for table in self.tables)

    @property
    def parting(self) -> Aligned | None:
        """The first layer at which output shapes differ."""
        for aligned in self.layers:
            if len({part.row.output_shape for part in aligned.parts if part}) > 1:
                return aligned
        return None

    @property
    def differ(self) -> bool:
        """Whether anything is otherwise in any of them."""
        shapes = {table.input_shape for table in self.tables}
        places = range(1, len(self.tables))
        return self.are_apart or len(shapes) > 1 or any(layer.changes(i) for layer in self.layers for i in places)


Cost = Callable[[Part, Part], int]


def compare(graphs: Sequence[Graph], batch: int = 1) -> Comparison:
    """Two or more networks side by side, layers in an order that is that of each of them."""
    tables = tuple(measure(graph, batch) for graph in graphs)
    parts = [list(map(Part, graph.nodes, table.rows)) for graph, table in zip(graphs, tables, strict=True)]
    if prod(sorted(map(len, parts))[-2:]) > MOST_PAIRS:
        return Comparison(tables, ())
    with_names = _aligned(parts, _unlikeness)
    without = {_key(layer) for layer in _aligned(parts, _unlikeness_of_work)}
    layers = tuple(layer._replace(by_name=layer.is_shared and _key(layer) not in without) for layer in with_names)
    return Comparison(tables, layers if _have_enough_in_common(layers) else ())


def _key(layer: Aligned) -> tuple[str | None, ...]:
    return tuple(part.row.name if part else None for part in layer.parts)


def _aligned(parts: Sequence[Sequence[Part]], cost: Cost) -> list[Aligned]:
    """One network after the other, each put beside all of those before it."""
    layers = [Aligned((part,)) for part in parts[0]]
    for place, more in enumerate(parts[1:], start=1):
        blank: tuple[Part | None, ...] = (None,) * place
        pairs = _put_together(layers, [Aligned((part,)) for part in more], cost)
        layers = [
            Aligned((*(left.parts if left else blank), *(right.parts if right else (None,)))) for left, right in pairs
        ]
    return layers


def _put_together(left: list[Aligned], right: list[Aligned], cost: Cost) -> Pairs[Aligned, Aligned]:
    """An alignment that does not hang on which of the two comes first, where several are as cheap."""

    def least(one: Aligned, other: Aligned) -> int:
        return min(cost(a, b) for a in one.parts if a for b in other.parts if b)

    if _words(left) <= _words(right):
        return align(left, right, least, ALONE)
    return [(one, other) for other, one in align(right, left, least, ALONE)]


def _words(layers: Sequence[Aligned]) -> list[list[str]]:
    return [
        [part.row.op, part.row.name, *map(str, part.row.output_shape)]
        for layer in layers
        for part in layer.parts
        if part
    ]


def _unlikeness_of_work(one: Part, other: Part) -> int:
    if one.row.op != other.row.op:
        return _SAME_ROLE if one.role == other.role else _NEVER
    other_fields = one.node.layer != other.node.layer
    other_places = one.row.output_shape[1:] != other.row.output_shape[1:]
    return _OTHER_FIELDS * other_fields + _OTHER_PLACES * other_places


def _unlikeness(one: Part, other: Part) -> int:
    return _unlikeness_of_work(one, other) + _OTHER_NAME * (one.row.name != other.row.name)


def _have_enough_in_common(layers: Sequence[Aligned]) -> bool:
    """Whether a quarter of the layers that learn, of the network that has most, are in all networks."""
    learning = [layer for layer in layers if any(part and part.row.params for part in layer.parts)] or layers
    common = sum(None not in layer.parts for layer in learning)
    most = max(
        (sum(part is not None for part in column) for column in zip(*(x.parts for x in learning), strict=True)),
        default=0,
    )
    return 4 * common >= most


def _changes(before: Part, after: Part) -> Iterator[Change]:
    if before.row.op != after.row.op:
        yield Change("op", before.row.op, after.row.op)
    ours, theirs = _fields(before), _fields(after)
    for name in ours:
        if name in theirs and ours[name] != theirs[name]:
            yield Change(name, ours[name], theirs[name])
    if before.node.copies != after.node.copies and before.role in ("weights", "norm"):  # else the split changes nothing
        yield Change("devices", before.node.copies, after.node.copies)


def _fields(part: Part) -> dict[str, Any]:
    """The layer's fields; what several devices make side by side is counted together."""
    copies = part.node.copies
    return {
        name: value * copies if name in ("out_channels", "out_features") else value
        for name, value in vars(part.node.layer).items()
    }


def _op(part: Part | None) -> str | None:
    return part.row.op if part else None
