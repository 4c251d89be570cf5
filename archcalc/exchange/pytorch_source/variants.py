"""Uses of one block that can share a class: they differ in numbers alone, or in modules that some of them leave out."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

from archcalc.exchange.pytorch_source.pieces import Piece
from archcalc.exchange.pytorch_source.scope import Scope
from archcalc.exchange.pytorch_source.slots import Key, frame, slots, without


@dataclass(frozen=True)
class Member:
    """A use of a block with its layers, as its class has them."""

    piece: Piece
    scope: Scope
    slots: dict[Key, Any]

    @property
    def names(self) -> set[str]:
        return {layer.node.name for layer in self.scope.layers}


@dataclass(frozen=True)
class Variant:
    """Uses that share a class; the first has all its modules, and `optional` are those that others leave out."""

    members: tuple[Member, ...]
    optional: tuple[str, ...] = ()

    @property
    def scope(self) -> Scope:
        return max((member.scope for member in self.members), key=lambda scope: len(scope.layers))


def variants(parts: Sequence[tuple[Piece, Scope]]) -> list[Variant]:
    """Return which uses share a class, in the order of the first of each."""
    groups: dict[Hashable, list[Member]] = defaultdict(list)
    for piece, scope in parts:
        groups[frame(scope)].append(Member(piece, scope, slots(scope)))
    found = [*map(_merged, _alike(list(groups.values())))]
    return sorted(found, key=lambda variant: variant.members[0].piece.start)


def _alike(groups: list[list[Member]]) -> list[list[list[Member]]]:
    """Put those together that become the same where they leave modules out, from the largest on."""
    left = sorted(groups, key=lambda group: -len(group[0].scope.layers))
    alike = []
    while left:
        largest, *others = left
        together = [largest, *(group for group in others if _leaves_out(largest[0], group[0]))]
        alike.append(together)
        left = [group for group in others if group not in together]
    return alike


def _leaves_out(whole: Member, other: Member) -> bool:
    missing = sorted(whole.names - other.names)
    if not missing or other.names - whole.names or 2 * len(missing) > len(whole.names):
        return False
    rest = without(whole.scope, missing)
    return rest is not None and frame(rest) == frame(other.scope)


def _merged(groups: list[list[Member]]) -> Variant:
    members = sorted((member for group in groups for member in group), key=lambda member: member.piece.start)
    missing = {name for group in groups for name in groups[0][0].names - group[0].names}
    order = [layer.node.name for layer in groups[0][0].scope.layers]
    return Variant(tuple(members), tuple(name for name in order if name in missing))
