"""A tree without `extends` -> Spec: what stands around the layers, and through `expand` the layers themselves."""

from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from typing import Any, Final

from archcalc.errors import ArchError, Faults, did_you_mean
from archcalc.layers import Shape
from archcalc.layers.base import find
from archcalc.layers.fields import LARGEST, is_integer, spell
from archcalc.spec.expand import flatten
from archcalc.spec.expressions import NAME as PARAM_NAME
from archcalc.spec.expressions import Scope
from archcalc.spec.model import NAME, VERSION, Claim, Entry, Source, Spec, Training
from archcalc.spec.reading import LayerList, Reader, mark_of, resolve
from archcalc.spec.statement import House
from archcalc.spec.text import Mapping, Node, Scalar, Sequence

FILE_KEYS: Final = (
    *("archcalc", "name", "aliases", "title", "notes", "extends", "sources", "params", "input", "defaults"),
    *("blocks", "layers", "override", "remove", "insert", "training", "claims"),
)


def read_document(root: Mapping, file: str, settings: MappingOf[str, Any], input_shape: Shape | None) -> Spec:
    """The spec that a tree describes, with `settings` for its params. Raises ArchError with every fault found."""
    return _Document(root).spec(file, settings, input_shape)


def read_input(value: Any) -> Shape:
    """An input shape. Raises ArchError unless it is [channels, height, width] or [features]."""
    if isinstance(value, list) and len(value) in (1, 3) and all(is_integer(n) and 1 <= n <= LARGEST for n in value):
        return tuple(value)
    raise ArchError(f"input must be [channels, height, width] or [features], integers >= 1, got {spell(value)}")


