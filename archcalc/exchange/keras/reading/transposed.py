"""Transposed convolutions of Keras, whose padding says how large the output is.

With `same` it is the input's size times the stride, with `valid` all that windows reach, and at least that:
https://github.com/keras-team/keras/blob/v3.15.1/keras/src/backend/common/backend_utils.py, which also says how torch's
padding follows from it.
"""

from typing import Any, NamedTuple

from archcalc.exchange.keras.reading.activations import put_activation
from archcalc.exchange.keras.reading.windows import PADDINGS
from archcalc.exchange.keras.step import Step
from archcalc.layers.window import span


class _Ends(NamedTuple):
    """What is cut off at both ends of an axis, and put at its end; and what is left over at the end after that."""

    padding: int
    output_padding: int
    spare: int = 0


def transposed(step: Step, axes: int) -> str:
    config = step.config
    kernel, strides = config.sizes("kernel_size", axes), config.sizes("strides", axes, 1)
    dilation = config.sizes("dilation_rate", axes, 1)
    is_same = config.word("padding", "valid", PADDINGS) == "same"
    more = None if config.get("output_padding") is None else config.sizes("output_padding", axes, least=0)
    ends = [
        _ends(
            span(kernel[axis], dilation[axis]),
            strides[axis],
            is_same,
            None if more is None else more[axis],
            dilation[axis],
        )
        for axis in range(axes)
    ]
    fields: dict[str, Any] = {"kernel_size": kernel, "stride": strides, "dilation": dilation}
    fields["padding"] = [end.padding for end in ends]
    fields["output_padding"] = [end.output_padding for end in ends]
    bias = config.flag("use_bias", True)
    made = step.put(f"conv_transpose{axes}d", out_channels=config.integer("filters"), **fields, bias=bias)
    for axis, end in enumerate(ends):
        if end.padding and end.output_padding:
            step.sketch.note("Transposed convolutions whose padding same is odd lie one place further on in Keras.")
        if end.spare:
            length = step.sketch.shape(made)[axis + 1] - end.spare
            made = step.put("slice", made, ".slice", dim=axis + 2, start=0, length=length)
    return put_activation(step, made)


def _ends(reach: int, stride: int, is_same: bool, more: int | None, dilation: int) -> _Ends:
    """Return what becomes of the ends of an axis, of a window that reaches so far.

    >>> [tuple(_ends(reach, stride, is_same=True, more=None, dilation=1)) for reach, stride in ((3, 2), (2, 1), (4, 2))]
    [(1, 1, 0), (0, 0, 1), (1, 0, 0)]
    """
    if not is_same:
        return _Ends(0, max(0, stride - reach) if more is None else more)
    longer = stride - reach if more is None else reach % 2 - reach + more
    padding = max(0, -(longer // 2))
    output_padding = 2 * padding + longer
    if padding and output_padding >= max(stride, dilation):
        return _Ends(padding - 1, 0, 2 - output_padding)
    return _Ends(padding, output_padding)
