"""The arena that an inference needs: what is alive at each layer, and where a planner puts it."""

from dataclasses import dataclass
from enum import StrEnum
from math import prod

from archcalc.analysis.memory.arena.lifetimes import Lifetimes, lifetimes
from archcalc.analysis.memory.arena.order import best_order
from archcalc.analysis.memory.arena.placing import Span, arena, greedy_by_size
from archcalc.analysis.memory.arena.values import Values, values_of
from archcalc.analysis.memory.request import Dtype
from archcalc.errors import ArchError
from archcalc.graph import Graph


class Order(StrEnum):
    """The order in which layers run."""

    SPEC = "spec"
    BEST = "best"


class How(StrEnum):
    """What a layer does with the arena."""

    INPUT = "input"
    MAP = "map"
    IN_PLACE = "in place"
    VIEW = "view"


@dataclass(frozen=True)
class Step:
    """A layer that runs, or an input before it: its map, in bytes, and when that is alive, by the names of layers."""

    layer: str
    how: How
    bytes: int
    offset: int
    first: str
    last: str
    alive: int | None
    """What is alive as it runs, all maps together; None for an input."""


@dataclass(frozen=True)
class Block:
    """A piece of the arena, with the layers whose maps it holds, one after the other; steps count from 0."""

    layers: tuple[str, ...]
    bytes: int
    offset: int
    first: int
    last: int


@dataclass(frozen=True)
class Plan:
    """The arena of an inference, in bytes."""

    graph: Graph
    batch: int
    dtype: Dtype
    in_place: bool
    order: Order
    steps: tuple[Step, ...]
    """The inputs, and then the layers in the order in which they run."""
    blocks: tuple[Block, ...]
    bound: int
    """The most that is alive at one layer, below which there is no plan for this order."""
    arena: int
    """What the planner needs."""
    peak: str
    """The first layer at which so much is alive."""
    weights: int
    """Parameters and buffers that are read, which lie elsewhere."""
    of_spec: tuple[int, int] | None
    """The bound and the arena in the order of the spec, where another is better."""

    @property
    def ratio(self) -> float:
        """How many times the bound the arena is."""
        return self.arena / self.bound

    @property
    def at_peak(self) -> list[Block]:
        """The pieces of the arena that are alive at the peak."""
        place = [step.layer for step in self.steps if step.alive is not None].index(self.peak)
        return [block for block in self.blocks if block.first <= place <= block.last]


def plan(graph: Graph, batch: int, dtype: Dtype, in_place: bool = True, order: Order = Order.SPEC) -> Plan:
    """Return the arena that an inference needs. Raises ArchError where an order cannot be searched."""
    found = values_of(graph)
    each = batch * dtype.size
    as_written = lifetimes(found, range(len(found.uses)), in_place)
    better = _better(graph, found, in_place, max(as_written.alive())) if order is Order.BEST else None
    if better is None:
        return _planned(graph, found, as_written, [*range(len(found.uses))], (batch, dtype, in_place, order), None)
    spans = _spans(as_written, each)
    of_spec = (each * max(as_written.alive()), arena(spans, greedy_by_size(spans)))
    alive = lifetimes(found, better, in_place)
    return _planned(graph, found, alive, better, (batch, dtype, in_place, order), of_spec)


def _better(graph: Graph, found: Values, in_place: bool, highest: int) -> list[int] | None:
    try:
        return best_order(found, in_place, highest)
    except ArchError as error:
        raise error.at(None, f"the best order of {graph.spec.name} is not searched") from None


def _spans(alive: Lifetimes, each: int) -> list[Span]:
    return [Span(buffer.elements * each, buffer.first, buffer.last) for buffer in alive.buffers]


def _planned(
    graph: Graph,
    found: Values,
    alive: Lifetimes,
    order: list[int],
    asked: tuple[int, Dtype, bool, Order],
    of_spec: tuple[int, int] | None,
) -> Plan:
    batch, dtype, _, _ = asked
    each = batch * dtype.size
    spans = _spans(alive, each)
    offsets = greedy_by_size(spans)
    names = [found.uses[layer].name for layer in order]
    sums = [each * elements for elements in alive.alive()]
    blocks = tuple(
        Block(tuple(found.values[one].name for one in buffer.values), span.size, offset, span.first, span.last)
        for buffer, span, offset in zip(alive.buffers, spans, offsets, strict=True)
    )
    bound = max(sums)
    weights = dtype.size * sum(_weights(graph))
    steps = (*_of_inputs(found, alive, blocks, names), *_of_layers(found, alive, blocks, order, sums))
    peak = names[sums.index(bound)]
    return Plan(graph, *asked, steps, blocks, bound, arena(spans, offsets), peak, weights, of_spec)


def _of_inputs(found: Values, alive: Lifetimes, blocks: tuple[Block, ...], names: list[str]) -> list[Step]:
    inputs = range(len(found.values) - len(found.makers()))
    made = []
    for place in inputs:
        block, value = blocks[alive.holds[place]], found.values[place]
        made.append(Step(value.name, How.INPUT, block.bytes, block.offset, value.name, names[alive.ends[place]], None))
    return made


def _of_layers(
    found: Values, alive: Lifetimes, blocks: tuple[Block, ...], order: list[int], sums: list[int]
) -> list[Step]:
    names = [found.uses[layer].name for layer in order]
    made = []
    for step, layer in enumerate(order):
        use = found.uses[layer]
        block = blocks[alive.holds[use.makes]]
        how = How.VIEW if use.is_view else How.MAP if block.layers[0] == use.name else How.IN_PLACE
        last = names[alive.ends[use.makes]]
        made.append(Step(use.name, how, block.bytes, block.offset, use.name, last, sums[step]))
    return made


def _weights(graph: Graph) -> list[int]:
    """Return the elements of all parameters and buffers that inference reads."""
    return [
        node.copies * prod(shape)
        for node in graph.nodes
        for name, shape in (node.own_params | node.own_buffers).items()
        if name not in node.layer.unread
    ]
