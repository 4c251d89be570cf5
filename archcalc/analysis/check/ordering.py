"""The calls of a model in the order of a spec's layers: branches may run in any order, and layers may be alike."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from archcalc.analysis.check.calls import Ours
from archcalc.calls import Call, is_from_outside

Unlikeness = Callable[[Call, Call], int]

_DEPTH: Final = 4
"""How many calls before a layer are looked at to tell it from one that is alike."""
_MOST_IN_ANY_ORDER: Final = 16
"""How many inputs of a sum are told from each other; of more, only the number counts."""


def as_wired(ours: Ours, theirs: Sequence[Call], outputs: Sequence[int], unlikeness: Unlikeness) -> list[Call]:
    """Return the model's calls in the order of the layers that do the same and read the same.

    A layer without such a call is passed over; the calls that are left come last.
    """
    meant = _Meant(ours, theirs, unlikeness).counterparts(outputs)
    left = {call.number: call for call in theirs}
    beside: dict[int, int] = {}
    ready = _Ready(theirs)
    order = []
    for layer in ours.calls:
        wanted = [number if is_from_outside(number) else beside.get(number) for number in layer.reads]
        alike = [call for call in ready.calls() if not unlikeness(layer, call) and _reads(layer, wanted, call)]
        if alike:
            call = min(alike, key=lambda one: _preference(layer, meant.get(one.number)))
            beside[layer.number] = call.number
            order.append(left.pop(call.number))
            ready.run(call)
    return [*order, *left.values()]


def _reads(layer: Call, wanted: Sequence[int | None], call: Call) -> bool:
    """Whether a call reads what it should, in any order where that changes nothing."""
    known = [number for number in wanted if number is not None]
    if len(known) < len(wanted):
        return False
    return sorted(call.reads) == sorted(known) if layer.commutes else list(call.reads) == known


def _preference(layer: Call, meant: int | None) -> int:
    """Return 0 for the call that is meant to be this layer, more for one that is free, most for another layer's."""
    return 0 if meant == layer.number else 1 if meant is None else 2


class _Ready:
    """The calls that read nothing of what has not run yet."""

    def __init__(self, calls: Sequence[Call]) -> None:
        self._waits = {call.number: {n for n in call.reads if not is_from_outside(n)} for call in calls}
        self._readers: dict[int, list[Call]] = {}
        for call in calls:
            for number in self._waits[call.number]:
                self._readers.setdefault(number, []).append(call)
        self._ready = {call.number: call for call in calls if not self._waits[call.number]}

    def calls(self) -> list[Call]:
        return list(self._ready.values())

    def run(self, call: Call) -> None:
        del self._ready[call.number]
        for reader in self._readers.get(call.number, ()):
            self._waits[reader.number].discard(call.number)
            if not self._waits[reader.number]:
                self._ready[reader.number] = reader


class _Meant:
    """Which layer each call is meant to be, as its readers tell: from the outputs backwards, input by input."""

    def __init__(self, ours: Ours, theirs: Sequence[Call], unlikeness: Unlikeness) -> None:
        self._outputs = list(ours.outputs.values())
        self._ours: Mapping[int, Call] = {call.number: call for call in ours.calls}
        self._theirs: Mapping[int, Call] = {call.number: call for call in theirs}
        self._unlikeness = unlikeness
        self._known: dict[tuple[int, int, int], bool] = {}

    def counterparts(self, outputs: Sequence[int]) -> dict[int, int]:
        """Return the numbers of layers by those of calls."""
        meant: dict[int, int] = {}
        left = self._in_any_order(self._outputs, outputs)
        while left:
            one, other = left.pop()
            if other in meant or not self._are_alike(one, other, 0) or is_from_outside(one):
                continue
            meant[other] = one
            left += self._inputs(one, other)
        return meant

    def _inputs(self, one: int, other: int) -> list[tuple[int, int]]:
        layer, call = self._ours[one], self._theirs[other]
        if layer.commutes:
            return self._in_any_order(layer.reads, call.reads)
        return list(zip(layer.reads, call.reads, strict=False))

    def _in_any_order(self, some: Sequence[int], others: Sequence[int]) -> list[tuple[int, int]]:
        """Return each of `some` with the first of the others, each taken once, that is like it."""
        free, found = list(others), []
        for one in some:
            other = next((other for other in free if self._are_alike(one, other, _DEPTH)), None)
            if other is not None:
                free.remove(other)
                found.append((one, other))
        return found

    def _are_alike(self, one: int, other: int, depth: int) -> bool:
        """Whether a layer and a call do the same, and so does, to some depth, what they read."""
        if one < 0 or other < 0:
            return one == other
        key = (one, other, depth)
        if key not in self._known:
            layer, call = self._ours[one], self._theirs[other]
            same = not self._unlikeness(layer, call) and len(layer.reads) == len(call.reads)
            self._known[key] = same and (depth == 0 or self._read_alike(layer, call, depth - 1))
        return self._known[key]

    def _read_alike(self, layer: Call, call: Call, depth: int) -> bool:
        if not layer.commutes:
            return all(self._are_alike(a, b, depth) for a, b in zip(layer.reads, call.reads, strict=True))
        if len(layer.reads) > _MOST_IN_ANY_ORDER:
            return True
        free = list(call.reads)
        for one in layer.reads:
            other = next((other for other in free if self._are_alike(one, other, depth)), None)
            if other is None:
                return False
            free.remove(other)
        return True
