"""Layers that stand in one class, and how those of a part of it become one layer, which is a call of that part."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from archcalc.layers import Twin
from archcalc.spec.inputs import INPUT
from archcalc.twins import Placed

SEQUENTIAL: Final = "nn.Sequential"
REPEATED: Final = "nn.Sequential of"
"""The call of a twin that stands for a `Sequential` of equal parts: its `part`, `count` times."""


class Scope(NamedTuple):
    """The layers of a class in order, the names of the tensors that it reads, and of those that it hands on."""

    layers: tuple[Placed, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class Part(NamedTuple):
    """Layers of a scope that become one: where they start and stop, and the path and twin of the one."""

    start: int
    stop: int
    path: str
    twin: Twin


def folded(scope: Scope, parts: Sequence[Part]) -> Scope:
    """Return a scope in which the layers of each part are one, called after its path.

    Parts are in order, and nothing but their last output is read from outside.
    """
    layers: list[Placed] = []
    names: dict[str, str] = {}
    end = 0
    for part in parts:
        layers += scope.layers[end : part.start]
        inside = scope.layers[part.start : part.stop]
        layers.append(_one(inside, part))
        names[inside[-1].node.name] = part.path
        end = part.stop
    return renamed(scope._replace(layers=(*layers, *scope.layers[end:])), names)


def _one(inside: Sequence[Placed], part: Part) -> Placed:
    inputs = read_from_outside(inside)
    shapes = dict(_shapes_read(inside))
    read = tuple(shapes[name] for name in inputs)
    node = inside[-1].node._replace(inputs=inputs, input_shapes=read, device_inputs=read, again=None)
    return Placed(node, part.twin, (part.path,), (), True)


def renamed(scope: Scope, names: Mapping[str, str]) -> Scope:
    """Return a scope with other names for tensors."""
    layers = (
        layer._replace(
            node=layer.node._replace(
                name=names.get(layer.node.name, layer.node.name),
                inputs=tuple(names.get(name, name) for name in layer.node.inputs),
            )
        )
        for layer in scope.layers
    )
    outputs = tuple(names.get(name, name) for name in scope.outputs)
    return Scope(tuple(layers), tuple(names.get(name, name) for name in scope.inputs), outputs)


def on_its_own(scope: Scope, name: str, path: str) -> Scope:
    """Return the scope of a part as its class has it: names and paths start there, and inputs are called by number."""
    depth = len(path) + 1
    inputs = [INPUT] if len(scope.inputs) == 1 else [f"x{number}" for number in range(1, len(scope.inputs) + 1)]
    own = {layer.node.name: _within(layer.node.name, name, path) for layer in scope.layers}
    inner = renamed(scope, own | dict(zip(scope.inputs, inputs, strict=True)))
    layers = (
        layer._replace(
            paths=tuple(one[depth:] for one in layer.paths),
            pads=tuple(one[depth:] for one in layer.pads) if layer.twin.pad is not None else (),
        )
        for layer in inner.layers
    )
    return inner._replace(layers=tuple(layers))


def _within(one: str, name: str, path: str) -> str:
    """Return a layer's name without that of the part it stands in; a folded part is called after its path."""
    start = name if one.startswith(f"{name}.") else path
    return one.removeprefix(f"{start}.")


def read_from_outside(layers: Sequence[Placed]) -> tuple[str, ...]:
    """Return the names that layers read and none of them has, in the order in which they read them."""
    own = {layer.node.name for layer in layers}
    return tuple(dict.fromkeys(name for layer in layers for name in layer.node.inputs if name not in own))


def _shapes_read(layers: Iterable[Placed]) -> Iterator[tuple[str, tuple[int, ...]]]:
    for layer in layers:
        yield from zip(layer.node.inputs, layer.node.input_shapes, strict=True)


def with_sequences(scope: Scope) -> Scope:
    """Return a scope in which modules called 0, 1, 2 and so on, each after the other, are a `Sequential`."""
    while found := [*_sequences(scope)]:
        scope = folded(scope, sorted(found))
    return scope


def _sequential(twins: Sequence[Twin]) -> Twin:
    if all(twin == twins[0] for twin in twins) and twins[0].is_ours:
        return Twin(REPEATED, {"part": twins[0], "count": len(twins)})
    items = {str(number): twin for number, twin in enumerate(twins)}
    return Twin(SEQUENTIAL, items, positional=tuple(items))


def _sequences(scope: Scope) -> Iterator[Part]:
    """Yield what can be a `Sequential` and holds none."""
    places: dict[str, list[int]] = {}
    for place, layer in enumerate(scope.layers):
        if layer.twin.is_module:
            for path in (*layer.paths, *layer.pads[: layer.twin.pad is not None]):
                parts = path.split(".")
                for depth in range(1, len(parts)):
                    places.setdefault(".".join(parts[:depth]), []).append(place)
    names = {layer.node.name for layer in scope.layers} | {*scope.inputs}
    readers = _last_readers(scope)
    for path, at in places.items():
        start, stop = at[0], at[0] + len(at)
        if path not in names and at == [*range(start, stop)] and _is_sequence(scope, path, start, stop, readers):
            yield Part(start, stop, path, _sequential([layer.twin for layer in scope.layers[start:stop]]))


def _last_readers(scope: Scope) -> dict[str, int]:
    """Return the place of the last layer that reads each tensor; of what the scope hands on, behind all."""
    read = {name: place for place, layer in enumerate(scope.layers) for name in layer.node.inputs}
    return read | dict.fromkeys(scope.outputs, len(scope.layers))


def _is_sequence(scope: Scope, path: str, start: int, stop: int, readers: Mapping[str, int]) -> bool:
    """Return whether each layer of a stretch is a module by its number, which only the next one reads."""
    before = None
    for number, layer in enumerate(scope.layers[start:stop]):
        node = layer.node
        is_plain = layer.paths == (f"{path}.{number}",) and layer.is_first and layer.twin.pad is None
        follows = before is None or (node.inputs == (before,) and readers[before] == start + number)
        if not (is_plain and follows and len(node.inputs) == 1 and node.copies == 1):
            return False
        before = node.name
    return True
