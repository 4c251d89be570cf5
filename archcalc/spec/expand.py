"""Statements -> a flat list of layers: blocks, branches and towers laid out, activations put after their layer.

A layer's place in structures shows in its name: `layer1.0.conv1` is `conv1` of the first repeat of `layer1`. What a
structure hands on is the output of its last layer, and the structure's name stands for that. Towers are no scope: their
layers keep their names, since a tower layer is one layer on several devices.
"""

from dataclasses import replace
from typing import Any, Final

from archcalc.errors import ArchError, Mark, did_you_mean, listing
from archcalc.layers import KINDS, Layer
from archcalc.layers.fields import is_integer, spell
from archcalc.spec.expressions import Scope, is_expression
from archcalc.spec.model import INPUT, Entry, Tower
from archcalc.spec.reading import LayerList, mark_of
from archcalc.spec.statement import STRUCTURES, House, Names, Place, Statements
from archcalc.spec.text import Mapping, Node, Scalar, Sequence

MOST_LAYERS: Final = 100_000
MOST_BLOCKS_DEEP: Final = 64
MERGES: Final = ("add", "concat")


def flatten(layers: Sequence, house: House) -> tuple[Entry, ...]:
    """Every layer of a file in order, each with what it reads. Faults go to the house's reader."""
    expansion = _Expansion(house)
    expansion.lay_out(layers, INPUT, Place(Names(known={INPUT: INPUT}), house.params))
    return tuple(expansion.entries)


