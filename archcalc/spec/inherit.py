"""`extends`: a variant's tree laid over its parent's, which gives a tree without `extends`.

Layers are changed by name, never by place: `override`, `remove`, `insert`. What changes nothing is a fault, since a
variant's file is read for what differs. Inherited are family, params, input, outputs, defaults, inplace, blocks,
layers and budget: its limits hold for a variant too, until that gives another, or null for none. What a file says about
itself and its sources (name, aliases, title, notes, sources, training, claims) is not.
"""

from collections.abc import Iterator
from typing import Any, Final

from archcalc.errors import ArchError, Faults, Mark
from archcalc.layers import KINDS
from archcalc.layers.declared import MISSING
from archcalc.layers.fields import spell
from archcalc.spec.expressions import is_expression
from archcalc.spec.reading import Reader, kind_of, plain
from archcalc.spec.statement import CHANGES, written_name
from archcalc.spec.text import Mapping, Node, Scalar, Sequence

_LEAVE_IT_OUT: Final = "leave it out, since only what differs is given"

_WHOLE: Final = ("family", "input", "outputs", "inplace")
"""Keys that a child has of its own, or its parent's."""

_DEPTH: Final = {"params": 1, "blocks": 1, "defaults": 2, "budget": 1}
"""How many levels of names are laid over each other."""


def inherit(child: Mapping, parent: Mapping, parent_name: str, faults: Faults) -> Mapping:
    """Return the child with what it inherits; both trees are sound. Mistakes in its changes go to `faults`."""
    items, keys = dict(child.items), dict(child.keys)
    for key in ("extends", *CHANGES):
        items.pop(key, None)
    if "layers" in child.items:
        faults.add("a spec that extends another changes its layers by override, remove and insert", keys["layers"])
    for key in _WHOLE:
        if key in child.items and key in parent.items:
            _expect_change(key, child.items[key], parent.items[key], parent_name, faults)
        elif key in parent.items:
            items[key] = parent.items[key]
    for key, depth in _DEPTH.items():
        items[key] = _laid_over(key, child.items.get(key), parent.items.get(key), parent_name, faults, depth)
    items["budget"] = _without_null(child, parent, items["budget"], parent_name, faults)
    items["layers"] = Changes(child, parent_name, items["defaults"], faults).applied(parent)
    for key in items:
        keys.setdefault(key, parent.keys.get(key, child.mark))
    return Mapping(items, keys, child.mark)


def _laid_over(what: str, mine: Node | None, theirs: Node | None, parent_name: str, faults: Faults, depth: int) -> Node:
    """Lay the child's mapping over the parent's, `depth` levels of names deep."""
    if not isinstance(mine, Mapping) or not isinstance(theirs, Mapping):
        return mine or theirs or Mapping({}, {}, Mark("", 1, 1))
    items = dict(theirs.items)
    for name, node in mine.items.items():
        if name not in items:
            items[name] = node
        elif depth > 1:
            items[name] = _laid_over(f"{what}.{name}", node, items[name], parent_name, faults, depth - 1)
        else:
            _expect_change(f"{what}.{name}", node, items[name], parent_name, faults)
            items[name] = node
    return Mapping(items, theirs.keys | mine.keys, mine.mark)


def _without_null(child: Mapping, parent: Mapping, both: Node, parent_name: str, faults: Faults) -> Node:
    """Return the limits of both files without those of the parent that the child takes away by null."""
    mine, theirs = child.items.get("budget"), parent.items.get("budget")
    if not isinstance(mine, Mapping) or not isinstance(both, Mapping):
        return both
    gone = {name: node for name, node in mine.items.items() if isinstance(node, Scalar) and node.value is None}
    for name, node in gone.items():
        if not isinstance(theirs, Mapping) or name not in theirs.items:
            faults.add(f"there is no limit of {name} in {parent_name} to take away", node.mark, "budget")
    return both._replace(items={name: node for name, node in both.items.items() if name not in gone})


