"""Paddings apart from what they are said with: those that cut off, which are slices, and uneven ones of layers."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from archcalc.calls import Call, Seen, from_outside
from archcalc.layers import Shape
from archcalc.pytorch.trace.functions import PAD_CLASSES
from archcalc.pytorch.trace.pairs import PADS
from archcalc.pytorch.trace.parts import NARROW, Step


def with_crops_apart(seen: Seen, given: Sequence[Shape]) -> Seen:
    """Return calls in which a padding that is negative on some sides is slices first, and an uneven one a call.

    All are numbered again.

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
        is_uneven = any(isinstance(side, tuple) for side in sides) if isinstance(sides, tuple) else False
        if is_uneven and call.fields.get("padding_mode", "zeros") == "zeros":
            x = shapes.get(call.reads[0], ())
            made = max(0, *shapes) + 1
            pad = replace(_pad_of(call, x), number=made, reads=call.reads)
            shapes[made] = pad.output_shape
            yield pad
            yield replace(call, reads=(made,), fields={**call.fields, "padding": (0,) * len(sides)})
            continue
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


def in_order(sides: Sequence[int]) -> tuple[int, ...] | tuple[tuple[int, int], ...]:
    """Return a padding that is told at both ends of the last axis first, for each axis in order.

    That is one number for an axis, or where the ends differ somewhere, two.

    >>> in_order([1, 1, 2, 2]), in_order([1, 2, 0, 0])
    ((2, 1), ((0, 0), (1, 2)))
    """
    pairs = [*zip(sides[::2], sides[1::2], strict=True)][::-1]
    is_even = all(before == after for before, after in pairs)
    return tuple(before for before, _ in pairs) if is_even else tuple(pairs)


def _pad_of(call: Call, x: Shape) -> Call:
    """Return the padding with zeros that a call begins with, of which it is told two ends of each axis of places."""
    pairs = call.fields["padding"]
    padded = (size + sum(pair) for size, pair in zip(x[1:], pairs, strict=False))
    sides = tuple(side for pair in reversed(pairs) for side in pair)
    return Call(
        name="(pad)",
        op=PAD_CLASSES["constant"].format(len(pairs)),
        output_shape=(*x[:1], *padded),
        fields={"padding": sides, "value": 0.0},
        scope=call.owner,
    )
