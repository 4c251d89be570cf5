"""Which module of a checkpoint is which layer: by names first, then by shapes; and what of this is a guess.

Names count if all layers are found by theirs, or if half of those that are found have their shapes too. Where names do
not say it, a module goes with a layer of its shapes. If several have these shapes, the order decides, which is a guess.
"""

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from typing import Final, NamedTuple

from archcalc.analysis.modules import OPTIONAL, Likeness, Module, Modules, name_and_shapes, ranks, shapes, weight
from archcalc.checkpoint.state_dicts import is_average


class PairedBy(StrEnum):
    """How a module of a checkpoint was found for a layer."""

    NAME = "name"
    SHAPE = "shape"
    GUESS = "guess"


class Pair(NamedTuple):
    """A layer on one device, and the module of the checkpoint that belongs to it, or None."""

    ours: Module
    theirs: Module | None = None
    paired_by: PairedBy | None = None


_LIKENESSES: Final[Sequence[tuple[Likeness, Likeness | None]]] = (
    (name_and_shapes, shapes),
    (shapes, shapes),
    (weight, weight),
    (ranks, None),
)
"""By what a layer and a module are put together, the surest first, each with what must be unique to be no guess."""


def pair(ours: Sequence[Module], theirs: Modules) -> list[Pair]:
    """Return each layer with its module of a checkpoint, none of which is taken twice.

    This takes time that grows as the layers and what is like them, not as the layers times the modules.
    """
    return list(_Pairing(ours, theirs).pairs())


class _Pairing:
    """The layers of one network beside the modules of a checkpoint."""

    def __init__(self, ours: Sequence[Module], theirs: Modules) -> None:
        self.ours = ours
        self.theirs = theirs
        self.counts: dict[Likeness, Mapping[Hashable, int]] = {}

    def pairs(self) -> Iterator[Pair]:
        named = self.named
        if len(named) < len(self.ours) and self.are_in_one_order:
            for one, other in zip(self.ours, self.theirs.all, strict=True):
                yield Pair(one, other, PairedBy.NAME if named.get(one) is other else self.sureness(one, shapes))
            return
        made = {one: Pair(one, other, PairedBy.NAME) for one, other in named.items()}
        taken = {*named.values()}
        for likeness, unique in _LIKENESSES:
            for one, other in self.alike([one for one in self.ours if one not in made], likeness, taken):
                made[one] = Pair(one, other, self.sureness(one, unique))
        yield from (made.get(one, Pair(one)) for one in self.ours)

    def alike(self, ours: Sequence[Module], likeness: Likeness, taken: set[Module]) -> Iterator[tuple[Module, Module]]:
        """Yield layers with the first module that is like each of them and not taken, and take it."""
        waiting: dict[Hashable, Iterator[Module]] = {}
        for one in ours:
            value = likeness(one)
            if value is None:
                continue
            others = waiting.setdefault(value, iter(self.theirs.alike(likeness, value)))
            other = next((other for other in others if other not in taken), None)
            if other is not None:
                taken.add(other)
                yield one, other

    def sureness(self, one: Module, unique: Likeness | None) -> PairedBy:
        """Return whether the layer alone is like this in its network, and one module alone in the whole checkpoint."""
        if unique is None:
            return PairedBy.GUESS
        if unique not in self.counts:
            self.counts[unique] = Counter(map(unique, self.ours))
        value = unique(one)
        is_sure = self.counts[unique][value] == 1 and len(self.theirs.alike(unique, value)) == 1
        return PairedBy.SHAPE if is_sure else PairedBy.GUESS

    @property
    def are_in_one_order(self) -> bool:
        """Whether both have the same shapes all along, in the order in which the model has them."""
        theirs = self.theirs
        return (
            theirs.is_ordered
            and len(self.ours) == len(theirs.all)
            and all(shapes(one) == shapes(other) for one, other in zip(self.ours, theirs.all, strict=True))
        )

    @cached_property
    def named(self) -> Mapping[Module, Module]:
        """The layers whose names are in the checkpoint, if names count; each with its module."""
        prefixes = self.prefixes
        found: dict[Module, Module] = {}
        taken = set()
        for one in self.ours:
            places = self.theirs.ending(one.bare)
            other = next((places[prefix] for prefix in prefixes if prefix in places), None)
            if other is not None and other not in taken:
                found[one] = other
                taken.add(other)
        agreeing = sum(_agree(one, other) for one, other in found.items())
        return found if len(found) == len(self.ours) or 2 * agreeing >= len(found) else {}

    @property
    def prefixes(self) -> Sequence[str]:
        """What may stand before the names of layers: that of most of them first, a moving average after the weights."""
        votes = Counter(prefix for one in self.ours for prefix in self.theirs.ending(one.bare))
        known = [
            prefix
            for prefix, count in votes.items()
            if not prefix or 2 * count >= len(self.ours) or 2 * self.theirs.below(prefix) >= len(self.theirs.all)
        ]
        return sorted(known, key=lambda prefix: (-votes[prefix], is_average(prefix), len(prefix)))


def _agree(one: Module, other: Module) -> bool:
    """Whether the tensors that both have are of equal shapes, and there are such."""
    common = (one.tensors.keys() & other.tensors.keys()) - {OPTIONAL}
    return bool(common) and all(one.tensors[own].shape == other.tensors[own].shape for own in common)
