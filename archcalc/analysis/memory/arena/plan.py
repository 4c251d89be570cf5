"""The arena that an inference needs: what is alive at each layer, and where a planner puts it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import prod

from archcalc.analysis.memory.arena.asked import Asked, Order
from archcalc.analysis.memory.arena.beside import Beside, beside
from archcalc.analysis.memory.arena.lifetimes import Lifetimes, lifetimes
from archcalc.analysis.memory.arena.order import best_order
from archcalc.analysis.memory.arena.placing import Span
from archcalc.analysis.memory.arena.smallest import Layout, smallest
from archcalc.analysis.memory.arena.values import Values, values_of
from archcalc.errors import ArchError
from archcalc.graph import Graph


class How(StrEnum):
    """What a layer does with the arena."""

    INPUT = "input"
    MAP = "map"
    IN_PLACE = "in place"
    VIEW = "view"


@dataclass(frozen=True)
class Step:
    """A layer that runs, or an input before it: its map, in bytes, and the last layer that runs as this is alive."""

    layer: str
    how: How
    bytes: int
    offset: int
    last: str
    alive: int | None
    """What is alive as it runs, all maps together; None for an input."""


@dataclass(frozen=True)
class Block:
    """A piece of the arena, with the layers whose maps it holds, one after the other; steps count from 0."""

    layers: tuple[str, ...]
    bytes: int
    """What it takes of the arena."""
    offset: int
    first: int
    last: int
    until: str
    """The layer that runs in the last step."""


@dataclass(frozen=True)
class Plan:
    """The arena of an inference, in bytes."""

    graph: Graph
    asked: Asked
    steps: tuple[Step, ...]
    """The inputs, and then the layers in the order in which they run."""
    blocks: tuple[Block, ...]
    """The pieces of the arena, in the order in which they are made."""
    layout: Layout
    bound: int
    """The most that is alive at one layer, below which there is no plan for this order."""
    peak: str
    """The first layer at which so much is alive."""
    beside: Beside
    """Parameters and buffers, which lie elsewhere."""
    of_spec: tuple[int, int] | None
    """The bound and the arena in the order of the spec, where another is better."""

    @property
    def arena(self) -> int:
        """What the plan needs."""
        return self.layout.size

    @property
    def ratio(self) -> float:
        """How many times the bound the arena is."""
        return self.arena / self.bound

    @property
    def at_peak(self) -> list[Block]:
        """The pieces of the arena that are alive at the peak."""
        place = [step.layer for step in self.steps if step.alive is not None].index(self.peak)
        return [block for block in self.blocks if block.first <= place <= block.last]

    @property
    def largest(self) -> Block:
        """The largest piece of the arena; of those that are equally large, the first."""
        return max(self.blocks, key=lambda block: block.bytes)


def plan(graph: Graph, asked: Asked) -> Plan:
    """Return the arena that an inference needs. Raises ArchError where an order cannot be searched."""
    found = values_of(graph).in_bytes(asked.each, asked.align)
    found = found.fused() if asked.fused else found
    order = [*range(len(found.uses))]
    alive = lifetimes(found, order, asked.in_place)
    better = _better(graph, found, asked.in_place, max(alive.alive())) if asked.order is Order.BEST else None
    if better is None:
        return _planned(graph, asked, found, alive, order, None)
    of_spec = (max(alive.alive()), smallest(_spans(alive)).size)
    return _planned(graph, asked, found, lifetimes(found, better, asked.in_place), better, of_spec)


def _better(graph: Graph, found: Values, in_place: bool, highest: int) -> list[int] | None:
    try:
        return best_order(found, in_place, highest)
    except ArchError as error:
        raise error.at(None, f"the best order of {graph.spec.name} is not searched") from None


def _spans(alive: Lifetimes) -> list[Span]:
    return [Span(buffer.size, buffer.first, buffer.last) for buffer in alive.buffers]


def _planned(
    graph: Graph, asked: Asked, found: Values, alive: Lifetimes, order: list[int], of_spec: tuple[int, int] | None
) -> Plan:
    layout = smallest(_spans(alive))
    names = [found.uses[layer].name for layer in order]
    blocks = tuple(
        Block(
            *(tuple(found.values[one].name for one in buffer.values), buffer.size, offset),
            *(buffer.first, buffer.last, names[buffer.last]),
        )
        for buffer, offset in zip(alive.buffers, layout.offsets, strict=True)
    )
    steps = tuple(_steps(graph, asked, found, alive, order, blocks))
    sums = alive.alive()
    bound = max(sums)
    peak = names[sums.index(bound)]
    return Plan(graph, asked, steps, blocks, layout, bound, peak, beside(graph, asked.dtype), of_spec)


def _steps(
    graph: Graph, asked: Asked, found: Values, alive: Lifetimes, order: Sequence[int], blocks: Sequence[Block]
) -> Iterator[Step]:
    """Yield the inputs, and then the layers in the order in which they run."""
    names = [found.uses[layer].name for layer in order]
    for place, (name, shape) in enumerate(graph.spec.inputs.items()):
        offset = blocks[alive.holds[place]].offset
        yield Step(name, How.INPUT, asked.each * prod(shape), offset, names[alive.ends[place]], None)
    for layer, all_alive in zip(order, alive.alive(), strict=True):
        use = found.uses[layer]
        block = blocks[alive.holds[use.makes]]
        how = How.VIEW if use.is_view else How.MAP if block.layers[0] == use.name else How.IN_PLACE
        size = asked.each * prod(graph.nodes[layer].output_shape)
        yield Step(use.name, how, size, block.offset, names[alive.ends[use.makes]], all_alive)
