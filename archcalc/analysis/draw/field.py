"""What an output of a layer sees of the input, and what the layers before it see, each around the same place."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from archcalc.analysis.receptive_field import Sight, receptive_fields
from archcalc.errors import ArchError, did_you_mean
from archcalc.graph import Graph
from archcalc.layers import Shape

_MOST: Final = 12
"""How many fields are drawn."""


class Seen(NamedTuple):
    """The field of the output in the middle of a layer: the first element along each axis, and the one after the last;
    before 0, and after the size of the input, is padding."""

    layers: tuple[str, ...]
    """The layers whose outputs see as much."""
    size: tuple[int, ...]
    ranges: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class FieldOf:
    """The fields of a layer, the last, and of those before it that see less, the smallest first."""

    graph: Graph
    layer: str
    input: str
    shape: Shape
    """Of the input."""
    seen: tuple[Seen, ...]
    left_out: int
    """How many more sizes there are between those that are drawn."""
    sight: Sight


def field_of(graph: Graph, layer: str | None = None) -> FieldOf:
    """Return what a layer sees; by default the first of those that see most, but not all outputs the same.

    Raises ArchError for a layer that is not there, or that sees no place of an input.
    """
    fields = receptive_fields(graph)
    name = layer or _that_sees_most(fields)
    if name is None or name not in fields:
        known = did_you_mean(layer or "", fields)
        raise ArchError(f"there is no layer {layer}{known}" if layer else f"{graph.spec.name} has no receptive fields")
    sights = [sight for sight in fields[name] if len(sight.said.size) in (1, 2)]
    if not sights:
        raise ArchError(f"{name} sees no map of an input")
    sight = sights[0]
    by_size: dict[tuple[int, ...], list[tuple[str, Sight]]] = {}
    for other in [*_before(graph, name), name]:
        of = next((one for one in fields[other] if one.of == sight.of), None)
        if of:
            by_size.setdefault(of.said.size, []).append((other, of))
    sizes = sorted((size for size in by_size if size != sight.said.size), key=lambda size: (max(size), size))
    shown = _spread(sizes)
    shapes = {node.name: node.output_shape for node in graph.nodes}
    given = graph.spec.inputs[sight.of]
    seen = [_seen(size, by_size[size], shapes, given) for size in (*shown, sight.said.size)]
    return FieldOf(graph, name, sight.of, given, tuple(seen), len(sizes) - len(shown), sight)


def _that_sees_most(fields: Mapping[str, tuple[Sight, ...]]) -> str | None:
    """Return the first of the layers that see most, of those whose outputs see not all the same."""
    found = None
    most: tuple[int, ...] = ()
    for name, sights in fields.items():
        for sight in sights[:1]:
            moves = all(jump is not None for jump in sight.said.jump)
            if moves and (found is None or sight.said.size > most):
                found, most = name, sight.said.size
    return found


def _before(graph: Graph, name: str) -> list[str]:
    """Return the layers that a layer reads, and those that these read, in the order of the graph."""
    wanted = {name}
    found = []
    for node in reversed(graph.nodes):
        if node.name in wanted:
            wanted.update(node.inputs)
            found.append(node.name)
    return found[:0:-1] if found and found[0] == name else []


def _spread(sizes: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Return some sizes, the first and the last among them, where there are more than can be drawn."""
    if len(sizes) < _MOST:
        return sizes
    last = len(sizes) - 1
    return [sizes[place * last // (_MOST - 2)] for place in range(_MOST - 1)]


def _seen(size: tuple[int, ...], of: list[tuple[str, Sight]], shapes: Mapping[str, Shape], given: Shape) -> Seen:
    """Return the field of the output in the middle of the first of some layers that see as much.

    What all outputs see is within the input, as the size of it says.
    """
    name, sight = of[0]
    ranges = []
    for reach, long in zip(sight.seen, given[1:], strict=True):
        if reach.to is None:
            start, end = reach.range_of(0)
            ranges.append((max(start, 0), min(end, long)))
        else:
            ranges.append(reach.range_of(shapes[name][reach.to] // 2))
    return Seen(tuple(other for other, _ in of), size, tuple(ranges))
