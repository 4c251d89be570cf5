"""Models in one form, whichever version of Keras wrote them: layers, each with its calls, and what these read.

A Sequential model is a chain of layers that are called once.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from archcalc.errors import ArchError
from archcalc.layers.fields import is_integer, spell

SEQUENTIAL: Final = "Sequential"
MODELS: Final = ("Functional", "Model", "Container", SEQUENTIAL)
INPUT_LAYER: Final = "InputLayer"
_TENSOR: Final = "__keras_tensor__"


class Ref(NamedTuple):
    """One of the tensors that a call of a layer makes."""

    layer: str
    call: int = 0
    tensor: int = 0


class Call(NamedTuple):
    """What a call of a layer reads: tensors, and numbers among them, which only operations take."""

    reads: tuple[Ref, ...]
    numbers: tuple[float, ...] = ()


class Part(NamedTuple):
    """A layer of a model."""

    name: str
    class_name: str
    module: str
    config: Any
    said: Mapping[str, Any]
    """All that the file says of it."""
    calls: tuple[Call, ...]

    @property
    def is_model(self) -> bool:
        return self.class_name in MODELS

    @property
    def is_operation(self) -> bool:
        """Whether it is a function of tensors, and no layer."""
        return self.module.startswith(("keras.src.ops", "keras.ops")) or self.class_name.endswith("OpLambda")


class Model(NamedTuple):
    parts: tuple[Part, ...]
    inputs: tuple[Ref, ...]
    outputs: tuple[Ref, ...]


def model_of(said: Mapping[str, Any]) -> Model:
    """Return a model in this form. Raises ArchError for one that is put together in no way of Keras."""
    name, config = str(said.get("class_name")), said.get("config")
    if name == SEQUENTIAL:
        return _sequential(said, config)
    if name in MODELS and isinstance(config, dict) and "layers" in config:
        return _functional(config)
    if name in MODELS or isinstance(config, dict):
        raise ArchError(f"a model of the class {name} is code: only Sequential and Functional ones are described")
    raise ArchError(f"the config of {name} must be an object, got {spell(config)}")


def _functional(config: Mapping[str, Any]) -> Model:
    parts = tuple(_part(entry, number) for number, entry in enumerate(_layers(config)))
    _expect_own_names(parts)
    inputs, outputs = (tuple(_refs(config.get(key))) for key in ("input_layers", "output_layers"))
    if not inputs or not outputs:
        raise ArchError(f"the model has no {'output' if inputs else 'input'}_layers")
    return _from_zero(Model(parts, inputs, outputs))


def _from_zero(model: Model) -> Model:
    """Return a model in which the calls of models in it are counted from 0.

    Some versions count them from 1, as a model was called once by itself; so the last call has a number too many.
    """
    counts = {part.name: len(part.calls) for part in model.parts if part.is_model}
    named = (
        ref for refs in (model.outputs, *(call.reads for part in model.parts for call in part.calls)) for ref in refs
    )
    late = {ref.layer for ref in named if ref.call >= counts.get(ref.layer, ref.call + 1)}
    if not late:
        return model

    def less(refs: tuple[Ref, ...]) -> tuple[Ref, ...]:
        return tuple(ref._replace(call=ref.call - 1) if ref.layer in late else ref for ref in refs)

    parts = (
        part._replace(calls=tuple(call._replace(reads=less(call.reads)) for call in part.calls)) for part in model.parts
    )
    return Model(tuple(parts), model.inputs, less(model.outputs))


def _sequential(said: Mapping[str, Any], config: Any) -> Model:
    parts = [_part(entry, number) for number, entry in enumerate(_layers(config))]
    if not parts or parts[0].class_name != INPUT_LAYER:
        shape = _shape_of(said, config, parts)
        parts.insert(0, Part("", INPUT_LAYER, "", {"batch_shape": shape}, {}, ()))
    _expect_own_names(parts)
    calls: list[tuple[Call, ...]] = [(), *((Call((Ref(part.name),)),) for part in parts[:-1])]
    chain = tuple(part._replace(calls=own) for part, own in zip(parts, calls, strict=True))
    return Model(chain, (Ref(chain[0].name),), (Ref(chain[-1].name),))


def _expect_own_names(parts: Sequence[Part]) -> None:
    seen: set[str] = set()
    for part in parts:
        if part.name in seen:
            raise ArchError(f"two layers are called {part.name}")
        seen.add(part.name)


def _shape_of(said: Mapping[str, Any], config: Any, parts: Sequence[Part]) -> Any:
    """Return the shape that a Sequential model reads, with its batch, wherever it is said."""
    found = [config.get("build_input_shape")] if isinstance(config, dict) else []
    found += [part.config.get(key) for part in parts[:1] for key in _SHAPES if isinstance(part.config, dict)]
    builds = (entry.get("build_config") for entry in (said, *(part.said for part in parts[:1])))
    found += [build.get("input_shape") for build in builds if isinstance(build, dict)]
    if parts and parts[0].is_model:
        inner = model_of(parts[0].said)
        found += [input_shape(part) for part in inner.parts if part.class_name == INPUT_LAYER][:1]
    return next((shape for shape in found if shape is not None), None)


_SHAPES: Final = ("batch_shape", "batch_input_shape")


def input_shape(part: Part) -> Any:
    """Return what an input layer says of its shape, with its batch; None for nothing."""
    said = part.config if isinstance(part.config, dict) else {}
    return next((said[key] for key in _SHAPES if said.get(key) is not None), None)


def _layers(config: Any) -> list[Any]:
    found = config.get("layers") if isinstance(config, dict) else config
    if not isinstance(found, list):
        raise ArchError(f"the layers of the model must be a list, got {spell(found)}")
    return found


def _part(entry: Any, number: int) -> Part:
    if not isinstance(entry, dict) or not isinstance(entry.get("class_name"), str):
        raise ArchError(f"layer {number + 1} has no class_name")
    config = entry.get("config")
    name = entry.get("name") or (config.get("name") if isinstance(config, dict) else None)
    name = name if isinstance(name, str) and name else f"{entry['class_name'].lower()}_{number}"
    module = entry.get("module")
    nodes = entry.get("inbound_nodes") or []
    if not isinstance(nodes, list):
        raise ArchError(f"inbound_nodes must be a list, got {spell(nodes)}").at(None, f"layer {name}")
    calls = tuple(_call(node) for node in nodes)
    return Part(name, entry["class_name"], module if isinstance(module, str) else "", config, entry, calls)


def _call(node: Any) -> Call:
    """Return what one call reads: of Keras 3 it says `args` and `kwargs`, of Keras 1 and 2 it is a list."""
    if isinstance(node, dict) and "args" in node:
        reads = (*_refs(node["args"]), *_refs(node.get("kwargs")))
        return Call(reads, tuple(_numbers(node["args"])))
    reads = tuple(_refs(node))
    keywords = [item for one in _tensors(node) for item in one[3:] if isinstance(item, dict)]
    others = [word[key] for word in keywords for key in ("y", "x2") if key in word]
    return Call((*reads, *_refs(others)), tuple(_numbers([other for other in others if not isinstance(other, list)])))


def _refs(found: Any) -> Iterator[Ref]:
    """Yield the tensors that are named in a value, which may hold them in lists and objects, sorted by their keys."""
    for one in _tensors(found):
        if is_integer(one[1]) and is_integer(one[2]):
            yield Ref(one[0], one[1], one[2])


def _tensors(found: Any) -> Iterator[list[Any]]:
    if isinstance(found, dict):
        if found.get("class_name") == _TENSOR and isinstance(found.get("config"), dict):
            yield from _tensors(found["config"].get("keras_history"))
        else:
            for key in sorted(found):
                yield from _tensors(found[key])
    elif isinstance(found, list):
        if 3 <= len(found) <= 4 and isinstance(found[0], str) and is_integer(found[1]):
            yield found
        else:
            for inner in found:
                yield from _tensors(inner)


def _numbers(found: Any) -> Iterator[float]:
    """Yield the numbers that are given in the place of tensors."""
    if is_integer(found) or isinstance(found, float):
        yield float(found)
    elif isinstance(found, list):
        for inner in found:
            yield from _numbers(inner)
