"""A spec, once read: frozen records and a flat list of layers, every param and structure resolved."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, NamedTuple

from archcalc.errors import ArchError, Mark
from archcalc.layers import Layer, Shape
from archcalc.layers.declared import Declared
from archcalc.layers.fields import LARGEST, Choice, FieldType, Integer, Number, is_integer
from archcalc.layers.sizes import AXES
from archcalc.spec.inputs import Inputs, by_name
from archcalc.spec.periods import PrintedPeriod
from archcalc.spec.quantity import FORMS, Quantity, Tolerance, read_quantity, read_tolerance
from archcalc.spec.settings import labelled

if TYPE_CHECKING:
    from archcalc.spec.budget import Limit

NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*")
"""The names of specs and layers; dots come with structures."""

LONGEST_NAME: Final = 200

VERSION: Final = 1
"""The version of the language that this reader reads."""


_BLANKS: Final = str.maketrans("\n\t", "  ")


class Text(FieldType):
    """Text on one line: where it is written on several, these are joined."""

    words = "text"
    verbatim = True

    def read(self, value: Any) -> str:
        if isinstance(value, str) and value.strip():
            if value.translate(_BLANKS).isprintable():
                return value.strip() if value.isprintable() else " ".join(value.split())
            raise ArchError("must be text without control characters")
        raise self.refuse(value)

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "number"]}


class Maybe(FieldType):
    """A field that may be left out, which reads as None."""

    def __init__(self, inner: FieldType) -> None:
        self.inner, self.words, self.verbatim = inner, inner.words, inner.verbatim

    def read(self, value: Any) -> Any:
        return None if value is None else self.inner.read(value)

    def write(self, value: Any) -> Any:
        return None if value is None else self.inner.write(value)

    def schema(self) -> dict[str, Any]:
        return self.inner.schema()


class PrintedValue(FieldType):
    """A number that a source gives: an integer, a number as printed, or for an output its shape."""

    words = f"{FORMS}, or for an output its shape: [channels, height, width]"

    def read(self, value: Any) -> int | str | tuple[int, ...]:
        if isinstance(value, list | tuple):
            if value and all(is_integer(size) and size >= 1 for size in value):
                return tuple(value)
            raise self.refuse(value)
        try:
            read_quantity(value)
        except ArchError:
            raise self.refuse(value) from None
        return value  # type: ignore[no-any-return]

    def write(self, value: int | str | tuple[int, ...]) -> int | str | list[int]:
        return list(value) if isinstance(value, tuple) else value

    def schema(self) -> dict[str, Any]:
        sizes = {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1}
        return {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": "^[0-9]"}, sizes]}


class LayerNames(FieldType):
    """One layer, or several together."""

    words = "a layer's name, or a list of them"
    verbatim = True

    def read(self, value: Any) -> tuple[str, ...]:
        names = value if isinstance(value, list | tuple) else [value]
        if names and all(isinstance(name, str) and name for name in names):
            return tuple(names)
        raise self.refuse(value)

    def write(self, value: tuple[str, ...]) -> str | list[str]:
        return value[0] if len(value) == 1 else list(value)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}


MOST_SIZES: Final = 1 + max(AXES)

SHAPES: Final = "[channels, height, width], [features], or channels and another number of axes"


def is_shape(value: Any) -> bool:
    """Return whether a value is a shape: features, or channels and the sizes of up to three axes."""
    has_sizes = isinstance(value, list | tuple) and 1 <= len(value) <= MOST_SIZES
    return has_sizes and all(is_integer(size) and 1 <= size <= LARGEST for size in value)


class InputShape(FieldType):
    words = f"an input's shape: {SHAPES}"

    def read(self, value: Any) -> Shape:
        if is_shape(value):
            return tuple(value)
        raise self.refuse(value)

    def write(self, value: Shape) -> list[int]:
        return list(value)

    def schema(self) -> dict[str, Any]:
        sizes = {"type": "integer", "minimum": 1}
        return {"type": "array", "items": sizes, "minItems": 1, "maxItems": MOST_SIZES}


class Percentage(FieldType):
    words = "a percentage such as 2%"

    def read(self, value: Any) -> str:
        read_tolerance(value)
        return str(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[0-9]{0,2}([.][0-9]+)? ?%$"}


Words = Annotated[str, Text()]
MaybeWords = Annotated[str | None, Maybe(Text())]
MaybeCount = Annotated[int | None, Maybe(Integer(1))]


class Source(Declared):
    """Where a number or a definition comes from."""

    cite: MaybeWords = None
    title: MaybeWords = None
    author: MaybeWords = None
    year: MaybeCount = None
    url: MaybeWords = None
    path: MaybeWords = None
    commit: MaybeWords = None
    version: MaybeWords = None


STATEMENT: Final = "statement"
"""The subject of a claim that no calculation decides: it has a quote in the place of a value."""

COST: Final = "cost"
"""The subject of a claim that counts as another tool does, by its convention."""

MEMORY: Final = "memory"
"""The subject of a claim about the bytes of parameters."""

WHAT: Final = (
    *("params", "weights", "macs", "flops", COST, "units", "output", MEMORY, "receptive_field"),
    STATEMENT,
)

BYTES: Final[Mapping[str, int]] = {"fp64": 8, "fp32": 4, "tf32": 4, "fp16": 2, "bf16": 2, "int8": 1}
"""How many bytes a number of each format has; TF32 is fp32 in memory."""


class Claim(Declared):
    """A statement of a source about a network, to be compared with what is computed, at the spec's input or another."""

    what: Annotated[str, Choice(*WHAT)]
    value: Annotated[int | str | tuple[int, ...] | None, Maybe(PrintedValue())] = None
    source: Words
    of: Annotated[tuple[str, ...] | None, Maybe(LayerNames())] = None
    input: Annotated[Shape | None, Maybe(InputShape())] = None
    convention: MaybeWords = None
    dtype: Annotated[str | None, Maybe(Choice("fp32", "fp16", "bf16", "int8"))] = None
    tol: Annotated[str | None, Maybe(Percentage())] = None
    where: MaybeWords = None
    quote: MaybeWords = None
    expect: Annotated[str, Choice("holds", "fails")] = "holds"
    why: MaybeWords = None

    RULES: ClassVar[dict[str, Any]] = {
        "if": {"properties": {"what": {"const": STATEMENT}}, "required": ["what"]},
        "then": {"required": ["quote", "expect", "why"], "properties": {"expect": {"const": "fails"}, "value": False}},
        "else": {
            "required": ["value"],
            "allOf": [
                {
                    "if": {"properties": {"what": {"const": COST}}, "required": ["what"]},
                    "then": {"required": ["convention"]},
                    "else": {"not": {"required": ["convention"]}},
                },
                {
                    "if": {"properties": {"what": {"const": MEMORY}}, "required": ["what"]},
                    "else": {"not": {"required": ["dtype"]}},
                },
                {
                    "if": {"properties": {"what": {"const": "output"}}, "required": ["what"]},
                    "then": {"properties": {"value": {"type": "array"}}, "not": {"required": ["tol"]}},
                    "else": {"properties": {"value": {"not": {"type": "array"}}}},
                },
                {
                    "if": {"properties": {"expect": {"const": "fails"}}, "required": ["expect"]},
                    "then": {"required": ["why"]},
                    "else": {"not": {"required": ["why"]}},
                },
            ],
        },
    }
    """What `faults` says of keys, as JSON schema, for editors."""

    @property
    def quantified(self) -> bool:
        """Whether it has a number or a shape that can be computed."""
        return self.what != STATEMENT

    def faults(self) -> list[tuple[str, str]]:
        """Return the keys that do not go together in it, each with the reason."""
        return self._faults_of_numbers() if self.quantified else self._faults_of_words()

    def _faults_of_words(self) -> list[tuple[str, str]]:
        rules: list[tuple[object, str, str]] = [
            (self.value is not None, "value", "a statement has a quote instead of a value"),
            (not self.quote, "what", "a statement needs a quote"),
            (self.expect != "fails", "what", "a statement is a known error: write expect: fails"),
            (self.expect == "fails" and not self.why, "expect", "a claim that is expected to fail needs a why"),
        ]
        return [(key, words) for broken, key, words in rules if broken]

    def _faults_of_numbers(self) -> list[tuple[str, str]]:
        if self.value is None:
            return [("", "needs a value")]
        is_shape = isinstance(self.value, tuple)
        rules: list[tuple[object, str, str]] = [
            (
                (self.what == COST) != (self.convention is not None),
                "what" if self.what == COST else "convention",
                "a cost needs a convention (archcalc conventions lists them)"
                if self.what == COST
                else "convention is only for what: cost",
            ),
            (self.dtype is not None and self.what != MEMORY, "dtype", "dtype is only for what: memory"),
            (self.expect == "fails" and not self.why, "expect", "a claim that is expected to fail needs a why"),
            (self.expect != "fails" and self.why, "why", "why is only for expect: fails"),
            (
                is_shape != (self.what == "output"),
                "value",
                "the value of an output is a list, [channels, height, width]; no other value is",
            ),
            (self.tol is not None and is_shape, "tol", "tol is not for shapes"),
            (
                not is_shape and self.what != MEMORY and self.quantity.is_bytes,
                "value",
                f"{self.what} are not counted in bytes; did you mean what: memory?",
            ),
        ]
        return [(key, words) for broken, key, words in rules if broken]

    @property
    def quantity(self) -> Quantity:
        """The value as a number. Raises ArchError for a shape, and for a statement."""
        return read_quantity(self.value)

    @property
    def bytes_each(self) -> int:
        """How many bytes a weight has, where it is about memory."""
        return BYTES[self.dtype or "fp32"]

    @property
    def tolerance(self) -> Tolerance | None:
        return read_tolerance(self.tol) if self.tol else None


