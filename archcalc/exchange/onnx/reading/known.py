"""What can be computed without running the network: sizes, axes and other small tensors, and weights laid out anew.

Operators are those of https://onnx.ai/onnx/operators/.
"""

import operator
from collections.abc import Callable, Mapping, Sequence
from math import ceil, floor, prod
from typing import Any, Final

from archcalc.errors import ArchError
from archcalc.exchange.onnx.reading import moves
from archcalc.exchange.onnx.reading.model import Node, Number, Tensor
from archcalc.exchange.onnx.reading.operands import (
    Maybe,
    Operands,
    broadcast,
    elements,
    expect_few,
    expect_small,
    vector,
)
from archcalc.layers import Shape
from archcalc.layers.fields import LARGEST, from_the_start

_KINDS: Final[Mapping[int, type[int] | type[float]]] = {1: float, 6: int, 7: int, 11: float}
"""FLOAT, INT32, INT64 and DOUBLE of TensorProto.DataType."""

_OF_WEIGHTS: Final = "it computes weights of weights, which no layer kind does"


def computed(node: Node, inputs: Sequence[Tensor | None]) -> Tensor:
    """Return what a node makes of tensors that are known; of those that it lacks there is None.

    Raises ArchError for what is not followed: the shape of what it makes is not known then.
    """
    if not node.inputs and node.op != "Constant":
        raise ArchError("it has no input 1")
    if node.op not in _RULES:
        raise ArchError(_OF_WEIGHTS)
    try:
        made = _RULES[node.op](node, Operands(inputs))
    except (ArithmeticError, ValueError, TypeError, IndexError):  # of numbers that no network has
        raise ArchError("its numbers make no tensor") from None
    if any(size < 0 for size in made.shape):
        raise ArchError("it makes a tensor of a negative size")
    if any(size > LARGEST for size in made.shape):
        raise ArchError("it makes a tensor of a size that no tensor has")
    if all(made.numbers is not tensor.numbers for tensor in inputs if tensor):
        expect_small(made.numbers or ())
    return made


def _constant(node: Node, _: Operands) -> Tensor:
    tensor = node.attributes.get("value")
    if isinstance(tensor, Tensor):
        return tensor._replace(name=node.makes, is_learnt=False)
    for key in ("value_int", "value_float"):
        if node.has(key):
            return Tensor((), (node.number(key, 0) if key == "value_float" else node.integer(key, 0),))
    for key in ("value_ints", "value_floats"):
        if node.has(key):
            return vector(node.numbers(key))
    raise ArchError("its value is none that a layer reads")


def _same(node: Node, inputs: Operands) -> Tensor:
    """Return a copy: torch's exporter writes tensors once that are equal, and copies of them for the others."""
    return inputs(0)._replace(name=node.makes)


def _kept(node: Node, inputs: Operands) -> Tensor:
    return inputs(0)


def _cast(node: Node, inputs: Operands) -> Tensor:
    source, kind = inputs(0), _KINDS.get(node.integer("to", 0))
    if source.numbers is None or kind is None:
        return source
    return source._replace(numbers=tuple(None if number is None else kind(number) for number in source.numbers))


def _size(node: Node, inputs: Operands) -> Tensor:
    return Tensor((), (inputs(0).elements,))


def shape_of(node: Node, sizes: Sequence[int | None]) -> Tensor:
    """Return what Shape makes of these sizes; None among them is a size that is not known."""
    rank = len(sizes)
    start, end = from_the_start(node.integer("start", 0), rank), from_the_start(node.integer("end", rank), rank)
    return vector(tuple(sizes)[max(start, 0) : max(end, 0)])


def _shape(node: Node, inputs: Operands) -> Tensor:
    return shape_of(node, inputs(0).shape)


def _multiplied(node: Node, inputs: Operands) -> Tensor:
    whole = 1
    for number in inputs.integers(0, "what it multiplies"):
        whole *= number
        expect_small((whole,))
    return Tensor((1,) if node.integer("keepdims", 1) else (), (whole,))


def _each(rule: Callable[..., Any]) -> Callable[[Node, Operands], Tensor]:
    """Return the rule of an operator that works element by element, on lists and numbers."""

    def apply(node: Node, inputs: Operands) -> Tensor:
        tensors = inputs.all()
        shape: Shape = ()
        for tensor in tensors:
            shape = broadcast(shape, tensor.shape)
        if len(shape) > 1:
            raise ArchError(_OF_WEIGHTS)
        count = prod(shape)
        expect_few(count)
        lists = [elements(tensor) * (count if tensor.elements == 1 else 1) for tensor in tensors]
        return Tensor(shape, tuple(None if None in row else rule(*row) for row in zip(*lists, strict=True)))

    return apply


def _clipped(node: Node, inputs: Operands) -> Tensor:
    source = inputs(0)
    bounds = [inputs.maybe(place) for place in (1, 2)]
    least, most = (tensor.number if tensor is not None else None for tensor in bounds)
    return source._replace(numbers=tuple(_between(number, least, most) for number in elements(source)))


def _between(number: Maybe, least: Maybe, most: Maybe) -> Maybe:
    if number is None:
        return None
    number = number if least is None else max(number, least)
    return number if most is None else min(number, most)


def _quotient(one: Number, other: Number) -> Number:
    """Return a quotient, of integers rounded towards 0."""
    if isinstance(one, int) and isinstance(other, int):
        whole = abs(one) // abs(other)
        return whole if (one < 0) == (other < 0) else -whole
    return one / other


_RULES: Final[Mapping[str, Callable[[Node, Operands], Tensor]]] = {
    **moves.RULES,
    "Constant": _constant,
    "Identity": _same,
    "Cast": _cast,
    **dict.fromkeys(("CastLike", "DequantizeLinear", "QuantizeLinear"), _kept),
    "Shape": _shape,
    "Size": _size,
    "ReduceProd": _multiplied,
    "Clip": _clipped,
    "Add": _each(operator.add),
    "Sub": _each(operator.sub),
    "Mul": _each(operator.mul),
    "Div": _each(_quotient),
    "Mod": _each(operator.mod),
    "Min": _each(min),
    "Max": _each(max),
    "Neg": _each(operator.neg),
    "Abs": _each(abs),
    "Floor": _each(lambda number: float(floor(number))),
    "Ceil": _each(lambda number: float(ceil(number))),
    "Sqrt": _each(lambda number: number**0.5 if number >= 0 else None),
    "Equal": _each(lambda one, other: int(one == other)),
    "Greater": _each(lambda one, other: int(one > other)),
    "Less": _each(lambda one, other: int(one < other)),
    "Not": _each(lambda one: int(not one)),
    "Where": _each(lambda which, one, other: one if which else other),
}
