"""Statements -> a flat list of layers: blocks, branches and towers laid out, activations put after their layer.

A layer's place in structures shows in its name: `layer1.0.conv1` is `conv1` of the first repeat of `layer1`. What a
structure hands on is the output of its last layer, and the structure's name stands for that. Towers are no scope: their
layers keep their names, since a tower layer is one layer on several devices.

`from` looks in the list it stands in, then in those around it. Layers that a param holds see the params of where they
are written, and the names of where they are put.
"""

from collections.abc import Container, Iterable, Iterator
from collections.abc import Mapping as MappingOf
from typing import Final, NamedTuple

from archcalc.errors import ArchError, Mark, listing
from archcalc.layers import KINDS, Layer
from archcalc.layers.base import field_of_type, merging
from archcalc.layers.fields import PartIndex, spell
from archcalc.spec.blocks import MOST_LAYERS, Blocks, too_many
from archcalc.spec.channels import Channels
from archcalc.spec.expressions import IN_CHANNELS, READ, Scope, is_expression
from archcalc.spec.inherit import Changes
from archcalc.spec.inputs import by_name
from archcalc.spec.model import NAME, Entry, Tower, Use
from archcalc.spec.names import LaidOut, Names, Place
from archcalc.spec.outside import with_own
from archcalc.spec.reading import LayerList, Reads, kind_of, mark_of, word
from archcalc.spec.statement import CHANGES, House, Statements, structure_keys, written_name
from archcalc.spec.text import Mapping, Node, Scalar, Sequence

MOST_STEPS: Final = 3 * MOST_LAYERS
"""Statements that may be visited: layers, and the structures around them."""

MOST_DEEP: Final = 64

_NEEDLESS: Final = {"repeat": ": it is for use: put this into a block, and use that"}
"""Keys that structures do without, and why."""


class Expanded(NamedTuple):
    """The layers in order, and what a claim can be about: layers, read or faulty, and what shows in dotted names."""

    entries: tuple[Entry, ...]
    names: frozenset[str]
    outputs: tuple[str, ...]
    """The layers that the file says the network hands on."""
    depend_on_channels: bool = False
    """Whether they are made for the channels of the inputs."""
    left_out: frozenset[str] = frozenset()
    """The statements that their `when` leaves out."""
    uses: MappingOf[str, Use] = {}  # never changed
    """The blocks, by the names of their uses."""
    remade: frozenset[str] = frozenset()
    """The uses that have something of their own set from outside, such as their `repeat`."""

    def went_without(self, name: str) -> bool:
        """Return whether a layer is not there because of what is set from outside."""
        return name in self.left_out or (
            name not in self.names and any(name == one or name.startswith(f"{one}.") for one in self.remade)
        )


def flatten(layers: Sequence, house: House, outputs: Iterable[Node] = ()) -> Expanded:
    """Return every layer of a file in order, each with what it reads. Faults go to the house's reader."""
    inputs = [*by_name(house.inputs)]
    names = Names(known=dict(zip(inputs, inputs, strict=True)))
    params = {param: word(value, names) if isinstance(value, str) else value for param, value in house.params.items()}
    house = house._replace(params=params)
    expansion = _Expansion(house)
    try:
        only = inputs[0] if len(inputs) == 1 else ""
        place = Place(names, params)
        expansion.lay_out(layers, only, place)
        handed_on = tuple(expansion.outputs(outputs, place.names))
        expansion.expect_layers_that_are_set(layers.mark)
    except ArchError as error:
        house.reader.faults.add(error)
        handed_on = ()
    expansion.blocks.look_over_unused()
    depends = expansion.channels.were_asked_for
    placed = frozenset(_with_structures(expansion.placed))
    left_out = frozenset(expansion.left_out) - placed
    return Expanded(
        tuple(expansion.entries), placed, handed_on, depends, left_out, expansion.uses, frozenset(expansion.remade)
    )


def _with_structures(names: Iterable[str]) -> Iterator[str]:
    """Yield names, and those of the structures that show in them: `layer1.0.conv` is in `layer1.0`, then `layer1`."""
    for name in names:
        while name:
            yield name
            name = name.rpartition(".")[0]


