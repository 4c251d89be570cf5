"""What cuts off, as the slices that it is (paddings by less than nothing, the middle of a map); and uneven paddings."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from archcalc.calls import Call, Seen, from_outside
from archcalc.exchange.torch_models.functions import NARROW, PAD_CLASSES
from archcalc.exchange.torch_models.pairs import PADS
from archcalc.layers import KINDS, Shape
from archcalc.layers.middle import cuts

_CUTTING: Final = (KINDS["center_crop"].torch_call, KINDS["center_crop_like"].torch_call)
"""The classes that cut the middle out."""


class Step(NamedTuple):
    """So many elements along one axis, from `start` on."""

    dim: int
    start: int
    length: int


def with_crops_apart(seen: Seen, given: Sequence[Shape]) -> Seen:
    """Return calls in which what cuts off is slices, before what is left of a padding, and an uneven padding a call.

    All are numbered again.

    `given` are the shapes of the network's inputs.
    """
    shapes = {from_outside(place): shape for place, shape in enumerate(given)}
    calls = list(_apart(seen.calls, shapes | {call.number: call.output_shape for call in seen.calls}))
    if calls == [*seen.calls]:
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
        if _pads_unevenly(call):
            yield from _padded_apart(call, shapes)
        elif call.op in PADS and min(sides) < 0 and call.reads[0] in shapes:
            *_, number = yield from _cut(call, [*_steps(sides, shapes[call.reads[0]])], shapes)
            left = tuple(max(0, side) for side in sides)
            yield replace(call, reads=(number,), fields={**call.fields, "padding": left})
        elif call.op in _CUTTING and call.reads[0] in shapes:
            works = cuts(shapes[call.reads[0]], call.output_shape)
            yield from _cut(call, [Step(**work.keywords) for work in works], shapes, call.number)
        else:
            yield call


def _pads_unevenly(call: Call) -> bool:
    """Whether a call pads with zeros, and one side of an axis more than the other."""
    sides = call.fields.get("padding", ())
    is_uneven = isinstance(sides, tuple) and any(isinstance(side, tuple) for side in sides)
    return is_uneven and call.fields.get("padding_mode", "zeros") == "zeros"


def _padded_apart(call: Call, shapes: dict[int, Shape]) -> Iterator[Call]:
    """Yield the padding of a call, and the call without it."""
    made = max(0, *shapes) + 1
    pad = replace(_pad_of(call, shapes.get(call.reads[0], ())), number=made, reads=call.reads)
    shapes[made] = pad.output_shape
    yield pad
    yield replace(call, reads=(made,), fields={**call.fields, "padding": (0,) * len(call.fields["padding"])})


def _cut(
    call: Call, steps: Sequence[Step], shapes: dict[int, Shape], last: int | None = None
) -> Generator[Call, None, list[int]]:
    """Yield slices, one after the other, and return their numbers; that of the last one may be given."""
    number, numbers = call.reads[0], list[int]()
    for step in steps:
        shape = shapes[number]
        is_last = last is not None and step is steps[-1]
        made = last if is_last and last is not None else max(0, *shapes) + 1
        shapes[made] = (*shape[: step.dim - 1], step.length, *shape[step.dim :])
        yield Call(
            name=f"({'crop' if call.op in _CUTTING else 'pad'})",
            op=NARROW,
            output_shape=shapes[made],
            number=made,
            reads=(number,),
            fields=step._asdict(),
            scope=call.scope or call.owner.rpartition(".")[0],
            where=call.where,
        )
        numbers.append(made)
        number = made
    return numbers


def _steps(sides: Sequence[int], shape: Shape) -> Iterator[Step]:
    """Yield what is cut off each axis; sides are those of the last axis first."""
    for place, (before, after) in enumerate(zip(sides[::2], sides[1::2], strict=True)):
        dim = len(shape) - place
        cut = max(0, -before), max(0, -after)
        if any(cut):
            yield Step(dim, cut[0], shape[dim - 1] - sum(cut))


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
