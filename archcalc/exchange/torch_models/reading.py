"""Which layer a call of torch is."""

from collections.abc import Sequence
from typing import Final

from archcalc.calls import Call
from archcalc.errors import ArchError
from archcalc.layers import KINDS, Layer, Shape
from archcalc.layers.reshape import Flatten, laid_out

_BY_CALL: Final = {kind.torch_call.rpartition(".")[2]: kind for kind in KINDS.values()}
"""The kinds, by what torch calls the class or the function that does their work."""

_LAYING_OUT: Final = ("Flatten", "reshape")


def layer_of(call: Call, inputs: Sequence[Shape]) -> Layer:
    """Return the layer that does what a call does, for inputs of these shapes. Raises ArchError for what none does."""
    kind = _BY_CALL.get(call.op)
    if kind is None or not call.is_known:
        raise ArchError(f"no layer kind does what {call.op} does")
    fields = call.fields
    if call.op in _LAYING_OUT and not fields:
        work = laid_out(inputs[0], call.output_shape)
        kind, fields = _BY_CALL[work.call.rpartition(".")[2]], {"shape": call.output_shape}
        if kind is Flatten:
            reaches_the_end = work.keywords["end_dim"] == len(inputs[0])
            fields = {**work.keywords, **({"end_dim": -1} if reaches_the_end else {})}
    return kind.of_torch(fields, call.tensors)
