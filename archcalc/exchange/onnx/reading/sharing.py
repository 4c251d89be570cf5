"""Tensors that several nodes read: one layer used again, or something that a spec cannot say.

A layer that is used again has all of another's tensors. Where only some are shared, or they are laid out in another
way, each would be counted twice, so that this is refused. Of what torch's newer exporter writes it cannot be told: it
writes tensors of several modules once where they are equal, as they often are before training.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from archcalc.errors import ArchError
from archcalc.exchange.onnx.reading.model import Node, Tensor
from archcalc.layers import Layer
from archcalc.layers.base import find

_LONGEST: Final = 60
_MODULE = tuple[str, ...]


class Owner(NamedTuple):
    """The first layer that has some tensors, and its node."""

    name: str
    layer: Layer
    node: Node
    tensors: tuple[Tensor, ...]


class Owners:
    """The layers that have each tensor first, of each module: nodes of other frameworks are all in one."""

    def __init__(self) -> None:
        self._owners: dict[str, dict[_MODULE, Owner]] = defaultdict(dict)

    def add(self, owner: Owner) -> None:
        for tensor in owner.tensors:
            self._owners[tensor.name].setdefault(_module(owner.node), owner)

    def of(self, node: Node, tensors: Sequence[Tensor]) -> Owner | None:
        """Return the layer that has one of these tensors already, if it can be used again."""
        found = [self._owners[tensor.name].get(_module(node)) for tensor in tensors if tensor.name in self._owners]
        return next(filter(None, found), None)

    def are_elsewhere(self, tensors: Sequence[Tensor]) -> bool:
        """Whether a layer of any module has one of these tensors."""
        return any(tensor.name in self._owners for tensor in tensors)


def expect_own(node: Node, weights: Sequence[Tensor]) -> None:
    """Raise ArchError for a node that reads a tensor twice, as if it had two."""
    (name, times), *_ = Counter(tensor.name for tensor in weights).most_common(1) or [("", 0)]
    if name and times > 1 and not _module(node):
        raise ArchError(f"no layer kind has one tensor in two places, as this node has {_short(name)}")


def expect_all(owner: Owner, node: Node, op: str, fields: Mapping[str, Any], tensors: Sequence[Tensor]) -> None:
    """Raise ArchError where a node is not another layer once more, of which it has a tensor."""
    here, there = ({tensor.name: tensor.moves for tensor in of} for of in (tensors, owner.tensors))
    both = [name for name in there if name in here]
    said = f"{_short(both[0])} is shared with {in_words(owner.node)}"
    if any(here[name] != there[name] for name in both):
        raise ArchError(f"{said}, which has it laid out in another way: no layer kind does so")
    if [tensor.name for tensor in tensors] != [tensor.name for tensor in owner.tensors]:
        others = sorted({_short(name) for name in {*here} ^ {*there} if name})
        what = f", and {others[0]} is not" if others else " in another place"
        raise ArchError(f"{said}{what}: no layer kind shares some of its tensors only")
    if owner.layer.op != op or find(op)(**fields) != owner.layer:
        raise ArchError(f"{said}, which does something else with it: only equal layers share tensors")


def in_words(node: Node) -> str:
    """Return what messages call a node."""
    name, op = node.name[:_LONGEST], node.op[:_LONGEST]
    return f"{name} ({op})" if name else f"{op} that makes {next(filter(None, node.outputs), '')[:_LONGEST]}"


def _module(node: Node) -> _MODULE:
    return node.scopes[:-1]


def _short(name: str) -> str:
    return name[:_LONGEST]
