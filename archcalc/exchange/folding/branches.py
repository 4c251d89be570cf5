"""Layers between one that several read and one that merges them, as the paths of `branches`."""

from collections import Counter
from collections.abc import Collection, Sequence
from itertools import permutations
from typing import Final

from archcalc.exchange.folding.items import Item
from archcalc.layers import KINDS

_MOST_PATHS: Final = 8
_MOST_REORDERED: Final = 3


def with_branches(items: Sequence[Item], first: str, kept: Collection[str]) -> list[Item]:
    """Return items in which those that a merge puts together are its paths; inner ones first.

    Those that are `kept`, because something else needs their names, stay as they are.
    """
    readers = Counter(name for item in items for name in item.inputs)
    found: list[Item] = []
    for item in items:
        found.append(item)
        if KINDS[item.body["op"]].merges if item.body["op"] in KINDS else False:
            _fold_last(found, first, readers, kept)
    return found


def _fold_last(items: list[Item], first: str, readers: Counter[str], kept: Collection[str]) -> None:
    """Make the last of the items branches, if those before it are paths that it merges."""
    merge, before = items[-1], items[:-1]
    if not 2 <= len(merge.inputs) <= _MOST_PATHS:
        return
    inside = Counter(merge.inputs)
    for start in range(len(before), -1, -1):
        source = before[start - 1].name if start else first
        for inputs in _orders(merge):
            paths = _paths(before[start:], inputs, source)
            if paths is not None and source:
                for item in items[start:]:
                    readers.subtract(item.inputs)
                readers[source] += 1
                body = {**merge.body, "op": "branches", "merge": merge.body["op"]}
                items[start:] = [Item(merge.name, _ordered(body), (source,), paths)]
                return
        if start == 0:
            return
        added = before[start - 1]
        inside.update(added.inputs)
        if added.name in kept or readers[added.name] != inside[added.name]:
            return  # something else reads it


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
