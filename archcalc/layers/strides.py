"""How elements lie in memory: the strides of a tensor, without the batch axis, and whether another shape is a view."""

from collections.abc import Iterator
from math import prod

from archcalc.layers.sizes import Shape

Strides = tuple[int, ...]
"""How many elements apart neighbours along each axis lie."""


def in_order(shape: Shape) -> Strides:
    """Return the strides of a tensor that is new, whose last axis lies together.

    >>> in_order((64, 7, 7))
    (49, 7, 1)
    """
    strides = [1]
    for size in reversed(shape[1:]):
        strides.append(strides[-1] * size)
    return tuple(reversed(strides))


def is_dense(shape: Shape, strides: Strides) -> bool:
    """Return whether elements lie in one piece, in whatever order of the axes.

    >>> is_dense((7, 7, 64), (7, 1, 49)), is_dense((3, 7), (8, 1))
    (True, False)
    """
    return sum((size - 1) * stride for size, stride in zip(shape, strides, strict=True)) == prod(shape) - 1


def viewed(shape: Shape, strides: Strides, new: Shape) -> Strides | None:
    """Return the strides by which another shape is seen in the same memory; None where its elements must be copied.

    It is torch's rule for a reshape: axes may be split, and joined where they lie one after the other.

    >>> viewed((64, 7, 7), (49, 7, 1), (3136,)), viewed((7, 7, 64), (7, 1, 49), (49, 64))
    ((1,), (1, 49))
    >>> viewed((7, 64), (1, 7), (448,))  # their order would not be that of the axes
    """
    found: list[int] = []
    sizes = [*new]
    for elements, stride in _together(shape, strides):
        taken = 1
        while sizes and (taken < elements or sizes[-1] == 1):
            found.append(taken * stride)
            taken *= sizes.pop()
        if taken != elements:
            return None
    return tuple(reversed([*found, *[1] * len(sizes)]))


def _together(shape: Shape, strides: Strides) -> Iterator[tuple[int, int]]:
    """Yield the runs of elements at one distance, the last first, each with how many and how far apart they are."""
    elements, nearest = 1, 1
    for size, stride in zip(reversed(shape), reversed(strides), strict=True):
        if size == 1:
            continue
        if elements == 1:
            nearest = stride
        elif stride != elements * nearest:
            yield elements, nearest
            elements, nearest = 1, stride
        elements *= size
    yield elements, nearest
