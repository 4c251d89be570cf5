"""Layers to the text of a spec: a line for each, with its activation on it, as a person would write it."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from archcalc.exchange.names import Names
from archcalc.exchange.yaml import fields_of
from archcalc.layers import Layer
from archcalc.layers.base import find
from archcalc.spec.inputs import Inputs, as_data, by_name
from archcalc.spec.model import VERSION
from archcalc.spec.statement import is_activation

_SAME: Final = "identity"


class Line(NamedTuple):
    """A layer with what it reads, by name."""

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    again: str = ""
    """The layer whose weights it has; empty for its own."""
    has_weights: bool = False
    in_place: bool = False
    """Whether it writes its output over its input."""

    @property
    def is_activation(self) -> bool:
        """Whether it may stand on the line of the layer before it."""
        return is_activation(self.layer.op) and not self.has_weights and not fields_of(self.layer)


def document(head: Mapping[str, Any], given: Inputs, lines: Sequence[Line], outputs: Sequence[str]) -> dict[str, Any]:
    """Return a spec as plain data. `head` is what stands before its input.

    `outputs` are names of layers and of inputs. What is an input, or is handed on already, becomes an `identity`.
    """
    lines, outputs = _with_own_outputs(given, lines, outputs)
    read = {name for line in lines for name in line.inputs}
    writer = _Writer(lines, {*outputs} & read, [*by_name(given)])
    ends = [line.name for line in lines if line.name not in read]  # what a spec hands on where it does not say it
    parts = {
        "archcalc": VERSION,
        **head,
        "input": as_data(given),
        "inplace": list(_in_place(lines)),
        "layers": writer.written,
        "outputs": [writer.followed.get(name, name) for name in outputs] if [*outputs] != ends or len(ends) > 1 else [],
    }
    return {key: value for key, value in parts.items() if value}


def _with_own_outputs(
    given: Inputs, lines: Sequence[Line], outputs: Sequence[str]
) -> tuple[Sequence[Line], Sequence[str]]:
    """Return layers and outputs, each of which is a layer, and no other."""
    names = Names([*by_name(given), *(line.name for line in lines)])
    made, own = [*lines], dict[str, None]()
    for name in outputs:
        if name in own or name in by_name(given):
            made.append(Line(names.give(_SAME), find(_SAME)(), (name,)))
            name = made[-1].name
        own[name] = None
    return made, [*own]


def _in_place(lines: Sequence[Line]) -> Iterator[str]:
    """Yield the kinds that always write over their input here."""
    able = dict.fromkeys(line.layer.op for line in lines if line.layer.may_overwrite())
    for op in able:
        if all(line.in_place for line in lines if line.layer.op == op):
            yield op


class _Writer:
    """Layers as lines, of which an activation stands on the line of the layer that it follows and is alone to read."""

    def __init__(self, lines: Sequence[Line], kept: Collection[str], given: Sequence[str]) -> None:
        """Put down layers; those that are `kept` stand on lines of their own, and so do those that others are."""
        self.written: list[dict[str, Any]] = []
        self.followed: dict[str, str] = {}
        """The names of activations, as those of the layers on whose lines they are."""
        self._times_read = Counter(name for line in lines for name in line.inputs)
        self._alone = {*kept, *(line.again for line in lines)}
        self._taken = {line.name for line in lines}
        self._previous = given[0] if len(given) == 1 else ""
        self._last: Line | None = None
        for line in lines:
            self._add(line)

    def _add(self, line: Line) -> None:
        last = self._last
        if last is not None and self._follows(line, last):
            self.written[-1]["activation"] = line.layer.op
            self.followed[line.name], self._last = last.name, None
            return
        inputs = [self.followed.get(name, name) for name in line.inputs]
        written: dict[str, Any] = {"name": line.name, "op": line.layer.op}
        if line.again:
            written |= {"op": "use", "layer": line.again}
        if line.layer.merges:
            written["from"] = inputs
        elif inputs != [self._previous]:
            (written["from"],) = inputs
        self.written.append(written if line.again else written | fields_of(line.layer))
        self._previous, self._last = line.name, line

    def _follows(self, line: Line, last: Line) -> bool:
        """Whether a layer is the activation of the last one."""
        is_free = f"{last.name}.{line.layer.op}" not in self._taken and not last.again
        is_alone = self._times_read[last.name] == 1 and last.name not in self._alone
        reads_it = line.inputs == (last.name,)
        return line.is_activation and reads_it and last.layer.takes_activation and is_free and is_alone
