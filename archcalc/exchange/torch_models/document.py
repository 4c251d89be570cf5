"""Calls to the text of a spec: a line for each layer, with its activation on it, as a person would write it."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from archcalc.calls import Seen
from archcalc.errors import ArchError
from archcalc.exchange.torch_models.reading import Reader, ReadLayer
from archcalc.exchange.yaml import fields_of
from archcalc.spec.inputs import Inputs, as_data, by_name
from archcalc.spec.model import VERSION


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


def imported(seen: Seen, given: Inputs, head: Mapping[str, Any]) -> Imported:
    """Return the spec of a model that was seen to run on `given` inputs. `head` is what stands before its layers."""
    reader = Reader(by_name(given), seen)
    fault = ""
    try:
        reader.read()
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


def _in_place(layers: Sequence[ReadLayer]) -> Iterator[str]:
    """Yield the kinds that always write over their input here."""
    able = dict.fromkeys(one.layer.op for one in layers if one.layer.may_overwrite())
    for op in able:
        if all(one.call.in_place for one in layers if one.layer.op == op):
            yield op


def _ends(layers: Sequence[ReadLayer]) -> tuple[str, ...]:
    """Return the layers that none reads, in order: what a spec hands on where it does not say it."""
    read = {name for one in layers for name in one.inputs}
    return tuple(one.name for one in layers if one.name not in read)


class _Writer:
    """Layers as lines, of which an activation stands on the line of the layer that it follows and is alone to read."""

    def __init__(self, layers: Sequence[ReadLayer], kept: Collection[str], given: Sequence[str]) -> None:
        """Put down layers; those that are `kept` stand on lines of their own, and so do those that others are."""
        self.lines: list[dict[str, Any]] = []
        self.followed: dict[str, str] = {}
        """The names of activations, as those of the layers on whose lines they are."""
        self._times_read = Counter(name for one in layers for name in one.inputs)
        self._alone = {*kept, *(one.again for one in layers)}
        self._taken = {one.name for one in layers}
        self._previous = given[0] if len(given) == 1 else ""
        self._last: ReadLayer | None = None
        for one in layers:
            self._add(one)

    def _add(self, one: ReadLayer) -> None:
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

    def _follows(self, one: ReadLayer, last: ReadLayer) -> bool:
        """Whether a layer is the activation of the last one."""
        is_free = f"{last.name}.{one.layer.op}" not in self._taken and not last.again
        is_alone = self._times_read[last.name] == 1 and last.name not in self._alone
        return one.is_activation and one.inputs == (last.name,) and last.layer.takes_activation and is_free and is_alone
