"""`extends`: a variant's tree laid over its parent's, which gives a tree without `extends`.

Layers are changed by name, never by place: `override`, `remove`, `insert`. What changes nothing is a fault, since a
variant's file is read for what differs. Inherited are params, input, defaults, blocks and layers; what a file says
about itself and its sources (name, aliases, title, notes, sources, training, claims) is not.
"""

from collections.abc import Iterator
from typing import Any, Final

from archcalc.errors import ArchError, Faults, Mark, did_you_mean
from archcalc.layers import KINDS
from archcalc.layers.fields import MISSING
from archcalc.spec.expressions import is_expression
from archcalc.spec.reading import Reader, plain
from archcalc.spec.text import Mapping, Node, Scalar, Sequence

CHANGES: Final = ("override", "remove", "insert")
_BY_NAME: Final = ("params", "blocks")


def inherit(child: Mapping, parent: Mapping, parent_name: str) -> Mapping:
    """The child with what it inherits. Raises ArchError with every fault of its changes."""
    faults = Faults()
    items, keys = dict(child.items), dict(child.keys)
    for key in ("extends", *CHANGES):
        items.pop(key, None)
    if "layers" in child.items:
        faults.add("a spec that extends another changes its layers by override, remove and insert", keys["layers"])
    if "input" in child.items and "input" in parent.items:
        _expect_change("input", child.items["input"], parent.items["input"], parent_name, faults)
    elif "input" in parent.items:
        items["input"] = parent.items["input"]
    for key in _BY_NAME:
        items[key] = _merged(key, child, parent, parent_name, faults, depth=1)
    items["defaults"] = _merged("defaults", child, parent, parent_name, faults, depth=2)
    items["layers"] = _Changes(child, parent_name, faults).applied(parent)
    for key in items:
        keys.setdefault(key, parent.keys.get(key, child.mark))
    faults.raise_any()
    return Mapping(items, keys, child.mark)


def _merged(key: str, child: Mapping, parent: Mapping, parent_name: str, faults: Faults, depth: int) -> Mapping:
    """A mapping of the child's laid over the parent's, `depth` levels of names deep."""
    mine, theirs = child.items.get(key), parent.items.get(key)
    if not isinstance(mine, Mapping) or not isinstance(theirs, Mapping):
        found = mine or theirs
        return found if isinstance(found, Mapping) else Mapping({}, {}, child.mark)
    items = dict(theirs.items)
    for name, node in mine.items.items():
        if name in items and depth > 1:
            items[name] = _merged(name, mine, theirs, parent_name, faults, depth - 1)
        elif name in items:
            _expect_change(f"{key}.{name}", node, items[name], parent_name, faults)
            items[name] = node
        else:
            items[name] = node
    return Mapping(items, theirs.keys | mine.keys, mine.mark)


def _expect_change(what: str, new: Node, old: Node, parent_name: str, faults: Faults) -> None:
    if plain(new) == plain(old):
        faults.add(f"{what} is already {_shown(old)} in {parent_name}; a variant says what differs", new.mark)