class _Expansion:
    """Walks statements in order. Each method returns the name of the layer whose output it hands on."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.read = Statements(house)
        self.blocks = Blocks(house, self.read)
        self.faults = house.reader.faults
        self.fault = house.reader.faults.add
        self.entries: list[Entry] = []
        self.placed: dict[str, Mark] = {}
        self.left_out: set[str] = set()
        self.remade: set[str] = set()
        self.uses: dict[str, Use] = {}
        self.channels = Channels(by_name(house.inputs))
        self.towers = 0
        self.steps = 0
        self.depth = 0

    def lay_out(self, layers: Sequence, previous: str, place: Place) -> str:
        """Lay out the layers of a list, which may hold structures, which hold lists."""
        if self.depth == MOST_DEEP:
            raise ArchError(f"structures are nested more than {MOST_DEEP} deep").at(layers.mark)
        self.depth += 1
        try:
            return self.in_order(layers, previous, place)
        finally:
            self.depth -= 1

    def in_order(self, layers: Sequence, previous: str, place: Place) -> str:
        for node in layers.items:
            name = written_name(node)
            if name:
                place.names.coming.setdefault(name, node.mark)
        for node in layers.items:
            self.step(node.mark)
            if isinstance(node, Scalar) and is_expression(node.value):
                previous = self.spliced(node, previous, place)
            elif isinstance(node, Mapping):
                previous = self.statement(node, previous, place)
            else:
                self.fault(f"a layer must be a mapping, {{name: a, op: relu}}, got {kind_of(node)}", node.mark)
        return previous

    def outputs(self, named: Iterable[Node], names: Names) -> Iterator[str]:
        """Yield the layers that the network hands on; a structure's name stands for its last layer."""
        found: set[str] = set()
        for node in named:
            text = node.text if isinstance(node, Scalar) and isinstance(node.value, str) else None
            layer = None if text is None else names.find(text) or (text if text in self.placed else None)
            if text is None:
                self.fault(f"must be names of layers, got {kind_of(node)}", node.mark, "outputs")
            elif layer not in self.placed:
                left_out = None if layer else names.without(text)
                what = f"{text} is an input" if layer else f"there is no layer '{text}'"
                hint = f"; its when at line {left_out.line} leaves it out" if left_out else ""
                self.fault(f"{what}{hint or self.faults.hint(text, self.placed)}", node.mark, "outputs")
            elif layer in found:
                self.fault(f"{text} is given twice", node.mark, "outputs")
            else:
                found.add(layer)
                yield layer

    def expect_layers_that_are_set(self, mark: Mark) -> None:
        """Add a fault for each layer that fields are set of from outside, and that is not there, or has none."""
        for name in self.house.fields:
            if name in self.read.were_set:
                continue
            inside = next((layer for layer in self.placed if layer.startswith(f"{name}.")), None)
            if name in self.placed:
                self.fault(f"{name} has no fields of its own to set", self.placed[name])
            elif inside:
                self.fault(f"{name} is a structure: set a field of a layer in it, such as {inside}", mark)
            else:
                hint = "; its when leaves it out" if name in self.left_out else self.faults.hint(name, self.placed)
                self.fault(f"there is no layer '{name}' to set a field of{hint}", mark)

    def step(self, mark: Mark) -> None:
        """Count what is visited, so that a short file cannot keep the reader busy."""
        self.steps += 1
        if len(self.entries) > MOST_LAYERS or self.steps > MOST_STEPS:
            raise too_many(mark)

    def spliced(self, node: Scalar, previous: str, place: Place) -> str:
        """Lay out the layers that a param holds, in the place of `$name`, with the params of where they are written."""
        value = self.read.value(node, place.params, "")
        if isinstance(value, LayerList):
            return self.lay_out(value.node, previous, place._replace(params=value.scope, blocks=value.blocks or ()))
        if value not in ([], None):
            self.fault(f"{node.text} must be a list of layers here, got {spell(value)}", node.mark)
        return previous

    def statement(self, node: Mapping, previous: str, place: Place) -> str:
        op = self.read.op(node)
        anonymous = op == "towers" and "name" not in node.items
        if not self.read.is_wanted(node, place, f"layer {written_name(node)}" if written_name(node) else op):
            if written_name(node):
                place.names.left_out[written_name(node)] = mark_of(node, "when")
                self.left_out.add(place.prefix + written_name(node))
            return previous
        name = "" if anonymous else self.read.name(node, place)
        if not op or not (name or anonymous):
            self.stand_in(node, previous, place)
            return previous
        within = f"layer {name}" if name else "towers"
        sources = self.read.sources(node, name, previous, place, within)
        faults_before, start = len(self.faults.found), len(self.entries)
        if op in KINDS:
            output = self.layer(node, name, KINDS[op], sources, place)
        else:
            output = self.structure(node, op, name, sources or [self.house.first], place, within)
        if name:
            place.names.known[name] = output
            entries = tuple(self.entries[start:])
            place.names.laid_out[name] = LaidOut(place.prefix + name, entries, tuple(sources), output)
            if len(self.faults.found) > faults_before:  # a claim about it would be no fault of its own
                self.placed.setdefault(place.prefix + name, node.mark)
        return output

    def stand_in(self, node: Mapping, previous: str, place: Place) -> None:
        """Let a faulty statement's name stand for something, so that its readers are no faults of their own."""
        name = written_name(node)
        if name and name not in place.names.known:
            place.names.known[name] = previous
            self.placed.setdefault(place.prefix + name, node.mark)

    def layer(self, node: Mapping, name: str, kind: type[Layer], sources: list[str], place: Place) -> str:
        """Add a layer, and the activation that is written on it."""
        within = f"layer {name}"
        self.read.arity(node, kind, sources, within)
        layer = self.read.layer(node, kind, place.params, within, place.prefix + name)
        gather = self.read.gather(node, place, within)
        faults_before = len(self.faults.found)
        activation = self.read.activation(node, kind, place.params, within)
        is_faulty = len(self.faults.found) > faults_before
        divided = self.divided(node, name, kind, layer, sources, place, gather)
        output = divided or self.add(place.prefix + name, layer, sources, place, node, gather)
        written = node.items.get("activation")
        if is_faulty and isinstance(written, Scalar):  # its readers are no faults of their own
            place.names.known.setdefault(f"{name}.{written.text}", output)
        if not activation:
            return output
        followed = f"{output}.{activation}"
        taken = self.placed.get(followed)
        if taken:
            what = f"its activation makes '{name}.{activation}', which line {taken.line} has already"
            self.fault(what, mark_of(node, "activation"), within)
            return output
        place.names.known[f"{name}.{activation}"] = followed
        return self.add(followed, KINDS[activation](), [output], place, node)

    def divided(
        self,
        node: Mapping,
        name: str,
        kind: type[Layer],
        layer: Layer | None,
        sources: list[str],
        place: Place,
        gather: bool,
    ) -> str:
        """Add the parts that a statement stands for, and return the name of them all; empty where it is one layer."""
        whole, index = place.prefix + name, field_of_type(kind, PartIndex)
        if index is None or index in node.items:
            return ""
        names = []
        for number, part in enumerate(layer.parts() if layer else ()):
            self.step(node.mark)
            names.append(f"{name}.{number}")
            place.names.known[names[-1]] = self.add(f"{whole}.{number}", part, sources, place, node, gather)
        if not names:  # its readers are no faults of their own
            self.placed.setdefault(whole, node.mark)
        self.read.parts[whole] = tuple(names)
        return whole

    def add(
        self, name: str, layer: Layer | None, sources: list[str], place: Place, node: Mapping, gather: bool = False
    ) -> str:
        if name in self.placed:
            self.fault(f"name '{name}' is used twice (first at line {self.placed[name].line})", mark_of(node, "name"))
        self.placed.setdefault(name, node.mark)
        if layer is not None:  # where it could not be read that is a fault, and no spec comes of it
            self.entries.append(Entry(name, layer, tuple(sources), place.tower, gather, node.mark))
        return name

    def structure(self, node: Mapping, op: str, name: str, sources: list[str], place: Place, within: str) -> str:
        self.house.reader.known_keys(node, structure_keys(op), op, within, _NEEDLESS)
        if op == "use" and "layer" in node.items:
            return self.again(node, name, sources, place, within)
        if len(sources) > 1:
            self.fault(f"{op} reads one layer, not {len(sources)}", mark_of(node, "from"), within)
        if op == "use":
            return self.use(node, name, sources[0], place, within)
        if op == "branches":
            return self.branches(node, name, sources[0], place, within)
        return self.in_towers(node, sources[0], place)

    def use(self, node: Mapping, name: str, source: str, place: Place, within: str) -> str:
        """Lay out a block's layers, `repeat` times one after the other."""
        title = self.blocks.named(node, within)
        if title is None:
            return source
        if title in place.blocks:
            chain = " -> ".join((*place.blocks[place.blocks.index(title) :], title))
            self.fault(f"block {title} would hold itself: {chain}", mark_of(node, "block"), within)
            return source
        declared = self.house.blocks[title].items.get("params")
        node = self.with_own(node, name, place, declared.items if isinstance(declared, Mapping) else {})
        asks = self.blocks.asks(title, node)
        params = self.arguments(node, title, source, place, within, asks)
        repeat = self.blocks.repeat(node, place, within)
        layers = self.changed(node, title, within)
        if params is None or not isinstance(layers, Sequence):
            return source
        faults_before, before = len(self.faults.found), (len(self.entries), self.steps)
        for turn in range(1 if repeat is None else repeat):
            self.step(node.mark)
            self.blocks.used.add(title)
            if turn and asks:
                params = self.arguments(node, title, source, place, within, asks)
            if params is None:
                break
            prefix = f"{place.prefix}{name}." if repeat is None else f"{place.prefix}{name}.{turn}."
            self.uses[prefix[:-1]] = self.blocks.as_used(node, title, params)
            inner = Place(Names(place.names), params, prefix, place.tower, (*place.blocks, title))
            source = self.lay_out(layers, source, inner)
            if len(self.faults.found) > faults_before:
                break  # the other turns would say the same again
            if turn == 0:
                self.expect_room_for(repeat or 1, before, node.mark)
        return source

    def with_own(self, node: Mapping, name: str, place: Place, params: dict[str, Node] | None = None) -> Mapping:
        """Return a `use` with what is set of it from outside."""
        put = self.house.fields.get(place.prefix + name)
        if put is None:
            return node
        self.read.were_set.add(place.prefix + name)
        self.remade.add(place.prefix + name)
        try:
            return with_own(node, put, params)
        except ArchError as error:
            self.fault(error, node.mark, f"layer {place.prefix}{name}")
            return node

    def changed(self, node: Mapping, title: str, within: str) -> Node | None:
        """Return a block's layers as one use of it changes them."""
        body = self.house.blocks[title]
        given = {key: node.items[key] for key in CHANGES if key in node.items}
        if not given or "layers" not in body.items:
            return body.items.get("layers")
        reader = self.house.reader
        changes: dict[str, Node] = {
            key: reader.mapping(value, key, within) if key == "override" else reader.sequence(value, key, within)
            for key, value in given.items()
        }
        defaults = Mapping(self.house.defaults, {}, node.mark)
        return Changes(Mapping(changes, node.keys, node.mark), f"block {title}", defaults, self.faults).applied(body)

    def arguments(
        self, node: Mapping, title: str, source: str, place: Place, within: str, asks: Container[str]
    ) -> Scope | None:
        """Return the params that a block's layers see, among them what they ask for of what the block reads."""
        own: dict[str, object] = {READ: Reads(source)} if READ in asks else {}
        if IN_CHANNELS in asks:
            try:
                own[IN_CHANNELS] = self.channels.of(source, self.entries)
            except ArchError as error:
                if not self.faults.found:  # or a layer before it may be one of them
                    self.fault(error, node.mark, within)
                return None
        return self.blocks.arguments(node, title, self.house.blocks[title], place, within, own)

    def again(self, node: Mapping, name: str, sources: list[str], place: Place, within: str) -> str:
        """Lay out what another statement has become once more, with the same weights, `repeat` times."""
        for key in ("block", "with", *CHANGES):
            if key in node.items:
                self.fault(f"use takes layer or {key}, not both", node.keys[key], within)
        node = self.with_own(node, name, place)
        first = self.read.layers_before(node, place, within)
        repeat = self.blocks.repeat(node, place, within)
        if first is None:
            return sources[0]
        if len(sources) != len(first.sources):
            number = len(first.sources)
            what = f"{first.name} reads {number} layer{'s' * (number > 1)}, not {len(sources)}"
            self.fault(what, mark_of(node, "from"), within)
            return sources[0]
        if repeat is not None and len(sources) > 1:
            self.fault(f"{first.name} reads {len(sources)} layers, so it cannot follow itself", node.mark, within)
            return sources[0]
        for turn in range(1 if repeat is None else repeat):
            whole = f"{place.prefix}{name}" if repeat is None else f"{place.prefix}{name}.{turn}"
            sources = [self.copy(first, whole, sources, node, within)]
        return sources[0]

    def copy(self, first: LaidOut, whole: str, sources: list[str], node: Mapping, within: str) -> str:
        """Add the layers of a statement under another name, reading other layers. Returns what they hand on."""
        self.step(node.mark)
        renamed = dict(zip(first.sources, sources, strict=True))
        for entry in first.entries:
            renamed[entry.name] = f"{whole}{entry.name.removeprefix(first.name)}"
        for entry in first.entries:
            inputs = tuple(renamed.get(source, source) for source in entry.inputs)
            if renamed[entry.name] in self.placed:
                line = self.placed[renamed[entry.name]].line
                self.fault(f"makes '{renamed[entry.name]}', which line {line} has already", node.mark, within)
            self.placed.setdefault(renamed[entry.name], node.mark)
            again = entry.again or entry.name
            self.entries.append(entry._replace(name=renamed[entry.name], inputs=inputs, mark=node.mark, again=again))
        return renamed[first.output]

    def expect_room_for(self, repeat: int, before: tuple[int, int], mark: Mark) -> None:
        """Raise ArchError where one turn shows that all of them are too many."""
        entries, steps = before
        too_many_layers = entries + (len(self.entries) - entries) * repeat > MOST_LAYERS
        if too_many_layers or steps + (self.steps - steps) * repeat > MOST_STEPS:
            raise too_many(mark)

    def branches(self, node: Mapping, name: str, source: str, place: Place, within: str) -> str:
        """Lay out paths that read the same input, merged by add or concat under the structure's own name."""
        paths = node.items.get("paths")
        merge = self.merge(node, place, within)
        if not isinstance(paths, Sequence) or len(paths.items) < 2:
            mark = mark_of(node, "paths")
            self.fault("branches needs paths: a list of two or more lists of layers", mark, within)
            return source
        inner = Place(Names(place.names), place.params, f"{place.prefix}{name}.", place.tower, place.blocks)
        paths_of = [(self.path(path, source, inner, within), path.mark) for path in paths.items]
        ends = [self.read.whole(end, inner, mark, within) for end, mark in paths_of]
        kept = ("name", "activation", *KINDS[merge].fields)
        parts = {key: value for key, value in node.items.items() if key in kept}
        return self.layer(Mapping(parts, node.keys, node.mark), name, KINDS[merge], ends, place)

    def merge(self, node: Mapping, place: Place, within: str) -> str:
        given = node.items.get("merge")
        value = self.read.value(given, place.params, within) if given else None
        if value in merging():
            return str(value)
        got = f", got {spell(value)}" if given else ""
        self.fault(f"branches needs merge: {listing([*merging()])}{got}", mark_of(node, "merge"), within)
        return next(iter(merging()))

    def path(self, path: Node, source: str, place: Place, within: str) -> str:
        if isinstance(path, Sequence):
            return self.lay_out(path, source, place)
        if isinstance(path, Scalar) and is_expression(path.value):
            return self.spliced(path, source, place)
        self.fault(f"a path must be a list of layers, got {kind_of(path)}; [] is the input itself", path.mark, within)
        return source

    def in_towers(self, node: Mapping, source: str, place: Place) -> str:
        """Lay out layers that exist once per device."""
        if place.tower is not None:
            self.fault("towers cannot be inside towers", node.mark)
            return source
        devices = self.devices(node)
        layers = node.items.get("layers")
        if not isinstance(layers, Sequence) or not layers.items:
            self.fault("towers needs layers: a list", mark_of(node, "layers"))
            return source
        self.towers += 1
        return self.lay_out(layers, source, place._replace(tower=Tower(self.towers, devices)))

    def devices(self, node: Mapping) -> tuple[str, ...]:
        """Return two or more names, each once."""
        given = node.items.get("devices")
        items = given.items if isinstance(given, Sequence) else ()
        names = [item.text for item in items if isinstance(item, Scalar) and isinstance(item.value, str)]
        sound = all(NAME.fullmatch(name) for name in names)
        if isinstance(given, Sequence) and sound and len(names) == len(given.items) == len(set(names)) >= 2:
            return tuple(names)
        self.fault("towers needs devices: a list of two or more names, each once", mark_of(node, "devices"))
        return ("first", "second")
