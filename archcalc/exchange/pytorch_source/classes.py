"""Blocks as classes: one class for all uses that differ in numbers alone, or in modules that some leave out."""

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import NamedTuple

from archcalc.exchange.pytorch_source.parameters import Parameters
from archcalc.exchange.pytorch_source.pieces import Piece, pieces
from archcalc.exchange.pytorch_source.scope import Part, Scope, folded, on_its_own, read_from_outside, with_sequences
from archcalc.exchange.pytorch_source.slots import filled
from archcalc.exchange.pytorch_source.values import REQUIRED
from archcalc.exchange.pytorch_source.variants import Variant, variants
from archcalc.graph import Graph
from archcalc.layers import Twin
from archcalc.twins import Placed


class Class(NamedTuple):
    """A class: its name, its parameters, its layers with these in the place of numbers, and all its uses."""

    name: str
    parameters: Parameters
    scope: Scope
    variant: Variant


def classes(graph: Graph, placed: Sequence[Placed], taken: Container[str]) -> tuple[list[Class], Scope]:
    """Return the classes for the blocks of a network, each before those that use it, and what is left around them."""
    return _Blocks(graph, placed, taken).classes()


def class_name(name: str) -> str:
    """
    >>> class_name("alexnet_owt_bn")
    'AlexnetOwtBn'
    """
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


class _Blocks:
    def __init__(self, graph: Graph, placed: Sequence[Placed], taken: Container[str]) -> None:
        self._graph = graph
        self._placed = tuple(placed)
        self._taken = taken
        self._suffixes: dict[str, str] = {}
        self._twins: dict[str, Twin] = {}
        self._found: list[Class] = []

    def classes(self) -> tuple[list[Class], Scope]:
        order, self._pieces = _in_order(pieces(self._graph, self._placed))
        self._inside = _inside(self._pieces)
        for block in order:
            uses = [piece for piece in self._pieces.values() if piece.use.block == block]
            found = variants([(piece, self._scope(piece)) for piece in uses])
            names = self._names(block, found)
            for name, variant in zip(names, found, strict=True):
                self._add(name, variant)
        whole = Scope(self._placed, tuple(self._graph.spec.inputs), self._graph.outputs)
        return self._found, with_sequences(folded(whole, self._parts("", 0)))

    def _scope(self, piece: Piece) -> Scope:
        layers = self._placed[piece.start : piece.stop]
        whole = Scope(layers, read_from_outside(layers), (layers[-1].node.name,))
        inner = folded(whole, self._parts(piece.name, piece.start))
        return with_sequences(on_its_own(inner, piece.name, piece.path))

    def _parts(self, name: str, start: int) -> list[Part]:
        inside = self._inside[name]
        return [Part(piece.start - start, piece.stop - start, piece.path, self._twins[piece.name]) for piece in inside]

    def _add(self, name: str, variant: Variant) -> None:
        parameters = Parameters(variant)
        found = parameters.found
        required = tuple(one.name for one in found if one.default is REQUIRED)
        defaults = {one.name: one.default for one in found if one.default is not REQUIRED}
        for place, member in enumerate(variant.members):
            values = {one.name: one.values[place] for one in found}
            self._twins[member.piece.name] = Twin(name, values, positional=required, defaults=defaults)
        self._found.append(Class(name, parameters, filled(variant.scope, parameters.texts), variant))

    def _names(self, block: str, found: Sequence[Variant]) -> Iterator[str]:
        for number, told_by in enumerate(_differences(found), start=1):
            suffix = (self._suffixes.get(told_by, told_by) or str(number)) if number > 1 else ""
            base = class_name(block)
            words = (f"{base}{suffix}", f"{base}Block{suffix}", *(f"{base}{count}" for count in range(2, 10**6)))
            word = next(word for word in words if word not in self._taken and word not in self._suffixes)
            self._suffixes[word] = suffix
            yield word


def _differences(found: Sequence[Variant]) -> Iterator[str]:
    """Return the class of modules that only one of the classes of a block has; empty where it is not one."""
    calls = [{layer.twin.call for layer in variant.scope.layers if layer.twin.is_module} for variant in found]
    for number, own in enumerate(calls):
        others = {call for place, theirs in enumerate(calls) if place != number for call in theirs}
        alone = [call.removeprefix("nn.") for call in own - others]
        yield alone[0] if len(alone) == 1 and alone[0].isidentifier() else ""


def _in_order(found: Sequence[Piece]) -> tuple[list[str], dict[str, Piece]]:
    """Return the blocks, each after those that it uses, and their uses; none of blocks that use each other in turn."""
    left = {piece.name: piece for piece in found}
    while True:
        needs: dict[str, dict[str, None]] = {piece.use.block: {} for piece in left.values()}
        for holder, inside in _inside(left).items():
            if holder:
                needs[left[holder].use.block].update((piece.use.block, None) for piece in inside)
        try:
            return [*TopologicalSorter(needs).static_order()], left
        except CycleError as error:
            round_and_round = error.args[1]
            left = {name: piece for name, piece in left.items() if piece.use.block not in round_and_round}


def _inside(found: Mapping[str, Piece]) -> dict[str, list[Piece]]:
    """Return the uses in each use, and under an empty name those that are in none; in order of their layers."""
    inside: dict[str, list[Piece]] = defaultdict(list)
    for name, piece in found.items():
        holder = name
        while holder and (holder == name or holder not in found):
            holder = holder.rpartition(".")[0]
        inside[holder].append(piece)
    return {holder: sorted(inside[holder], key=lambda piece: piece.start) for holder in ("", *found)}
