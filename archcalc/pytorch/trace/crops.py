"""Paddings by less than nothing, which cut off: as the slices that they are, before what is left of the padding."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from archcalc.calls import Call, Seen, from_outside
from archcalc.layers import Shape
from archcalc.pytorch.trace.pairs import PADS
from archcalc.pytorch.trace.parts import NARROW, Step


def with_crops_apart(seen: Seen, given: Sequence[Shape]) -> Seen:
    """Return calls in which a padding that is negative on some sides is slices first, all numbered anew.

    `given` are the shapes of the network's inputs.
    """
    shapes = {from_outside(place): shape for place, shape in enumerate(given)}
    calls = list(_apart(seen.calls, shapes | {call.number: call.output_shape for call in seen.calls}))
    if len(calls) == len(seen.calls):
        return seen
    new = {call.number: place for place, call in enumerate(calls)}
    return Seen(
        tuple(
            replace(call, number=new[call.number], reads=tuple(new.get(number, number) for number in call.reads))
            for call in calls
        ),
        tuple(new.get(number, number) for number in seen.outputs),
    )


def _apart(calls: Sequence[Call], shapes: dict[int, Shape]) -> Iterator[Call]:
    for call in calls:
        sides = call.fields.get("padding", ())
        is_crop = call.op in PADS and min(sides) < 0 and call.reads[0] in shapes
        if not is_crop:
            yield call
            continue
        number, shape = call.reads[0], shapes[call.reads[0]]
        for step in _steps(sides, shape):
            shape = (*shape[: step.dim - 1], step.length, *shape[step.dim :])
            made = max(0, *shapes) + 1
            yield Call(
                name="(pad)",
                op=NARROW,
                output_shape=shape,
                number=made,
                reads=(number,),
                fields=step._asdict(),
                scope=call.scope or call.owner.rpartition(".")[0],
                where=call.where,
            )
            shapes[made] = shape
            number = made
        left = tuple(max(0, side) for side in sides)
        yield replace(call, reads=(number,), fields={**call.fields, "padding": left})


def _steps(sides: Sequence[int], shape: Shape) -> Iterator[Step]:
    """Yield what is cut off each axis; sides are those of the last axis first."""
    for place, (before, after) in enumerate(zip(sides[::2], sides[1::2], strict=True)):
        dim = len(shape) - place
        cut = max(0, -before), max(0, -after)
        if any(cut):
            yield Step(dim, cut[0], shape[dim - 1] - sum(cut))
