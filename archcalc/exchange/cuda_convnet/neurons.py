"""cuda-convnet's neurons: `relu`, `tanh[1.7159,0.6667]` and others, which follow a layer."""

import re
from typing import Any, Final

from archcalc.errors import ArchError, did_you_mean
from archcalc.exchange.names import as_name
from archcalc.exchange.sections import Section
from archcalc.exchange.sketch import Sketch

_NEURON: Final = re.compile(r"(?P<kind>\w+)(?:\[(?P<numbers>[^\]]*)\])?")
_NONE: Final = ("", "ident")
_COUNTS: Final = {"logistic": 0, "relu": 0, "softrelu": 0, "abs": 0, "tanh": 2, "brelu": 1, "linear": 2}
"""How many numbers each takes."""


def put_neuron(sketch: Sketch, section: Section, source: str) -> str:
    """Put down what the neurons of a section do with its output, and return what hands that on.

    Raises ArchError for neurons that no layer kind is.
    """
    word = section.word("neuron", "")
    if word in _NONE:
        return source
    for op, fields in _layers(section, word):
        source = sketch.add(f"{as_name(section.head)}_{op}", op, source, section.at("neuron"), **fields)
    return source


def _layers(section: Section, word: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the kinds that do what neurons do: a * tanh(b * x), min(a, max(0, x)) and a * x + b among them."""
    found = _NEURON.fullmatch(word.replace(" ", ""))
    kind = found["kind"] if found else word
    numbers = _numbers(section, found["numbers"] if found else None)
    if kind not in _COUNTS:
        hint = did_you_mean(kind, _COUNTS)
        raise ArchError(f"no layer kind does what the neurons {word} do{hint}").at(section.at("neuron"))
    if len(numbers) != _COUNTS[kind]:
        raise ArchError(f"neurons {kind} take {_COUNTS[kind]} numbers, got {word}").at(section.at("neuron"))
    match kind, numbers:
        case "tanh", [height, slope]:
            return [*_times(slope), ("tanh", {}), *_times(height)]
        case "brelu", [most]:
            return [("hardtanh", {"min_val": 0, "max_val": most})]
        case "linear", [slope, shift]:
            if shift:
                raise ArchError("no layer kind adds a number").at(section.at("neuron"))
            return _times(slope)
    return [({"logistic": "sigmoid", "softrelu": "softplus"}.get(kind, kind), {})]


def _times(number: float) -> list[tuple[str, dict[str, Any]]]:
    return [] if number == 1 else [("times", {"number": number})]


def _numbers(section: Section, text: str | None) -> list[float]:
    try:
        return [float(word) for word in text.split(",")] if text else []
    except ValueError:
        raise ArchError(f"neuron: {text} are not numbers").at(section.at("neuron")) from None
