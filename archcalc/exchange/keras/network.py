"""A model of Keras as a spec: each call of each layer in the order of the file, as far as that can be."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from archcalc.errors import ArchError, Fault, did_you_mean
from archcalc.exchange.keras.axes import Axes
from archcalc.exchange.keras.config import CHANNELS_FIRST, Config
from archcalc.exchange.keras.inputs import inputs_of
from archcalc.exchange.keras.kinds import LAYERS, OF_KERAS_APPLICATIONS, Reader, function
from archcalc.exchange.keras.models import INPUT_LAYER, MODELS, Model, Part, Ref, model_of
from archcalc.exchange.keras.opening import open_model
from archcalc.exchange.keras.order import in_order
from archcalc.exchange.keras.reading.merges import is_unsaid
from archcalc.exchange.keras.step import Step
from archcalc.exchange.sketch import Sketch, Taken
from archcalc.layers.fields import spell
from archcalc.spec.inputs import Inputs, by_name

_MOST_CALLS: Final = 20_000
"""Of layers; models that call each other could make any number."""
_MOST_NESTING: Final = 20
_KERAS: Final = ("", "keras", "tensorflow", "tf_keras")
"""The packages that layers of Keras itself come from; older versions do not say it."""


def read(path: Path, shown: str, name: str, given: Inputs | None) -> Taken:
    """Return the spec of a model, read up to what cannot be said.

    Raises ArchError where not even its input can be read.
    """
    said, version = open_model(path, shown)
    try:
        return _taken(said, version, shown, name, given)
    except RecursionError:
        raise ArchError(f"{shown} is nested too deep") from None
    except ArchError as error:
        raise _in_file(error, shown) from None


def _taken(said: Mapping[str, Any], version: int, shown: str, name: str, given: Inputs | None) -> Taken:
    model = model_of(said)
    axes = Axes(are_last=not _puts_channels_first(said))
    inputs = inputs_of(model, axes, given)
    walk = _Walk(Sketch(inputs), axes, version)
    fault, outputs = None, [""]
    try:
        outputs = walk.run(model, [*by_name(inputs)], "")
        if any(map(is_unsaid, outputs)):
            raise ArchError("no layer kind adds a number, and the model hands on what it is added to")
    except ArchError as error:
        fault = _in_file(error, shown)
    head = {"name": name, "title": f"{name}, from a model of Keras {version}"}
    return walk.sketch.taken(head, () if fault else outputs, fault)


def _in_file(error: ArchError, shown: str) -> ArchError:
    """Return an error with the file that it is in, which is written on one line and has no places worth a mark."""
    faults = (fault if fault.mark else Fault(fault.what, _joined(shown, fault.within)) for fault in error.faults)
    return ArchError(*faults, partial=error.partial)


def _joined(shown: str, within: str) -> str:
    return f"{shown}: {within}" if within else shown


def _puts_channels_first(said: Any) -> bool:
    """Return whether the first layer that says where channels are, apart from Flatten, puts them first."""
    found = next(_formats(said), None)
    return found == CHANNELS_FIRST


def _formats(said: Any) -> Iterator[Any]:
    """Yield what layers say of where channels are, in the order of the file."""
    config = said.get("config") if isinstance(said, dict) else None
    layers = config.get("layers") if isinstance(config, dict) else config
    if isinstance(said, dict) and said.get("class_name") in MODELS:
        for layer in layers if isinstance(layers, list) else ():
            yield from _formats(layer)
    elif isinstance(config, dict) and said.get("class_name") != "Flatten":
        found = Config("", config).get("data_format")
        if isinstance(found, str):
            yield found


class _Walk:
    """The layers of a model, and of the models in it, as they are put down."""

    def __init__(self, sketch: Sketch, axes: Axes, version: int) -> None:
        self.sketch = sketch
        self._axes = axes
        self._version = version
        self._calls = 0
        self._firsts: dict[str, str] = {}
        self._times: Counter[str] = Counter()
        self._images = {*by_name(sketch.given)}
        """The names under which the input is handed on."""

    def run(self, model: Model, given: Sequence[str], path: str) -> list[str]:
        """Put down the layers of a model that reads what is given, and return what it hands on."""
        made: dict[Ref, str] = dict(zip(model.inputs, given, strict=False))
        if len(given) != len(model.inputs) or path.count(".") > _MOST_NESTING:
            raise ArchError(f"the model reads {len(model.inputs)} tensors, not {len(given)}").at(None, _within(path))
        for part, number in in_order(model):
            if part.class_name == INPUT_LAYER:
                continue
            own = f"{path}.{part.name}" if path else part.name
            try:
                sources = [_found(ref, made) for ref in part.calls[number].reads]
                results = self._call(part, number, sources, own)
            except ArchError as error:
                raise error.at(None, _within(own)) from None
            for place, result in enumerate(results):
                made[Ref(part.name, number, place)] = result
        return [_found(ref, made) for ref in model.outputs]

    def _call(self, part: Part, number: int, sources: list[str], path: str) -> list[str]:
        self._calls += 1
        if self._calls > _MOST_CALLS:
            raise ArchError(f"the model calls layers over {_MOST_CALLS:,} times")
        if part.is_model:
            return self.run(model_of(part.said), sources, path)
        name = str(part.config.get("function")) if _is_lambda_of_tf(part) else part.class_name
        numbers = part.calls[number].numbers if part.is_operation else ()
        if any(map(is_unsaid, sources)) and not numbers and name != "ReLU":
            raise ArchError("no layer kind adds a number, as the layer before this one does")
        is_of_input = len(sources) == 1 and sources[0] in self._images
        config = Config(name, part.config)
        self._expect_format(part, config)
        step = Step(
            *(self.sketch, self._axes, self._version, self._firsts, self._times, path, name, config),
            *(tuple(sources), numbers, is_of_input),
        )
        return [_reader(part, name)(step)]

    def _expect_format(self, part: Part, config: Config) -> None:
        found = config.get("data_format")
        is_first = found == CHANNELS_FIRST
        if isinstance(found, str) and part.class_name != "Flatten" and is_first == self._axes.are_last:
            raise ArchError(f"{part.class_name} is {found}, and layers before it are not")


def _reader(part: Part, name: str) -> Reader:
    """Return what puts a layer down. Raises ArchError for a class that is code, or that no layer kind does."""
    if part.is_operation:
        found = function(name)
        if found is None:
            raise ArchError(f"no layer kind does what the function {name} does")
        return found
    if _is_code(part, name):
        raise ArchError(f"{name} is code of the model's author, which is never run: no layer kind does what it does")
    if name in OF_KERAS_APPLICATIONS and part.module.startswith("keras.src.applications"):
        return OF_KERAS_APPLICATIONS[name]
    if name in LAYERS:
        return LAYERS[name]
    raise ArchError(f"no layer kind does what Keras' {name} does{did_you_mean(name, LAYERS)}")


def _is_code(part: Part, name: str) -> bool:
    """Return whether a layer is a class that a person wrote, and registered or not, or a function of theirs."""
    registered = part.said.get("registered_name")
    is_registered = ">" in name or (isinstance(registered, str) and ">" in registered)
    return name == "Lambda" or is_registered or part.module.partition(".")[0] not in _KERAS


def _is_lambda_of_tf(part: Part) -> bool:
    if not part.class_name.endswith("OpLambda"):
        return False
    if not isinstance(part.config, dict) or not isinstance(part.config.get("function"), str):
        raise ArchError(f"the function of {part.class_name} must be text, got {spell(part.config)}")
    return True


def _found(ref: Ref, made: Mapping[Ref, str]) -> str:
    """Return what a call of a layer makes. Raises ArchError where it makes no such thing."""
    if ref not in made:
        raise ArchError(f"no output {ref.tensor} of call {ref.call} of layer {ref.layer} is made, and it is read")
    return made[ref]


def _within(path: str) -> str:
    return f"layer {path}" if path else ""