class _Expansion:
    """Walks statements in order. Each method returns the name of the layer whose output it hands on."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.read = Statements(house)
        self.fault = house.reader.faults.add
        self.entries: list[Entry] = []
        self.placed: dict[str, Mark] = {}
        self.towers = 0

    def lay_out(self, layers: Sequence, previous: str, place: Place) -> str:
        for node in layers.items:
            if len(self.entries) >= MOST_LAYERS:
                raise _too_many(node.mark)
            if isinstance(node, Scalar) and is_expression(node.value):
                previous = self.spliced(node, previous, place)
            elif isinstance(node, Mapping):
                previous = self.statement(node, previous, place)
            else:
                self.fault("a layer must be a mapping, {name: conv1, op: conv2d, ...}", node.mark)
        return previous

    def spliced(self, node: Scalar, previous: str, place: Place) -> str:
        """The layers that a param holds, in the place of `$name`; they see the params of where they are written."""
        value = self.read.value(node, place.params, "")
        if isinstance(value, LayerList):
            return self.lay_out(value.node, previous, replace(place, params=value.scope))
        if value not in ([], None):
            self.fault(f"{node.text} stands for layers but holds {spell(value)}", node.mark)
        return previous

    def statement(self, node: Mapping, previous: str, place: Place) -> str:
        op = self.read.op(node)
        anonymous = op == "towers" and "name" not in node.items
        name = "" if anonymous else self.read.name(node, place)
        if not op or not (name or anonymous):
            return previous
        within = f"layer {name}" if name else "towers"
        sources = self.read.sources(node, previous, place, within)
        if op in KINDS:
            output = self.layer(node, name, KINDS[op], sources, place)
        else:
            output = self.structure(node, op, name, sources, place, within)
        place.names.known[name] = output
        return output

    def layer(self, node: Mapping, name: str, kind: type[Layer], sources: list[str], place: Place) -> str:
        """A layer, and the activation that is written on it."""
        within = f"layer {name}"
        self.read.arity(node, kind, sources, within)
        layer = self.read.layer(node, kind, place.params, within)
        gather = self.read.gather(node, place, within)
        activation = self.read.activation(node, kind, place.params, within)
        output = self.add(place.prefix + name, layer, sources, place, node.mark, gather)
        if not activation:
            return output
        followed = self.add(f"{output}.{activation}", KINDS[activation](), [output], place, node.mark)
        place.names.known[f"{name}.{activation}"] = followed
        return followed

    def add(
        self, name: str, layer: Layer | None, sources: list[str], place: Place, mark: Mark, gather: bool = False
    ) -> str:
        if name in self.placed:
            self.fault(f"name '{name}' is used twice (first at line {self.placed[name].line})", mark)
        self.placed.setdefault(name, mark)
        if layer is not None:  # where it could not be read that is a fault, and no spec comes of it
            self.entries.append(Entry(name, layer, tuple(sources), place.tower, gather, mark))
        return name

    def structure(self, node: Mapping, op: str, name: str, sources: list[str], place: Place, within: str) -> str:
        self.house.reader.known_keys(node, STRUCTURES[op], op, within)
        if len(sources) > 1:
            self.fault(f"{op} reads one layer, not {len(sources)}", mark_of(node, "from"), within)
        if op == "use":
            return self.use(node, name, sources[0], place, within)
        if op == "branches":
            return self.branches(node, name, sources[0], place, within)
        return self.in_towers(node, sources[0], place)

    def use(self, node: Mapping, name: str, source: str, place: Place, within: str) -> str:
        """A block's layers, `repeat` times one after the other."""
        title = self.block(node, within)
        if title is None:
            return source
        if len(place.blocks) >= MOST_BLOCKS_DEEP:
            chain = " -> ".join(dict.fromkeys((*place.blocks, title)))
            raise ArchError(f"blocks use each other without end: {chain} -> {title}").at(node.mark, within)
        body = self.house.blocks[title]
        params = self.arguments(node, title, body, place, within)
        repeat = self.repeat(node, place, within)
        layers = body.items.get("layers")
        if params is None or not isinstance(layers, Sequence):
            return source
        before = len(self.entries)
        for turn in range(1 if repeat is None else repeat):
            prefix = f"{place.prefix}{name}." if repeat is None else f"{place.prefix}{name}.{turn}."
            inner = Place(Names(place.names), params, prefix, place.tower, (*place.blocks, title))
            source = self.lay_out(layers, source, inner)
            if turn == 0 and before + (len(self.entries) - before) * (repeat or 1) > MOST_LAYERS:
                raise _too_many(node.mark)
        return source

    def block(self, node: Mapping, within: str) -> str | None:
        """The name of a block that there is."""
        given = node.items.get("block")
        if not isinstance(given, Scalar):
            self.fault("use needs block: the name of a block", node.mark, within)
            return None
        if given.text in self.house.blocks:
            return given.text
        blocks = self.house.blocks
        has = f" (blocks has {', '.join(blocks)})" if blocks else " (the spec has no blocks)"
        self.fault(f"there is no block '{given.text}'{did_you_mean(given.text, blocks) or has}", given.mark, within)
        return None

    def arguments(self, node: Mapping, title: str, body: Mapping, place: Place, within: str) -> Scope | None:
        """The params that a block's layers see: the file's, those that `with` gives, and the block's own defaults."""
        reader = self.house.reader
        faults_before = len(reader.faults.found)
        declared = body.items.get("params", Mapping({}, {}, body.mark))
        given = reader.mapping(node.items.get("with", Mapping({}, {}, node.mark)), "with")
        if not isinstance(declared, Mapping):
            return None
        for key, mark in given.keys.items():
            if key not in declared.items:
                has = f" (it has {', '.join(declared.items)})" if declared.items else " (it declares none)"
                hint = did_you_mean(key, declared.items) or has
                self.fault(f"block {title} has no param '{key}'{hint}", mark, within)
        inner: dict[str, Any] = dict(self.house.params)
        for param, default in declared.items.items():
            argument, scope = (given.items[param], place.params) if param in given.items else (default, inner)
            inner[param] = self.read.value(argument, scope, within)
            if inner[param] is None and len(reader.faults.found) == faults_before:
                self.fault(f"block {title} must be given its param '{param}'", node.mark, within)
        return inner if len(reader.faults.found) == faults_before else None

    def repeat(self, node: Mapping, place: Place, within: str) -> int | None:
        given = node.items.get("repeat")
        if given is None:
            return None
        value = self.read.value(given, place.params, within)
        if is_integer(value) and value > MOST_LAYERS:
            raise _too_many(given.mark)
        if is_integer(value) and value >= 0:
            return int(value)
        self.fault(f"repeat must be an integer >= 0, got {spell(value)}", given.mark, within)
        return 1

    def branches(self, node: Mapping, name: str, source: str, place: Place, within: str) -> str:
        """Paths that read the same input, merged by add or concat under the structure's own name."""
        paths = node.items.get("paths")
        merge = self.merge(node, place, within)
        if not isinstance(paths, Sequence) or len(paths.items) < 2:
            self.fault("branches needs paths: a list of two or more lists of layers", node.mark, within)
            return source
        inner = Place(Names(place.names), place.params, f"{place.prefix}{name}.", place.tower, place.blocks)
        ends = [self.path(path, source, inner, within) for path in paths.items]
        merging = {key: value for key, value in node.items.items() if key in ("name", "dim", "activation")}
        return self.layer(Mapping(merging, node.keys, node.mark), name, KINDS[merge], ends, place)

    def merge(self, node: Mapping, place: Place, within: str) -> str:
        given = node.items.get("merge")
        value = self.read.value(given, place.params, within) if given else None
        if value in MERGES:
            return str(value)
        got = f", got {spell(value)}" if given else ""
        self.fault(f"branches needs merge: {listing(MERGES)}{got}", mark_of(node, "merge"), within)
        return MERGES[0]

    def path(self, path: Node, source: str, place: Place, within: str) -> str:
        if isinstance(path, Sequence):
            return self.lay_out(path, source, place)
        if isinstance(path, Scalar) and is_expression(path.value):
            return self.spliced(path, source, place)
        self.fault("a path must be a list of layers; [] is the input itself", path.mark, within)
        return source

    def in_towers(self, node: Mapping, source: str, place: Place) -> str:
        """Layers that exist once per device."""
        if place.tower is not None:
            self.fault("there are towers around it already", node.mark, "towers")
            return source
        devices = self.house.reader.names(node.items.get("devices", Sequence((), node.mark)), "devices")
        if len(devices) < 2 or len(set(devices)) != len(devices):
            self.fault("towers needs devices: two or more names, each once", mark_of(node, "devices"), "towers")
        layers = node.items.get("layers")
        if not isinstance(layers, Sequence) or not layers.items:
            self.fault("towers needs layers: a list", node.mark, "towers")
            return source
        self.towers += 1
        return self.lay_out(layers, source, replace(place, tower=Tower(self.towers, tuple(devices))))


def _too_many(mark: Mark) -> ArchError:
    return ArchError(f"the network has more than {MOST_LAYERS:,} layers from here on").at(mark)
