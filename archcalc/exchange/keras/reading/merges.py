"""Keras' layers and functions that read several layers, and those that compute with a number.

A number that is added cannot be said, except in the h-sigmoid that Keras' own networks write out:
relu6(x + 3) * (1 / 6).
"""

from math import isclose
from typing import Final

from archcalc.exchange.keras.reading.activations import relu
from archcalc.exchange.keras.step import Step

_MODES_OF_KERAS_1: Final = {"sum": "add", "mul": "mul", "max": "maximum", "ave": "average", "concat": "concat"}

SHIFTED: Final = "\0 + 3"
"""What is put after the name of a layer whose output has 3 added: no layer kind does that alone."""
CUT_OFF: Final = "\0 relu6"
"""What is put after that where relu6 follows."""


def is_unsaid(source: str) -> bool:
    """Return whether a source is no layer here, but one that does what can only be said together with others."""
    return "\0" in source


def merge(step: Step, op: str) -> str:
    """Put down a merge of several layers, or a product with a number."""
    if step.numbers:
        return _with_number(step, op)
    if len(step.sources) < 2:
        raise step.refuse("with one layer")
    if op == "average":
        total = step.put("add", step.sources, ".sum")
        return step.put("times", total, number=1 / len(step.sources))
    return step.put(op, step.sources)


def divide(step: Step) -> str:
    if len(step.numbers) != 1 or step.numbers[0] == 0:
        raise step.refuse("of two layers")
    return _with_number(step._replace(numbers=(1 / step.numbers[0],)), "mul")


def concatenate(step: Step) -> str:
    ranks = {len(step.sketch.shape(source)) for source in step.sources}
    if len(ranks) != 1:
        raise step.refuse("with layers of different ranks")
    if len(step.sources) == 1:
        return step.source
    axis = step.config.integers("axis") if step.config.get("axis") is not None else (-1,)
    return step.put("concat", step.sources, dim=step.axes.dim(axis[0], ranks.pop()))


def merge_of_keras_1(step: Step) -> str:
    mode = step.config.word("mode", "sum", tuple(_MODES_OF_KERAS_1))
    return concatenate(step) if mode == "concat" else merge(step, _MODES_OF_KERAS_1[mode])


def relu_of_shifted(step: Step) -> str:
    """Put down a ReLU; of a layer with 3 added, keep in mind that it is half of an h-sigmoid."""
    if step.source.endswith(SHIFTED) and step.config.number("max_value", 0) == 6:
        return step.source.removesuffix(SHIFTED) + CUT_OFF
    if is_unsaid(step.source):
        raise step.refuse("after a number that is added")
    return relu(step)


def _with_number(step: Step, op: str) -> str:
    (source, *others), (number, *more) = step.sources or ("",), step.numbers
    if others or more or not source:
        raise step.refuse("with these numbers")
    if op == "mul" and source.endswith(CUT_OFF) and isclose(number, 1 / 6):
        return step.put("hardsigmoid", source.removesuffix(CUT_OFF))
    if op == "mul" and not is_unsaid(source):
        return step.put("times", source, number=number)
    if op == "add" and number == 3 and not is_unsaid(source):
        return source + SHIFTED
    raise step.refuse(f"with the number {number:g}")
