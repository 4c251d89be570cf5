"""Darknet's activations, from https://github.com/pjreddie/darknet/blob/master/src/activations.h"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from archcalc.errors import ArchError, did_you_mean
from archcalc.exchange.sections import Section
from archcalc.exchange.sketch import Sketch

_LINEAR: Final = "linear"

_OPS: Final[Mapping[str, tuple[tuple[str, Mapping[str, Any]], ...]]] = {
    "logistic": (("sigmoid", {}),),
    "relu": (("relu", {}),),
    "relu6": (("relu6", {}),),
    "elu": (("elu", {}),),
    "relie": (("leaky_relu", {"negative_slope": 0.01}),),
    "leaky": (("leaky_relu", {"negative_slope": 0.1}),),
    "ramp": (("leaky_relu", {"negative_slope": 0.1 / 1.1}), ("times", {"number": 1.1})),  # max(x, 0) + 0.1 * x
    "tanh": (("tanh", {}),),
    "hardtan": (("hardtanh", {}),),
    "swish": (("silu", {}),),
    "mish": (("mish", {}),),
}
"""The layers that do what an activation does."""


def put_activation(sketch: Sketch, section: Section, source: str, name: Callable[[str], str], default: str) -> str:
    """Put down what a section's `activation` does with a source, and return what that hands on.

    Raises ArchError for an activation that no layer kind is.
    """
    word = section.word("activation", default)
    if word == _LINEAR:
        return source
    if word not in _OPS:
        hint = did_you_mean(word, [*_OPS, _LINEAR])
        raise ArchError(f"no layer kind does what the activation {word} does{hint}").at(section.at("activation"))
    for op, fields in _OPS[word]:
        source = sketch.add(name(op), op, source, section.at("activation"), **fields)
    return source
