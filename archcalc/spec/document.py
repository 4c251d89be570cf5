"""A tree without `extends` -> Spec: what stands around the layers, and through `expand` the layers themselves."""

import re
from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from typing import Any, Final

from archcalc.errors import ArchError, Faults, did_you_mean
from archcalc.layers import KINDS, Shape
from archcalc.layers.base import find
from archcalc.layers.fields import is_integer, spell
from archcalc.spec.budget import LIMITS, NEEDS_A_SIDE, Limit
from archcalc.spec.expand import Expanded, flatten
from archcalc.spec.expressions import FAULTY, Scope
from archcalc.spec.expressions import NAME as PARAM_NAME
from archcalc.spec.inputs import Inputs, alone, inputs_in_words, replaced
from archcalc.spec.model import LONGEST_NAME, NAME, SHAPES, VERSION, Claim, Source, Spec, Training, is_shape
from archcalc.spec.reading import LayerList, Reader, kind_of, mark_of, names_mentioned, resolve
from archcalc.spec.statement import CHANGES, House, Statements
from archcalc.spec.text import Mapping, Node, Scalar, Sequence

MAPPINGS: Final = ("sources", "params", "defaults", "blocks", "override", "budget", "training")
LISTS: Final = ("aliases", "inplace", "layers", "outputs", "remove", "insert", "claims")
FILE_KEYS: Final = (
    *("archcalc", "name", "aliases", "title", "family", "notes", "extends", "sources", "params", "input", "defaults"),
    *("inplace", "blocks", "layers", "outputs", "override", "remove", "insert", "budget", "training", "claims"),
)

_MADE_OF: Final = ("params", "input", "defaults", "blocks", "layers")
"""What most params are for, which is looked through before all else."""

_BLOCK_KEYS: Final = ("params", "layers")

WORD: Final = "[A-Za-z][A-Za-z0-9_.-]*"


def sound(root: Mapping, faults: Faults) -> Mapping:
    """Return the tree of a file, or of its parent, with only keys that the language has, each of the right kind.

    Raises ArchError where it is not a spec of this version at all; anything else is a fault, and left out.
    """
    node = root.items.get("archcalc")
    if node is None:
        raise ArchError(f"not a spec: it does not start with 'archcalc: {VERSION}'").at(root.mark)
    if not isinstance(node, Scalar) or not is_integer(node.value):
        raise ArchError(f"archcalc must be the number {VERSION}, got {kind_of(node)}").at(node.mark)
    if node.value != VERSION:
        raise ArchError(f"this archcalc reads version {VERSION} of the language, not {node.text}").at(node.mark)
    reader = Reader(faults)
    reader.known_keys(root, FILE_KEYS, "a spec")
    if "extends" not in root.items:
        for change in CHANGES:
            if change in root.items:
                faults.add(f"{change} is only for a spec that extends another", root.keys[change])
    items = dict(root.items)
    items |= {key: reader.mapping(root.items[key], key) for key in MAPPINGS if key in root.items}
    items |= {key: reader.sequence(root.items[key], key) for key in LISTS if key in root.items}
    return Mapping(items, root.keys, root.mark)


def read_document(
    root: Mapping, file: str, settings: MappingOf[str, Any], input_shape: Inputs | None, faults: Faults
) -> Spec:
    """Read the spec that a sound tree describes, with `settings` for its params. Raises ArchError with every fault."""
    spec = _Document(root, faults).spec(file, settings, input_shape)
    faults.raise_any()
    return spec


def read_input(value: Any) -> Shape:
    """Read an input shape. Raises ArchError unless it is [features], or channels and one to three axes."""
    if is_shape(value):
        return tuple(value)
    raise ArchError(f"input must be {SHAPES}, integers >= 1, got {spell(value)}")


def read_inputs(value: Any) -> Inputs:
    """Read the shape of an input, or several by their names. Raises ArchError."""
    if not isinstance(value, MappingOf):
        return read_input(value)
    for name in value:
        if not isinstance(name, str) or not PARAM_NAME.fullmatch(name):
            raise ArchError(f"an input's name must be letters, digits and _, with a letter first, got {spell(name)}")
    if not value:
        raise ArchError("input must name at least one input, got an empty mapping")
    return {name: _read_named(name, shape) for name, shape in value.items()}


def _read_named(name: str, value: Any) -> Shape:
    try:
        return read_input(value)
    except ArchError as error:
        raise ArchError(f"{name}: {error}") from None


