"""The parts of one layer statement: `{name: conv1, op: conv2d, from: ..., activation: ..., fields ...}`."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from archcalc.errors import ArchError, Mark, did_you_mean, listing
from archcalc.layers import KINDS, Layer
from archcalc.layers.base import Activation
from archcalc.layers.fields import spell
from archcalc.spec.expressions import Scope
from archcalc.spec.model import INPUT, NAME, Tower
from archcalc.spec.reading import Reader, mark_of, resolve
from archcalc.spec.text import Mapping, Node, Scalar, Sequence

STRUCTURES: Final[dict[str, tuple[str, ...]]] = {
    "use": ("name", "op", "from", "block", "with", "repeat"),
    "branches": ("name", "op", "from", "paths", "merge", "dim", "activation"),
    "towers": ("name", "op", "from", "devices", "layers"),
}
"""The ops that are no layers, with their keys."""

LAYER_KEYS: Final = ("name", "op", "from", "activation", "gather")
"""What a layer has beside the fields of its kind."""


def activations() -> list[str]:
    """The ops that `activation:` takes."""
    return [op for op, kind in KINDS.items() if issubclass(kind, Activation)]


class House(NamedTuple):
    """What holds throughout a file: its params, its house rules, its blocks, and where faults go."""

    reader: Reader
    params: Scope
    defaults: dict[str, Mapping]
    blocks: dict[str, Mapping]


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
    """Where a list of layers stands: its scope of names, the params it sees, and what is around it."""

    names: Names
    params: Scope
    prefix: str = ""
    tower: Tower | None = None
    blocks: tuple[str, ...] = ()


class Statements:
    """Reads the parts of statements; what is wrong with one becomes a fault, and something harmless comes back."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.reader = house.reader
        self.fault = house.reader.faults.add

    def op(self, node: Mapping) -> str:
        """A known op, or empty."""
        given = node.items.get("op")
        within = f"layer {_shown_name(node)}"
        if given is None:
            self.fault("a layer needs an op", node.mark, within)
        elif not isinstance(given, Scalar) or not isinstance(given.value, str):
            self.fault("op must be a word", given.mark, within)
        elif given.value not in KINDS and given.value not in STRUCTURES:
            hint = did_you_mean(given.value, [*KINDS, *STRUCTURES])
            self.fault(f"unknown op '{given.value}'{hint} (archcalc ops lists all)", given.mark, within)
        else:
            return given.value
        return ""

    def name(self, node: Mapping, place: Place) -> str:
        """A name that is new in its scope, or empty."""
        given = node.items.get("name")
        if given is None:
            self.fault("a layer needs a name", node.mark)
            return ""
        text = given.text if isinstance(given, Scalar) else "a list or mapping"
        if not isinstance(given, Scalar) or not NAME.fullmatch(text):
            rule = "a name starts with a letter and goes on in letters, digits and _"
            self.fault(f"{rule}, got {spell(text)}", given.mark)
        elif text == INPUT:
            self.fault(f"'{INPUT}' is the name of the network's input", given.mark)
        elif text in place.names.given_at:
            first = place.names.given_at[text].line
            self.fault(f"name '{text}' is used twice (first at line {first})", given.mark)
        else:
            place.names.given_at[text] = given.mark
            return text
        return ""

    def sources(self, node: Mapping, previous: str, place: Place, within: str) -> list[str]:
        """The layers that it reads: those that `from` names, or the one before it."""
        given = node.items.get("from")
        if given is None:
            return [previous]
        items: Iterable[Node] = given.items if isinstance(given, Sequence) else (given,)
        found = [self._source(item, place, within) for item in items]
        if not found:
            self.fault("from must name a layer", given.mark, within)
        return [source for source in found if source] or [INPUT]

    def _source(self, item: Node, place: Place, within: str) -> str | None:
        if not isinstance(item, Scalar) or not isinstance(item.value, str):
            self.fault("from must be a layer's name or a list of names", item.mark, within)
            return None
        source = place.names.find(item.value)
        if source is None:
            hint = did_you_mean(item.value, place.names.all())
            self.fault(f"from: there is no layer '{item.value}' before it{hint}", item.mark, within)
        return source

    def arity(self, node: Mapping, kind: type[Layer], sources: list[str], within: str) -> None:
        """A fault where a kind reads several layers and is given one, or the other way round."""
        if kind.merges and len(sources) < 2:
            self.fault(f"{kind.op} reads two or more layers: give from: [one, another]", node.mark, within)
        if not kind.merges and len(sources) > 1:
            self.fault(f"{kind.op} reads one layer, not {len(sources)}", mark_of(node, "from"), within)

    def layer(self, node: Mapping, kind: type[Layer], params: Scope, within: str) -> Layer | None:
        """The layer that the fields make, and the file's house rules where none are given; None with faults."""
        faults_before = len(self.reader.faults.found)
        given = {key: value for key, value in node.items.items() if key not in LAYER_KEYS}
        unknown = [key for key in given if key not in kind.fields]
        for key in unknown:
            hint = did_you_mean(key, [*kind.fields, *LAYER_KEYS])
            self.fault(f"{kind.op} has no field '{key}'{hint}", node.keys[key], within)
            del given[key]
        rules = self.house.defaults[kind.op].items if kind.op in self.house.defaults else {}
        rules = {key: value for key, value in rules.items() if key in kind.fields and key not in given}
        values = self.reader.values(given, kind.fields, params, within)
        values |= self.reader.values(rules, kind.fields, self.house.params, "defaults")
        self.reader.missing({*given, *rules}, kind.fields, kind.op, node.mark, within)
        return kind(**values) if len(self.reader.faults.found) == faults_before else None

    def gather(self, node: Mapping, place: Place, within: str) -> bool:
        given = node.items.get("gather")
        if given is None:
            return False
        value = self.value(given, place.params, within)
        if not isinstance(value, bool):
            self.fault(f"gather must be true or false, got {spell(value)}", given.mark, within)
        elif place.tower is None:
            self.fault("gather reads all devices of towers, and there are none around it", given.mark, within)
        return value is True

    def activation(self, node: Mapping, kind: type[Layer], params: Scope, within: str) -> str:
        """The op of the activation that follows; empty for none."""
        given = node.items.get("activation")
        if given is not None and not kind.takes_activation:
            takers = listing([op for op, taker in KINDS.items() if taker.takes_activation])
            self.fault(
                f"{kind.op} takes no activation (only {takers} do); write a layer of its own",
                node.keys.get("activation", given.mark),
                within,
            )
            return ""
        if given is None and kind.op in self.house.defaults:
            given, params = self.house.defaults[kind.op].items.get("activation"), self.house.params
        value = self.value(given, params, within) if given else None
        if given is None or value is None:
            return ""
        if value not in activations():
            hint = did_you_mean(value, activations()) if isinstance(value, str) else ""
            self.fault(f"activation must be {listing(activations())}, got {spell(value)}{hint}", given.mark, within)
            return ""
        return str(value)

    def value(self, node: Node, params: Scope, within: str) -> Any:
        """What a node stands for; None, and a fault, where that cannot be said."""
        try:
            return resolve(node, params)
        except ArchError as error:
            self.fault(error, node.mark, within)
            return None


def _shown_name(node: Mapping) -> str:
    name = node.items.get("name")
    return name.text if isinstance(name, Scalar) else "without a name"
