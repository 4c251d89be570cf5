"""Gradients: what the calls of `Eager` run in the backward pass, made of the gradient of their output.

Each takes the pass that runs, the output's gradient, and which of the tensors that were read need one.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from archcalc.layers.sizes import Shape
from archcalc.layers.tensors import Tensor, channels_last, contiguous, ordered, viewed

if TYPE_CHECKING:
    from archcalc.layers.eager import Eager

Gradients = Sequence[Tensor | None]
"""The gradient of each tensor that a call read; None where none is needed."""

Backward = Callable[["Eager", Tensor, Sequence[bool]], Gradients]
"""What a call runs in the backward pass: made of its output's gradient, for those that it read that need one."""


def passed_on(eager: "Eager", grad: Tensor, needs: Sequence[bool]) -> Gradients:
    """Give the output's gradient to each that needs one."""
    return [grad if need else None for need in needs]


def one_for_each(reads: Sequence[Tensor], in_order: bool = False) -> Backward:
    """Return the backward pass that makes a gradient like each tensor, all at once."""
    like = [(x.shape, None if in_order else ordered(x), x.item) for x in reads]

    def backward(eager: "Eager", grad: Tensor, needs: Sequence[bool]) -> Gradients:
        return [eager.new(*one) if need else None for one, need in zip(like, needs, strict=True)]

    return backward


def taken_apart(shapes: Sequence[Shape], eager: "Eager", grad: Tensor, needs: Sequence[bool]) -> Gradients:
    each = zip(shapes, needs, strict=True)
    return [eager.alias(grad, shape, grad.strides) if need else None for shape, need in each]


def permuted(inverse: Sequence[int], eager: "Eager", grad: Tensor, needs: Sequence[bool]) -> Gradients:
    shape, strides = (tuple(numbers[axis] for axis in inverse) for numbers in (grad.shape, grad.strides))
    return [eager.alias(grad, shape, strides)]


def reshaped(shape: Shape, eager: "Eager", grad: Tensor, needs: Sequence[bool]) -> Gradients:
    strides = viewed(grad.shape, grad.strides, shape)
    return [eager.new(shape) if strides is None else eager.alias(grad, shape, strides)]


def multiplied(one: Tensor, other: Tensor, eager: "Eager", grad: Tensor, needs: Sequence[bool]) -> Gradients:
    """Multiply the gradient by the other factor, for each, the second first; then add up what stood for all."""
    of_other = eager.new(grad.shape, ordered(grad)) if needs[1] else None
    of_one = eager.new(grad.shape, ordered(grad)) if needs[0] else None
    return [_added_up(x, made, eager) for x, made in ((one, of_one), (other, of_other))]


def _added_up(x: Tensor, grad: Tensor | None, eager: "Eager") -> Tensor | None:
    if grad is None or grad.shape == x.shape:
        return grad
    made = eager.new(x.shape)
    eager.let_go(grad)
    return made


def added(one: Tensor, other: Tensor, eager: "Eager", grad: Tensor, needs: Sequence[bool]) -> Gradients:
    both = zip((one, other), needs, strict=True)
    return [None if not need else grad if grad.shape == x.shape else eager.new(x.shape) for x, need in both]


def added_to(x: Tensor, eager: "Eager", grad: Tensor, needs: Sequence[bool]) -> Gradients:
    return [grad if grad.shape == x.shape else eager.new(x.shape)]


def expanded(kept: Shape, shape: Shape, eager: "Eager", grad: Tensor, needs: Sequence[bool]) -> Gradients:
    """See the gradient along the axes that are gone."""
    own = viewed(grad.shape, grad.strides, kept) or contiguous(kept)
    strides = tuple(0 if size != new else stride for size, new, stride in zip(kept, shape, own, strict=True))
    return [eager.alias(grad, shape, strides)]


def averaged(kept: Shape, shape: Shape, eager: "Eager", grad: Tensor, needs: Sequence[bool]) -> Gradients:
    return [eager.new(shape)]


def divided(one: Tensor, other: Tensor, eager: "Eager", grad: Tensor, needs: Sequence[bool]) -> Gradients:
    """Make - grad * ((one / other) / other) for the divisor, and grad / other; then add up what stood for all."""
    of_one: Tensor | None = None
    of_other: Tensor | None = None
    if needs[1]:
        quotients = [eager.new(grad.shape, ordered(grad)) for _ in range(3)]
        of_other = eager.new(grad.shape, ordered(grad))
        eager.let_go(*quotients)
    if needs[0]:
        of_one = eager.new(grad.shape, ordered(grad))
    return [_added_up(x, made, eager) for x, made in ((one, of_one), (other, of_other))]


def lowered(eager: "Eager", grad: Tensor, needs: Sequence[bool]) -> Gradients:
    """Raise again, multiply by the exponent, and by the gradient."""
    eager.new(grad.shape)
    eager.new(grad.shape)
    return [eager.new(grad.shape, ordered(grad))]


def convolved_back(
    reads: Sequence[Tensor],
    lie: Callable[[Shape], Shape] | None,
    eager: "Eager",
    grad: Tensor,
    needs: Sequence[bool],
) -> Gradients:
    """Make gradients that lie in an order of axes, that of the output's gradient if it is None."""
    if lie is None:
        lie = channels_last if grad.has_channels_last else contiguous
    each = zip(reads, needs, strict=True)
    return [eager.new(x.shape, lie(x.shape) if len(x.shape) > 1 else None) if need else None for x, need in each]


def written_into(part: Shape, eager: "Eager", grad: Tensor, needs: Sequence[bool]) -> Gradients:
    """Copy the gradient, and put into it that of the part that was written over, made of a copy of it."""
    whole, before = eager.new(grad.shape), eager.new(part)
    made = eager.new(part)
    eager.let_go(before, made)
    return [whole]
