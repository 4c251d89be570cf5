"""A spec beside somebody's model: layers beside what runs, how both are wired, and their outputs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from archcalc.analysis import typed_json
from archcalc.analysis.check.pairing import Paired, are_equal
from archcalc.calls import Call
from archcalc.layers.sizes import dims


@dataclass(frozen=True, kw_only=True)
class Beside:
    """A layer and what does its work in the model; None for none."""

    ours: Call | None
    theirs: Call | None
    rewired: str = ""
    """What it reads here and in the model, in words; empty where it is the same."""
    reweighted: str = ""
    """Whose weights it has here and in the model, in words; empty where it is the same."""

    @property
    def differences(self) -> list[str]:
        """Every difference in words."""
        ours, theirs = self.ours, self.theirs
        if ours is None:
            return ["only in the model"]
        if theirs is None:
            return ["not in the model"]
        if ours.op != theirs.op and theirs.is_known:
            return [f"{ours.op} here, {theirs.op} in the model"]
        return [*_unequal(ours, theirs), *filter(None, (self.reweighted, self.rewired))]


def _unequal(ours: Call, theirs: Call) -> Iterator[str]:
    pairs = [
        ("output", ours.output_shape, theirs.output_shape),
        *((name, ours.fields.get(name), value) for name, value in theirs.fields.items()),
        ("params", ours.params, theirs.params),
    ]
    for what, a, b in pairs:
        if not are_equal(a, b):
            yield f"{what} {_shown(a)} here, {_shown(b)} in the model"


@dataclass(frozen=True, kw_only=True)
class Output:
    """How far one output of the network and the model's lie apart, on the same input and with the same weights."""

    name: str
    furthest: float | None
    """The largest difference; None where it is no finite number."""
    largest: float | None
    """The largest magnitude in the model's output; None where it is no finite number."""
    dtype: str

    @property
    def agrees(self) -> bool:
        """Whether both differ by rounding at most, as sums in another order do, and are not 0, which proves nothing."""
        if self.furthest is None or not self.largest:
            return False
        return self.furthest <= TOLERANCE[self.dtype] * self.largest

    @property
    def difference(self) -> str:
        """What is wrong with it, in words; empty for nothing."""
        if self.agrees:
            return ""
        if not self.largest:
            values = "not finite" if self.largest is None else "all 0"
            return f"output {self.name} is {values} in the model under random weights, which proves nothing"
        far = "no finite number" if self.furthest is None else f"up to {self.furthest:.3g}"
        return f"output {self.name} differs by {far}, where the model's largest is {self.largest:.3g}"


TOLERANCE: Final = {"float64": 1e-9, "float32": 1e-4}
"""The difference that rounding may make, in parts of the largest output."""

META: Final = "meta"


@dataclass(frozen=True, kw_only=True)
class Against:
    """A spec next to a model."""

    name: str
    inputs: tuple[str, ...]
    """The names of the network's inputs."""
    model: str
    device: str
    layers: tuple[Beside, ...]
    rewired: tuple[str, ...]
    """In words, which outputs are others in the model."""
    outputs: tuple[Output, ...]
    """The outputs that both have, if they were compared."""
    why_no_outputs: str = ""
    idle: Mapping[str, int] = field(default_factory=dict)
    """The parameters of each module of the model, by its path, that nothing read as it ran."""

    @property
    def differences(self) -> list[str]:
        """Every difference in words; on a real device it is one that outputs could not be compared."""
        found = [f"{_name(pair)}: {words}" for pair in self.layers for words in pair.differences]
        found += self.rewired
        found += [one.difference for one in self.outputs if one.difference]
        if self.why_no_outputs and self.device != META:
            found.append(f"outputs cannot be compared: {self.why_no_outputs}")
        return found

    def to_json(self) -> Any:
        """Return it as JSON, for another process."""
        return typed_json.to_json(self)

    @classmethod
    def from_json(cls, data: Any) -> "Against":
        """Return what `to_json` made; lists among the fields are tuples again."""
        found = typed_json.from_json(cls, data)
        return replace(found, layers=tuple(map(_with_tuples, found.layers)))


def beside(paired: Paired) -> tuple[Beside, ...]:
    """Return the pairs, each with what is wired differently."""
    words: Mapping[int, str] = paired.rewired.layers
    weights = _Weights()
    return tuple(
        Beside(ours=ours, theirs=theirs, rewired=words.get(place, ""), reweighted=weights.difference(ours, theirs))
        for place, (ours, theirs) in enumerate(paired.pairs)
    )


class _Weights:
    """Which weights of the spec are which of the model's, as pairs show one after the other."""

    def __init__(self) -> None:
        self._there: dict[str, str] = {}
        self._here: dict[str, str] = {}

    def difference(self, ours: Call | None, theirs: Call | None) -> str:
        """Return in words that only one of both has the weights of a layer before it; empty where it is the same."""
        if ours is None or theirs is None or not ours.tensors:
            return ""
        here, there = ours.weights_of or ours.name, theirs.weights_of or theirs.owner
        if here not in self._there and there not in self._here:
            self._there[here], self._here[there] = there, here
        if self._there.get(here) == there:
            return ""
        if here in self._there:
            other = f"those of {there}" if there in self._here else "weights of its own"
            return f"weights that are those of {here} here, {other} in the model"
        return f"weights of its own here, those of {there} in the model"


def _with_tuples(pair: Beside) -> Beside:
    return replace(pair, ours=_with_tuple_fields(pair.ours), theirs=_with_tuple_fields(pair.theirs))


def _with_tuple_fields(call: Call | None) -> Call | None:
    if call is None:
        return None
    return replace(call, fields={name: _tuple(value) for name, value in call.fields.items()})


def _tuple(value: Any) -> Any:
    return tuple(map(_tuple, value)) if isinstance(value, list) else value


def _shown(value: Any) -> str:
    """
    >>> _shown((3, 3)), _shown(0.5), _shown(None)
    ('3x3', '0.5', 'none')
    """
    match value:
        case None:
            return "none"
        case tuple() if all(isinstance(item, int) for item in value):
            return dims(value)
        case float():
            return f"{value:g}"
        case bool():
            return str(value).lower()
        case int():
            return f"{value:,}"
    return str(value)


def _name(pair: Beside) -> str:
    call = pair.ours or pair.theirs
    assert call is not None
    return f"layer {call.name}" if pair.ours else call.name