class _Document:
    def __init__(self, root: Mapping) -> None:
        self.root = root
        self.faults = Faults()
        self.reader = Reader(self.faults)

    def spec(self, file: str, settings: MappingOf[str, Any], input_shape: Shape | None) -> Spec:
        self._version()
        self._keys()
        name = self._name()
        params = self._params(settings)
        shape = input_shape or self._input(params)
        layers = self._layers(House(self.reader, params, self._defaults(params), self._blocks()))
        sources = self._sources()
        spec = Spec(
            name=name,
            aliases=tuple(self.reader.names(self.root.items["aliases"], "aliases")) if self._has("aliases") else (),
            title=self._words("title"),
            notes=self._words("notes"),
            sources=sources,
            params={param: value for param, value in params.items() if not isinstance(value, LayerList)},
            input_shape=shape,
            layers=layers,
            training=self._training(sources, params),
            claims=tuple(self._claims(sources, params, layers)),
            file=file,
        )
        self.faults.raise_any()
        return spec

    def _has(self, key: str) -> bool:
        return key in self.root.items

    def _section(self, key: str) -> Mapping:
        """A mapping of the file, empty where it is not given."""
        return self.reader.mapping(self.root.items.get(key, Mapping({}, {}, self.root.mark)), key)

    def _version(self) -> None:
        """Nothing more is read of a file in another version."""
        node = self.root.items.get("archcalc")
        if node is None:
            self.faults.add(f"not a spec: it does not start with 'archcalc: {VERSION}'", self.root.mark)
        elif not (isinstance(node, Scalar) and is_integer(node.value) and node.value == VERSION):
            written = node.text if isinstance(node, Scalar) else "..."
            self.faults.add(
                f"archcalc: {written} is another language version; this archcalc reads {VERSION}", node.mark
            )
        self.faults.raise_any()

    def _keys(self) -> None:
        self.reader.known_keys(self.root, FILE_KEYS, "a spec")
        for change in ("override", "remove", "insert"):
            if self._has(change):
                self.faults.add(f"{change} goes with extends only", self.root.keys[change])

    def _words(self, key: str) -> str:
        node = self.root.items.get(key)
        if node is None:
            return ""
        if isinstance(node, Scalar) and node.value is not None and node.text.strip():
            return node.text.strip()
        self.faults.add(f"{key} must be text", node.mark)
        return ""

    def _name(self) -> str:
        name = self._words("name")
        if not self._has("name"):
            self.faults.add("a spec needs a name", self.root.mark)
        elif name and not NAME.fullmatch(name):
            rule = "name must start with a letter and go on in letters, digits and _"
            self.faults.add(f"{rule}, got {spell(name)}", self.root.items["name"].mark)
        return name

    def _params(self, settings: MappingOf[str, Any]) -> dict[str, Any]:
        """The file's params in order; each may use those before it."""
        scope: dict[str, Any] = {}
        declared = self._section("params")
        for name in settings:
            if name not in declared.items:
                has = f" (it has {', '.join(declared.items)})" if declared.items else " (it declares none)"
                self.faults.add(f"--set: the spec has no param '{name}'{did_you_mean(name, declared.items) or has}")
        for name, node in declared.items.items():
            try:
                _expect_param_name(name)
                scope[name] = settings[name] if name in settings else resolve(node, scope)
                if scope[name] is None:
                    self.faults.add(f"param {name} must have a value; null is for a block's params", node.mark)
            except ArchError as error:
                self.faults.add(error, node.mark, f"param {name}")
        return scope

    def _input(self, params: Scope) -> Shape:
        node = self.root.items.get("input")
        try:
            if node is None:
                raise ArchError("a spec needs an input: [channels, height, width] or [features]")
            return read_input(resolve(node, params))
        except ArchError as error:
            self.faults.add(error, node.mark if node else self.root.mark)
            return (1, 1, 1)

    def _blocks(self) -> dict[str, Mapping]:
        return {name: self._block(name, node) for name, node in self._section("blocks").items.items()}

    def _block(self, name: str, node: Node) -> Mapping:
        within = f"block {name}"
        block = self.reader.mapping(node, within)
        self.reader.known_keys(block, ("params", "layers"), within)
        if not isinstance(block.items.get("layers"), Sequence):
            self.faults.add(f"{within} needs layers: a list", node.mark)
        params = block.items.get("params", Mapping({}, {}, node.mark))
        for param, mark in self.reader.mapping(params, f"{within}: params").keys.items():
            try:
                _expect_param_name(param)
            except ArchError as error:
                self.faults.add(error, mark, within)
        return block

    def _defaults(self, params: Scope) -> dict[str, Mapping]:
        defaults = {}
        section = self._section("defaults")
        for op, node in section.items.items():
            try:
                kind = find(op)
            except ArchError as error:
                self.faults.add(error, section.keys[op], "defaults")
                continue
            rules = self.reader.mapping(node, f"defaults of {op}")
            allowed = [*kind.fields, "activation"] if kind.takes_activation else [*kind.fields]
            self.reader.known_keys(rules, allowed, op, "defaults")
            fields = {key: value for key, value in rules.items.items() if key in kind.fields}
            self.reader.values(fields, kind.fields, params, "defaults")
            defaults[op] = rules
        return defaults

    def _layers(self, house: House) -> tuple[Entry, ...]:
        node = self.root.items.get("layers")
        if node is None:
            self.faults.add("a spec needs layers: a list of {name, op, ...}", self.root.mark)
            return ()
        layers = self.reader.sequence(node, "layers")
        if isinstance(node, Sequence) and not layers.items:
            self.faults.add("layers must hold at least one layer", node.mark)
        return flatten(layers, house)

    def _sources(self) -> dict[str, Source]:
        read = {
            name: self.reader.record(node, Source, "a source", f"source {name}")
            for name, node in self._section("sources").items.items()
        }
        return {name: source for name, source in read.items() if source is not None}

    def _training(self, sources: MappingOf[str, Source], params: Scope) -> Training | None:
        node = self.root.items.get("training")
        if node is None:
            return None
        training: Training | None = self.reader.record(node, Training, "training", "training", params)
        if training and training.source:
            self._expect_source(training.source, node, "training")
        return training

    def _claims(self, sources: MappingOf[str, Source], params: Scope, layers: tuple[Entry, ...]) -> Iterator[Claim]:
        node = self.root.items.get("claims")
        known = _names_and_structures(layers)
        for item in self.reader.sequence(node, "claims").items if node else ():
            claim: Claim | None = self.reader.record(item, Claim, "a claim", "claim", params)
            if claim is None:
                continue
            for fault in claim.faults():
                self.faults.add(fault, item.mark, "claim")
            self._expect_source(claim.source, item, "claim")
            if claim.of and claim.of not in known:
                hint = did_you_mean(claim.of, known)
                self.faults.add(f"of: there is no layer '{claim.of}'{hint}", mark_of(item, "of"), "claim")
            yield claim

    def _expect_source(self, name: str, node: Node, within: str) -> None:
        declared = self._section("sources").items
        if name not in declared:
            has = f" (sources has {', '.join(declared)})" if declared else " (the spec has no sources)"
            hint = did_you_mean(name, declared) or has
            self.faults.add(f"source: there is no source '{name}'{hint}", mark_of(node, "source"), within)


def _names_and_structures(layers: tuple[Entry, ...]) -> set[str]:
    """What `of` can name: layers, and the structures that show in their dotted names."""
    known = set()
    for entry in layers:
        name = entry.name
        while name and name not in known:
            known.add(name)
            name = name.rpartition(".")[0]
    return known


def _expect_param_name(name: str) -> None:
    if not PARAM_NAME.fullmatch(name):
        raise ArchError(f"a param's name starts with a letter and goes on in letters, digits and _, got '{name}'")
