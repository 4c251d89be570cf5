"""The parts of one layer statement: `{name: conv1, op: conv2d, from: ..., activation: ..., fields ...}`."""

from collections.abc import Iterator
from collections.abc import Mapping as MappingOf
from typing import Any, Final, NamedTuple

from archcalc.errors import ArchError, Mark, listing
from archcalc.layers import KINDS, Layer
from archcalc.layers.base import Activation, meant_op, merging, unknown_op
from archcalc.layers.declared import MISSING, Field
from archcalc.layers.fields import is_integer, spell
from archcalc.layers.varying import read
from archcalc.spec.expressions import FAULTY, Scope, evaluate, is_expression
from archcalc.spec.inputs import INPUT, Inputs, by_name
from archcalc.spec.model import LONGEST_NAME, NAME
from archcalc.spec.names import LaidOut, Names, Place
from archcalc.spec.outside import with_parts
from archcalc.spec.reading import LayerList, Reader, Reads, Word, as_given, kind_of, mark_of, resolve
from archcalc.spec.text import Mapping, Node, Scalar, Sequence


def merge_fields() -> dict[str, Field]:
    """Return the fields of kinds that read several layers, which a `branches` takes too."""
    return {name: field for kind in merging().values() for name, field in kind.fields.items()}


CHANGES: Final = ("override", "remove", "insert")
"""The keys by which a spec changes the layers of the one that it extends, and a `use` those of its block."""

STRUCTURES: Final = ("use", "branches", "towers")
"""The ops that are not layers."""


def structure_keys(op: str) -> tuple[str, ...]:
    """Return the keys of an op that is not a layer."""
    own = {
        "use": ("block", "layer", "with", "repeat", *CHANGES),
        "branches": ("paths", "merge", *merge_fields(), "activation") if op == "branches" else (),
        "towers": ("devices", "layers"),
    }
    return ("name", "op", "from", "when", *own[op])


LAYER_KEYS: Final = ("name", "op", "from", "when", "activation", "gather")
"""The keys of a layer, apart from the fields of its kind."""


NO_ACTIVATION: Final = "none"
"""The word for no activation, for a param whose default is none, since null stands for a param that must be given."""

_MOST_LISTED: Final = 4


_NEEDLESS: Final = {
    "in_channels": ": leave it out, it follows from what the layer reads",
    "in_features": ": leave it out, it follows from what the layer reads",
    "num_features": ": leave it out, it follows from what the layer reads",
    "repeat": ": it is for use: make the layer a block, or have it once more by op: use, layer: its name",
    "inplace": ": write inplace: [relu] for the whole spec, since it changes no shape and no count",
}
"""Words that a layer does without, and why."""


def activations() -> list[str]:
    """Return the ops that `activation:` takes."""
    return [op for op in KINDS if is_activation(op)]


def is_activation(op: object) -> bool:
    """Return whether `activation:` takes an op."""
    return isinstance(op, str) and op in KINDS and issubclass(KINDS[op], Activation)


class House(NamedTuple):
    """The rules of a whole file: its params, its house rules, its blocks, its inputs, and where faults go."""

    reader: Reader
    params: Scope
    defaults: dict[str, Node]
    blocks: dict[str, Mapping]
    inputs: Inputs
    fields: MappingOf[str, MappingOf[str, Any]] = {}  # never changed
    """The fields of layers that are set from outside, by the layers' names."""

    @property
    def first(self) -> str:
        """The first input's name."""
        return next(iter(by_name(self.inputs)))

    def rules(self, op: str) -> dict[str, Node]:
        """Return the house rules for an op."""
        node = self.defaults.get(op)
        return node.items if isinstance(node, Mapping) else {}


