"""When the maps of a network are alive, as its layers run in an order."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from archcalc.analysis.memory.arena.values import Use, Values


@dataclass
class Buffer:
    """A piece of the arena: a map, with those that are written over it, each in its turn."""

    size: int
    first: int
    """The step in which it is first alive."""
    last: int
    values: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Lifetimes:
    """All buffers, in the order in which they are made, and which of them holds each value."""

    buffers: tuple[Buffer, ...]
    holds: dict[int, int]
    ends: dict[int, int]
    """The last step in which each value is alive."""
    steps: int

    def alive(self) -> list[int]:
        """Return how much is alive at each step."""
        changes = [0] * (self.steps + 1)
        for buffer in self.buffers:
            changes[buffer.first] += buffer.size
            changes[buffer.last + 1] -= buffer.size
        return list(accumulate(changes[:-1]))


def lifetimes(found: Values, order: Sequence[int], in_place: bool) -> Lifetimes:
    """Return when all is alive that layers make which run in this order; inputs are there from the start.

    A layer writes over a map that nobody reads later, where `in_place` lets it and its kind can.
    """
    at = {layer: step for step, layer in enumerate(order)}
    last = len(order) - 1
    ends = {}
    for place, layer in [*((place, None) for place in _inputs(found)), *found.makers().items()]:
        value = found.values[place]
        made = 0 if layer is None else at[layer]
        ends[place] = last if value.is_output else max([made, *(at[one] for one in (*value.readers, *value.views))])
    buffers = [Buffer(found.values[place].size, 0, ends[place], [place]) for place in _inputs(found)]
    holds = {place: number for number, place in enumerate(_inputs(found))}
    for step, layer in enumerate(order):
        use = found.uses[layer]
        if use.is_view:
            continue
        over = _taken_over(found, use, ends, step) if in_place else None
        if over is None:
            holds[use.makes] = len(buffers)
            buffers.append(Buffer(found.values[use.makes].size, step, ends[use.makes]))
        else:
            holds[use.makes] = holds[over]
        buffer = buffers[holds[use.makes]]
        buffer.last = ends[use.makes]
        buffer.values.append(use.makes)
    return Lifetimes(tuple(buffers), holds, ends, len(order))


def _inputs(found: Values) -> range:
    return range(len(found.values) - len(found.makers()))


def _taken_over(found: Values, use: Use, ends: dict[int, int], step: int) -> int | None:
    """Return the first value that a layer writes over: one that nobody reads later, and that is no output."""
    return next((one for one in use.over if ends[one] == step and not found.values[one].is_output), None)
