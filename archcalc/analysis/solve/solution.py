"""Which inputs a network takes: the smallest, and those for which every window's division is exact.

Nothing is tried out. What each layer asks of the input is known in closed form (`constraints`), and what all of them
ask is the intersection. Sizes that need over 15 digits inside the network, which `graph` refuses, are not looked for.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import Final, NamedTuple, cast

from archcalc.analysis.solve.constraints import Constraint, Walked, exact_remainder, only_input, padding_along, walk
from archcalc.analysis.solve.same_weights import made_for_a_size, same_weights
from archcalc.analysis.solve.sizes import AtLeastOne, Condition, narrowed, steps
from archcalc.errors import ArchError, Fault
from archcalc.graph import Graph, Node, link
from archcalc.layers.fields import LARGEST, is_integer, spell
from archcalc.layers.window import Sliding, span
from archcalc.spec.inputs import replaced
from archcalc.spec.model import Entry, Spec

MOST: Final = 10**6
"""The bound up to which exact inputs may be asked for."""


class Sizes(NamedTuple):
    """Heights or widths of the input, as runs of consecutive ones: those that pass, and those that divide exactly."""

    passing: tuple[range, ...]
    exact: tuple[range, ...]
    and_larger: bool = True
    """Whether every size past the last run passes too."""

    @property
    def smallest(self) -> int | None:
        return self.passing[0].start if self.passing else None

    def has(self, size: int) -> bool:
        return any(size in run for run in self.passing) or (self.and_larger and size >= self.passing[0].start)


class Stage(NamedTuple):
    """A layer that needs more than those before it, and the inputs that it and they leave: (height, width)."""

    entry: Entry
    sizes: tuple[Sizes, Sizes]

    @property
    def reads_least(self) -> tuple[int, int] | None:
        """The smallest map on which its window has a place; None without a window."""
        window = self.entry.layer.slides()
        if window is None:
            return None
        height, width = (max(1, steps(window, axis).first(1)) for axis in (0, 1))
        return height, width


class Remainder(NamedTuple):
    """A division that is not exact: `size` + `padding` - `span` over `stride`, or under SAME, `size` over `stride`."""

    layer: str
    axis: int
    size: int
    padding: tuple[int, int] | None
    span: int
    stride: int


@dataclass(frozen=True)
class Solution:
    """The inputs that a network takes, along (height, width), as far as `up_to`."""

    spec: Spec
    up_to: int
    sizes: tuple[Sizes, Sizes] | None
    """None where the input has neither height nor width."""
    stages: tuple[Stage, ...]
    too_small: tuple[tuple[tuple[int, int], Fault], ...]
    """Inputs that are smaller by one than the smallest, and the layer at which each fails."""
    own_fault: Fault | None
    """Where the spec's own input fails."""
    own_remainder: Remainder | None
    """The first division that is not exact for the spec's own input."""
    made_anew: tuple[str, ...]
    """Layers whose weights depend on the input's size, so that not all that passes fits the weights of the spec."""
    same_weights: tuple[tuple[range, ...] | None, tuple[range, ...] | None]
    """Inputs that fit the weights made for the spec's own input; None where all that pass do, or that one fails."""

    @property
    def smallest(self) -> tuple[int, int] | None:
        """The least height and width that pass; None where no size does."""
        if self.sizes is None or None in (least := [axis.smallest for axis in self.sizes]):
            return None
        height, width = cast(list[int], least)
        return height, width


def solve(spec: Spec, up_to: int = 512) -> Solution:
    """Return the inputs that a spec takes; its own input does not matter.

    Raises ArchError where no input of any size passes, and unless `up_to` is an integer from 1 to a million.
    """
    if not is_integer(up_to) or not 1 <= up_to <= MOST:
        raise ArchError(f"up_to must be an integer from 1 to {MOST:,}, got {spell(up_to)}")
    walked = walk(spec)
    constraints = walked.constraints
    stages, left = [], (_start(constraints, 0, up_to), _start(constraints, 1, up_to))
    seen: set[tuple[int, Condition]] = set()
    for entry, asked in groupby(constraints, attrgetter("entry")):
        before = left
        for constraint in asked:
            if (constraint.axis, constraint.condition) not in seen:
                seen.add((constraint.axis, constraint.condition))
                left = _asking(left, constraint)
        if left != before:
            stages.append(Stage(entry, left))
    sizes = left if len(only_input(spec)) == 3 else None
    own_fault, own_remainder = _own(spec)
    kept = _kept(spec, walked, sizes, up_to) if sizes and not own_fault else (None, None)
    anew = made_for_a_size(walked)
    solution = Solution(spec, up_to, sizes, tuple(stages), (), own_fault, own_remainder, anew, kept)
    return replace(solution, too_small=tuple(_too_small(solution)))


