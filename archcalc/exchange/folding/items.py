"""Statements of a spec as items of a tree: each with its name, what it says, and what it reads."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_APART = ("name", "from")


@dataclass(frozen=True)
class Item:
    """A layer, or a structure: branches have paths."""

    name: str
    body: Mapping[str, Any]
    """What it says, except its name and what it reads."""
    inputs: tuple[str, ...]
    paths: tuple[tuple["Item", ...], ...] = ()
    reads_several: bool = field(default=False)
    """Whether `from` is a list in any case."""

    def all(self) -> Iterator["Item"]:
        """Yield it, and all that is inside it."""
        yield self
        for path in self.paths:
            for item in path:
                yield from item.all()

    @property
    def depth(self) -> int:
        """How many structures stand inside each other; 0 for a layer."""
        return 1 + max((item.depth for path in self.paths for item in path), default=0) if self.paths else 0

    @property
    def lines(self) -> int:
        """How many lines it takes."""
        if not self.paths:
            return 1
        own = len(self.body) + len(("name", "paths"))
        return own + sum(max(1, sum(item.lines for item in path)) for path in self.paths)


class Readers:
    """How often items read each name, with all that is inside them."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._times = _times_read(items)

    def are_elsewhere(self, names: Collection[str], part: Sequence[Item]) -> bool:
        """Whether others than these of the items read one of these names."""
        inside = _times_read(part)
        return any(self._times[name] > inside[name] for name in names)


def _times_read(items: Sequence[Item]) -> Counter[str]:
    return Counter(name for item in items for one in item.all() for name in one.inputs)


def items_of(layers: Sequence[Mapping[str, Any]], first: str) -> list[Item]:
    """Return plain layers as items. `first` is what a layer reads that has none before it; empty for several inputs."""
    items, previous = [], first
    for layer in layers:
        source = layer.get("from", previous)
        several = isinstance(source, list)
        body = {key: value for key, value in layer.items() if key not in _APART}
        items.append(Item(str(layer["name"]), body, tuple(source) if several else (source,), reads_several=several))
        previous = str(layer["name"])
    return items


def plain(items: Sequence[Item], previous: str, prefix: str = "") -> list[dict[str, Any]]:
    """Return items as plain statements. What the first one reads if it does not say it is `previous`.

    `prefix` is what their names begin with, which is left out.
    """
    statements = []
    for item in items:
        statement: dict[str, Any] = {"name": item.name.removeprefix(prefix), "op": item.body["op"]}
        if item.paths:
            statement |= {key: value for key, value in item.body.items() if key != "op"}
            if item.inputs != (previous,):
                statement["from"] = item.inputs[0].removeprefix(prefix)
            statement["paths"] = [plain(path, item.inputs[0], prefix) for path in item.paths]
        else:
            if item.reads_several:
                statement["from"] = [name.removeprefix(prefix) for name in item.inputs]
            elif item.inputs != (previous,):
                statement["from"] = item.inputs[0].removeprefix(prefix)
            statement |= {key: value for key, value in item.body.items() if key != "op"}
        statements.append(statement)
        previous = item.name
    return statements
