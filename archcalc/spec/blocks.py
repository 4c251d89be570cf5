"""The parts of a `use` statement: which block, its params, how often."""

from typing import Any, Final

from archcalc.errors import ArchError, Mark
from archcalc.layers.fields import is_integer, spell
from archcalc.spec.expressions import FAULTY, IN_CHANNELS, Scope, is_expression, names_in
from archcalc.spec.model import Use
from archcalc.spec.reading import LayerList, kind_of, mark_of
from archcalc.spec.statement import House, Place, Statements
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

    def reads_channels(self, title: str) -> bool:
        """Return whether a block asks for the channels that it reads, and not by a param that somebody declares."""
        declared = self.house.blocks[title].items.get("params")
        is_declared = IN_CHANNELS in self.house.params or (
            isinstance(declared, Mapping) and IN_CHANNELS in declared.items
        )
        return not is_declared and _mentions(self.house.blocks[title], IN_CHANNELS)

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
                inner[param] = self.read.value(given.items[param], place.params, within, place.blocks)
            else:
                inner[param] = self.read.value(default, inner, f"block {title}", (*place.blocks, title))
            if inner[param] is None and not _is_null(given.items.get(param)):
                is_of_a_fault = param in given.items and self.faults.found  # such a value is a fault of its own
                if len(self.faults.found) == faults_before and not is_of_a_fault:
                    self.fault(f"block {title} needs its param '{param}': give it in with", node.mark, within)
                inner[param] = FAULTY
        return inner if len(self.faults.found) == faults_before and FAULTY not in inner.values() else None

    def as_used(self, node: Mapping, title: str, params: Scope) -> Use:
        """Return a block with the params that it declares, apart from those that hold layers."""
        declared, given = (part.items.get(key) for part, key in ((self.house.blocks[title], "params"), (node, "with")))
        names = declared.items if isinstance(declared, Mapping) else ()
        plain = {name: params[name] for name in names if not isinstance(params[name], LayerList)}
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


def _mentions(node: Node, name: str) -> bool:
    """Return whether an expression somewhere in a node has a name."""
    if isinstance(node, Scalar):
        return is_expression(node.value) and name in names_in(node.text)
    parts = node.items if isinstance(node, Sequence) else node.items.values()
    return any(_mentions(part, name) for part in parts)


def _is_null(node: Node | None) -> bool:
    """Return whether null was written: then it is what is given, such as no activation."""
    return isinstance(node, Scalar) and node.value is None


def too_many(mark: Mark) -> ArchError:
    return ArchError(f"here the network has more than {MOST_LAYERS:,} layers, the limit").at(mark)
