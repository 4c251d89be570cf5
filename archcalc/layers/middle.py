"""The middle of a map: what layers that cut it out have in common.

Where it begins is torchvision's rule: half of what is left over, and of two equally near places the even one.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from archcalc.layers.eager import Eager
from archcalc.layers.reach import Reach, Reading, along
from archcalc.layers.requirement import Requirement
from archcalc.layers.sizes import Shape, at_least, dims
from archcalc.layers.tensors import Tensor
from archcalc.layers.twin import Work

NARROW: Final = "torch.narrow"
"""The function that takes a part along one axis, whichever way a model says it."""

CENTER_CROP: Final = "https://github.com/pytorch/vision/blob/v0.29.1/torchvision/transforms/functional.py#L592"


def starts(shape: Sequence[int], out: Sequence[int]) -> tuple[int, ...]:
    """Return where the middle begins on each axis of places.

    >>> starts((1, 64, 64), (1, 56, 61))
    (4, 2)
    """
    left = [(size - kept) for size, kept in zip(shape[1:], out[1:], strict=True)]
    return tuple(over // 2 + (over % 2) * (over // 2 % 2) for over in left)


def of_middle(x: Shape, out: Shape) -> Reading:
    """Return what outputs read of what the middle is cut out of."""
    return Reading(along(x, {axis: Reach(axis, ((start, 1),), 1) for axis, start in enumerate(starts(x, out), 1)}))


def cut(eager: Eager, x: Tensor, out: Shape) -> Tensor:
    """Play the slices of a map, one for each axis of which something is left out."""
    for axis, kept in enumerate(out[1:], start=2):
        if x.shape[axis] != kept:
            x = eager.part(x, axis, kept)
    return x


def is_inside(shape: Sequence[Any], out: Sequence[Any]) -> Iterator[Requirement]:
    """Require that there are as many places as are cut out."""
    for size, kept in zip(shape[1:], out[1:], strict=True):
        yield Requirement(at_least(size, kept), lambda: f"cuts {dims(out[1:])} out of {dims(shape[1:])}, which is less")


def cuts(shape: Shape, out: Shape) -> tuple[Work, ...]:
    """Return the cuts that make the middle, of the axes of which something is left out; one that leaves all for none.

    They read the first only of what a layer reads.
    """
    found = []
    for dim, start in enumerate(starts(shape, out), start=2):
        if shape[dim - 1] != out[dim - 1]:
            shape = (*shape[: dim - 1], out[dim - 1], *shape[dim:])
            found.append(Work(NARROW, {"dim": dim, "start": start, "length": out[dim - 1]}, shape, reads_first=True))
    whole = {"dim": 2, "start": 0, "length": shape[1]}
    return tuple(found) or (Work(NARROW, whole, shape, reads_first=True),)
