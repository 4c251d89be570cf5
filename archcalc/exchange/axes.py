"""Axes as ONNX and Caffe count them, with the batch, and from the end where they are negative."""

from collections.abc import Sequence

from archcalc.errors import ArchError


def axis_of(axis: int, rank: int) -> int:
    """Return an axis of a value of so many axes, without the batch, as torch counts them. Raises ArchError for others.

    >>> axis_of(-1, rank=3), axis_of(1, rank=3)
    (3, 1)
    """
    counted = axis + rank + 1 if axis < 0 else axis
    if counted == 0:
        raise ArchError("it works along the batch")
    if not 1 <= counted <= rank:
        raise ArchError(f"axis {axis} is not among the {rank + 1} there are")
    return counted


def axes_of(axes: Sequence[int], rank: int) -> tuple[int, ...]:
    return tuple(sorted({axis_of(axis, rank) for axis in axes}))
