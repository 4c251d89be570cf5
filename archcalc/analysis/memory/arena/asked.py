"""What arena is asked for."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from archcalc.analysis.memory.request import Dtype, requested
from archcalc.errors import ArchError, listing
from archcalc.layers.fields import spell

MOST_ALIGNED: Final = 4096
"""The largest multiple to which sizes are rounded up."""


class Order(StrEnum):
    """The order in which layers run."""

    SPEC = "spec"
    BEST = "best"


@dataclass(frozen=True)
class Asked:
    """What arena is asked for, of an inference."""

    batch: int = 1
    dtype: Dtype = Dtype.FP32
    order: Order = Order.SPEC
    in_place: bool = True
    """Whether layers that can write over what nobody reads later do so."""
    fused: bool = False
    """Whether of these only such do so as read one map."""
    align: int = 1
    """Of how many bytes all sizes are multiples, and so all offsets."""

    @property
    def each(self) -> int:
        """The bytes of an element of all examples together."""
        return self.batch * self.dtype.size

    @property
    def in_words(self) -> str:
        """What stands in a title."""
        ways = [
            "" if self.in_place else ", out of place",
            ", fused" if self.fused else "",
            f", aligned to {self.align} B" if self.align > 1 else "",
            ", best order" if self.order is Order.BEST else "",
        ]
        return f"batch {self.batch:,}, {self.dtype}{''.join(ways)}"


def asked_for(
    batch: int = 1,
    dtype: str = "fp32",
    *,
    order: str = "spec",
    in_place: bool = True,
    fused: bool = False,
    align: int = 1,
) -> Asked:
    """Return what is asked for in words. Raises ArchError for words and numbers that make no sense, or not together."""
    request = requested(batch=batch, dtype=dtype)
    if order not in [*Order]:
        raise ArchError(f"order must be {listing([*Order])}, got {spell(order)}")
    if isinstance(align, bool) or not isinstance(align, int) or not 1 <= align <= MOST_ALIGNED or align & (align - 1):
        raise ArchError(f"align must be a power of 2 from 1 to {MOST_ALIGNED:,}, got {spell(align)}")
    if fused and not in_place:
        raise ArchError("fused layers write over their input: leave out --fused or --out-of-place")
    return Asked(request.batch, request.dtype, Order(order), in_place, fused, align)