class Statements:
    """Reads the parts of statements; what is wrong with one becomes a fault, and something harmless comes back."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.reader = house.reader
        self.fault = house.reader.faults.add
        self.hint = house.reader.faults.hint
        self.parts: dict[str, tuple[str, ...]] = {}
        """The layers that one statement makes, under its name; none where it is faulty."""
        self.were_set: set[str] = set()
        """The layers with fields that are set from outside."""

    def op(self, node: Mapping) -> str:
        """Return a known op, or nothing."""
        given = node.items.get("op")
        within = f"layer {written_name(node) or 'without a name'}"
        if given is None:
            self.fault(f"a layer needs an op{_op_as_meant(node)}", node.mark, within)
        elif not isinstance(given, Scalar):
            self.fault(f"op must be a word, got {kind_of(given)}", given.mark, within)
        elif given.text not in KINDS and given.text not in STRUCTURES:
            self.fault(unknown_op(given.text, [*KINDS, *STRUCTURES]), given.mark, within)
        else:
            return given.text
        return ""

    def name(self, node: Mapping, place: Place) -> str:
        """Return a name that is new in its scope, or nothing."""
        given = node.items.get("name")
        if given is None:
            self.fault("a layer needs a name", node.mark)
            return ""
        if not isinstance(given, Scalar) or not isinstance(given.value, str) or not NAME.fullmatch(given.text):
            rule = "a name must be letters, digits, _ and dots, with a letter first"
            self.fault(f"{rule}, got {kind_of(given)}", given.mark)
            return ""
        name = given.text
        if len(name) > LONGEST_NAME:
            self.fault(f"a name has at most {LONGEST_NAME} characters, got {len(name)}", given.mark)
            return ""
        inputs = by_name(self.house.inputs)
        if name in inputs:
            what = "the network's input" if len(inputs) == 1 else "an input of the network"
            self.fault(f"'{name}' is the name of {what}; choose another name", given.mark)
            return ""
        if name in place.names.given_at:
            first = place.names.given_at[name].line
            self.fault(f"name '{name}' is used twice (first at line {first})", given.mark)
            return ""
        place.names.given_at[name] = given.mark
        return name

    def sources(self, node: Mapping, name: str, previous: str, place: Place, within: str) -> list[str]:
        """Return the layers that it reads: those that `from` names, or the one before it."""
        given = node.items.get("from")
        if given is None:
            if not previous:
                names = listing([*by_name(self.house.inputs)], "and")
                self.fault(f"the network has the inputs {names}: say from: which it reads", node.mark, within)
            return [self.whole(previous or self.house.first, place, node.mark, within)]
        items: tuple[Node, ...] = given.items if isinstance(given, Sequence) else (given,)
        if not items:
            self.fault("from must name a layer, got an empty list", given.mark, within)
        return [source for item in items for source in self._sources(item, name, place, within)]

    def _sources(self, item: Node, own: str, place: Place, within: str) -> Iterator[str]:
        """Yield the layers that an item of `from` means: one, or those that a param has."""
        if isinstance(item, Scalar) and is_expression(item.value):
            try:
                value = evaluate(item.text, place.params)
            except ArchError as error:
                self.fault(error, item.mark, within)
                value = self.house.first
            for one in value if isinstance(value, list) and value else [value]:
                yield self._given(one, item, own, place, within)
        elif isinstance(item, Scalar) and item.value is not None:
            yield self._source(item.text, own, place, item.mark, within)
        else:
            self.fault(f"from must be a layer's name or a list of names, got {kind_of(item)}", item.mark, within)
            yield self.house.first

    def _given(self, value: object, item: Scalar, own: str, place: Place, within: str) -> str:
        """Return the layer that the value of a param means, which is looked up where it is written."""
        if isinstance(value, Word):
            there = place._replace(names=value.names)
            return self._source(str(value), "", there, value.mark or item.mark, value.within or within)
        if isinstance(value, Reads):
            return self.whole(str(value), place, item.mark, within)
        if isinstance(value, str):
            return self._source(value, own, place, item.mark, within)
        what = "a layer's name or a list of names"
        self.fault(f"from must be {what}, got {spell(value)} from {item.text}", item.mark, within)
        return self.house.first

    def _source(self, name: str, own: str, place: Place, mark: Mark, within: str) -> str:
        """Return the layer that a name means; if there is none, the first input, and add a fault."""
        source = place.names.find(name)
        if source is not None:
            return self.whole(source, place, mark, within)
        divided = place.names.find(name.rpartition(".")[0])
        if divided is not None and self.parts.get(divided) == ():
            return divided  # a part of what is faulty
        left_out, later = place.names.without(name), place.names.later(name)
        if name == own:
            self.fault("from: a layer cannot read itself", mark, within)
        elif left_out:
            self.fault(f"from: layer '{name}' is left out here, by its when at line {left_out.line}", mark, within)
        elif later:
            what = f"from: '{name}' comes later, at line {later.line}; a layer reads layers before it"
            self.fault(what, mark, within)
        else:
            hint = self._inside(name, place) or self._as_input(name) or self.hint(name, place.names.all())
            self.fault(f"from: there is no layer '{name}' before it{hint}", mark, within)
        return self.house.first

    def _as_input(self, name: str) -> str:
        """Return a hint for the word `input` where the inputs have names."""
        names = [*by_name(self.house.inputs)]
        if name != INPUT:
            return ""
        return f"; the input is called {names[0]}" if len(names) == 1 else f"; the inputs are {listing(names, 'and')}"

    def is_wanted(self, node: Mapping, place: Place, within: str) -> bool:
        """Return whether a statement is there, as its `when` says; it is where nothing is said, or that is faulty."""
        given = node.items.get("when")
        if given is None:
            return True
        value = self.value(given, place.params, within)
        if isinstance(value, bool) or (is_integer(value) and value in (0, 1)):
            return bool(value)
        if value is not None or (isinstance(given, Scalar) and given.value is None):
            rule = "when must be true or false, or a comparison, which is 1 or 0"
            self.fault(f"{rule}, got {spell(value)}", given.mark, within)
        return True

    def layers_before(self, node: Mapping, place: Place, within: str) -> LaidOut | None:
        """Return the layers that `layer` names, which a `use` has again; None, and a fault, where there are none."""
        given = node.items["layer"]
        if not isinstance(given, Scalar) or not isinstance(given.value, str):
            self.fault(f"layer must be the name of a layer before it, got {kind_of(given)}", given.mark, within)
            return None
        found = place.names.layers_of(given.text)
        if found is None:
            left_out, later = place.names.without(given.text), place.names.later(given.text)
            hint = (
                f"; its when at line {left_out.line} leaves it out"
                if left_out
                else f"; it comes later, at line {later.line}"
                if later
                else self.hint(given.text, place.names.layers())
            )
            self.fault(f"layer: there is no layer '{given.text}' before it{hint}", given.mark, within)
        elif found.output in self.parts:
            self.fault(
                f"layer: {given.text} makes several layers, without weights: write its op again", given.mark, within
            )
        elif any(entry.tower != place.tower for entry in found.entries):
            self.fault(f"layer: {given.text} is on other devices", given.mark, within)
        else:
            return found
        return None

    def whole(self, source: str, place: Place, mark: Mark, within: str) -> str:
        """Return the layer that is read, and add a fault if it is several layers, of which one has to be named."""
        parts = self.parts.get(source)
        if parts:
            is_near = place.names.find(parts[0]) is not None
            name = parts[0].rpartition(".")[0] if is_near else source
            what = f"read {_one_of(parts)}" if is_near else "what reads them stands beside it"
            self.fault(f"{name} makes {len(parts)} layers: {what}", mark, within)
        return source

    def _inside(self, name: str, place: Place) -> str:
        """Return a hint for a name that reaches into a structure."""
        outer = name.partition(".")[0]
        parts = self.parts.get(place.names.find(name.rpartition(".")[0]) or "")
        if parts:
            return f"; there is {_one_of(parts)}"
        return (
            f"; write '{outer}', which is the output of its last layer"
            if outer != name and place.names.find(outer)
            else ""
        )

    def arity(self, node: Mapping, kind: type[Layer], sources: list[str], within: str) -> None:
        """Add a fault if a kind reads several layers and is given one, or the other way round."""
        if any(source in self.parts for source in sources):
            return  # which is a fault already
        mark = mark_of(node, "from")
        if kind.merges and len(sources) == 1:
            number = "two" if kind.reads_exactly else "two or more"
            self.fault(f"{kind.op} reads {number} layers: give from: [one, another]", mark, within)
        elif kind.reads_exactly and len(sources) != kind.reads_exactly:
            self.fault(f"{kind.op} reads {kind.reads_exactly} layers, not {len(sources)}", mark, within)
        if not kind.merges and len(sources) > 1:
            self.fault(f"{kind.op} reads one layer, not {len(sources)}", mark, within)

    def layer(self, node: Mapping, kind: type[Layer], params: Scope, within: str, full: str) -> Layer | None:
        """Return the layer that the fields make, and the file's house rules where none are given; None with faults.

        What is set from outside stands before what is given for the layer, which is called `full` in the network.
        """
        given, meant = self._fields(node, kind, within)
        put = self._set_from_outside(kind, full, node, within)
        given = {key: value for key, value in given.items() if key not in put}
        rules = self.house.rules(kind.op)
        rules = {key: value for key, value in rules.items() if key in kind.fields and key not in {*given, *put}}
        values = self.reader.values(given, kind.fields, params, within)
        values |= self.reader.values(rules, kind.fields, self.house.params, f"defaults of {kind.op}")
        values |= put
        values |= self._parts_set_from_outside(kind, full, values, node, within)
        here = {*given, *rules, *put, *values}
        self.reader.missing(here | meant, kind.fields, kind.op, node.mark, within)
        whole = len(values) == len(here) and all(name in here for name, f in kind.fields.items() if f.required)
        return kind(**values) if whole else None

    def _set_from_outside(self, kind: type[Layer], full: str, node: Mapping, within: str) -> dict[str, Any]:
        """Return the fields of a layer that are set from outside, those that it has and that can be read."""
        found: dict[str, Any] = {}
        for key, value in self.house.fields.get(full, {}).items():
            self.were_set.add(full)
            field = kind.fields.get(key)
            if field is None:
                hint = self.hint(key, kind.fields) or f" (it has {', '.join(kind.fields) or 'none'})"
                self.fault(f"{kind.op} has no field '{key}' to set{hint}", node.mark, within)
                continue
            try:
                found[key] = read(field.type, value)
            except ArchError as error:
                self.fault(f"{key} {error}, which is set", node.mark, within)
        return found

    def _parts_set_from_outside(
        self, kind: type[Layer], full: str, values: MappingOf[str, Any], node: Mapping, within: str
    ) -> dict[str, Any]:
        """Return the fields of a layer of which single numbers are set."""
        found: dict[str, Any] = {}
        for key, field in kind.fields.items() if self.house.fields else ():
            parts = self.house.fields.get(f"{full}.{key}")
            if parts is None:
                continue
            self.were_set.add(f"{full}.{key}")
            try:
                value = with_parts(field, values, parts)
            except ArchError as error:
                self.fault(error if str(error).startswith(key) else f"{key} {error}, which is set", node.mark, within)
                continue
            if value is not MISSING:
                found[key] = value
        return found

    def _fields(self, node: Mapping, kind: type[Layer], within: str) -> tuple[dict[str, Node], set[str]]:
        """Return the fields that are given, and those that a misspelling probably means."""
        given, meant = {}, set()
        for key, value in node.items.items():
            if key in kind.fields:
                given[key] = value
            elif key not in LAYER_KEYS:
                hint = _NEEDLESS.get(key) or self.hint(key, [*kind.fields, *LAYER_KEYS])
                meant |= {name for name in kind.fields if f"'{name}'" in hint}
                has = f" (it has {', '.join([*kind.fields, *_common_keys(kind)])})"
                self.fault(f"{kind.op} has no field '{key}'{hint or has}", node.keys[key], within)
        return given, meant

    def gather(self, node: Mapping, place: Place, within: str) -> bool:
        given = node.items.get("gather")
        if given is None:
            return False
        value = self.value(given, place.params, within)
        if not isinstance(value, bool):
            self.fault(f"gather must be true or false, got {spell(value)}", given.mark, within)
        elif place.tower is None:
            self.fault("gather is only for layers inside towers", given.mark, within)
        return value is True

    def activation(self, node: Mapping, kind: type[Layer], params: Scope, within: str) -> str:
        """Return the op of the activation that follows; empty for none."""
        given = node.items.get("activation")
        if given is not None and not kind.takes_activation:
            mark = node.keys.get("activation", given.mark)
            self.fault(f"{kind.op} takes no activation: write it as a layer of its own", mark, within)
            return ""
        if given is None:
            given, params = self.house.rules(kind.op).get("activation"), self.house.params
            within = f"defaults of {kind.op}"
        value = self.value(given, params, within) if given and kind.takes_activation else None
        if given is None or value is None:
            return ""
        if value == NO_ACTIVATION:
            return ""
        if not is_activation(value):
            hint = meant_op(value, activations()) if isinstance(value, str) else ""
            rule = "activation must be an op such as relu or tanh (archcalc ops lists them)"
            self.fault(f"{rule}, got {spell(value)}{hint}", given.mark, within)
            return ""
        return str(value)

    def argument(
        self, node: Node, params: Scope, within: str, blocks: tuple[str, ...], names: Names | None = None
    ) -> Any:
        """Return the value of a block's param, written inside `blocks` among `names`; FAULTY where it has none."""
        try:
            value = as_given(node, params, names, within)
        except ArchError as error:
            self.fault(error, node.mark, within)
            return FAULTY
        if isinstance(value, LayerList) and value.blocks is None:
            value.blocks = blocks
        return value

    def value(self, node: Node, params: Scope, within: str) -> Any:
        """Return the value of a node; None, and a fault, where it has none."""
        try:
            value = resolve(node, params)
        except ArchError as error:
            self.fault(error, node.mark, within)
            return None
        if isinstance(value, LayerList) and value.blocks is None:
            value.blocks = ()
        return value


