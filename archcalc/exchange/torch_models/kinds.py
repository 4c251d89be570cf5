"""Which layer a call of torch is."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from archcalc.calls import Call
from archcalc.errors import ArchError
from archcalc.layers import KINDS, Layer, Shape, Twin
from archcalc.layers.base import Role
from archcalc.layers.fields import SAME, SAME_LOWER, spell
from archcalc.layers.reshape import Flatten, laid_out

_BY_CALL: Final = {(kind.torch_call.rpartition(".")[2], kind.merges): kind for kind in KINDS.values()}
"""The kinds, by what torch calls the class or the function that does their work, and whether they read several."""

_LAYING_OUT: Final = ("Flatten", "reshape")

_OWN: Final = (SAME, SAME_LOWER)
"""The paddings that a layer may have by a word, which stand for what a model pads before it."""


def layer_of(call: Call, inputs: Sequence[Shape]) -> Layer:
    """Return the layer that does what a call does, for inputs of these shapes. Raises ArchError for what none does."""
    kind = _BY_CALL.get((call.op, len(inputs) > 1))
    if kind is None or not call.is_known:
        is_merge = len(inputs) == 1 and (call.op, True) in _BY_CALL
        raise ArchError(f"no layer kind does what {call.op} does{' with one layer and a number' if is_merge else ''}")
    fields = call.fields
    if not call.paths:
        _expect_said(call, kind)
    if call.op in _LAYING_OUT and not fields:
        work = laid_out(inputs[0], call.output_shape)
        kind = _BY_CALL[work.call.rpartition(".")[2], False]
        fields = work.keywords if kind is Flatten else {"shape": call.output_shape}
    if kind is Flatten and fields["end_dim"] == len(inputs[0]):
        fields = {**fields, "end_dim": -1}
    return kind.of_torch(fields, call.tensors)


def _expect_said(call: Call, kind: type[Layer]) -> None:
    """Raise ArchError for a function with an argument that its layer has not."""
    for name, value in call.fields.items():
        if name not in kind.fields and not kind.torch_by_number:
            raise ArchError(f"no layer kind does what {call.name.strip('()')} does with {name} {spell(value)}")


def is_padding(call: Call) -> bool:
    """Whether a call pads what it reads, with whatever value."""
    kind = _BY_CALL.get((call.op, False))
    return kind is not None and kind.role is Role.PADDING


def with_its_padding(call: Call, pad: Call, x: Shape) -> Layer | None:
    """Return the layer that does what a padding of `x` does and the call after it; None for none."""
    if not isinstance(call.fields.get("padding"), tuple) or any(call.fields["padding"]):
        return None
    zeros = {"value": 0.0} if "value" in pad.fields else {}  # as the value may be less than any number
    sides: Any = vars(layer_of(replace(pad, fields={**pad.fields, **zeros}), [x]))["padding"]
    for padding in (*_OWN, sides):
        try:
            layer = layer_of(replace(call, fields={**call.fields, "padding": padding}), [x])
            layer.check(x)
            twin = layer.twin(x).pad
        except ArchError:
            continue
        if twin is not None and _pads_as(twin, pad) and layer.output_shape(x) == call.output_shape:
            return layer
    return None


def _pads_as(twin: Twin, pad: Call) -> bool:
    """Whether a padding that torch needs before a layer is the one that a model has."""
    named = twin.call.rpartition(".")[2] == pad.op
    return named and all(twin.keywords[name] == value for name, value in pad.fields.items())
