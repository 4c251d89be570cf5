"""Functions that take parts of a tensor, and which part each tensor is that they make."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from torch import Tensor

from archcalc.exchange.torch_models.crops import Step
from archcalc.pytorch.trace.functions import Use

_DIVIDING: Final = ("chunk", "split", "split_with_sizes", "tensor_split", "unsafe_chunk", "unsafe_split")
"""Functions that make parts along one axis, in order."""

_BATCH: Final = 0


class Part(NamedTuple):
    """A tensor that is a part of another: along one axis, or along several, one after the other."""

    tensor: Tensor
    steps: tuple[Step, ...]


def parts_of(use: Use, made: Any) -> list[Part]:
    """Return the parts that a function makes of its input, in order; nothing for a function that makes no parts."""
    x = use.first
    if not isinstance(x, Tensor):
        return []
    if use.name in _DIVIDING:
        parts = list(_along_one_axis(use, x, made))
    elif use.name == "getitem" and isinstance(made, Tensor):
        parts = [Part(made, tuple(_steps(x, use.args[1])))]
    else:
        return []
    is_part = all(part.steps and part.steps[0].dim != _BATCH for part in parts)
    return parts if is_part else []


def _along_one_axis(use: Use, x: Tensor, made: Sequence[Tensor]) -> Iterator[Part]:
    dim = int(use.keywords.get("dim", use.args[2] if len(use.args) > 2 else 0)) % x.dim()
    start = 0
    for tensor in made:
        yield Part(tensor, (Step(dim, start, tensor.shape[dim]),))
        start += tensor.shape[dim]


def _steps(x: Tensor, index: Any) -> Iterator[Step]:
    """Yield what an index takes along each axis of which it leaves something out; nothing if it is not of slices."""
    slices = list(index) if isinstance(index, tuple) else [index]
    if sum(one is Ellipsis for one in slices) == 1:
        place = slices.index(Ellipsis)
        slices[place : place + 1] = [slice(None)] * (x.dim() - len(slices) + 1)
    if not all(isinstance(one, slice) and one.step in (None, 1) for one in slices):
        return
    for dim, (one, size) in enumerate(zip(slices, x.shape, strict=False)):
        start, end, _ = one.indices(size)
        if end - start < size:
            yield Step(dim, start, end - start)
