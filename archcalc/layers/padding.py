"""The calls that torch runs to pad a map."""

from collections.abc import Sequence
from functools import partial

from archcalc.layers.eager import Eager
from archcalc.layers.gradients import Gradients
from archcalc.layers.sizes import Shape
from archcalc.layers.tensors import Tensor
from archcalc.layers.twin import Twin


def padded(eager: Eager, x: Tensor, pad: Twin | None) -> Tensor:
    """Play a padding of torch's; x as it is where there is none."""
    if pad is None:
        return x
    sides = pad.keywords["padding"]
    around = [sides[2 * place] + sides[2 * place + 1] for place in range(len(x.sizes) - 1)]
    shape = (*x.shape[:2], *(size + more for size, more in zip(x.shape[2:], reversed(around), strict=True)))
    if pad.call.startswith("nn.Circular"):
        return _wrapped(eager, x, shape, sides)
    is_constant = pad.call.startswith(("nn.Zero", "nn.Constant"))
    return eager.call(shape, [x], [] if is_constant else [x], strides=eager.of_maps(shape, x))


def _wrapped(eager: Eager, x: Tensor, shape: Shape, sides: Sequence[int]) -> Tensor:
    """Play copies into parts of one map: of the input, and then of what lies at the other side, the last axis first."""
    whole = eager.new(shape)
    centre = x
    for axis in range(2, len(shape)):
        centre = eager.part(centre, axis, x.shape[axis])
    made = eager.alias(whole, shape, whole.strides)
    eager.record(made, [centre], [], partial(_cut_out, x.shape))
    for place, side in enumerate(sides):
        if side:
            source = eager.part(made, len(shape) - 1 - place // 2, side)
            before, made = made, eager.alias(made, shape, whole.strides)
            eager.record(made, [before, source], [], partial(_cut_apart, source.shape))
    return made


def _cut_out(part: Shape, eager: Eager, grad: Tensor, needs: Sequence[bool]) -> Gradients:
    """Copy the gradient, and of it the part that was copied."""
    whole, made = eager.new(grad.shape), eager.new(part)
    eager.let_go(whole)
    return [made]


def _cut_apart(part: Shape, eager: Eager, grad: Tensor, needs: Sequence[bool]) -> Gradients:
    """Copy the gradient, and of it the part that was written over, in whose place are zeros then."""
    rest, made = eager.new(grad.shape), eager.new(part)
    zeros = eager.new(part)
    eager.let_go(zeros)
    return [rest, made]
