"""The variables of `forward`: one name along a chain, a name of its own for what is read again later."""

from bisect import bisect, insort
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from keyword import iskeyword
from typing import Final

from archcalc.exchange.pytorch_source.scope import Scope
from archcalc.twins import Placed

_CHAIN: Final = "x"
_BESIDE: Final = "out"
"""The chain, where `x` is read again later."""
_TAKEN: Final = frozenset(("self", "torch", "nn", "Tensor", _CHAIN, _BESIDE))


def variables(scope: Scope, readers: Mapping[str, Sequence[int]], optional: Container[str]) -> dict[str, str]:
    """Return one name for all that is read before the next of them is made, and for an only output; else the layer's.

    That one is `x`, as the only input is too. Where that is read again later, it is `out`. `readers` are the places of
    the layers that read each layer.
    """
    inputs = scope.inputs
    links = _Links(scope, readers, optional).found
    is_read_again = len(inputs) == 1 and inputs[0] not in links
    chain = _BESIDE if is_read_again else _CHAIN
    names = {inputs[0]: _CHAIN} if is_read_again else {}
    own = _own_names(scope, links)
    taken = set(_TAKEN)
    for name in (*inputs, *(layer.node.name for layer in scope.layers)):
        is_link = name in links and (name not in inputs or len(inputs) == 1)
        names.setdefault(name, chain if is_link else _free(own[name].replace(".", "_"), taken))
        taken.add(names[name])
    return names


class _Links:
    """What can have one name: tensors, none of which is made before the last reader of the one before it."""

    def __init__(self, scope: Scope, readers: Mapping[str, Sequence[int]], optional: Container[str]) -> None:
        self._scope = scope
        self._readers = readers
        self._nodes = {layer.node.name: layer for layer in scope.layers}
        order = [*scope.inputs, *(layer.node.name for layer in scope.layers)]
        self._next = {name: place for place, name in enumerate(order, start=1 - len(scope.inputs))}
        self.found = {name for name in order if readers[name] == [self._next[name]] and name not in scope.outputs}
        if [*scope.outputs] == order[-1:]:
            self.found.add(order[-1])
        if all(layer.node.copies == 1 and layer.twin.part is None for layer in scope.layers):
            alone = {layer.node.name for layer in scope.layers if self._is_alone(layer, optional)}
            self.found -= alone
            self._add_longer(name for name in order if name not in alone)

    def _is_alone(self, layer: Placed, optional: Container[str]) -> bool:
        """Return whether its own name says more: where what is read again is made into what may be None, or merges."""
        name = layer.node.name
        readers = self._readers[name]
        if len(readers) != 1 or name in self._scope.outputs:
            return name in optional and name not in self.found
        starts_again = not self.found.intersection(self._read_by(layer))
        merged = len({*self._scope.layers[readers[0]].node.inputs})
        is_merged = layer.twin.is_module and (merged > 2 or (starts_again and merged == 2))
        return is_merged or (name in optional and starts_again)

    def _read_by(self, layer: Placed) -> tuple[str, ...]:
        """Return what a layer reads; an activation that is written on another, what that reads."""
        source = self._nodes.get(layer.node.inputs[0])
        return source.node.inputs if source and is_written_on(layer, source) else layer.node.inputs

    def _add_longer(self, names: Iterable[str]) -> None:
        """Add what is read later than by the next layer, where nothing of the same name is made meanwhile."""
        spans = sorted((self._next[name], self._next[name]) for name in self.found)
        for name in names:
            is_given = name in self._scope.inputs or name in self._scope.outputs
            if name in self.found or is_given or not self._readers[name]:
                continue
            span = (self._next[name], max(self._readers[name]))
            place = bisect(spans, span)
            if (place == 0 or spans[place - 1][1] < span[0]) and (place == len(spans) or span[1] < spans[place][0]):
                self.found.add(name)
                insort(spans, span)


def is_written_on(layer: Placed, source: Placed) -> bool:
    """Return whether a layer is the activation of another, such as `conv1.relu`."""
    return layer.node.inputs == (source.node.name,) and layer.node.name.startswith(f"{source.node.name}.")


def _own_names(scope: Scope, links: Container[str]) -> dict[str, str]:
    """Return the layers' names without those of what holds their module, and of their activation.

    They are left whole where that leaves two alike.
    """
    layers = {layer.node.name: layer for layer in scope.layers}
    names = {name: name for name in scope.inputs}
    for name, layer in layers.items():
        source = layers.get(layer.node.inputs[0])
        is_called_after = source and is_written_on(layer, source) and source.node.name in links
        called = source.node.name if source and is_called_after else name
        depth = layer.paths[0].count(".") if layer.node.copies == 1 else 0
        names[name] = ".".join(called.split(".")[depth:]) or name
    times = Counter(own for name, own in names.items() if name not in links)
    return {
        name: own if times[own] == 1 and own[:1].isalpha() and own not in scope.inputs else name
        for name, own in names.items()
    }


def _free(word: str, taken: set[str]) -> str:
    while word in taken or iskeyword(word):
        word += "_"
    return word