def _common_keys(kind: type[Layer]) -> list[str]:
    """Return the keys that a layer of a kind takes apart from its fields, in a list outside of towers."""
    return ["name", "from", "when", *(["activation"] if kind.takes_activation else [])]


def _one_of(parts: tuple[str, ...]) -> str:
    """
    >>> _one_of(("a.0", "a.1")), _one_of(tuple(f"a.{part}" for part in range(9)))
    ('a.0 or a.1', 'one of a.0 to a.8')
    """
    return listing(parts) if len(parts) <= _MOST_LISTED else f"one of {parts[0]} to {parts[-1]}"


def _op_as_meant(node: Mapping) -> str:
    """Return a hint for `use: stage` or `conv2d: ...`, and for `conv1: {op: conv2d}` without a name; empty for none."""
    for key, value in node.items.items():
        if key == "use" and isinstance(value, Scalar):
            return f"; write op: use, block: {value.text}"
        if key in KINDS or key in STRUCTURES:
            return f"; write op: {key}"
        if len(node.items) == 1 and isinstance(value, Mapping):
            return f"; write {{name: {key}, op: ...}}"
    return ""


def written_name(node: Node) -> str:
    """Return the name of a statement as it is written, right or wrong; empty where there is none."""
    name = node.items.get("name") if isinstance(node, Mapping) else None
    return name.text if isinstance(name, Scalar) else ""
