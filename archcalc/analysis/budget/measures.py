"""What a budget limits: each number of `spec.budget.LIMITS` as a function of the network, in the table `MEASURES`."""

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import Any, Final, NamedTuple

from archcalc.analysis.meant import last_meant, meant
from archcalc.analysis.precision import NumberFormat
from archcalc.analysis.receptive_field import last_with_places, sizes_of
from archcalc.errors import ArchError, did_you_mean
from archcalc.graph import Graph
from archcalc.spec.budget import Limit
from archcalc.table import row_of

Number = int | Fraction


class Part(NamedTuple):
    """What a layer contributes to a number."""

    name: str
    number: Number


class Measured(NamedTuple):
    """A number of a network: its smallest and its largest value, where it has several, and the parts of a sum."""

    least: Number
    most: Number
    parts: tuple[Part, ...] = ()
    of: tuple[str, ...] = ()
    """The layers that it is of; none for the whole network."""
    where: str = ""
    """What else it depends on, in words."""
    is_bound: bool = False
    """Whether the true number may be larger, so that only an excess is proof."""


Measure = Callable[[Graph, Any], Measured]


def _counted(count: str, graph: Graph, limit: Limit) -> Measured:
    """Return a count of the table, for one example."""
    return _sum(((node.name, getattr(row_of(node), count)) for node in meant(graph, limit.of)), limit)


def _weights(graph: Graph, limit: Any) -> Measured:
    """Return the bytes of the parameters in the number format of the limit."""
    size = NumberFormat(limit.dtype).bytes
    parts = ((node.name, size * row_of(node).params) for node in meant(graph, limit.of))
    return _sum(parts, limit)._replace(where=f"in {limit.dtype}")


def _memory(graph: Graph, limit: Any) -> Measured:
    """Return the most bytes that are alive at once; of training with momentum."""
    from archcalc.analysis.memory.request import requested
    from archcalc.analysis.memory.timeline import timeline

    batch = limit.batch or 1
    found = timeline(graph, requested(limit.mode, batch, limit.dtype)).peak
    parts = tuple(Part(sort, size) for sort, size in found.by_sort.items())
    what = "inference" if limit.mode == "infer" else "training with momentum"
    where = f"of {what} (batch {batch}, {limit.dtype}, at {found.layer})"
    return Measured(found.total, found.total, parts, where=where)


def _arena(graph: Graph, limit: Any) -> Measured:
    """Return the bytes of an arena of inference, as it is planned, with the maps that are alive at the peak."""
    from archcalc.analysis.memory.arena.asked import asked_for
    from archcalc.analysis.memory.arena.plan import plan

    asked = asked_for(limit.batch or 1, limit.dtype, order=limit.order, fused=limit.fused, align=limit.align or 1)
    found = plan(graph, asked)
    parts = tuple(Part(block.layers[0], block.bytes) for block in found.at_peak)
    where = f"of inference ({asked.in_words}, at {found.peak})"
    return Measured(found.arena, found.arena, parts, where=where)


def _receptive_field(graph: Graph, limit: Limit) -> Measured:
    """Return the receptive field of a layer: along the axis, and in the input, where it is smallest and largest.

    Without a name it is of the last layer that has more than one place: those after it see the whole input.
    """
    node = last_meant(meant(graph, limit.of), limit.of) if limit.of else last_with_places(graph)
    if node is None:
        raise ArchError("no layer has more than one place: name a layer by of")
    sizes = sizes_of(graph, node)
    return Measured(min(sizes), max(sizes), of=limit.of or (node.name,))


def _milliseconds(graph: Graph, limit: Any) -> Measured:
    """Return the time of a batch at the roof of a device, which is the least that it takes."""
    from archcalc.analysis.devices import find
    from archcalc.analysis.roofline.roofline import roofline
    from archcalc.analysis.roofline.roofs import roofs_of

    batch = limit.batch or 1
    roofs = roofs_of(find(limit.device), limit.precision)
    names = {node.name for node in meant(graph, limit.of)}
    layers = [layer for layer in roofline(graph, roofs, batch).layers if layer.name in names]
    found = _sum(((layer.name, 1000 * Fraction(layer.seconds)) for layer in layers), limit)
    where = f"at the roof of {roofs.name} (batch {batch}, {limit.precision})"
    return found._replace(where=where, is_bound=True)


def _sum(named: Any, limit: Limit) -> Measured:
    parts = tuple(Part(name, number) for name, number in named)
    total = sum(part.number for part in parts)
    return Measured(total, total, parts, limit.of or ())


MEASURES: Final[dict[str, Measure]] = {
    "params": partial(_counted, "params"),
    "macs": partial(_counted, "macs"),
    "flops": partial(_counted, "flops"),
    "activations": partial(_counted, "activations"),
    "weights": _weights,
    "memory": _memory,
    "arena": _arena,
    "receptive_field": _receptive_field,
    "ms": _milliseconds,
}
"""How each number of `spec.budget.LIMITS` is measured: another number is a line here, and one there."""


def measured(graph: Graph, name: str, limit: Limit) -> Measured:
    """Return the number that a limit is of. Raises ArchError where the network has none, and for an unknown layer."""
    known = {node.name for node in graph.nodes}
    for of in limit.of or ():
        if not any(one == of or one.startswith(f"{of}.") for one in known):
            raise ArchError(f"budget of {name}: of: there is no layer '{of}'{did_you_mean(of, known)}")
    try:
        return MEASURES[name](graph, limit)
    except ArchError as error:
        raise ArchError(f"budget of {name}: {error}") from None
