"""The parts of a `use` statement: which block, its params, how often."""

from typing import Any, Final

from archcalc.errors import ArchError, Mark
from archcalc.layers.fields import is_integer, spell
from archcalc.spec.expressions import FAULTY, IN_CHANNELS, READ, Scope, is_expression
from archcalc.spec.model import Use
from archcalc.spec.names import Place
from archcalc.spec.reading import LayerList, Reads, kind_of, mark_of, names_mentioned
from archcalc.spec.statement import CHANGES, House, Statements
from archcalc.spec.text import Mapping, Node, Scalar, Sequence

MOST_LAYERS: Final = 100_000


class Blocks:
    """The blocks of a file, and what a `use` says of one; what is wrong becomes a fault."""

    def __init__(self, house: House, read: Statements) -> None:
        self.house = house
        self.read = read
        self.faults = house.reader.faults
        self.fault = house.reader.faults.add
        self.used: set[str] = set()
        self._mentioned: dict[str, set[str]] = {}

    def named(self, node: Mapping, within: str) -> str | None:
        """Return the name of a block that exists."""
        given = node.items.get("block")
        if not isinstance(given, Scalar):
            what = "use needs block: the name of a block, or layer: the name of a layer before it, to have it once more"
            self.fault(what, mark_of(node, "block"), within)
            return None
        if given.text in self.house.blocks:
            return given.text
        hint = self.faults.pointer(given.text, self.house.blocks, "blocks", "the spec has no blocks")
        self.fault(f"there is no block '{given.text}'{hint}", given.mark, within)
        return None

    def asks(self, title: str, node: Mapping) -> set[str]:
        """Return what a block, as a `use` may change it, asks for of what it reads, and not by a declared param."""
        if title not in self._mentioned:
            self._mentioned[title] = names_mentioned(self.house.blocks[title])
        changes = names_mentioned(*(node.items[key] for key in CHANGES if key in node.items))
        declared = self.house.blocks[title].items.get("params")
        own = declared.items if isinstance(declared, Mapping) else {}
        asked = {IN_CHANNELS, READ} & (self._mentioned[title] | changes)
        return {param for param in asked if param not in self.house.params and param not in own}

    def arguments(
        self, node: Mapping, title: str, body: Mapping, place: Place, within: str, own: Scope
    ) -> Scope | None:
        """Return the params that a block's layers see: its `own`, those of the file, of `with`, and its defaults."""
        faults_before = len(self.faults.found)
        declared = body.items.get("params")
        if not isinstance(declared, Mapping):
            return None
        given = self.read.reader.mapping(node.items.get("with", Mapping({}, {}, node.mark)), "with", within)
        for key, mark in given.keys.items():
            if key not in declared.items:
                hint = self.faults.pointer(key, declared.items)
                self.fault(f"block {title} has no param '{key}'{hint}", mark, within)
        inner: dict[str, Any] = {**self.house.params, **own}
        for param, default in declared.items.items():
            if param in given.items:
                where = f"{within}: {param}"
                inner[param] = self.read.argument(given.items[param], place.params, where, place.blocks, place.names)
                continue
            inner[param] = self.read.argument(default, inner, f"block {title}", (*place.blocks, title))
            if inner[param] is None:
                if len(self.faults.found) == faults_before:
                    self.fault(f"block {title} needs its param '{param}': give it in with", node.mark, within)
                inner[param] = FAULTY
        is_faulty = any(value is FAULTY for value in inner.values())
        return inner if len(self.faults.found) == faults_before and not is_faulty else None

    def as_used(self, node: Mapping, title: str, params: Scope) -> Use:
        """Return a block with the params that it declares, apart from those that hold or name layers."""
        declared, given = (part.items.get(key) for part, key in ((self.house.blocks[title], "params"), (node, "with")))
        names = declared.items if isinstance(declared, Mapping) else ()
        plain = {name: params[name] for name in names if not isinstance(params[name], LayerList | Reads)}
        return Use(title, plain, frozenset(given.items) if isinstance(given, Mapping) else frozenset())

    def repeat(self, node: Mapping, place: Place, within: str) -> int | None:
        given = node.items.get("repeat")
        if given is None:
            return None
        value = self.read.value(given, place.params, within)
        if is_integer(value) and value > MOST_LAYERS:
            raise too_many(given.mark)
        if is_integer(value) and value >= 0:
            return int(value)
        if value is not None or (isinstance(given, Scalar) and given.value is None):
            self.fault(f"repeat must be an integer >= 0, got {spell(value)}", given.mark, within)
        return 1

    def look_over_unused(self) -> None:
        """Check the ops of blocks that no layer uses: their params have no values, so nothing else can be checked."""
        for title, block in self.house.blocks.items():
            if title not in self.used:
                self.look_over(block.items.get("layers"))

    def look_over(self, layers: Node | None) -> None:
        for node in layers.items if isinstance(layers, Sequence) else ():
            if isinstance(node, Mapping):
                self.read.op(node)
                self.look_over(node.items.get("layers"))
                paths = node.items.get("paths")
                for path in paths.items if isinstance(paths, Sequence) else ():
                    self.look_over(path)
            elif not (isinstance(node, Scalar) and is_expression(node.value)):
                self.fault(f"a layer must be a mapping, {{name: a, op: relu}}, got {kind_of(node)}", node.mark)


def too_many(mark: Mark) -> ArchError:
    return ArchError(f"here the network has more than {MOST_LAYERS:,} layers, the limit").at(mark)
