"""The uses of blocks that can be classes: those of which nothing but one output, and no module, is used outside."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from archcalc.graph import Graph
from archcalc.spec.model import Use
from archcalc.twins import Placed


@dataclass(frozen=True)
class Piece:
    """A use of a block: its name, the path of its modules, and where its layers start and stop."""

    name: str
    path: str
    start: int
    stop: int
    use: Use


def pieces(graph: Graph, placed: Sequence[Placed]) -> list[Piece]:
    """Return the uses of blocks that can be classes, those that hold others before these."""
    return [*_Closed(graph, placed).pieces()]


class _Closed:
    def __init__(self, graph: Graph, placed: Sequence[Placed]) -> None:
        self._uses = graph.spec.uses
        self._placed = placed
        self._places = {layer.node.name: place for place, layer in enumerate(placed)}
        self._outputs = {self._places[name] for name in graph.outputs}
        self._last_reader = {self._places.get(name, -1): place for place, name in _reads(placed)}
        self._touching = Counter(holder for layer in placed for holder in _touched(layer))

    def pieces(self) -> Iterator[Piece]:
        within: dict[str, list[int]] = defaultdict(list)
        for place, layer in enumerate(self._placed):
            for holder in _above(layer.node.name):
                if holder in self._uses:
                    within[holder].append(place)
        for name in self._uses:  # in the order in which they were laid out: a use before those in it
            at = within.get(name)
            if at and at[-1] - at[0] + 1 == len(at):
                piece = self._piece(name, at[0], at[-1] + 1)
                if piece:
                    yield piece

    def _piece(self, name: str, start: int, stop: int) -> Piece | None:
        inside = self._placed[start:stop]
        holders = [_holders(layer) for layer in inside]
        depth = name.count(".")
        deep = [found[depth] for found in holders if len(found) > depth]
        is_apart = len(deep) == sum(bool(_module_paths(layer)) for layer in inside) > 0
        if not is_apart or len({*deep}) != 1 or self._touching[deep[0]] != len(deep):
            return None
        if any(layer.node.tower for layer in inside) or not self._hands_on_the_last(start, stop):
            return None
        return Piece(name, deep[0], start, stop, self._uses[name])

    def _hands_on_the_last(self, start: int, stop: int) -> bool:
        """Return whether only the last of some layers is read after them, or handed on."""
        read = [self._last_reader.get(place, stop) >= stop or place in self._outputs for place in range(start, stop)]
        return read == [False] * (stop - start - 1) + [True]


def _reads(placed: Sequence[Placed]) -> Iterator[tuple[int, str]]:
    for place, layer in enumerate(placed):
        for name in layer.node.inputs:
            yield place, name


def _holders(layer: Placed) -> list[str]:
    """Return the paths of all that holds a layer's module, the outermost first; nothing where it has several."""
    paths = _module_paths(layer)
    return [*_above(paths[0])] if len({path.rpartition(".")[0] for path in paths}) == 1 else []


def _touched(layer: Placed) -> set[str]:
    return {holder for path in _module_paths(layer) for holder in _above(path)}


def _module_paths(layer: Placed) -> tuple[str, ...]:
    if not layer.twin.is_module:
        return layer.pads if layer.twin.pad is not None else ()
    return (*layer.paths, *layer.pads) if layer.twin.pad is not None else layer.paths


def _above(name: str) -> Iterator[str]:
    """
    >>> list(_above("layer1.0.conv1"))
    ['layer1', 'layer1.0']
    """
    return (name[:place] for place, letter in enumerate(name) if letter == ".")
