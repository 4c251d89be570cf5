"""What nodes that take parts, or put axes in another order, do to a tensor."""

from collections.abc import Mapping, Sequence
from typing import Any

from archcalc.errors import ArchError
from archcalc.exchange.exported.functions import ORDERING, SLICING
from archcalc.exchange.torch_models.crops import Step
from archcalc.layers import Shape

_BATCH = "takes a part of the batch, and no layer kind computes across the examples of one"


def order_of(name: str, args: Mapping[str, Any], rank: int) -> tuple[int, ...]:
    """Return which axis of a tensor comes where; nothing for a function that leaves axes in order."""
    if name not in ORDERING or rank == 0:
        return ()
    if name == "permute":
        order = args.get("dims")
        if not isinstance(order, tuple) or sorted(axis % rank for axis in _whole(order)) != [*range(rank)]:
            raise ArchError("puts axes in no order")
        return tuple(axis % rank for axis in order)
    if name == "numpy_T":
        return tuple(reversed(range(rank)))
    given = [args.get(word) for words in _PAIRS for word in words if word in args]
    if len(given) == 1:
        raise ArchError("exchanges one axis with none")
    first, second = (axis % rank for axis in _whole(given or _last(name, rank)))
    order = [*range(rank)]
    order[first], order[second] = second, first
    return tuple(order)


_PAIRS = (("dim0", "axis0"), ("dim1", "axis1"))


def _last(name: str, rank: int) -> tuple[int, ...]:
    """Return the axes that are exchanged where none are given."""
    if rank < 2 or (name == "t" and rank != 2):
        raise ArchError("exchanges two axes of a tensor that has others")
    return (rank - 2, rank - 1)


def steps_of(name: str, args: Mapping[str, Any], sizes: Shape, outs: Sequence[Shape | None]) -> list[Step | None]:
    """Return the part that each output is of a tensor; None for all of it. Raises ArchError for others."""
    if not sizes:
        raise ArchError("takes a part of a number")
    if name in SLICING and len(outs) != 1:
        raise ArchError(f"makes {len(outs)} parts where it makes one")
    (dim,) = _whole([args.get("dim", 0)])
    dim %= len(sizes)
    steps = [_slice(name, args, sizes[dim], dim)] if name in SLICING else _along(dim, outs)
    if any(step.length > sizes[dim] or step.start + step.length > sizes[dim] for step in steps):
        raise ArchError("takes more than there is")
    if dim == 0 and any(step.length != sizes[0] for step in steps):
        raise ArchError(_BATCH)
    return [None if step.length == sizes[dim] else step for step in steps]


def _along(dim: int, outs: Sequence[Shape | None]) -> list[Step]:
    """Return parts that follow each other along an axis."""
    start, steps = 0, []
    for sizes in outs:
        if sizes is None or dim >= len(sizes):
            raise ArchError("makes parts whose sizes nothing says")
        steps.append(Step(dim, start, sizes[dim]))
        start += sizes[dim]
    return steps


def _slice(name: str, args: Mapping[str, Any], size: int, dim: int) -> Step:
    if name == "select":
        (index,) = _whole([args.get("index")])
        return Step(dim, index % size if size else 0, 1)
    if name == "narrow":
        start, length = _whole([args.get("start"), args.get("length")])
        return Step(dim, start % size if start < 0 and size else start, length)
    first, end, step = (args.get(word) for word in ("start", "end", "step"))
    if step not in (None, 1):
        raise ArchError(f"no layer kind does what aten.slice does with step {step}")
    begin, last, _ = slice(*(None if one is None else _whole([one])[0] for one in (first, end))).indices(size)
    return Step(dim, begin, max(0, last - begin))


def _whole(numbers: Sequence[Any]) -> tuple[int, ...]:
    if not all(type(number) is int for number in numbers):
        raise ArchError("is not as torch.export writes it: an axis or an index must be an integer")
    return tuple(numbers)
