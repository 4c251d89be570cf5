"""The layers of a spec beside the calls of somebody's model: in order, and as they are wired."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from math import isclose
from typing import Any, NamedTuple

from archcalc.analysis.alignment import Pairs, align, total
from archcalc.analysis.check.calls import Ours, apart, folded, with_layouts_joined
from archcalc.analysis.check.ordering import as_wired
from archcalc.analysis.check.wiring import Rewired, rewired
from archcalc.calls import Call, Seen, with_joined
from archcalc.twins import Placed


class Paired(NamedTuple):
    """Layers and calls side by side, the outputs of the spec, and what is wired differently."""

    pairs: Pairs[Call, Call]
    outputs: Mapping[str, int]
    """The numbers of the spec's calls that make its outputs."""
    rewired: Rewired

    @property
    def cost(self) -> tuple[int, int]:
        return total(self.pairs, unlikeness), self.rewired.number


def put_together(placed: Sequence[Placed], inputs: Iterable[str], outputs: Sequence[str], seen: Seen) -> Paired:
    """Return each layer beside what was seen, by whichever way leaves least unlike, and least wired differently.

    Layers on several devices stand apart or as one. The calls of a model stand in the order in which they run, or in
    that of the spec, as far as they are wired like it: branches may run in any order.
    """
    best = None
    for way in _ways(placed, tuple(inputs), outputs, seen):
        if best is None or way.cost < best.cost:
            best = way
        if best.cost == (0, 0):
            break
    assert best is not None
    return best


def _ways(placed: Sequence[Placed], inputs: Sequence[str], outputs: Sequence[str], seen: Seen) -> Iterator[Paired]:
    layouts = [folded] if all(len(layer.paths) == 1 for layer in placed) else [apart, folded]
    for layout in layouts:
        for ours, theirs in _with_layouts(layout(placed, inputs, outputs), seen, placed, inputs):
            for as_run in _with_sums_as(ours, theirs):
                yield _aligned(inputs, ours, as_run, theirs.outputs)
                in_our_order = as_wired(ours, as_run, theirs.outputs, unlikeness)
                if in_our_order != as_run:
                    yield _aligned(inputs, ours, in_our_order, theirs.outputs)


def _with_layouts(
    ours: Ours, seen: Seen, placed: Sequence[Placed], inputs: Sequence[str]
) -> Iterator[tuple[Ours, Seen]]:
    """Yield both as they are, and where some lay out again what was laid out before, with these joined."""
    yield ours, seen
    nodes = (layer.node for layer in placed)
    shapes = {name: shape for node in nodes for name, shape in zip(node.inputs, node.input_shapes, strict=True)}
    given = [shapes.get(name, ()) for name in inputs]
    one = with_layouts_joined(ours.calls, ours.outputs.values(), given)
    other = with_layouts_joined(seen.calls, seen.outputs, given)
    if (*one,) != ours.calls or (*other,) != seen.calls:
        yield replace(ours, calls=tuple(one)), replace(seen, calls=tuple(other))


def _aligned(inputs: Sequence[str], ours: Ours, theirs: Sequence[Call], outputs: Sequence[int]) -> Paired:
    pairs: Pairs[Call, Call] = align(ours.calls, theirs, unlikeness)
    return Paired(pairs, ours.outputs, rewired(pairs, inputs, ours.outputs, outputs))


def _with_sums_as(ours: Ours, seen: Seen) -> Iterator[list[Call]]:
    """Yield the model's calls, sums of two joined to the sums of more that the spec has: as both run in one order; all
    that can be joined; and none. So it is with whatever associates."""
    ops = {call.op for call in ours.calls if call.associates and len(call.reads) > 2}
    parts = _parts_in_order(ours, seen, ops)
    tried: list[list[Call]] = []
    for is_part in (
        lambda inner, outer: inner.number in parts and _are_one(inner, outer),
        lambda inner, outer: inner.op in ops and _are_one(inner, outer),
        lambda inner, outer: False,
    ):
        calls = with_joined(seen.calls, seen.outputs, is_part)
        if calls not in tried:
            tried.append(calls)
            yield calls


def _are_one(inner: Call, outer: Call) -> bool:
    return (inner.op, inner.fields) == (outer.op, outer.fields)


def _parts_in_order(ours: Ours, seen: Seen, ops: Iterable[str]) -> set[int]:
    """Return the calls that begin a sum of more than two, if each layer takes the next calls that add up as much."""
    parts: set[int] = set()
    for op in ops:
        calls = iter([call for call in seen.calls if call.op == op])
        for layer in (layer for layer in ours.calls if layer.op == op):
            left = len(layer.reads) - 1
            for call in calls:
                left -= len(call.reads) - 1
                if left <= 0:
                    break
                parts.add(call.number)
    return parts


def unlikeness(ours: Call, theirs: Call) -> int:
    """Return 0 for the same work, up to 3 for the same kind of work, more for what is not comparable."""
    same_output, same_tensors = ours.output_shape == theirs.output_shape, ours.tensors == theirs.tensors
    if not theirs.is_known:
        return 3 if same_output and ours.params == theirs.params else 9
    if ours.op != theirs.op:
        return 9
    same_fields = all(are_equal(ours.fields.get(name), value) for name, value in theirs.fields.items())
    return (not same_output) + (not same_tensors) + (not same_fields)


def are_equal(ours: Any, theirs: Any) -> bool:
    """Whether two fields are equal, apart from the last digits of a float.

    Torch takes one number for a pair, and in a list of sizes the only one.

    >>> are_equal((2, 2), 2), are_equal((2, 3), 2), are_equal(9, (9,)), are_equal(9, (9, 9)), are_equal([9, 9], (9, 9))
    (True, False, True, False, True)
    """
    if isinstance(ours, list):
        ours = tuple(ours)
    if isinstance(ours, tuple) and isinstance(theirs, int | float):
        return all(are_equal(part, theirs) for part in ours)
    if isinstance(ours, int) and isinstance(theirs, tuple):
        return theirs == (ours,)
    if isinstance(ours, float) and isinstance(theirs, float | int):
        return isclose(ours, theirs, rel_tol=1e-9)
    return bool(ours == theirs)
