"""Nodes -> values: the few ways in which the parts of a file are read, each fault put where it stands."""

from collections.abc import Iterable
from collections.abc import Mapping as MappingOf
from typing import Any

from archcalc.errors import ArchError, Faults, Mark, listing
from archcalc.layers.declared import Field
from archcalc.layers.fields import spell
from archcalc.layers.varying import as_one, read
from archcalc.spec.expressions import Scope, evaluate, is_expression, names_in
from archcalc.spec.names import Names
from archcalc.spec.text import Mapping, Node, Scalar, Sequence


class LayerList:
    """A list of layers that a param holds, with the params and the blocks of where it is written."""

    def __init__(self, node: Sequence, scope: Scope) -> None:
        self.node = node
        self.scope = dict(scope)
        self.blocks: tuple[str, ...] | None = None

    def __str__(self) -> str:
        return "a list of layers"


class Word(str):
    """Text that is given for a param, and may name a layer: one of where it is written, not of where it is read."""

    names: Names
    """The names of layers where it is written."""
    mark: Mark | None
    within: str


def word(text: str, names: Names, mark: Mark | None = None, within: str = "") -> Word:
    """Return a text that keeps what layers it may name."""
    made = Word(text)
    made.names, made.mark, made.within = names, mark, within
    return made


class Reads(str):
    """The layer that a block reads, as a param that the block has: its name, with what it stands in."""

    __slots__ = ()


def resolve(node: Node, scope: Scope) -> Any:
    """Return a node as a plain value, with its `$` expressions put in. Raises ArchError."""
    if isinstance(node, Scalar):
        return _bare(evaluate(node.value, scope)) if is_expression(node.value) else node.value
    if isinstance(node, Sequence):
        if any(isinstance(item, Mapping) for item in node.items):
            return LayerList(node, scope)
        items = [resolve(item, scope) for item in node.items]
        return LayerList(node, scope) if any(isinstance(item, LayerList) for item in items) else as_one(items)
    return as_one({key: resolve(value, scope) for key, value in node.items.items()})


def _bare(value: Any) -> Any:
    """Return the value of a param as fields take it: text without where it is written."""
    if isinstance(value, Word | Reads):
        return str(value)
    return [*map(_bare, value)] if isinstance(value, list) else value


def as_given(node: Node, scope: Scope, names: Names | None, within: str) -> Any:
    """Return the value of a param, in which text keeps what layers it may name, where there are `names` of these.

    Raises ArchError.
    """
    if isinstance(node, Scalar) and is_expression(node.value):
        return evaluate(node.value, scope)
    if isinstance(node, Sequence) and not any(isinstance(item, Mapping) for item in node.items):
        items = [as_given(item, scope, names, within) for item in node.items]
        return resolve(node, scope) if any(isinstance(item, LayerList) for item in items) else as_one(items)
    value = resolve(node, scope)
    return word(value, names, node.mark, within) if isinstance(value, str) and names is not None else value


def plain(node: Node) -> Any:
    """Return a node as a plain value, expressions left as text."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.items.items()}


def names_mentioned(*nodes: Node) -> set[str]:
    """Return the names in all expressions in nodes."""
    found: set[str] = set()
    waiting = [*nodes]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Scalar):
            found |= names_in(node.text) if is_expression(node.value) else set()
        else:
            waiting += node.items if isinstance(node, Sequence) else node.items.values()
    return found


def mark_of(node: Node, key: str) -> Mark:
    """Return where a key's value stands, or else the mapping that lacks it."""
    return node.items[key].mark if isinstance(node, Mapping) and key in node.items else node.mark


def kind_of(node: Node) -> str:
    """Return a node as a message shows it: a value, or what it is."""
    if isinstance(node, Scalar):
        return "nothing" if node.value is None else spell(node.value)
    return "a list" if isinstance(node, Sequence) else "a mapping"


class Reader:
    """Reads parts of a file and collects what is wrong with them."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults

    def mapping(self, node: Node, what: str, within: str = "") -> Mapping:
        """Return the node if it is a mapping, else an empty one, and add a fault."""
        if isinstance(node, Mapping):
            return node
        self.faults.add(f"{what} must be a mapping, {{key: value}}, got {kind_of(node)}", node.mark, within)
        return Mapping({}, {}, node.mark)

    def sequence(self, node: Node, what: str, within: str = "") -> Sequence:
        """Return the node if it is a list, else an empty one, and add a fault."""
        if isinstance(node, Sequence):
            return node
        self.faults.add(f"{what} must be a list, got {kind_of(node)}", node.mark, within)
        return Sequence((), node.mark)

    def known_keys(
        self, node: Mapping, known: Iterable[str], owner: str, within: str = "", hints: MappingOf[str, str] = {}
    ) -> None:
        """Add a fault for each key that the owner does not have; `hints` say of some what to do without them."""
        allowed = list(known)
        for key, mark in node.keys.items():
            if key not in allowed:
                hint = hints.get(key) or self.faults.hint(key, allowed) or f" (it has {', '.join(allowed) or 'none'})"
                self.faults.add(f"{owner} has no '{key}'{hint}", mark, within)

    def values(
        self,
        nodes: MappingOf[str, Node],
        fields: MappingOf[str, Field],
        scope: Scope,
        within: str,
    ) -> dict[str, Any]:
        """Return the nodes' values, each read by its field's type; one that cannot be read is a fault and left out."""
        values = {}
        for key, node in nodes.items():
            verbatim = fields[key].type.verbatim and isinstance(node, Scalar) and node.value is not None
            try:
                value = node.text if verbatim and isinstance(node, Scalar) else resolve(node, scope)
            except ArchError as error:
                self.faults.add(error, node.mark, within)
                continue
            try:
                values[key] = read(fields[key].type, value)
            except ArchError as error:
                self.faults.add(f"{key} {error}{_origin(node, value, scope)}", node.mark, within)
        return values

    def record(self, node: Node, made: Any, owner: str, scope: Scope) -> Any:
        """Read a record of class `made` from a mapping; None, and faults, if it cannot be read."""
        if not isinstance(node, Mapping):
            self.mapping(node, owner)
            return None
        before = len(self.faults.found)
        self.known_keys(node, made.fields, owner)
        given = {key: value for key, value in node.items.items() if key in made.fields}
        values = self.values(given, made.fields, scope, owner)
        self.missing(given, made.fields, owner, node.mark)
        return made(**values) if len(values) == len(given) and len(self.faults.found) == before else None

    def missing(
        self, given: Iterable[str], fields: MappingOf[str, Field], owner: str, mark: Mark, within: str = ""
    ) -> None:
        """Add one fault that lists the required fields that are not given."""
        lacking = [name for name, field in fields.items() if field.required and name not in given]
        if lacking:
            self.faults.add(f"{owner} needs {listing(lacking, 'and')}", mark, within)


def _origin(node: Node, value: object, scope: Scope) -> str:
    """Return which expression a value came from, or which one was perhaps meant, if it is one."""
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        return ""
    if is_expression(node.value):
        return f" from {node.value}"
    meant = f"$({node.value.replace('$', '')})"
    try:
        return f"; did you mean {meant}?" if "$" in node.value and evaluate(meant, scope) is not None else ""
    except ArchError:
        return ""
