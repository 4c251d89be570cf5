"""The numbers in a class: two uses of a block can share one if they differ in these alone."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from archcalc.exchange.pytorch_source.scope import Scope
from archcalc.exchange.pytorch_source.values import Name
from archcalc.layers import Twin
from archcalc.twins import Placed

Key = tuple[str, ...]
"""Where a number stands: the layer, then the keyword of its twin, and of twins inside that."""

_PAD = "pad"


def slots(scope: Scope) -> dict[Key, Any]:
    """Return all numbers that the modules of a class are made with, as source writes them."""
    return {key: value for layer in scope.layers for key, value, _ in _of_layer(layer)}


def defaults(scope: Scope) -> dict[Key, Any]:
    """Return what a number is where nobody says it; no number that always is said, without its keyword."""
    found = {}
    for layer in scope.layers:
        for key, _, twin in _of_layer(layer):
            if key[-1] not in twin.positional:
                default = twin._replace(keywords=twin.defaults).written
                found[key] = default.get(key[-1])
    return found


def filled(scope: Scope, names: Mapping[Key, Name]) -> Scope:
    """Return a scope with names in the place of numbers."""
    layers = (
        layer._replace(twin=_filled_layer(layer, names)) if layer.twin.is_module else layer for layer in scope.layers
    )
    return scope._replace(layers=tuple(layers))


def frame(scope: Scope) -> Hashable:
    """Return all that a class says but its numbers."""
    return scope.inputs, scope.outputs, tuple(map(frame_of, scope.layers))


def frame_of(layer: Placed) -> tuple[Hashable, ...]:
    """Return all that a class says of a layer but numbers; first its name, then what it reads."""
    node, twin = layer.node, layer.twin
    pads = layer.pads if twin.pad is not None else ()
    return node.name, node.inputs, layer.paths if twin.is_module else (), pads, layer.is_first, _frame(twin)


def _frame(twin: Twin) -> Hashable:
    if not twin.is_module:
        return twin.call, repr(sorted(twin.keywords.items())), twin.part, None if twin.pad is None else _frame(twin.pad)
    inner = ((word, _frame(value) if isinstance(value, Twin) else None) for word, value in twin.keywords.items())
    return twin.call, tuple(inner), twin.remark, None if twin.pad is None else _frame(twin.pad)


def _of_layer(layer: Placed) -> Iterator[tuple[Key, Any, Twin]]:
    twin = layer.twin
    if twin.pad is not None:
        yield from _of_twin((layer.node.name, _PAD), twin.pad)
    if twin.is_module and layer.is_first:
        yield from _of_twin((layer.node.name,), twin)


def _of_twin(start: Key, twin: Twin) -> Iterator[tuple[Key, Any, Twin]]:
    for word, value in twin.written.items():
        if isinstance(value, Twin):
            yield from _of_twin((*start, word), value)
        else:
            yield (*start, word), value, twin


def _filled_layer(layer: Placed, names: Mapping[Key, Name]) -> Twin:
    start = (layer.node.name,)
    twin = _filled(layer.twin, start, names)
    return twin if twin.pad is None else twin._replace(pad=_filled(twin.pad, (*start, _PAD), names))


def _filled(twin: Twin, start: Key, names: Mapping[Key, Name]) -> Twin:
    keywords = {
        word: _filled(value, (*start, word), names) if isinstance(value, Twin) else names.get((*start, word), value)
        for word, value in twin.keywords.items()
    }
    return twin._replace(keywords=keywords)


def without(scope: Scope, names: Sequence[str]) -> Scope | None:
    """Return a scope without some modules, whose readers read what these read; None where that cannot be."""
    instead: dict[str, str] = {}
    left = []
    for layer in scope.layers:
        node = layer.node._replace(inputs=tuple(instead.get(name, name) for name in layer.node.inputs))
        if layer.node.name not in names:
            left.append(layer._replace(node=node))
        elif layer.twin.is_module and layer.twin.pad is None and layer.is_first and len(node.inputs) == 1:
            instead[node.name] = node.inputs[0]
        else:
            return None
    outputs = tuple(instead.get(name, name) for name in scope.outputs)
    return scope._replace(layers=tuple(left), outputs=outputs)
