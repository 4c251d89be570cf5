"""Calls to the text of a spec: a line for each layer, with its activation on it, as a person would write it."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self

from archcalc.calls import UNSEEN, Call, Seen, names_of_inputs
from archcalc.errors import ArchError
from archcalc.exchange.torch_models.naming import Names
from archcalc.exchange.torch_models.reading import layer_of
from archcalc.exchange.yaml import fields_of
from archcalc.layers import Layer, Shape
from archcalc.layers.base import Role
from archcalc.spec.inputs import Inputs, as_data, by_name
from archcalc.spec.model import VERSION

_IDENTITY: Final = "Identity"


@dataclass(frozen=True)
class Imported:
    """A spec as plain data, as far as a model can be said, and where it cannot, why."""

    document: Mapping[str, Any]
    fault: str = ""
    """Why the model goes on where the spec ends; empty for a whole one."""

    def to_json(self) -> Any:
        """Return it as JSON, for another process."""
        return {"document": self.document, "fault": self.fault}

    @classmethod
    def from_json(cls, data: Any) -> Self:
        return cls(data["document"], data["fault"])


class _Layer(NamedTuple):
    """A layer with what it reads, by name."""

    name: str
    call: Call
    layer: Layer
    inputs: tuple[str, ...]
    again: str
    """The layer whose weights it has; empty for its own."""

    @property
    def is_activation(self) -> bool:
        """Whether it may stand on the line of the layer before it."""
        return self.layer.role is Role.ACTIVATION and not self.call.tensors and not fields_of(self.layer)


def imported(seen: Seen, given: Inputs, head: Mapping[str, Any]) -> Imported:
    """Return the spec of a model that was seen to run on `given` inputs. `head` is what stands before its layers."""
    reader = _Reader(by_name(given))
    fault = ""
    try:
        for call in seen.calls:
            reader.read(call)
    except ArchError as error:
        fault = str(error)
    outputs = () if fault else tuple(reader.names[number] for number in seen.outputs)
    made_for_others = {name for one in reader.layers for name in one.inputs}
    writer = _Writer(reader.layers, {*outputs} & made_for_others, [*by_name(given)])
    document = {
        "archcalc": VERSION,
        **head,
        "input": as_data(given),
        "inplace": list(_in_place(reader.layers)),
        "layers": writer.lines,
        "outputs": [writer.followed.get(name, name) for name in outputs] if outputs != _ends(reader.layers) else [],
    }
    return Imported({key: value for key, value in document.items() if value}, fault)


class _Reader:
    """Calls as layers, with names, shapes and edges."""

    def __init__(self, given: Mapping[str, Shape]) -> None:
        self.layers: list[_Layer] = []
        self.names = dict(names_of_inputs(given))
        self._shapes = {number: given[name] for number, name in self.names.items()}
        self._names = Names({*given})
        self._owners: dict[str, str] = {}

    def read(self, call: Call) -> None:
        """Take one call in. Raises ArchError, with its place, for one that a spec cannot say."""
        try:
            if UNSEEN in call.reads or not call.reads:
                raise ArchError("it reads a tensor that is neither an input nor made of one")
            inputs = [self._shapes[number] for number in call.reads]
            layer = layer_of(call, inputs)
            self._expect(layer, inputs, call)
        except ArchError as error:
            raise ArchError(f"{_place(call)}: {error}") from None
        self._shapes[call.number] = call.output_shape
        if call.op == _IDENTITY and call.reads[0] not in names_of_inputs(self.names.values()):
            self.names[call.number] = self.names[call.reads[0]]
            return
        name = self._names.give(call, layer.op)
        self.names[call.number] = name
        again = self._owners[call.weights_of] if call.weights_of else ""
        if call.owner:
            self._owners.setdefault(call.owner, name)
        self.layers.append(_Layer(name, call, layer, tuple(self.names[number] for number in call.reads), again))

    @staticmethod
    def _expect(layer: Layer, inputs: Sequence[Shape], call: Call) -> None:
        """Raise ArchError where a layer does not make of its inputs what the call made."""
        layer.check(*inputs)
        out = layer.output_shape(*inputs)
        if out != call.output_shape:
            raise ArchError(f"it makes {call.output_shape}, where a {layer.op} would make {out}")


def _place(call: Call) -> str:
    within = f" in {call.scope}" if call.scope else ""
    at = f", at {call.where}" if call.where else ""
    return f"{call.name}{within}{at}"


def _in_place(layers: Sequence[_Layer]) -> Iterator[str]:
    """Yield the kinds that always write over their input here."""
    able = dict.fromkeys(one.layer.op for one in layers if one.layer.may_overwrite())
    for op in able:
        if all(one.call.in_place for one in layers if one.layer.op == op):
            yield op


def _ends(layers: Sequence[_Layer]) -> tuple[str, ...]:
    """Return the layers that none reads, in order: what a spec hands on where it does not say it."""
    read = {name for one in layers for name in one.inputs}
    return tuple(one.name for one in layers if one.name not in read)


class _Writer:
    """Layers as lines, of which an activation stands on the line of the layer that it follows and is alone to read."""

    def __init__(self, layers: Sequence[_Layer], kept: Collection[str], given: Sequence[str]) -> None:
        """Put down layers; those that are `kept` stand on lines of their own, and so do those that others are."""
        self.lines: list[dict[str, Any]] = []
        self.followed: dict[str, str] = {}
        """The names of activations, as those of the layers on whose lines they are."""
        self._times_read = Counter(name for one in layers for name in one.inputs)
        self._alone = {*kept, *(one.again for one in layers)}
        self._taken = {one.name for one in layers}
        self._previous = given[0] if len(given) == 1 else ""
        self._last: _Layer | None = None
        for one in layers:
            self._add(one)

    def _add(self, one: _Layer) -> None:
        last = self._last
        if last is not None and self._follows(one, last):
            self.lines[-1]["activation"] = one.layer.op
            self.followed[one.name], self._last = last.name, None
            return
        inputs = [self.followed.get(name, name) for name in one.inputs]
        line: dict[str, Any] = {"name": one.name, "op": one.layer.op}
        if one.again:
            line |= {"op": "use", "layer": one.again}
        if one.layer.merges:
            line["from"] = inputs
        elif inputs != [self._previous]:
            (line["from"],) = inputs
        self.lines.append(line if one.again else line | fields_of(one.layer))
        self._previous, self._last = one.name, one

    def _follows(self, one: _Layer, last: _Layer) -> bool:
        """Whether a layer is the activation of the last one."""
        is_free = f"{last.name}.{one.layer.op}" not in self._taken and not last.again
        is_alone = self._times_read[last.name] == 1 and last.name not in self._alone
        return one.is_activation and one.inputs == (last.name,) and last.layer.takes_activation and is_free and is_alone