class Training(Declared):
    """How a source trained the network, as far as it says."""

    source: MaybeWords = None
    optimizer: MaybeWords = None
    lr: Annotated[float | None, Maybe(Number("a number > 0", above=0))] = None
    momentum: Annotated[float | None, Maybe(Number("a number from 0 to 1", least=0, most=1))] = None
    weight_decay: Annotated[float | None, Maybe(Number("a number >= 0", least=0))] = None
    batch_size: MaybeCount = None
    epochs: MaybeCount = None
    images: MaybeCount = None
    hardware: MaybeWords = None
    devices: MaybeCount = None
    device: MaybeWords = None
    precision: Annotated[str | None, Maybe(Choice("fp32", "tf32", "fp16", "bf16"))] = None
    duration: MaybeWords = None
    time: Annotated[str | None, Maybe(PrintedPeriod())] = None
    time_source: MaybeWords = None

    def faults(self) -> list[tuple[str, str]]:
        """Return the keys that do not go together in it, each with the reason."""
        has_time = self.time is not None or self.duration is not None
        return [] if has_time or self.time_source is None else [("time_source", "time_source goes with a time")]


class Tower(NamedTuple):
    """One `towers` structure: which of the file's it is, and its devices."""

    number: int
    devices: tuple[str, ...]


