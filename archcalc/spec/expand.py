"""A tree without `extends` -> Spec: params put in, defaults applied, blocks, branches and towers laid out flat.

A layer's place in structures shows in its name: `layer1.0.conv1` is `conv1` of the first repeat of `layer1`. What a
structure hands on is the output of its last layer, and the structure's name stands for that.
"""

import re
from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from typing import Any, Final

from archcalc.errors import ArchError, Faults, Mark, did_you_mean, listing
from archcalc.layers import KINDS, Layer
from archcalc.layers.base import Activation, find
from archcalc.layers.fields import LARGEST, is_integer, spell
from archcalc.spec.expressions import Scope, is_expression
from archcalc.spec.model import VERSION, Claim, Entry, Source, Spec, Tower, Training
from archcalc.spec.reading import LayerList, Reader, resolve
from archcalc.spec.text import Mapping, Node, Scalar, Sequence

INPUT: Final = "input"
"""What `from` calls the input of the network."""

MOST_LAYERS: Final = 100_000
MOST_BLOCKS_DEEP: Final = 64

FILE_KEYS: Final = (
    *("archcalc", "name", "aliases", "title", "notes", "extends", "sources", "params", "input", "defaults"),
    *("blocks", "layers", "override", "remove", "insert", "training", "claims"),
)
STRUCTURES: Final[dict[str, tuple[str, ...]]] = {
    "use": ("name", "op", "from", "block", "with", "repeat"),
    "branches": ("name", "op", "from", "paths", "merge", "dim", "activation"),
    "towers": ("name", "op", "from", "devices", "layers"),
}
"""The ops that are no layers, with their keys."""

MERGES: Final = ("add", "concat")
LAYER_KEYS: Final = ("name", "op", "from", "activation", "gather")
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*")


def activations() -> list[str]:
    """The ops that `activation:` takes."""
    return [op for op, kind in KINDS.items() if issubclass(kind, Activation)]


@dataclass
class Names:
    """What `from` can name in one scope, each with the layer whose output it stands for."""

    outer: "Names | None" = None
    known: dict[str, str] = field(default_factory=dict)
    given_at: dict[str, Mark] = field(default_factory=dict)

    def find(self, name: str) -> str | None:
        return self.known.get(name) or (self.outer.find(name) if self.outer else None)

    def all(self) -> list[str]:
        return [*self.known, *(self.outer.all() if self.outer else ())]


@dataclass(frozen=True)
class Place:
    """Where a list of layers stands."""

    names: Names
    prefix: str = ""
    tower: Tower | None = None
    blocks: tuple[str, ...] = ()


def expand(root: Mapping, file: str, settings: MappingOf[str, Any], input_shape: tuple[int, ...] | None) -> Spec:
    """The spec that a tree describes, with `settings` for its params. Raises ArchError with every fault found."""
    return _Expander(root, file).spec(settings, input_shape)


