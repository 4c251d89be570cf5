"""Keras' activations: as layers, as the `activation` of other layers, and as functions, by their names."""

from collections.abc import Mapping
from typing import Any, Final

from archcalc.errors import ArchError, did_you_mean
from archcalc.exchange.keras.config import Config
from archcalc.exchange.keras.step import Step
from archcalc.layers.fields import spell

_SELU: Final = (("elu", {"alpha": 1.6732632423543772}), ("times", {"number": 1.0507009873554805}))
_HARD_SIGMOID: Final = "hard_sigmoid"

_OPS: Final[Mapping[str, tuple[tuple[str, Mapping[str, Any]], ...]]] = {
    **{word: ((word, {}),) for word in ("relu", "relu6", "tanh", "sigmoid", "elu", "softplus", "gelu", "mish")},
    "linear": (),
    "selu": _SELU,
    "swish": (("silu", {}),),
    "silu": (("silu", {}),),
    _HARD_SIGMOID: (("hardsigmoid", {}),),
    "hard_silu": (("hardswish", {}),),
    "hard_swish": (("hardswish", {}),),
    "hard_tanh": (("hardtanh", {}),),
    "leaky_relu": (("leaky_relu", {"negative_slope": 0.2}),),
}
"""The layers that do what a function of `keras.activations` does, with its defaults."""

_ALONG_LAST: Final = {"softmax": "softmax", "log_softmax": "log_softmax", "glu": "glu"}


def put_activation(step: Step, made: str) -> str:
    """Put down what the `activation` of a layer does, and return what that hands on."""
    return put_function(step, made, step.config.get("activation"), is_own=False)


def put_function(step: Step, source: str, said: Any, *, is_own: bool) -> str:
    """Put down an activation, whose name may be wrapped in an object. Raises ArchError for one that is not known.

    One that `is_own` is a layer there, and has its name here.
    """
    if isinstance(said, Mapping) and isinstance(said.get("config"), str):
        said = said["config"]
    if isinstance(said, Mapping) and said.get("class_name") in _LAYERS:
        inner = step._replace(class_name=said["class_name"], config=Config(said["class_name"], said.get("config")))
        part = "" if is_own else f"_{said['class_name'].lower()}"
        return _LAYERS[said["class_name"]](inner._replace(path=step.path + part, sources=(source,)))
    if said is None:
        return source
    if isinstance(said, str) and said in _ALONG_LAST:
        dim = step.axes.dim(-1, len(step.sketch.shape(source)))
        return step.put(_ALONG_LAST[said], source, "" if is_own else f"_{said}", dim=dim)
    if not isinstance(said, str) or said not in _OPS:
        hint = did_you_mean(said, [*_OPS, *_ALONG_LAST]) if isinstance(said, str) else ""
        shown = said if isinstance(said, str) else spell(said)
        raise ArchError(f"no layer kind does what the activation {shown} of {step.class_name} does{hint}")
    if said == _HARD_SIGMOID and step.version < 3:
        step.sketch.note("The hard_sigmoid of Keras 1 and 2 rises by 1/5, that of hardsigmoid by 1/6.")
    ops = _OPS[said]
    for number, (op, fields) in enumerate(ops):
        is_named = is_own and number == len(ops) - 1
        source = step.put(op, source, "" if is_named else f"_{op}", **fields)
    return source


def activation(step: Step) -> str:
    return put_function(step, step.source, step.config.get("activation"), is_own=True)


def relu(step: Step) -> str:
    config = step.config
    most = None if config.get("max_value") is None else config.number("max_value", 0)
    slope, threshold = config.number("negative_slope", 0), config.number("threshold", 0)
    if threshold == 0 and most is None:
        return step.put("leaky_relu", negative_slope=slope) if slope else step.put("relu")
    if threshold == 0 == slope and most == 6:
        return step.put("relu6")
    if threshold == 0 == slope and most is not None:
        return step.put("hardtanh", min_val=0, max_val=most)
    raise step.refuse(f"with max_value {most}, negative_slope {slope:g} and threshold {threshold:g}")


def leaky_relu(step: Step) -> str:
    key = "alpha" if step.config.get("negative_slope") is None else "negative_slope"
    return step.put("leaky_relu", negative_slope=step.config.number(key, 0.3))


def elu(step: Step) -> str:
    return step.put("elu", alpha=step.config.number("alpha", 1))


def softmax(step: Step) -> str:
    axis = step.config.integers("axis") if step.config.get("axis") is not None else (-1,)
    if len(axis) != 1:
        raise step.refuse("along several axes")
    return step.put("softmax", dim=step.axes.dim(axis[0], step.rank))


def prelu(step: Step) -> str:
    """Put down a layer with a slope for each channel, or one for all: what is shared along all other axes."""
    said = step.config.get("shared_axes")
    shared = {step.axes.dim(axis, step.rank) for axis in step.config.integers("shared_axes")} if said else set()
    own = [size for dim, size in enumerate(step.shape, start=1) if dim not in shared and size > 1]
    if not own or (step.shape[0] > 1 and own == [step.shape[0]] and 1 not in shared):
        return step.put("prelu", num_parameters=own[0] if own else 1)
    raise step.refuse("with a slope for each place: only with one for each channel, or one for all")


_LAYERS: Final = {
    "Activation": activation,
    "ReLU": relu,
    "LeakyReLU": leaky_relu,
    "ELU": elu,
    "Softmax": softmax,
    "PReLU": prelu,
}
"""Layers that may stand for the `activation` of another."""
