"""Parts of a network that have one structure, as uses of a block."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final, NamedTuple

from archcalc.exchange.folding.items import Item, Readers
from archcalc.exchange.folding.params import Params, params_of
from archcalc.exchange.names import unused

_FEWEST_LINES: Final = 3
"""What is shorter is written out."""
_MOST_PARAMS: Final = 8
_FEWEST_TURNS: Final = 2
"""So many that have numbers of their own keep them."""
_WHOLE, _SECOND, _REST = "0", "1", "rest"
"""The numbers with which all uses of a module begin, and those after the first; and what these are called."""
_WINDOW: Final = "w"
"""What a name begins with that would begin with a digit, as those do that are called after a window."""


class Part(NamedTuple):
    """Items in a row, all inside one module, that read what is before them and hand one output on."""

    start: int
    items: tuple[Item, ...]
    prefix: str

    @property
    def structure(self) -> tuple[Any, ...]:
        """What parts of one structure have in common."""
        return tuple(_structure(item, f"{self.prefix}.", self.items[0].inputs[0]) for item in self.items)

    @property
    def inner(self) -> tuple[Item, ...]:
        """Its items under the names that they have inside it."""
        return tuple(_without_prefix(item, f"{self.prefix}.") for item in self.items)

    @property
    def lines(self) -> int:
        """How many lines it takes."""
        return sum(item.lines for item in self.items)


class Blocks:
    """The blocks that are made, by their names, in the order in which they are needed."""

    def __init__(self, classes: Mapping[str, str]) -> None:
        self.made: dict[str, dict[str, Any]] = {}
        self.statements: dict[str, tuple[Item, ...]] = {}
        self._classes = classes
        """The names of classes, by the paths of modules."""

    def folded(self, items: Sequence[Item], kept: Collection[str]) -> list[Item]:
        """Return items with uses of blocks in the place of parts that are there several times, inner ones first."""
        found = list(items)
        for depth in range(_deepest(found), 0, -1):
            found = self._at(depth, found, kept)
        return _repeated(found, kept)

    def _at(self, depth: int, items: list[Item], kept: Collection[str]) -> list[Item]:
        """Fold parts whose modules are so many steps deep, in the list itself and in all paths."""
        alike: dict[tuple[Any, ...], list[Part]] = {}
        for row, owner in _rows(items):
            for part in _parts(row, depth, kept):
                if part.lines >= _FEWEST_LINES and not owner.startswith(f"{part.prefix}."):
                    alike.setdefault(part.structure, []).append(part)
        uses: dict[str, tuple[Part, Item]] = {}
        for parts in alike.values():
            made = params_of([part.inner for part in parts]) if len(parts) > 1 else None
            if made is not None and len(made.defaults) <= _MOST_PARAMS:
                uses |= {
                    part.items[0].name: (part, use) for part, use in zip(parts, self._uses(parts, made), strict=True)
                }
        return list(_replaced(items, uses))

    def _uses(self, parts: Sequence[Part], made: Params) -> list[Item]:
        name = self._name(parts[0].prefix)
        self.made[name] = dict(made.defaults)
        self.statements[name] = made.items
        return [
            Item(
                part.prefix,
                {"op": "use", "block": name} | ({"with": dict(values)} if values else {}),
                part.items[0].inputs,
            )
            for part, values in zip(parts, made.values, strict=True)
        ]

    def _name(self, prefix: str) -> str:
        kind = self._classes.get(prefix, "")
        words = [word for word in prefix.split(".") if not word.isdigit()]
        first = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower() or f"{words[-1] if words else 'block'}_block"
        return unused(first, self.made, joint="")


def _deepest(items: Sequence[Item]) -> int:
    return max((one.name.count(".") for item in items for one in item.all()), default=0)


def _parts(items: Sequence[Item], depth: int, kept: Collection[str]) -> list[Part]:
    """Return the parts of the modules that are so many steps deep."""
    found: list[Part] = []
    readers, start = Readers(items), 0
    while start < len(items):
        prefix = _prefix(items[start], depth)
        end = start + 1
        while prefix and end < len(items) and _prefix(items[end], depth) == prefix:
            end += 1
        while start < end - 1 and items[start].reads_several:  # what puts several together stays before it
            start += 1
        if prefix and _is_part(items[start:end], readers, kept):
            found.append(Part(start, tuple(items[start:end]), prefix))
        start = end
    times = Counter(part.prefix for part in found)
    return [part for part in found if times[part.prefix] == 1]


def _prefix(item: Item, depth: int) -> str:
    """Return the path of the module so many steps deep in which an item is, with all that is inside it; or nothing."""
    prefix = f"{'.'.join(item.name.split('.')[:depth])}."
    names = [one.name for one in item.all()]
    inside = all(name.startswith(prefix) and not _is_number(name[len(prefix) :]) for name in names)
    return prefix[:-1] if inside else ""


def _is_number(name: str) -> bool:
    """Whether a name begins with a number, which says where in a list something is."""
    return name.partition(".")[0].isdecimal()


def _is_part(part: Sequence[Item], readers: Readers, kept: Collection[str]) -> bool:
    """Whether items read one thing, and only the last of them is read by others."""
    own = {one.name for item in part for one in item.all()}
    source = part[0].inputs
    if len(source) != 1 or source[0] in own or part[0].reads_several:
        return False
    inner = {name for item in part[1:] for name in item.inputs}
    hidden = own - {part[-1].name}
    return inner <= own and own.isdisjoint(kept) and not readers.are_elsewhere(hidden, part)


def _structure(item: Item, prefix: str, source: str) -> tuple[Any, ...]:
    """Return what an item is, whatever its fields: names and inputs as from inside its part."""
    body = item.body
    said = tuple((key, str(body[key])) for key in ("op", "merge", "activation", "block", "repeat") if key in body)
    inputs = tuple("" if name == source else name.removeprefix(prefix) for name in item.inputs)
    paths = tuple(tuple(_structure(one, prefix, source) for one in path) for path in item.paths)
    return (item.name.removeprefix(prefix), said, inputs, paths)


def _without_prefix(item: Item, prefix: str) -> Item:
    paths = tuple(tuple(_without_prefix(one, prefix) for one in path) for path in item.paths)
    inputs = tuple(_inner(name, prefix) for name in item.inputs)
    return Item(_inner(item.name, prefix), item.body, inputs, paths, item.reads_several)


def _inner(name: str, prefix: str) -> str:
    """Return a name as it is inside a module, where it begins with a letter.

    >>> _inner("inception_3a.1x1", "inception_3a."), _inner("layer1.0.conv1", "layer1.0.")
    ('w1x1', 'conv1')
    """
    if not name.startswith(prefix):
        return name
    own = name.removeprefix(prefix)
    return own if own[0].isalpha() else f"{_WINDOW}{own}"


def _rows(items: Sequence[Item], owner: str = "") -> Iterator[tuple[Sequence[Item], str]]:
    """Yield a list of items, and those of all paths inside it, each with the name of the item that it is inside."""
    yield items, owner
    for item in items:
        for path in item.paths:
            yield from _rows(path, item.name)


def _replaced(items: Sequence[Item], uses: Mapping[str, tuple[Part, Item]]) -> Iterator[Item]:
    """Yield items with uses in the place of parts; what reads the last item of one reads the use."""
    renamed = {part.items[-1].name: use.name for part, use in uses.values()}
    place = 0
    while place < len(items):
        item = items[place]
        if item.name in uses:
            part, use = uses[item.name]
            yield _renamed(use, renamed)
            place += len(part.items)
            continue
        paths = tuple(tuple(_replaced(path, uses)) for path in item.paths)
        yield _renamed(Item(item.name, item.body, item.inputs, paths, item.reads_several), renamed)
        place += 1


def _renamed(item: Item, renamed: Mapping[str, str]) -> Item:
    paths = tuple(tuple(_renamed(one, renamed) for one in path) for path in item.paths)
    inputs = tuple(renamed.get(name, name) for name in item.inputs)
    return Item(item.name, item.body, inputs, paths, item.reads_several)


def _repeated(items: Sequence[Item], kept: Collection[str]) -> list[Item]:
    """Return items in which uses that follow each other, the same but for a number, are one that is repeated."""
    found: list[Item] = []
    renamed: dict[str, str] = {}
    readers, modules = Readers(items), _modules(items)
    place = 0
    while place < len(items):
        end = place + 1
        while end < len(items) and _goes_on(items[end - 1], items[end]):
            end += 1
        whole = _as_one(items[place:end], readers, kept) if _is_all(items, place, end, modules) else None
        if whole is not None:
            renamed[items[end - 1].name] = whole.name
        found += [whole] if whole is not None else items[place:end]
        place = end
    return [_renamed(item, renamed) for item in found]


def _modules(items: Sequence[Item]) -> Mapping[str, tuple[int, int]]:
    """Return how many of the items are inside each module, and where the last of them is."""
    found: dict[str, tuple[int, int]] = {}
    for place, item in enumerate(items):
        words = item.name.split(".")
        for module in accumulate(words[:-1], "{}.{}".format):
            found[module] = found.get(module, (0, 0))[0] + 1, place
    return found


def _is_all(items: Sequence[Item], start: int, end: int, modules: Mapping[str, tuple[int, int]]) -> bool:
    """Whether uses in a row are all that a module has, or the rest of it."""
    above, _, number = items[start].name.rpartition(".")
    count, last = modules.get(above, (0, 0))
    is_whole = number == _WHOLE and count == end - start > 1
    return is_whole or (number == _SECOND and last < end and end - start > _FEWEST_TURNS)


def _as_one(run: Sequence[Item], readers: Readers, kept: Collection[str]) -> Item | None:
    """Return uses in a row as one that is repeated, if only the last is read by others."""
    hidden = {one.name for one in run[:-1]}
    if not hidden.isdisjoint(kept) or readers.are_elsewhere(hidden, run):
        return None
    above, _, number = run[0].name.rpartition(".")
    body = {"op": "use", "block": run[0].body["block"], "repeat": len(run)}
    body |= {"with": run[0].body["with"]} if "with" in run[0].body else {}
    return Item(above if number == _WHOLE else f"{above}.{_REST}", body, run[0].inputs)


def _goes_on(one: Item, other: Item) -> bool:
    """Whether a use is the same once more: it reads the one before, and has the next number."""
    if one.body.get("op") != "use" or one.body != other.body or "repeat" in one.body:
        return False
    above, _, number = one.name.rpartition(".")
    following, _, second = other.name.rpartition(".")
    are_numbers = number.isdecimal() and second.isdecimal() and int(second) == int(number) + 1
    return are_numbers and above == following and other.inputs == (one.name,)