def _expect_change(what: str, new: Node, old: Node, parent_name: str, faults: Faults) -> None:
    if not _identical(plain(new), plain(old)):
        return
    same = f"already {_shown(old)}" if isinstance(old, Scalar | Sequence) else "the same"
    faults.add(f"{what} is {same} in {parent_name}; {_LEAVE_IT_OUT}", new.mark)


class Changes:
    """The `override`, `remove` and `insert` of a variant or of a `use`, in one walk over its parent's layers."""

    def __init__(self, child: Mapping, parent_name: str, defaults: Node, faults: Faults) -> None:
        self.parent_name = parent_name
        self.defaults = defaults
        self.faults = faults
        self.reader = Reader(faults)
        override = child.items.get("override")
        self.override = override if isinstance(override, Mapping) else Mapping({}, {}, child.mark)
        self.remove = dict(self._removals(child.items.get("remove")))
        self.insert: dict[str, list[Sequence]] = {}
        self.insert_at: dict[str, Mark] = {}
        self._read_insertions(child.items.get("insert"))
        self.seen: set[str] = set()

    def _removals(self, given: Node | None) -> Iterator[tuple[str, Mark]]:
        for item in given.items if isinstance(given, Sequence) else ():
            if isinstance(item, Scalar):
                yield item.text, item.mark
            else:
                self.faults.add(f"remove must be a list of layers' names, got {kind_of(item)}", item.mark)

    def _read_insertions(self, given: Node | None) -> None:
        for item in given.items if isinstance(given, Sequence) else ():
            insertion = self.reader.mapping(item, "insert")
            self.reader.known_keys(insertion, ("after", "layers"), "insert")
            after, layers = insertion.items.get("after"), insertion.items.get("layers")
            if isinstance(after, Scalar) and isinstance(layers, Sequence) and layers.items:
                self.insert.setdefault(after.text, []).append(layers)
                self.insert_at.setdefault(after.text, after.mark)
            elif isinstance(item, Mapping):
                self.faults.add("insert needs after: a layer's name, and layers: a list of layers", item.mark)

    def applied(self, parent: Mapping) -> Node:
        layers = parent.items.get("layers")
        if not isinstance(layers, Sequence):
            return Sequence((), parent.mark)
        first = self._inserted("input")
        changed = Sequence((*first, *self._walk(layers, prefix="")), layers.mark)
        self._report_unknown()
        return changed

    def _inserted(self, name: str) -> list[Node]:
        return [node for layers in self.insert.get(name, ()) for node in layers.items]

    def _walk(self, layers: Sequence, prefix: str) -> Iterator[Node]:
        """Yield the layers of a list with their changes, and those of the structures in it."""
        for node in layers.items:
            if not isinstance(node, Mapping):
                yield node
                continue
            name = prefix + written_name(node)
            self.seen.add(name)
            changed = self._overridden(self._inside(node, prefix, name), name)
            if name not in self.remove:
                yield changed
            yield from self._inserted(name)

    def _inside(self, node: Mapping, prefix: str, name: str) -> Mapping:
        items = dict(node.items)
        match items.get("layers"), items.get("paths"):
            case Sequence() as layers, _:  # towers, whose layers keep their names
                items["layers"] = Sequence(tuple(self._walk(layers, prefix)), layers.mark)
            case _, Sequence() as paths:
                walked = (
                    Sequence(tuple(self._walk(path, f"{name}.")), path.mark) if isinstance(path, Sequence) else path
                    for path in paths.items
                )
                items["paths"] = Sequence(tuple(walked), paths.mark)
        return Mapping(items, node.keys, node.mark)

    def _overridden(self, node: Mapping, name: str) -> Mapping:
        """Return the layer with its override; faults of it are reported at the override."""
        if name not in self.override.items:
            return node
        change, mark = self.override.items[name], self.override.keys[name]
        if name in self.remove:
            self.faults.add(f"layer {name} is also in remove", mark, "override")
        if not isinstance(change, Mapping) or not change.items:
            what = f"override of {name} must be a mapping with a field to change, got {kind_of(change)}"
            self.faults.add(what, change.mark)
            return node
        items, keys = dict(node.items), dict(node.keys)
        for field, value in change.items.items():
            fault = self._no_change(node, name, field, value)
            if fault:
                self.faults.add(fault, change.keys[field], "override")
            elif isinstance(value, Scalar) and value.value is None and not self._switches_off(node, field):
                del items[field], keys[field]
            else:
                items[field], keys[field] = value, change.keys[field]
        return Mapping(items, keys, mark)

    def _no_change(self, node: Mapping, name: str, field: str, value: Node) -> str:
        """Return why an override changes nothing, or would change what it may not; empty if it is fine."""
        if field == "name":
            return f"{name} cannot get another name; remove it and insert another layer"
        old = node.items.get(field)
        if isinstance(value, Scalar) and value.value is None:
            may_go = old is not None or self._switches_off(node, field)
            return "" if may_go else f"{name} has no {field} in {self.parent_name} to remove"
        if not _identical(self._meaning(node, field, value), self._meaning(node, field, old)):
            return ""
        if old is None:
            return f"{name}.{field} is {_shown(value)} by default; {_LEAVE_IT_OUT}"
        return f"{name}.{field} is already {_shown(old)} in {self.parent_name}; {_LEAVE_IT_OUT}"

    def _rule(self, node: Mapping, field: str) -> Node | None:
        """Return the value that the house rules give a field."""
        op = node.items.get("op")
        rules = (
            self.defaults.items.get(op.text) if isinstance(op, Scalar) and isinstance(self.defaults, Mapping) else None
        )
        return rules.items.get(field) if isinstance(rules, Mapping) else None

    def _switches_off(self, node: Mapping, field: str) -> bool:
        """Return whether null is a value here: it keeps off the activation that a house rule would give."""
        return field == "activation" and self._rule(node, field) is not None

    def _meaning(self, node: Mapping, field: str, value: Node | None) -> Any:
        """Return a field's value in its one internal form, where 1 and [1, 1] are equal; or its default."""
        op = node.items.get("op")
        kind = KINDS.get(op.text) if isinstance(op, Scalar) else None
        declared = kind.fields.get(field) if kind else None
        value = value or self._rule(node, field)
        if value is None and declared and declared.follows:
            return self._meaning(node, declared.follows, node.items.get(declared.follows))
        if value is None:
            return declared.default if declared and declared.default is not MISSING else MISSING
        written = plain(value)
        if declared and not is_expression(written):
            try:
                return declared.type.read(written)
            except ArchError:
                return written
        return written

    def _report_unknown(self) -> None:
        named = [("override", name, mark) for name, mark in self.override.keys.items()]
        named += [("remove", name, mark) for name, mark in self.remove.items()]
        named += [("insert", name, mark) for name, mark in self.insert_at.items() if name != "input"]
        for what, name, mark in named:
            if name not in self.seen:
                hint = _made_elsewhere(name, self.seen) or self.faults.hint(name, self.seen)
                self.faults.add(f"there is no layer '{name}' in {self.parent_name}{hint}", mark, what)


def _made_elsewhere(name: str, seen: set[str]) -> str:
    """Return a hint for `layer1.0.conv1`, which a block makes, and `conv1.relu`, which an activation makes."""
    owner = name.rpartition(".")[0]
    while owner and owner not in seen:
        owner = owner.rpartition(".")[0]
    return f"; '{owner}' makes it: override that, or its block in blocks" if owner else ""


def _identical(one: Any, other: Any) -> bool:
    """Return whether two values are equal and of one type all through: 1 is not true."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_identical(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_identical, one, other))
    return type(one) is type(other) and bool(one == other)


def _shown(node: Node) -> str:
    value = plain(node)
    return value if isinstance(value, str) else spell(value)