class _Expander:
    def __init__(self, root: Mapping, file: str) -> None:
        self.root = root
        self.file = file
        self.faults = Faults()
        self.reader = Reader(self.faults)
        self.entries: list[Entry] = []
        self.towers = 0
        self.scope: Scope = {}
        self.blocks: dict[str, Mapping] = {}
        self.defaults: dict[str, Mapping] = {}

    def spec(self, settings: MappingOf[str, Any], input_shape: tuple[int, ...] | None) -> Spec:
        root = self.root
        if not _version_is_known(root, self.faults):
            self.faults.raise_any()
        self.reader.known_keys(root, FILE_KEYS, "a spec")
        for change in ("override", "remove", "insert"):
            if change in root.items:
                self.faults.add(f"{change} goes with extends only", root.keys[change])
        name = self._words("name") or ""
        if not name:
            self.faults.add("a spec needs a name", root.mark)
        elif not NAME.fullmatch(name):
            self.faults.add(f"name must start with a letter and go on in letters, digits and _, got '{name}'",
                            root.items["name"].mark)
        self.scope = self._params(settings)
        shape = self._input(input_shape)
        self.blocks = self._blocks()
        self.defaults = self._defaults()
        self._layers()
        sources = self._sources()
        spec = Spec(
            name=name,
            aliases=tuple(self.reader.names(root.items["aliases"], "aliases")) if "aliases" in root.items else (),
            title=self._words("title") or "",
            notes=self._words("notes") or "",
            sources=sources,
            params={key: value for key, value in self.scope.items() if not isinstance(value, LayerList)},
            input_shape=shape,
            layers=tuple(self.entries),
            training=self._training(sources),
            claims=tuple(self._claims(sources)),
            file=self.file,
        )
        self.faults.raise_any()
        return spec

    # -- what stands around the layers

    def _words(self, key: str) -> str | None:
        node = self.root.items.get(key)
        if node is None:
            return None
        if isinstance(node, Scalar) and node.value is not None and node.text.strip():
            return node.text.strip()
        self.faults.add(f"{key} must be text", node.mark)
        return None

    def _params(self, settings: MappingOf[str, Any]) -> Scope:
        """The file's params in order; each may use those before it."""
        scope: dict[str, Any] = {}
        declared = self.reader.mapping(self.root.items.get("params", Mapping({}, {}, self.root.mark)), "params")
        for name in settings:
            if name not in declared.items:
                has = f" (it has {', '.join(declared.items)})" if declared.items else " (it declares none)"
                self.faults.add(f"--set: the spec has no param '{name}'{did_you_mean(name, declared.items) or has}")
        for name, node in declared.items.items():
            try:
                _expect_name(name)
                scope[name] = settings[name] if name in settings else resolve(node, scope)
                if scope[name] is None:
                    self.faults.add(f"param {name} must have a value; null is for a block's params", node.mark)
            except ArchError as error:
                self.faults.add(error, node.mark, f"param {name}")
        return scope

    def _input(self, given: tuple[int, ...] | None) -> tuple[int, ...]:
        if given is not None:
            return given
        node = self.root.items.get("input")
        if node is None:
            self.faults.add("a spec needs an input: [channels, height, width] or [features]", self.root.mark)
            return (1, 1, 1)
        try:
            return read_input(resolve(node, self.scope))
        except ArchError as error:
            self.faults.add(error, node.mark)
            return (1, 1, 1)

    def _blocks(self) -> dict[str, Mapping]:
        blocks = {}
        for name, node in self._section("blocks").items.items():
            block = self.reader.mapping(node, f"block {name}")
            self.reader.known_keys(block, ("params", "layers"), f"block {name}")
            if not isinstance(block.items.get("layers"), Sequence):
                self.faults.add(f"block {name} needs layers: a list", node.mark)
                continue
            for param, value in self.reader.mapping(
                block.items.get("params", Mapping({}, {}, node.mark)), f"block {name}: params"
            ).items.items():
                try:
                    _expect_name(param)
                except ArchError as error:
                    self.faults.add(error, value.mark, f"block {name}")
            blocks[name] = block
        return blocks

    def _defaults(self) -> dict[str, Mapping]:
        defaults = {}
        for op, node in self._section("defaults").items.items():
            try:
                kind = find(op)
            except ArchError as error:
                self.faults.add(error, self.root.items["defaults"].keys[op], "defaults")  # type: ignore[union-attr]
                continue
            fields = self.reader.mapping(node, f"defaults of {op}")
            allowed = [*kind.fields, "activation"] if kind.takes_activation else [*kind.fields]
            self.reader.known_keys(fields, allowed, op, "defaults")
            kept = {key: value for key, value in fields.items.items() if key in allowed}
            defaults[op] = Mapping(kept, fields.keys, fields.mark)
            self.reader.values({k: v for k, v in kept.items() if k in kind.fields}, kind.fields, self.scope, "defaults")
        return defaults

    def _section(self, key: str) -> Mapping:
        return self.reader.mapping(self.root.items.get(key, Mapping({}, {}, self.root.mark)), key)

    def _sources(self) -> dict[str, Source]:
        sources = {}
        for name, node in self._section("sources").items.items():
            source = self.reader.record(node, Source, "a source", f"source {name}")
            if source is not None:
                sources[name] = source
        return sources

    def _training(self, sources: dict[str, Source]) -> Training | None:
        node = self.root.items.get("training")
        if node is None:
            return None
        training: Training | None = self.reader.record(node, Training, "training", "training", self.scope)
        if training and training.source:
            self._expect_source(training.source, node, sources, "training")
        return training

    def _claims(self, sources: dict[str, Source]) -> Iterator[Claim]:
        node = self.root.items.get("claims")
        known = [entry.name for entry in self.entries]
        groups = {name.rpartition(".")[0] for name in known} - {""}
        for item in self.reader.sequence(node, "claims").items if node else ():
            claim: Claim | None = self.reader.record(item, Claim, "a claim", "claim", self.scope)
            if claim is None:
                continue
            for fault in claim.faults():
                self.faults.add(fault, item.mark, "claim")
            self._expect_source(claim.source, item, sources, "claim")
            if claim.of and claim.of not in known and not any(g == claim.of or g.startswith(f"{claim.of}.") for g in groups):
                hint = did_you_mean(claim.of, known)
                self.faults.add(f"of: there is no layer '{claim.of}'{hint}", _mark_of(item, "of"), "claim")
            yield claim

    def _expect_source(self, name: str, node: Node, sources: dict[str, Source], within: str) -> None:
        declared = self._section("sources").items
        if name not in declared:
            hint = did_you_mean(name, declared) or (
                f" (sources has {', '.join(declared)})" if declared else " (the spec has no sources)"
            )
            self.faults.add(f"source: there is no source '{name}'{hint}", _mark_of(node, "source"), within)

    # -- the layers

    def _layers(self) -> None:
        node = self.root.items.get("layers")
        if node is None:
            self.faults.add("a spec needs layers: a list of {name, op, ...}", self.root.mark)
            return
        layers = self.reader.sequence(node, "layers")
        if not layers.items and isinstance(node, Sequence):
            self.faults.add("layers must hold at least one layer", node.mark)
        names = Names(known={INPUT: INPUT})
        self.list_of_layers(layers, self.scope, INPUT, Place(names))

    def list_of_layers(self, layers: Sequence, scope: Scope, previous: str, place: Place) -> str:
        """Lay out a list; returns the layer whose output it hands on."""
        for node in layers.items:
            if len(self.entries) >= MOST_LAYERS:
                raise _too_many(node.mark)
            previous = self.statement(node, scope, previous, place)
        return previous

    def statement(self, node: Node, scope: Scope, previous: str, place: Place) -> str:
        if isinstance(node, Scalar) and is_expression(node.value):
            return self._spliced(node, scope, previous, place)
        if not isinstance(node, Mapping):
            self.faults.add("a layer must be a mapping, {name: conv1, op: conv2d, ...}", node.mark)
            return previous
        op = self._op(node)
        name = self._name(node, op, place)
        if not op or not name:
            return previous
        within = f"layer {name}"
        sources = self._from(node, place, within) or [previous]
        if op in STRUCTURES:
            self.reader.known_keys(node, STRUCTURES[op], op, within)
            if len(sources) > 1:
                self.faults.add(f"{op} reads one layer, not {len(sources)}", _mark_of(node, "from"), within)
            lay_out = {"use": self.use, "branches": self.branches, "towers": self.in_towers}[op]
            output = lay_out(node, name, scope, sources[0], place)
        else:
            output = self.layer(node, name, op, scope, sources, place)
        place.names.known[name] = output
        return output

    def _spliced(self, node: Scalar, scope: Scope, previous: str, place: Place) -> str:
        """The layers of a param, in the place of `$name`."""
        try:
            value = resolve(node, scope)
        except ArchError as error:
            self.faults.add(error, node.mark)
            return previous
        if isinstance(value, LayerList):
            return self.list_of_layers(value.node, value.scope, previous, place)
        if value != []:
            self.faults.add(f"{node.text} stands in a list of layers but holds {spell(value)}", node.mark)
        return previous

    def _op(self, node: Mapping) -> str:
        op = node.items.get("op")
        if op is None:
            self.faults.add("a layer needs an op", node.mark, f"layer {_shown_name(node)}")
            return ""
        if not isinstance(op, Scalar) or not isinstance(op.value, str):
            self.faults.add("op must be a word", op.mark, f"layer {_shown_name(node)}")
            return ""
        if op.value not in KINDS and op.value not in STRUCTURES:
            hint = did_you_mean(op.value, [*KINDS, *STRUCTURES])
            self.faults.add(
                f"unknown op '{op.value}'{hint} (archcalc ops lists all)", op.mark, f"layer {_shown_name(node)}"
            )
            return ""
        return op.value

    def _name(self, node: Mapping, op: str, place: Place) -> str:
        """The statement's name, new in its scope; towers may go without."""
        given = node.items.get("name")
        if given is None:
            if op == "towers":
                return f"towers{self.towers}"
            self.faults.add("a layer needs a name", node.mark)
            return ""
        if not isinstance(given, Scalar) or not NAME.fullmatch(given.text):
            self.faults.add(
                f"a name starts with a letter and goes on in letters, digits and _, got {spell(resolve_safely(given))}",
                given.mark,
            )
            return ""
        name = given.text
        if name == INPUT:
            self.faults.add(f"'{INPUT}' is the name of the network's input", given.mark)
            return ""
        if name in place.names.given_at:
            first = place.names.given_at[name].line
            self.faults.add(f"name '{name}' is used twice (first at line {first})", given.mark)
            return ""
        place.names.given_at[name] = given.mark
        return name

    def _from(self, node: Mapping, place: Place, within: str) -> list[str]:
        """The layers that `from` names; empty where it is not given."""
        given = node.items.get("from")
        if given is None:
            return []
        items = given.items if isinstance(given, Sequence) else (given,)
        if not items:
            self.faults.add("from must name a layer", given.mark, within)
        found = []
        for item in items:
            if not isinstance(item, Scalar) or not isinstance(item.value, str):
                self.faults.add("from must be a layer's name or a list of names", item.mark, within)
                continue
            source = place.names.find(item.value)
            if source is None:
                hint = did_you_mean(item.value, place.names.all())
                self.faults.add(f"from: there is no layer '{item.value}' before it{hint}", item.mark, within)
            else:
                found.append(source)
        return found or [INPUT]

    def layer(self, node: Mapping, name: str, op: str, scope: Scope, sources: list[str], place: Place) -> str:
        kind, within = KINDS[op], f"layer {name}"
        keys = [key for key in LAYER_KEYS if key != "activation" or kind.takes_activation]
        given = {key: value for key, value in node.items.items() if key not in LAYER_KEYS}
        for key in given:
            if key not in kind.fields:
                hint = did_you_mean(key, [*kind.fields, *keys])
                self.faults.add(f"{op} has no field '{key}'{hint}", node.keys[key], within)
        known = {key: value for key, value in given.items() if key in kind.fields}
        values = self.reader.values(known, kind.fields, scope, within)
        house = {key: value for key, value in self._house_rules(op).items() if key not in known}
        house_values = self.reader.values(house, kind.fields, self.scope, "defaults")
        self.reader.missing({**known, **house}, kind.fields, op, node.mark, within)
        self._expect_arity(node, kind, sources, within)
        gather = self._gather(node, scope, place, within)
        activation = self._activation(node, kind, scope, within)
        output = self._add(place.prefix + name, None, sources, place, gather, node.mark)
        if values is not None and house_values is not None and len(known) == len(given):
            try:
                made = kind(**(house_values | values))
                self.entries[-1] = self.entries[-1]._replace(layer=made)
            except (ArchError, TypeError):
                pass  # a required field is missing, which has been said
        if activation:
            place.names.known[f"{name}.{activation}"] = f"{output}.{activation}"
            return self._add(f"{output}.{activation}", KINDS[activation](), [output], place, False, node.mark)
        return output

    def _house_rules(self, op: str) -> dict[str, Node]:
        fields = self.defaults[op].items if op in self.defaults else {}
        return {key: value for key, value in fields.items() if key in KINDS[op].fields}

    def _expect_arity(self, node: Mapping, kind: type[Layer], sources: list[str], within: str) -> None:
        if kind.merges and ("from" not in node.items or len(sources) < 2):
            self.faults.add(f"{kind.op} reads two or more layers: give from: [one, another]", node.mark, within)
        if not kind.merges and len(sources) > 1:
            self.faults.add(f"{kind.op} reads one layer, not {len(sources)}", _mark_of(node, "from"), within)

    def _gather(self, node: Mapping, scope: Scope, place: Place, within: str) -> bool:
        given = node.items.get("gather")
        if given is None:
            return False
        value = self._resolved(given, scope, within)
        if not isinstance(value, bool):
            self.faults.add(f"gather must be true or false, got {spell(value)}", given.mark, within)
        elif place.tower is None:
            self.faults.add("gather reads all devices of towers, and there are none around it", given.mark, within)
        return value is True

    def _activation(self, node: Mapping, kind: type[Layer], scope: Scope, within: str) -> str:
        """The op of the activation that follows; empty for none."""
        given = node.items.get("activation")
        if given is None and kind.op in self.defaults and kind.takes_activation:
            given, scope = self.defaults[kind.op].items.get("activation"), self.scope
        if given is None:
            return ""
        if not kind.takes_activation:
            takers = listing([op for op, taker in KINDS.items() if taker.takes_activation])
            self.faults.add(
                f"{kind.op} takes no activation (only {takers} do); write a layer of its own",
                node.keys.get("activation", given.mark),
                within,
            )
            return ""
        value = self._resolved(given, scope, within)
        if value is None:
            return ""
        if value not in activations():
            hint = did_you_mean(value, activations()) if isinstance(value, str) else ""
            self.faults.add(
                f"activation must be {listing(activations())}, got {spell(value)}{hint}", given.mark, within
            )
            return ""
        return str(value)

    def _resolved(self, node: Node, scope: Scope, within: str) -> Any:
        try:
            return resolve(node, scope)
        except ArchError as error:
            self.faults.add(error, node.mark, within)
            return None

    def _add(
        self, name: str, layer: Layer | None, sources: list[str], place: Place, gather: bool, mark: Mark
    ) -> str:
        # a layer that could not be read is a fault already; the entry keeps its place for those that read it
        self.entries.append(Entry(name, layer, tuple(sources), place.tower, gather, mark))  # type: ignore[arg-type]
        return name

    # -- structures

    def use(self, node: Mapping, name: str, scope: Scope, source: str, place: Place) -> str:
        """A block's layers, `repeat` times."""
        within = f"layer {name}"
        block = self._block(node, within)
        if block is None:
            return source
        title, body = block
        if len(place.blocks) >= MOST_BLOCKS_DEEP:
            chain = " -> ".join(dict.fromkeys((*place.blocks, title)))
            raise ArchError(f"blocks use each other without end: {chain} -> {title}").at(node.mark, within)
        arguments = self._arguments(node, title, body, scope, within)
        repeat = self._repeat(node, scope, within)
        if arguments is None:
            return source
        layers = body.items["layers"]
        assert isinstance(layers, Sequence)  # said where blocks are read
        start = len(self.entries)
        for turn in range(repeat if repeat is not None else 1):
            prefix = f"{place.prefix}{name}." if repeat is None else f"{place.prefix}{name}.{turn}."
            inner = Place(Names(place.names), prefix, place.tower, (*place.blocks, title))
            source = self.list_of_layers(layers, arguments, source, inner)
            if turn == 0 and start + (len(self.entries) - start) * (repeat or 1) > MOST_LAYERS:
                raise _too_many(node.mark)
        return source

    def _block(self, node: Mapping, within: str) -> tuple[str, Mapping] | None:
        given = node.items.get("block")
        if not isinstance(given, Scalar):
            self.faults.add("use needs block: the name of a block", node.mark, within)
            return None
        if given.text not in self.blocks:
            declared = self._section("blocks").items
            if given.text not in declared:
                hint = did_you_mean(given.text, declared) or (
                    f" (blocks has {', '.join(declared)})" if declared else " (the spec has no blocks)"
                )
                self.faults.add(f"there is no block '{given.text}'{hint}", given.mark, within)
            return None
        return given.text, self.blocks[given.text]

    def _arguments(self, node: Mapping, title: str, body: Mapping, scope: Scope, within: str) -> Scope | None:
        """The params that a block's layers see: the file's, its own defaults, and what `with` gives."""
        declared = body.items.get("params", Mapping({}, {}, body.mark))
        given = self.reader.mapping(node.items.get("with", Mapping({}, {}, node.mark)), "with")
        before = len(self.faults.found)
        if not isinstance(declared, Mapping):
            return None
        for key, mark in given.keys.items():
            if key not in declared.items:
                has = f" (it has {', '.join(declared.items)})" if declared.items else " (it declares none)"
                hint = did_you_mean(key, declared.items) or has
                self.faults.add(f"block {title} has no param '{key}'{hint}", mark, within)
        inner = dict(self.scope)
        for param, default in declared.items.items():
            if param in given.items:
                inner[param] = self._resolved(given.items[param], scope, within)
            else:
                inner[param] = self._resolved(default, inner, within)
            if inner[param] is None and len(self.faults.found) == before:
                self.faults.add(f"block {title} must be given its param '{param}'", node.mark, within)
        return inner if len(self.faults.found) == before else None

    def _repeat(self, node: Mapping, scope: Scope, within: str) -> int | None:
        if "repeat" not in node.items:
            return None
        value = self._resolved(node.items["repeat"], scope, within)
        if is_integer(value) and value >= 0:
            if value > MOST_LAYERS:
                raise _too_many(node.items["repeat"].mark)
            return int(value)
        self.faults.add(f"repeat must be an integer >= 0, got {spell(value)}", node.items["repeat"].mark, within)
        return 1

    def branches(self, node: Mapping, name: str, scope: Scope, source: str, place: Place) -> str:
        """Paths that read the same input, merged by add or concat under the structure's own name."""
        within = f"layer {name}"
        merge = self._merge(node, scope, within)
        paths = node.items.get("paths")
        if not isinstance(paths, Sequence) or len(paths.items) < 2:
            self.faults.add("branches needs paths: a list of two or more lists of layers", node.mark, within)
            return source
        inner = Place(Names(place.names), f"{place.prefix}{name}.", place.tower, place.blocks)
        ends = [self._path(path, scope, source, inner, within) for path in paths.items]
        keys = {key: value for key, value in node.items.items() if key in ("name", "activation", "dim")}
        keys["from"] = Sequence((), node.mark)
        return self.layer(Mapping(keys, node.keys, node.mark), name, merge, scope, ends, place)

    def _merge(self, node: Mapping, scope: Scope, within: str) -> str:
        given = node.items.get("merge")
        value = self._resolved(given, scope, within) if given else None
        if value in MERGES:
            return str(value)
        place = given.mark if given else node.mark
        got = f", got {spell(value)}" if given else ""
        self.faults.add(f"branches needs merge: {listing(MERGES)}{got}", place, within)
        return MERGES[0]

    def _path(self, path: Node, scope: Scope, source: str, place: Place, within: str) -> str:
        if isinstance(path, Sequence):
            return self.list_of_layers(path, scope, source, place)
        if isinstance(path, Scalar) and is_expression(path.value):
            return self._spliced(path, scope, source, place)
        self.faults.add("a path must be a list of layers; [] is the input itself", path.mark, within)
        return source

    def in_towers(self, node: Mapping, name: str, scope: Scope, source: str, place: Place) -> str:
        """Layers that exist once per device. They keep their names: a tower layer is one layer, on several devices."""
        within = "towers"
        if place.tower is not None:
            self.faults.add("there are towers around it already", node.mark, within)
            return source
        devices = self.reader.names(node.items.get("devices", Sequence((), node.mark)), "devices")
        if len(set(devices)) < 2 or len(set(devices)) != len(devices):
            self.faults.add("towers needs devices: two or more names, each once", _mark_of(node, "devices"), within)
        layers = node.items.get("layers")
        if not isinstance(layers, Sequence) or not layers.items:
            self.faults.add("towers needs layers: a list", node.mark, within)
            return source
        self.towers += 1
        tower = Tower(self.towers, tuple(devices))
        return self.list_of_layers(layers, scope, source, Place(place.names, place.prefix, tower, place.blocks))


