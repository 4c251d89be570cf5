"""Which output feeds which layer: in the spec, and in a model whose calls stand beside its layers."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from archcalc.analysis.alignment import Pairs
from archcalc.calls import UNSEEN, Call, names_of_inputs

_MOST_PARTS: Final = 10_000
"""Into how many parts a sum of sums is taken apart."""

Sources = tuple[int, ...]
"""Places among the pairs, and below zero the numbers of inputs, which are beside those of the model."""


class Rewired(NamedTuple):
    """What is wired differently in the model, in words."""

    layers: Mapping[int, str]
    """Of the pairs, by their places."""
    outputs: tuple[str, ...]
    """Of the network's outputs."""
    matched: Mapping[str, int]
    """The outputs that are the same, by their names here, with their places among the model's."""

    @property
    def number(self) -> int:
        return len(self.layers) + len(self.outputs)


def rewired(pairs: Pairs[Call, Call], inputs: Iterable[str], ours: Mapping[str, int], theirs: Sequence[int]) -> Rewired:
    """Return what is wired differently, given the names of the inputs, and the calls that make the outputs of both.

    A call that stands alone is looked through: what reads it is held to read what it reads.
    """
    names = names_of_inputs(inputs)
    here, there = _Side(pairs, 0, names, ours.values()), _Side(pairs, 1, names, theirs)
    words = {place: here.difference(there, place) for place in here.reads if place in there.reads}
    matched = _matched(
        {name: here.hands_on[number] for name, number in ours.items()}, [there.hands_on[number] for number in theirs]
    )
    outputs = tuple(_outputs(here, there, ours, theirs, matched))
    return Rewired({place: said for place, said in words.items() if said}, outputs, matched)


class _Side:
    """The spec, or the model: what each pair reads, as places of pairs."""

    def __init__(self, pairs: Pairs[Call, Call], side: int, inputs: Mapping[int, str], outputs: Iterable[int]) -> None:
        self._pairs = pairs
        self._inputs = inputs
        self.calls = {place: call for place, pair in enumerate(pairs) if (call := pair[side]) is not None}
        self.hands_on: dict[int, Sources] = {number: (number,) for number in inputs} | {UNSEEN: ()}
        self.reads: dict[int, Sources] = {}
        for place, call in sorted(self.calls.items(), key=lambda item: item[1].number):
            sources = tuple(source for number in call.reads for source in self.hands_on[number])
            if None in pairs[place]:
                self.hands_on[call.number] = tuple(dict.fromkeys(sources))
            else:
                self.hands_on[call.number] = (place,)
                self.reads[place] = sources
        self._ends = {place for number in outputs for place in self.hands_on[number]}
        self._readers: dict[int, list[int]] = {}
        for place, sources in self.reads.items():
            for source in sources:
                self._readers.setdefault(source, []).append(place)

    def difference(self, there: "_Side", place: int) -> str:
        """Return what a layer reads here and what its counterpart reads there, in words; empty where it is the same."""
        layer, ours, theirs = self.calls[place], self.reads[place], there.reads[place]
        if not (there.calls[place].is_known or theirs):
            return ""  # what a class of somebody's own is given may be anything
        if _are_same(layer, ours, theirs) and not layer.associates:
            return ""
        if layer.associates:
            if self._is_part(place) and there._is_part(place):
                return ""  # it is compared with the layer that it is a part of
            ours_parts, theirs_parts = self._parts(place), there._parts(place)
            if _are_same(layer, ours_parts, theirs_parts):
                return ""
            if _are_same(layer, ours, theirs):
                ours, theirs = ours_parts, theirs_parts
        return self._in_words(there, layer, ours, theirs)

    def _in_words(self, there: "_Side", layer: Call, ours: Sources, theirs: Sources) -> str:
        alike = (_less(ours, theirs), _less(theirs, ours)) if layer.commutes else (ours, theirs)
        if len(ours) != len(theirs) or len(ours) == 1:
            return f"reads {self.names(ours)} here, {self.names(theirs)} in the model"
        unlike = [(at, a, b) for at, (a, b) in enumerate(zip(*alike, strict=True)) if a != b]
        return "; ".join(
            f"input {1 + (ours.index(a) if layer.commutes else at)} is {self.name(a)} here, {self.name(b)} in the model"
            for at, a, b in unlike
        )

    def _is_part(self, place: int) -> bool:
        """Whether only layers of its own kind read a layer, and the network does not hand it on."""
        call, readers = self.calls[place], self._readers.get(place, [])
        return bool(readers) and place not in self._ends and all(_are_of_a_kind(self.calls[r], call) for r in readers)

    def _parts(self, place: int) -> Sources:
        """Return what a layer reads, and of each of its own kind that it reads what that reads."""
        call, found, left = self.calls[place], list[int](), [*reversed(self.reads[place])]
        while left and len(found) < _MOST_PARTS:
            source = left.pop()
            inner = self.calls[source] if source in self.reads else None
            if inner is not None and _are_of_a_kind(inner, call):
                left += reversed(self.reads[source])
            else:
                found.append(source)
        return (*found, *left)

    def names(self, places: Sequence[int]) -> str:
        return ", ".join(map(self.name, places)) or "nothing that was seen"

    def name(self, place: int) -> str:
        """Return the name of the layer of a pair, which names what stands beside it too."""
        return self._inputs[place] if place in self._inputs else self.calls[place].name


def _are_same(layer: Call, ours: Sources, theirs: Sources) -> bool:
    return sorted(ours) == sorted(theirs) if layer.commutes else ours == theirs


def _are_of_a_kind(one: Call, other: Call) -> bool:
    return (one.op, one.fields) == (other.op, other.fields)


def _less(some: Sources, others: Sources) -> Sources:
    """Return what is in `some` without what is in others too, in order."""
    left, kept = Counter(others), []
    for source in some:
        if left[source]:
            left[source] -= 1
        else:
            kept.append(source)
    return tuple(kept)


def _matched(ours: Mapping[str, Sources], theirs: Sequence[Sources]) -> dict[str, int]:
    """Return the place among the model's outputs of each output that is made by the same call."""
    free = dict(enumerate(theirs))
    matched = {}
    for name, sources in ours.items():
        place = next((place for place, other in free.items() if other == sources), None)
        if place is not None:
            matched[name] = place
            del free[place]
    return matched


def _outputs(
    here: _Side, there: _Side, ours: Mapping[str, int], theirs: Sequence[int], matched: Mapping[str, int]
) -> Iterator[str]:
    """Return in words which outputs only one of both has."""
    missing = [name for name in ours if name not in matched]
    extra = [number for place, number in enumerate(theirs) if place not in matched.values()]
    extras = [here.names(there.hands_on[number]) for number in extra]
    if len(missing) == len(extras) == 1:
        yield f"the output is {missing[0]} here, {extras[0]} in the model"
        return
    yield from (f"{name} is an output here, and none of the model" for name in missing)
    yield from (f"{name} is an output of the model, and none here" for name in extras)
