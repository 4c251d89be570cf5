"""Layers between one that several read and one that merges them, as the paths of `branches`."""

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import permutations
from typing import Final

from archcalc.exchange.folding.items import Item
from archcalc.layers import KINDS

_MOST_PATHS: Final = 8
_MOST_REORDERED: Final = 3
_DEEPEST: Final = 16
"""So many branches may stand inside each other: no text of a spec is nested much deeper."""


def with_branches(items: Sequence[Item], first: str, kept: Collection[str]) -> list[Item]:
    """Return items in which those that a merge puts together are its paths; inner ones first.

    Those that are `kept`, because something else needs their names, stay as they are.
    """
    row = _Row(first, kept, Counter(name for item in items for name in item.inputs))
    for item in items:
        row.add(item)
        if KINDS[item.body["op"]].merges if item.body["op"] in KINDS else False:
            row.fold_last()
    return row.items


class _Row:
    """Items as far as they are folded."""

    def __init__(self, first: str, kept: Collection[str], readers: Counter[str]) -> None:
        self.items: list[Item] = []
        self._first, self._kept, self._readers = first, kept, readers
        self._places = {first: -1}
        self._sealed = 0 if first else 1
        """Where paths may begin: what stands before is too deep already, or not all of it is on paths."""
        self._apart: set[str] = set()
        """What was before a merge without being where its paths begin: no others begin there, or end there."""

    def add(self, item: Item) -> None:
        self._places[item.name] = len(self.items)
        self.items.append(item)

    def fold_last(self) -> None:
        """Make the last of the items branches, if those before it are paths that it merges."""
        merge = self.items[-1]
        start = self._start(merge) if 2 <= len(merge.inputs) <= _MOST_PATHS else None
        if start is None:
            return
        source = self.items[start - 1].name if start else self._first
        region = self.items[start:-1]
        paths = next(filter(None, (_paths(region, inputs, source) for inputs in _orders(merge))), None)
        if paths is None:
            self._apart.add(source)
            self._sealed = max(self._sealed, 0 if start else 1)
            return
        if max(item.depth for path in paths for item in path) >= _DEEPEST:
            self._sealed = len(self.items)
            return
        for item in self.items[start:]:
            self._readers.subtract(item.inputs)
        self._readers[source] += 1
        del self.items[start:]
        body = {**merge.body, "op": "branches", "merge": merge.body["op"]}
        self.add(Item(merge.name, _ordered(body), (source,), paths))

    def _start(self, merge: Item) -> int | None:
        """Return the place of the first item that may be on a path to a merge; None where there are no paths.

        All that is read from there on is what stands right before. If these are no paths, no longer ones are: the end
        of one path would stand in the middle of another.
        """
        inside, outer = Counter(merge.inputs), {*merge.inputs}
        if not self._apart.isdisjoint(outer) or self._are_sealed(outer):
            return None
        for start in range(len(self.items) - 1, self._sealed - 1, -1):
            source = self.items[start - 1] if start else None
            if outer == {source.name if source else self._first}:
                return None if source and source.name in self._apart else start
            if source is None or source.name in self._kept or self._are_sealed(source.inputs):
                return None
            inside.update(source.inputs)
            if self._readers[source.name] != inside[source.name]:
                return None  # something else reads it
            outer.discard(source.name)
            outer.update(source.inputs)
        return None

    def _are_sealed(self, names: Collection[str]) -> bool:
        """Whether one of these stands too far before for paths to begin there."""
        return any(self._places.get(name, -1) < self._sealed - 1 for name in names)


def _orders(merge: Item) -> Sequence[tuple[str, ...]]:
    """Return the orders in which what a merge reads may stand."""
    can_change = KINDS[merge.body["op"]].commutes and len(merge.inputs) <= _MOST_REORDERED
    return list(permutations(merge.inputs)) if can_change else [merge.inputs]


def _paths(region: Sequence[Item], ends: Sequence[str], source: str) -> tuple[tuple[Item, ...], ...] | None:
    """Return a region as paths from a source to those ends, one after the other; None where it is not."""
    paths: list[tuple[Item, ...]] = []
    rest = list(region)
    for end in ends:
        if end == source:
            paths.append(())
            continue
        place = next((place for place, item in enumerate(rest) if item.name == end), None)
        if place is None:
            return None
        path, rest = rest[: place + 1], rest[place + 1 :]
        if not _is_path(path, source):
            return None
        paths.append(tuple(path))
    return None if rest or sum(map(bool, paths)) == 0 else tuple(paths)


def _is_path(path: Sequence[Item], source: str) -> bool:
    """Whether the first item reads the source, and all others what is before them on the path."""
    known: set[str] = set()
    for place, item in enumerate(path):
        if place == 0:
            if item.inputs != (source,):
                return False
        elif not {*item.inputs} <= known:
            return False
        known.add(item.name)
    return True


def _ordered(body: dict[str, object]) -> dict[str, object]:
    """Return what branches say, with what is merged first."""
    return {"op": body.pop("op"), "merge": body.pop("merge"), **body}