class Entry(NamedTuple):
    """One layer of the expanded spec. Inside a tower it exists once per device."""

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    tower: Tower | None
    gather: bool
    mark: Mark
    again: str | None = None
    """The layer before it that it is once more, with the same weights."""


class Use(NamedTuple):
    """A block where it is used: its name, and what its params are there, apart from those that hold layers."""

    block: str
    params: Mapping[str, Any]
    given: frozenset[str] = frozenset()
    """The params that the use gives; the others are at the block's defaults."""


@dataclass(frozen=True, kw_only=True)
class Spec:
    """A network as its file describes it; `layers` in file order, which is topological order."""

    name: str
    input_shape: Inputs
    layers: tuple[Entry, ...]
    aliases: tuple[str, ...] = ()
    title: str = ""
    family: str = ""
    """The word under which a catalogue lists it with its relatives."""
    notes: str = ""
    sources: Mapping[str, Source] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    outputs: tuple[str, ...] = ()
    """The layers that it hands on, where the file says so."""
    inplace: tuple[str, ...] = ()
    """Kinds of layers that work in place in the source's network; shapes and counts are the same."""
    uses: Mapping[str, Use] = field(default_factory=dict, compare=False)
    """The blocks that its layers were laid out from, by the dotted names of their uses; no layer depends on them."""
    budget: Mapping[str, "Limit"] = field(default_factory=dict)
    """The limits of its numbers, by what they limit."""
    training: Training | None = None
    claims: tuple[Claim, ...] = ()
    file: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """The params that were set from outside."""
    given_input: Inputs | None = None
    """The input that was set from outside."""
    cautions: tuple[str, ...] = ()
    """What is legal in its file but probably not meant."""

    @property
    def inputs(self) -> Mapping[str, Shape]:
        """The shapes of its inputs, by the names that layers read them by."""
        return by_name(self.input_shape)

    @property
    def label(self) -> str:
        """The name with what was set from outside, as the command line reads it: d2l:num_classes=2."""
        return labelled(self.name, self.settings, self.given_input)