class _Document:
    def __init__(self, root: Mapping, faults: Faults) -> None:
        self.root = root
        self.faults = faults
        self.reader = Reader(faults)

    def spec(self, file: str, settings: MappingOf[str, Any], input_shape: Inputs | None) -> Spec:
        name = self._name()
        params = self._params(name, settings)
        shape = self._input(params, input_shape)
        fields = _fields_in(settings)
        house = House(self.reader, params, self._section("defaults").items, self._blocks(), shape, fields)
        self._defaults(house)
        layers = self._layers(house)
        return Spec(
            name=name,
            aliases=self._aliases(name),
            title=" ".join(self._words("title").split()),
            family=self._family(),
            notes=self._words("notes"),
            sources=self._sources(params),
            params={param: value for param, value in params.items() if not isinstance(value, LayerList)},
            input_shape=shape,
            layers=layers.entries,
            outputs=layers.outputs,
            inplace=self._inplace(),
            uses=layers.uses,
            budget=self._budget(params, layers),
            training=self._training(params),
            claims=tuple(self._claims(params, layers, shape, bool(settings))),
            file=file,
            settings=settings,
            given_input=input_shape,
            cautions=tuple(self._unused_params()),
        )

    def _section(self, key: str) -> Mapping:
        """Return a mapping of the file, empty where it is not given."""
        node = self.root.items.get(key)
        return node if isinstance(node, Mapping) else Mapping({}, {}, self.root.mark)

    def _items(self, key: str) -> tuple[Node, ...]:
        """Return a list of the file's, empty where it is not given."""
        node = self.root.items.get(key)
        return node.items if isinstance(node, Sequence) else ()

    def _words(self, key: str) -> str:
        node = self.root.items.get(key)
        if node is None:
            return ""
        if not isinstance(node, Scalar) or node.value is None or isinstance(node.value, bool) or not node.text.strip():
            self.faults.add(f"{key} must be text, got {kind_of(node)}", node.mark)
            return ""
        text = node.text.strip()
        if not all(character.isprintable() or character in "\n\t" for character in text):
            self.faults.add(f"{key} must be text without control characters", node.mark)
            return ""
        return text

    def _name(self) -> str:
        name = self._words("name")
        if "name" not in self.root.items:
            self.faults.add("a spec needs a name", self.root.mark)
        elif name and not NAME.fullmatch(name):
            rule = "name must be letters, digits and _, with a letter first"
            self.faults.add(f"{rule}, got {spell(name)}", self.root.items["name"].mark)
        elif len(name) > LONGEST_NAME:
            self.faults.add(
                f"name has at most {LONGEST_NAME} characters, got {len(name)}", self.root.items["name"].mark
            )
        return name

    def _aliases(self, name: str) -> tuple[str, ...]:
        found: list[str] = []
        for node in self._items("aliases"):
            if not isinstance(node, Scalar) or not isinstance(node.value, str) or not re.fullmatch(WORD, node.text):
                self.faults.add(f"an alias must be one word that starts with a letter, got {kind_of(node)}", node.mark)
            elif node.text in (name, *found):
                self.faults.add(f"'{node.text}' is already its name or an alias", node.mark)
            else:
                found.append(node.text)
        return tuple(found)

    def _family(self) -> str:
        node = self.root.items.get("family")
        if node is None:
            return ""
        if not isinstance(node, Scalar) or not isinstance(node.value, str) or not re.fullmatch(WORD, node.text):
            self.faults.add(f"family must be one word that starts with a letter, got {kind_of(node)}", node.mark)
            return ""
        return node.text

    def _inplace(self) -> tuple[str, ...]:
        found: list[str] = []
        for node in self._items("inplace"):
            op = node.value if isinstance(node, Scalar) else None
            if not (isinstance(op, str) and op in KINDS and KINDS[op].may_overwrite()):
                able = [op for op, kind in KINDS.items() if kind.may_overwrite()]
                hint = did_you_mean(op, able) if isinstance(op, str) else ""
                what = f"inplace is a list of kinds that can overwrite their input ({', '.join(able)})"
                self.faults.add(f"{what}, got {kind_of(node)}{hint}", node.mark)
            elif op in found:
                self.faults.add(f"inplace has {op} twice", node.mark)
            else:
                found.append(str(op))
        return tuple(found)

    def _params(self, spec: str, settings: MappingOf[str, Any]) -> dict[str, Any]:
        """Return the file's params in order; each may use those before it."""
        scope: dict[str, Any] = {}
        declared = self._section("params")
        for name in settings:
            if name not in declared.items and "." not in name:
                hint = self.faults.pointer(name, declared.items)
                self.faults.add(f"{spec or 'the spec'} has no param '{name}' to set{hint}")
        for name, node in declared.items.items():
            self._expect_param_name(name, declared)
            try:
                scope[name] = settings[name] if name in settings else resolve(node, scope)
            except ArchError as error:
                self.faults.add(error, node.mark, f"param {name}")
                scope[name] = FAULTY
            if scope[name] is None:
                self.faults.add(f"param {name} must have a value; null is for a block's params", node.mark)
                scope[name] = FAULTY
        return scope

    def _unused_params(self) -> Iterator[str]:
        """Yield which params that this file declares nothing uses: a misspelt one of a variant, for example."""
        declared = self._section("params")
        used = names_mentioned(*(node for key, node in self.root.items.items() if key in _MADE_OF))
        if not used.issuperset(declared.items):
            used = names_mentioned(self.root)
        for name in self._own("params"):
            if name not in used:
                hint = did_you_mean(name, [other for other in declared.items if other in used])
                yield f"param {name}: nothing uses it{hint}"
        if "layers" in self.root.keys and self.root.keys["layers"].file != self.root.mark.file:
            return  # a variant: its blocks have the params of those in whose places they are
        changes = names_mentioned(*_changes(self.root)) if self._section("blocks").items else set()
        for title, block in self._section("blocks").items.items():
            params, layers = (block.items.get(key) if isinstance(block, Mapping) else None for key in _BLOCK_KEYS)
            used = names_mentioned(block) | changes
            if isinstance(params, Mapping) and isinstance(layers, Sequence) and layers.items:  # or it is for variants
                yield from (
                    f"block {title}: param {name}: nothing uses it" for name in params.items if name not in used
                )

    def _own(self, key: str) -> dict[str, Node]:
        """Return what a section has from this file, and not from one that it extends."""
        section = self._section(key)
        return {name: node for name, node in section.items.items() if section.keys[name].file == self.root.mark.file}

    def _expect_param_name(self, name: str, declared: Mapping, within: str = "") -> None:
        if not PARAM_NAME.fullmatch(name):
            rule = "a param's name must be letters, digits and _, with a letter first"
            self.faults.add(f"{rule}, got {spell(name)}", declared.keys[name], within)

    def _input(self, params: Scope, given: Inputs | None) -> Inputs:
        """Return the inputs of the file, with those that are given from outside in their place."""
        node = self.root.items.get("input")
        try:
            if node is None and given is not None:
                return given
            if node is None:
                raise ArchError("a spec needs an input: [channels, height, width], for example")
            own = read_inputs(resolve(node, params))
        except ArchError as error:
            self.faults.add(error, node.mark if node else self.root.mark)
            return dict.fromkeys(node.items, (1, 1, 1)) if isinstance(node, Mapping) and node.items else (1, 1, 1)
        return own if given is None else replaced(own, given)

    def _blocks(self) -> dict[str, Mapping]:
        return {name: self._block(f"block {name}", node) for name, node in self._section("blocks").items.items()}

    def _block(self, within: str, node: Node) -> Mapping:
        block = self.reader.mapping(node, within)
        if not isinstance(node, Mapping):
            return block
        self.reader.known_keys(block, _BLOCK_KEYS, within)
        if "layers" not in block.items:
            self.faults.add(f"{within} needs layers: a list", node.mark)
        layers = self.reader.sequence(block.items.get("layers", Sequence((), node.mark)), f"{within}: layers")
        params = self.reader.mapping(block.items.get("params", Mapping({}, {}, node.mark)), f"{within}: params")
        for param in params.items:
            self._expect_param_name(param, params, within)
        return Mapping({"layers": layers, "params": params}, block.keys, block.mark)

    def _defaults(self, house: House) -> None:
        """Check the house rules, whether or not a layer follows them."""
        section = self._section("defaults")
        statements = Statements(house)
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
            self.reader.values(fields, kind.fields, house.params, f"defaults of {op}")
            if kind.takes_activation and "activation" in rules.items:
                statements.activation(rules, kind, house.params, f"defaults of {op}")

    def _layers(self, house: House) -> Expanded:
        node = self.root.items.get("layers")
        if not isinstance(node, Sequence):
            if node is None:
                self.faults.add("a spec needs layers: a list of {name, op, ...}", self.root.mark)
            return Expanded((), frozenset(), ())
        layers = flatten(node, house, self._items("outputs"))
        if not layers.entries and not self.faults.found:
            self.faults.add("layers must hold at least one layer", node.mark)
        return layers

    def _sources(self, params: Scope) -> dict[str, Source]:
        sources = {}
        for name, node in self._section("sources").items.items():
            source: Source | None = self.reader.record(node, Source, f"source {name}", params)
            if source and not (source.title or source.cite):
                self.faults.add(f"source {name} needs title or cite", node.mark)
            elif source:
                sources[name] = source
        return sources

    def _budget(self, params: Scope, layers: Expanded) -> dict[str, Limit]:
        section = self._section("budget")
        self.reader.known_keys(section, LIMITS, "a budget")
        given = ((name, node) for name, node in section.items.items() if name in LIMITS)
        limits = {name: self._limit(name, node, params, layers) for name, node in given}
        return {name: limit for name, limit in limits.items() if limit}

    def _limit(self, name: str, node: Node, params: Scope, layers: Expanded) -> Limit | None:
        kind, within = LIMITS[name], f"budget of {name}"
        if isinstance(node, Scalar):
            if not kind.is_bare and node.value is not None:
                self.faults.add(NEEDS_A_SIDE.format(value=node.text), node.mark, within)
                return None
            node = Mapping({"max": node}, {"max": node.mark}, node.mark)
        limit: Limit | None = self.reader.record(node, kind, within, params)
        if isinstance(node, Mapping):
            self._expect_layers(node, layers, within)
        for key, fault in limit.faults() if limit else ():
            self.faults.add(fault, mark_of(node, key), within)
        return limit

    def _expect_layers(self, node: Mapping, layers: Expanded, within: str) -> None:
        """Add a fault for each layer that `of` names and that is not there."""
        of = node.items.get("of")
        for name in of.items if isinstance(of, Sequence) else [of]:
            if isinstance(name, Scalar) and name.text not in layers.names:
                is_left_out = name.text in layers.left_out
                hint = "; its when leaves it out" if is_left_out else self.faults.hint(name.text, layers.names)
                self.faults.add(f"of: there is no layer '{name.text}'{hint}", name.mark, within)

    def _training(self, params: Scope) -> Training | None:
        node = self.root.items.get("training")
        if not isinstance(node, Mapping):
            return None
        self._expect_source(node, "training")
        self._expect_source(node, "training", "time_source")
        training: Training | None = self.reader.record(node, Training, "training", params)
        for key, fault in training.faults() if training else ():
            self.faults.add(fault, mark_of(node, key), "training")
        return training

    def _claims(self, params: Scope, layers: Expanded, own: Inputs, is_set: bool) -> Iterator[Claim]:
        """Yield the claims, but those about layers that are not there because of what is set from outside."""
        for item in self._items("claims"):
            claim: Claim | None = self.reader.record(item, Claim, "claim", params)
            if not isinstance(item, Mapping):
                continue
            self._expect_source(item, "claim")
            of = item.items.get("of")
            about = [*of.items] if isinstance(of, Sequence) else [of]
            if is_set and any(isinstance(name, Scalar) and layers.went_without(name.text) for name in about):
                continue
            self._expect_layers(item, layers, "claim")
            if claim and claim.input and layers.depend_on_channels and claim.input[:1] != (alone(own) or ())[:1]:
                what = f"input: the layers are made for the channels of {inputs_in_words(own)}, by $in_channels"
                self.faults.add(what, mark_of(item, "input"), "claim")
            for key, fault in claim.faults() if claim else ():
                self.faults.add(fault, mark_of(item, key), "claim")
            if claim:
                yield claim

    def _expect_source(self, node: Mapping, within: str, key: str = "source") -> None:
        """Add a fault if the source of a claim, or of the training, is not among the file's sources."""
        declared = self._section("sources").items
        given = node.items.get(key)
        unreadable = "sources" in self.root.items and not declared  # which is a fault already
        if isinstance(given, Scalar) and given.text not in declared and not unreadable:
            hint = self.faults.pointer(given.text, declared, "sources", "the spec has no sources")
            self.faults.add(f"{key}: there is no source '{given.text}'{hint}", given.mark, within)


def _fields_in(settings: MappingOf[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the fields of layers that are among settings, by the layers' names.

    >>> _fields_in({"width": 8, "layer1.0.conv1.stride": 2})
    {'layer1.0.conv1': {'stride': 2}}
    """
    found: dict[str, dict[str, Any]] = {}
    for name, value in settings.items():
        layer, dot, field = name.rpartition(".")
        if dot:
            found.setdefault(layer, {})[field] = value
    return found


def _changes(node: Node) -> Iterator[Node]:
    """Yield what changes layers of blocks, all over a tree."""
    parts = node.items.items() if isinstance(node, Mapping) else ()
    for key, value in parts:
        if key in CHANGES:
            yield value
        yield from _changes(value)
    for item in node.items if isinstance(node, Sequence) else ():
        yield from _changes(item)