class _Changes:
    """The `override`, `remove` and `insert` of a spec, applied in one walk over its parent's layers."""

    def __init__(self, child: Mapping, parent_name: str, faults: Faults) -> None:
        self.parent_name = parent_name
        self.faults = faults
        reader = Reader(faults)
        empty = Mapping({}, {}, child.mark)
        self.override = reader.mapping(child.items.get("override", empty), "override")
        removed = reader.sequence(child.items.get("remove", Sequence((), child.mark)), "remove")
        self.remove = {item.text: item.mark for item in removed.items if isinstance(item, Scalar)}
        self.insert = dict(self._insertions(reader, child))
        self.seen: set[str] = set()

    def _insertions(self, reader: Reader, child: Mapping) -> Iterator[tuple[str, tuple[Mark, Sequence]]]:
        for item in reader.sequence(child.items.get("insert", Sequence((), child.mark)), "insert").items:
            insertion = reader.mapping(item, "insert")
            reader.known_keys(insertion, ("after", "layers"), "insert")
            after, layers = insertion.items.get("after"), insertion.items.get("layers")
            if not isinstance(after, Scalar) or not isinstance(layers, Sequence):
                self.faults.add("insert needs after: a layer's name, and layers: a list", item.mark)
            else:
                yield after.text, (after.mark, layers)

    def applied(self, parent: Mapping) -> Node:
        layers = parent.items.get("layers")
        if not isinstance(layers, Sequence):
            return Sequence((), parent.mark)
        _, first = self.insert.get("input", (None, Sequence((), layers.mark)))
        changed = Sequence((*first.items, *self._walk(layers, prefix="")), layers.mark)
        self._report_unknown()
        return changed

    def _walk(self, layers: Sequence, prefix: str) -> Iterator[Node]:
        """The layers of a list with their changes, and those of the structures in it."""
        for node in layers.items:
            if not isinstance(node, Mapping):
                yield node
                continue
            name = prefix + _name(node)
            self.seen.add(name)
            if name not in self.remove:
                yield self._overridden(self._inside(node, prefix, name), name)
            if name in self.insert:
                yield from self.insert[name][1].items

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
        if name not in self.override.items:
            return node
        change = self.override.items[name]
        if not isinstance(change, Mapping):
            self.faults.add(f"override of {name} must be a mapping, {{field: value}}", change.mark)
            return node
        items, keys = dict(node.items), dict(node.keys)
        for field, value in change.items.items():
            fault = self._no_change(node, name, field, value)
            if fault:
                self.faults.add(fault, change.keys[field], "override")
            elif isinstance(value, Scalar) and value.value is None:
                del items[field], keys[field]
            else:
                items[field], keys[field] = value, change.keys[field]
        return Mapping(items, keys, node.mark)

    def _no_change(self, node: Mapping, name: str, field: str, value: Node) -> str:
        """Why an override changes nothing, or would change what it may not; empty where it is fine."""
        if field == "name":
            return f"{name} keeps its name; remove it and insert another"
        old = node.items.get(field)
        if isinstance(value, Scalar) and value.value is None:
            return "" if old else f"{name} gives no {field} in {self.parent_name}, so there is none to remove"
        if _meaning(node, field, value) == _meaning(node, field, old):
            return f"{name}.{field} is already {_shown(value)} in {self.parent_name}; a variant says what differs"
        return ""

    def _report_unknown(self) -> None:
        named = [("override", name, mark) for name, mark in self.override.keys.items()]
        named += [("remove", name, mark) for name, mark in self.remove.items()]
        named += [("insert", name, mark) for name, (mark, _) in self.insert.items() if name != "input"]
        for what, name, mark in named:
            if name not in self.seen:
                hint = did_you_mean(name, self.seen) or _made_elsewhere(name, self.seen)
                self.faults.add(f"there is no layer '{name}' in {self.parent_name}{hint}", mark, what)


def _name(node: Mapping) -> str:
    name = node.items.get("name")
    return name.text if isinstance(name, Scalar) else ""


def _made_elsewhere(name: str, seen: set[str]) -> str:
    """A hint for `layer1.0.conv1`, which a block makes, and `conv1.relu`, which an activation makes."""
    owner = name.rpartition(".")[0]
    while owner and owner not in seen:
        owner = owner.rpartition(".")[0]
    return f"; '{owner}' makes it: override that, or its block in blocks" if owner else ""


def _meaning(node: Mapping, field: str, value: Node | None) -> Any:
    """A field's value in its one internal form, so that 1 and [1, 1] are equal; the default where none is given."""
    op = node.items.get("op")
    kind = KINDS.get(op.text) if isinstance(op, Scalar) else None
    declared = kind.fields.get(field) if kind else None
    if value is None:
        return declared.default if declared and declared.default is not MISSING else MISSING
    written = plain(value)
    if declared and not is_expression(written):
        try:
            return declared.type.read(written)
        except ArchError:
            return written
    return written


def _shown(node: Node) -> str:
    value = plain(node)
    return value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
