"""Nodes -> values: the few ways in which the parts of a file are read, each fault put where it stands."""

from collections.abc import Iterable
from collections.abc import Mapping as MappingOf
from typing import Any, NamedTuple

from archcalc.errors import ArchError, Faults, Mark, did_you_mean, listing
from archcalc.layers.fields import Field
from archcalc.spec.expressions import Scope, evaluate, is_expression
from archcalc.spec.text import Mapping, Node, Scalar, Sequence


class LayerList(NamedTuple):
    """A list of layers that a param holds, with the params that its own expressions see: those where it is written."""

    node: Sequence
    scope: Scope


def resolve(node: Node, scope: Scope) -> Any:
    """A node as a plain value, its `$` expressions put in. Raises ArchError."""
    if isinstance(node, Scalar):
        return evaluate(node.value, scope) if is_expression(node.value) else node.value
    if isinstance(node, Sequence):
        if any(isinstance(item, Mapping) for item in node.items):
            return LayerList(node, scope)
        return [resolve(item, scope) for item in node.items]
    return {key: resolve(value, scope) for key, value in node.items.items()}


def plain(node: Node) -> Any:
    """A node as a plain value, expressions left as text."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.items.items()}


def mark_of(node: Node, key: str) -> Mark:
    """Where a key's value stands, or else the mapping that lacks it."""
    return node.items[key].mark if isinstance(node, Mapping) and key in node.items else node.mark


class Reader:
    """Reads parts of a file and collects what is wrong with them."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults

    def mapping(self, node: Node, what: str) -> Mapping:
        """The node if it is a mapping, else a fault and an empty one."""
        if isinstance(node, Mapping):
            return node
        self.faults.add(f"{what} must be a mapping, {{key: value}}", node.mark)
        return Mapping({}, {}, node.mark)

    def sequence(self, node: Node, what: str) -> Sequence:
        """The node if it is a list, else a fault and an empty one."""
        if isinstance(node, Sequence):
            return node
        self.faults.add(f"{what} must be a list", node.mark)
        return Sequence((), node.mark)

    def names(self, node: Node, what: str) -> list[str]:
        """A list of words."""
        found = []
        for item in self.sequence(node, what).items:
            if isinstance(item, Scalar) and isinstance(item.value, str):
                found.append(item.value)
            else:
                self.faults.add(f"{what} must be a list of names", item.mark)
        return found

    def known_keys(self, node: Mapping, known: Iterable[str], owner: str, within: str = "") -> None:
        """A fault for each key that the owner does not have."""
        allowed = list(known)
        for key, mark in node.keys.items():
            if key not in allowed:
                self.faults.add(f"{owner} has no '{key}'{did_you_mean(key, allowed)}", mark, within)

    def values(
        self,
        nodes: MappingOf[str, Node],
        fields: MappingOf[str, Field],
        scope: Scope,
        within: str,
    ) -> dict[str, Any]:
        """The nodes' values, each read by its field's type; one that cannot be is a fault and left out."""
        values = {}
        for key, node in nodes.items():
            type_ = fields[key].type
            try:
                if type_.verbatim and isinstance(node, Scalar) and node.value is not None:
                    value: Any = node.text
                else:
                    value = resolve(node, scope)
                    value = "a list of layers" if isinstance(value, LayerList) else value
                values[key] = type_.read(value)
            except ArchError as error:
                message = str(error)
                self.faults.add(f"{key} {message}" if message.startswith("must") else message, node.mark, within)
        return values

    def record(self, node: Node, made: Any, owner: str, within: str = "", scope: Scope | None = None) -> Any:
        """A record of class `made` from a mapping; None, and faults, where it cannot be."""
        before = len(self.faults.found)
        mapping = self.mapping(node, owner)
        self.known_keys(mapping, made.fields, owner, within)
        given = {key: value for key, value in mapping.items.items() if key in made.fields}
        values = self.values(given, made.fields, scope or {}, within)
        self.missing(given, made.fields, owner, mapping.mark, within)
        return made(**values) if len(self.faults.found) == before else None

    def missing(self, given: Iterable[str], fields: MappingOf[str, Field], owner: str, mark: Mark, within: str) -> None:
        """One fault that lists the required fields that are not given."""
        lacking = [name for name, field in fields.items() if field.required and name not in given]
        if lacking:
            self.faults.add(f"{owner} needs {listing(lacking, 'and')}", mark, within)