def read_input(value: Any) -> tuple[int, ...]:
    """An input shape. Raises ArchError unless it is [channels, height, width] or [features]."""
    if isinstance(value, list) and len(value) in (1, 3) and all(is_integer(n) and 1 <= n <= LARGEST for n in value):
        return tuple(value)
    raise ArchError(f"input must be [channels, height, width] or [features], integers >= 1, got {spell(value)}")


def resolve_safely(node: Node) -> Any:
    return node.text if isinstance(node, Scalar) else "a list or mapping"


def _version_is_known(root: Mapping, faults: Faults) -> bool:
    node = root.items.get("archcalc")
    if node is None:
        faults.add(f"not a spec: it does not start with 'archcalc: {VERSION}'", root.mark)
    elif not (isinstance(node, Scalar) and is_integer(node.value) and node.value == VERSION):
        written = node.text if isinstance(node, Scalar) else "something else"
        faults.add(f"archcalc: {written} is another language version; this archcalc reads {VERSION}", node.mark)
    return not faults.found


def _expect_name(name: str) -> None:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise ArchError(f"a param's name starts with a letter and goes on in letters, digits and _, got '{name}'")


def _too_many(mark: Mark) -> ArchError:
    return ArchError(f"the network has more than {MOST_LAYERS:,} layers from here on").at(mark)


def _shown_name(node: Mapping) -> str:
    name = node.items.get("name")
    return name.text if isinstance(name, Scalar) else "without a name"


def _mark_of(node: Node, key: str) -> Mark:
    """Where a key's value stands, or else the mapping that lacks it."""
    return node.items[key].mark if isinstance(node, Mapping) and key in node.items else node.mark
