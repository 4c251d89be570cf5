"""A document of layers in a row, folded, and held against what it was."""

from collections.abc import Mapping, Sequence
from typing import Any

from archcalc.errors import ArchError
from archcalc.exchange.folding.blocks import Blocks
from archcalc.exchange.folding.branches import with_branches
from archcalc.exchange.folding.items import Item, items_of, plain
from archcalc.exchange.yaml import fields_of, written
from archcalc.spec.catalogue import Catalogue
from archcalc.spec.inputs import INPUT
from archcalc.spec.model import Entry, Spec


def folded(document: Mapping[str, Any], classes: Mapping[str, str] = {}) -> Mapping[str, Any]:  # never changed
    """Return the same network with branches and blocks where it has them; as it is where that is no shorter.

    `classes` are the names of the classes of its modules, by their paths, which blocks are called after.
    """
    if any("name" not in layer for layer in document["layers"]):
        return document  # which has towers
    given = document["input"]
    first = INPUT if isinstance(given, list) else next(iter(given)) if len(given) == 1 else ""
    items = items_of(document["layers"], first)
    kept = {*document.get("outputs", ()), *(str(item.body["layer"]) for item in items if "layer" in item.body)}
    blocks = Blocks(classes)
    found = blocks.folded(with_branches(items, first, kept), kept)
    made = _document(document, found, blocks, first)
    return made if _is_shorter(made, document) and _are_the_same(document, made) else document


def _document(document: Mapping[str, Any], items: list[Item], blocks: Blocks, first: str) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    for key, value in document.items():
        if key == "layers" and blocks.made:
            parts["blocks"] = {
                name: ({"params": params} if params else {})
                | {"layers": _stated(blocks.statements[name], blocks.statements[name][0].inputs[0], blocks)}
                for name, params in blocks.made.items()
            }
        parts[key] = _stated(items, first, blocks) if key == "layers" else value
    return parts


def _stated(items: Sequence[Item], first: str, blocks: Blocks) -> list[dict[str, Any]]:
    """Return items as plain statements, in which uses do not say what their block has in any case."""
    return plain([_without_defaults(item, blocks) for item in items], first)


def _without_defaults(item: Item, blocks: Blocks) -> Item:
    paths = tuple(tuple(_without_defaults(one, blocks) for one in path) for path in item.paths)
    body = dict(item.body)
    if "with" in body:
        own = blocks.made[body["block"]]
        body["with"] = {name: value for name, value in body["with"].items() if value != own[name]}
        if not body["with"]:
            del body["with"]
    return Item(item.name, body, item.inputs, paths, item.reads_several)


def _is_shorter(made: Mapping[str, Any], document: Mapping[str, Any]) -> bool:
    return written(made).count("\n") <= written(document).count("\n")


def _are_the_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two documents make the same layers in the same order, each reading the same, whatever they are called."""
    try:
        ours, theirs = (Catalogue().read(written(document)) for document in (one, other))
    except ArchError:
        return False
    return _wired(ours) == _wired(theirs)


def _wired(spec: Spec) -> list[Any]:
    """Return each layer of a spec with the places of what it reads."""
    places = {name: -1 - place for place, name in enumerate(spec.inputs)}
    places |= {entry.name: place for place, entry in enumerate(spec.layers)}
    found: list[Any] = [_what(entry, places) for entry in spec.layers]
    return [*found, [places[name] for name in spec.outputs]]


def _what(entry: Entry, places: Mapping[str, int]) -> Any:
    reads = [places[name] for name in entry.inputs]
    order = sorted(reads) if entry.layer.commutes else reads
    return (entry.layer.op, fields_of(entry.layer), order, places.get(entry.again or "", None))
