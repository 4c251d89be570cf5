"""Layers of networks put together by what they do.

They are put together by their kind, then by their fields, then by their names, so that a layer which only one network
has stands alone, and conv4 meets conv4 also if the others call it something else.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import reduce
from operator import and_
from typing import Final

from archcalc.analysis.alignment import Pairs, align
from archcalc.analysis.compare.changes import Part
from archcalc.layers import Shape
from archcalc.layers.base import Role

Together = tuple[Part | None, ...]
"""One layer in every network that has it, in the networks' order."""

Cost = Callable[[Part, Part], int]

ALONE: Final = 10
"""The cost of leaving a layer alone. The costs of pairs, below, add up to less than two of these, or to more."""

_OTHER_FIELDS: Final = 2
_OTHER_PLACES: Final = 1
_OTHER_NAME: Final = 3
_SAME_ROLE: Final = 12
_NEVER: Final = 99


def put_together(networks: Sequence[Sequence[Part]]) -> list[Together]:
    """Return every layer once, in an order that is that of each network."""
    return _put_together(networks, _unlikeness)


def without_names(networks: Sequence[Sequence[Part]]) -> list[Together]:
    """Do the same without looking at the names of layers."""
    return _put_together(networks, _unlikeness_of_work)


def have_enough_in_common(layers: Sequence[Together]) -> bool:
    """Return whether the networks are alike enough to be put side by side.

    They are where two in five of the convolutions and linear layers of the one that has most stand in all of them, or
    where half of those of the one that has fewest do so unchanged or under their names.
    """
    with_weights = [layer for layer in layers if any(part and part.role is Role.WEIGHTS for part in layer)] or layers
    counts = [sum(part is not None for part in column) for column in zip(*with_weights, strict=True)] or [0]
    common = [[part for part in layer if part] for layer in with_weights if None not in layer]
    kept = sum(_are_of_one_make(parts) for parts in common)
    return 5 * len(common) >= 2 * max(counts) or 2 * kept >= max(min(counts), 1)


def may_have_enough_in_common(networks: Sequence[Sequence[Part]]) -> bool:
    """Return False where networks surely have too little in common, however they are put together.

    At most as many layers stand in all as the one that has fewest has, and at most as many are unchanged, or under
    their names, as there are such in each. To put them together takes far longer than to count these.
    """
    several = [[part for part in network if part.role is Role.WEIGHTS] for network in networks]
    fewest, most = min(map(len, several)), max(map(len, several))
    if fewest == 0 or 5 * fewest >= 2 * most:
        return True
    names = [Counter(part.row.name for part in parts) for parts in several]
    layers = [Counter(part.node.layer for part in parts) for parts in several]
    kept = sum(reduce(and_, names).values()) + sum(reduce(and_, layers).values())
    return 2 * kept >= fewest


def _are_of_one_make(parts: Sequence[Part]) -> bool:
    return len({part.row.name for part in parts}) == 1 or len({part.node.layer for part in parts}) == 1


def _put_together(networks: Sequence[Sequence[Part]], cost: Cost) -> list[Together]:
    """Put each network next to all of those before it."""
    layers: list[Together] = [(part,) for part in networks[0]]
    for place, more in enumerate(networks[1:], start=1):
        blank: Together = (None,) * place
        pairs = _beside(layers, [(part,) for part in more], cost)
        layers = [(*(left or blank), *(right or (None,))) for left, right in pairs]
    return layers


def _beside(left: list[Together], right: list[Together], cost: Cost) -> Pairs[Together, Together]:
    """Return an alignment that does not depend on which of the two comes first, where several are as cheap."""

    def least(one: Together, other: Together) -> int:
        return min(cost(a, b) for a in one if a for b in other if b)

    if _words(left) <= _words(right):
        return align(left, right, least, ALONE)
    return [(one, other) for other, one in align(right, left, least, ALONE)]


def _words(layers: Sequence[Together]) -> list[list[str]]:
    return [
        [part.row.op, part.row.name, *map(str, part.row.output_shape)] for layer in layers for part in layer if part
    ]


def _unlikeness_of_work(one: Part, other: Part) -> int:
    if _are_across_flatten(one.row.output_shape, other.row.output_shape):
        return _NEVER
    if one.row.op != other.row.op:
        return _SAME_ROLE if one.role == other.role else _NEVER
    other_fields = one.node.layer != other.node.layer
    other_places = one.row.output_shape[1:] != other.row.output_shape[1:]
    return _OTHER_FIELDS * other_fields + _OTHER_PLACES * other_places


def _unlikeness(one: Part, other: Part) -> int:
    return _unlikeness_of_work(one, other) + _OTHER_NAME * (one.row.name != other.row.name)


def _are_across_flatten(one: Shape, other: Shape) -> bool:
    """Return whether one has places, more than a single one, and the other is features only.

    A convolution that makes a single place is a linear layer by another name.
    """
    return (len(one) == 1) != (len(other) == 1) and any(size > 1 for size in (*one[1:], *other[1:]))
