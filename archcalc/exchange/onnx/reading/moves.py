"""Tensors that are known, laid out anew, joined, and parts of them."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product, repeat
from math import prod
from typing import Final

from archcalc.errors import ArchError
from archcalc.exchange.onnx.reading.model import Node, Tensor
from archcalc.exchange.onnx.reading.operands import (
    MOST_ELEMENTS,
    Maybe,
    Operands,
    axes_of,
    broadcast,
    elements,
    expect_axes,
    expect_few,
    vector,
)
from archcalc.layers import Shape
from archcalc.layers.fields import from_the_start


def _reshaped(node: Node, inputs: Operands) -> Tensor:
    source, wanted = inputs(0), list(inputs.shape(1, "its new shape"))
    if not node.integer("allowzero", 0):
        wanted = [source.shape[at] if size == 0 and at < len(source.shape) else size for at, size in enumerate(wanted)]
    known = prod(size for size in wanted if size != -1)
    filled = tuple(source.elements // known if size == -1 else size for size in wanted)
    if prod(filled) != source.elements:
        raise ArchError(f"{source.elements} elements cannot be laid out as {list(filled)[:8]}")
    return source.laid_out(filled)


def _flattened(node: Node, inputs: Operands) -> Tensor:
    source = inputs(0)
    axis = from_the_start(node.integer("axis", 1), len(source.shape))
    return source.laid_out((prod(source.shape[:axis]), prod(source.shape[axis:])))


def _unsqueezed(node: Node, inputs: Operands) -> Tensor:
    source, said = inputs(0), inputs.maybe(1)
    count = len(node.integers("axes") if said is None else said.integers("its axes"))
    axes = axes_of(node, said, len(source.shape) + count) or ()
    expect_axes((*source.shape, *axes))
    sizes = list(source.shape)
    for axis in sorted(axes):
        sizes.insert(axis, 1)
    return source.laid_out(tuple(sizes))


def _squeezed(node: Node, inputs: Operands) -> Tensor:
    source = inputs(0)
    axes = axes_of(node, inputs.maybe(1), len(source.shape))
    kept = [size for axis, size in enumerate(source.shape) if (size != 1 if axes is None else axis not in axes)]
    return source.laid_out(tuple(kept))


def _transposed(node: Node, inputs: Operands) -> Tensor:
    source = inputs(0)
    order = node.integers("perm") or tuple(reversed(range(len(source.shape))))
    if sorted(order) != [*range(len(source.shape))]:
        raise ArchError(f"perm {list(order)[:8]} is not an order of its axes")
    shape = tuple(source.shape[axis] for axis in order)
    numbers = source.numbers
    if numbers is not None and len(shape) > 1:
        strides = [prod(source.shape[axis + 1 :]) for axis in order]
        places = product(*map(range, shape))
        numbers = tuple(numbers[sum(map(int.__mul__, place, strides))] for place in places)
    return source.turned(order)._replace(numbers=numbers)


def _taken(source: Tensor, axis: int, places: Sequence[int], shape: Shape) -> Tensor:
    """Return what stands at some places of an axis, which then has another shape."""
    numbers, inner = elements(source), prod(source.shape[axis + 1 :])
    starts = range(0, len(numbers), max(source.shape[axis] * inner, 1))
    expect_few(len(starts) * len(places) * inner)
    expect_axes((*source.shape, *shape))
    found = [number for start in starts for at in places for number in numbers[start + at * inner :][:inner]]
    return Tensor((*source.shape[:axis], *shape, *source.shape[axis + 1 :]), tuple(found))


def _gathered(node: Node, inputs: Operands) -> Tensor:
    source, places = inputs(0), inputs(1)
    axis = _axis(node.integer("axis", 0), source)
    size = source.shape[axis]
    counted = [from_the_start(place, size) for place in places.integers("its indices")]
    if not all(0 <= place < size for place in counted):
        raise ArchError(f"there are no such elements among {size}")
    return _taken(source, axis, counted, places.shape)


def _axis(axis: int, tensor: Tensor) -> int:
    counted = from_the_start(axis, len(tensor.shape))
    if not 0 <= counted < len(tensor.shape):
        raise ArchError(f"axis {axis} is not among the {len(tensor.shape)} there are")
    return counted


def _concatenated(node: Node, inputs: Operands) -> Tensor:
    if any(len(tensor.shape) > 1 for tensor in inputs.all()):
        raise ArchError("it joins tensors that are not lists")
    expect_few(sum(len(elements(tensor)) for tensor in inputs.all()))
    return vector([number for tensor in inputs.all() for number in elements(tensor)])


def _sliced(node: Node, inputs: Operands) -> Tensor:
    source, steps = inputs(0), inputs.maybe(4)
    if inputs.maybe(1) is None:
        starts, ends = node.integers("starts"), node.integers("ends")
        axes = axes_of(node, None, len(source.shape))
    else:
        starts, ends = inputs.integers(1, "its start"), inputs.integers(2, "its end")
        axes = axes_of(node, inputs.maybe(3), len(source.shape))
    axes = axes or tuple(range(len(starts)))
    by = (1,) * len(starts) if steps is None else steps.integers("its step")
    for start, end, axis, step in zip(starts, ends, axes, by, strict=True):
        places = range(source.shape[axis])[start:end:step]
        source = _taken(source, axis, places, (len(places),))
    return source


def _filled(node: Node, inputs: Operands) -> Tensor:
    value = node.attributes.get("value")
    number = value.number if isinstance(value, Tensor) else 0.0
    return _full(inputs.shape(0, "its shape"), number)


def _full(shape: Shape, number: Maybe) -> Tensor:
    count = prod(shape)
    return Tensor(shape, tuple(repeat(number, count)) if 0 <= count <= MOST_ELEMENTS else None)


def _expanded(node: Node, inputs: Operands) -> Tensor:
    source, shape = inputs(0), inputs.shape(1, "its shape")
    made = broadcast(source.shape, shape)
    if source.numbers is not None and len(source.numbers) == 1:
        return _full(made, source.numbers[0])
    if prod(made) == source.elements:
        return source.laid_out(made)
    if source.is_learnt:
        raise ArchError("it repeats weights, which no layer kind does")
    return source._replace(shape=made, numbers=None)


def _range(node: Node, inputs: Operands) -> Tensor:
    start, end, step = (inputs.integers(place, "its range")[0] for place in range(3))
    expect_few(max(-((start - end) // step), 0))
    return vector(range(start, end, step))


RULES: Final[Mapping[str, Callable[[Node, Operands], Tensor]]] = {
    "Reshape": _reshaped,
    "Flatten": _flattened,
    "Unsqueeze": _unsqueezed,
    "Squeeze": _squeezed,
    "Transpose": _transposed,
    "Gather": _gathered,
    "Concat": _concatenated,
    "Slice": _sliced,
    "ConstantOfShape": _filled,
    "Expand": _expanded,
    "Range": _range,
}
