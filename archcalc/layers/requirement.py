"""Requirements on the numbers that a layer reads: a condition, and apart from it the words."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from archcalc.layers.sizes import dims


class Requirement(NamedTuple):
    """A condition on numbers.

    `holds` is what comparing them gives: True or False of integers, a mask of arrays, a constraint of functions of the
    input's size. `fault` says, with the arithmetic, what is wrong where it does not hold; it is asked of integers only.
    """

    holds: Any
    fault: Callable[[], str]


def has_rank(x: Sequence[object], rank: int) -> Iterator[Requirement]:
    """Require that `x` is (channels, height, width) for a `rank` of 3, or (features,) for 1."""
    yield Requirement(len(x) == rank, lambda: _other_rank(x, rank))


def _other_rank(x: Sequence[object], rank: int) -> str:
    wanted = {3: "channels x height x width", 1: "features"}[rank]
    given = f"{dims(x)} features" if len(x) == 1 else dims(x)
    hint = ": put a flatten before it" if rank == 1 else ""
    return f"reads {wanted}, not {given}{hint}"