def _kept(
    spec: Spec, walked: Walked, sizes: tuple[Sizes, Sizes], up_to: int
) -> tuple[tuple[range, ...] | None, tuple[range, ...] | None]:
    """Return the inputs that fit the spec's own weights, with no bound where windows alone decide what passes."""
    height, width = (
        same_weights(walked, axis, only_input(spec)[1 + axis], None if sizes[axis].and_larger else up_to)
        for axis in (0, 1)
    )
    return height, width


def _start(constraints: tuple[Constraint, ...], axis: int, up_to: int) -> Sizes:
    """Return all sizes that are looked at: up to the bound, or to the smallest that passes if only windows decide."""
    asked = [constraint.condition for constraint in constraints if constraint.axis == axis and constraint.to_pass]
    windows = [condition for condition in asked if isinstance(condition, AtLeastOne)]
    and_larger = len(windows) == len(asked)
    least = max((window.size.first(1) for window in windows), default=1)
    last = max(up_to, min(least, LARGEST)) if and_larger else up_to
    return Sizes((range(1, last + 1),), (range(1, up_to + 1),), and_larger and least <= LARGEST)


def _asking(left: tuple[Sizes, Sizes], constraint: Constraint) -> tuple[Sizes, Sizes]:
    """Return what is left when one more constraint is added."""
    sizes, condition = left[constraint.axis], constraint.condition
    exact = narrowed(sizes.exact, condition)
    passing = narrowed(sizes.passing, condition) if constraint.to_pass else sizes.passing
    narrower = Sizes(passing, exact, sizes.and_larger)
    return (narrower, left[1]) if constraint.axis == 0 else (left[0], narrower)


def _too_small(solution: Solution) -> Iterator[tuple[tuple[int, int], Fault]]:
    """Yield inputs that are smaller by one, along both axes if these are alike, and the layer that does not fit."""
    if solution.smallest is None or solution.sizes is None:
        return
    height, width = solution.smallest
    alike = solution.sizes[0] == solution.sizes[1]
    smaller = [(height - 1, width - 1)] if alike else [(height - 1, width), (height, width - 1)]
    for size in smaller:
        fault = _linked(solution.spec, size)[1] if min(size) >= 1 else None
        if fault:
            yield size, fault


def _own(spec: Spec) -> tuple[Fault | None, Remainder | None]:
    """Return whether the spec's own input passes, and where it does not divide exactly."""
    graph, fault = _linked(spec, only_input(spec)[1:])
    return fault, next(remainders(graph), None) if graph else None


def _linked(spec: Spec, size: tuple[int, ...]) -> tuple[Graph | None, Fault | None]:
    """Return the graph for an input of this height and width, or why there is none."""
    try:
        return link(replace(spec, input_shape=replaced(spec.input_shape, (only_input(spec)[0], *size)))), None
    except ArchError as error:
        return None, error.faults[0]


def remainders(graph: Graph) -> Iterator[Remainder]:
    """Yield the divisions of a graph that are not exact, in order."""
    for node in graph.nodes:
        window = node.layer.slides()
        if window is not None:
            for axis in (0, 1):
                yield from _remainder(node, window, axis)


def _remainder(node: Node, layer: Sliding, axis: int) -> Iterator[Remainder]:
    size, stride = node.device_inputs[0][1 + axis], layer.stride[axis]
    if size % stride == exact_remainder(layer, axis):
        return
    reach = span(layer.kernel_size[axis], layer.dilation[axis])
    yield Remainder(node.name, axis, size, padding_along(layer, axis), reach, stride)
