"""The layer kinds and the structures, as sheets and as JSON."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from archcalc.errors import listing
from archcalc.layers import KINDS, Layer
from archcalc.layers.base import find, merging
from archcalc.layers.declared import Field
from archcalc.layers.fields import spell
from archcalc.render.answer import Answer
from archcalc.render.envelope import listed
from archcalc.render.sheet import Column, Sheet
from archcalc.spec.statement import STRUCTURES, activations, structure_keys

_KINDS: Final = (
    Column("op", "op"),
    Column("fields", "fields", prose=True),
    Column("what", "what it is", leaves=1, prose=True),
)

_STRUCTURES: Final = {
    "use": "The layers of a block, `repeat` times, with values for its params; or a `layer` once more.",
    "branches": f"Paths that read one input, merged by {listing([*merging()])}; [] is the input itself.",
    "towers": "Layers that exist once per device; a layer with gather: true reads all devices.",
}
_STRUCTURE_KEYS: Final = {
    "from": "a layer's name; default: the layer before it",
    "when": "whether it is there: true, false or a comparison, such as $(stride > 1)",
    "layer": "in the place of block: the name of a layer before it, which this is once more, with the same weights",
    "override": "{layer: {field: value, ...}, ...}: other fields for the block's layers; null removes one",
    "remove": "[layer, ...]: layers of the block that are not there here",
    "insert": "[{after: layer, layers: [...]}, ...]: more layers, after one of the block's, or after input",
    "block": "the name of a block: blocks: {name: {params: {...}, layers: [...]}}",
    "with": "{param: value, ...} for the block's params",
    "repeat": "an integer >= 0; the layers are then called name.0.layer, name.1.layer, ...",
    "paths": "[[layers], [layers], ...]; [] is the input itself",
    "merge": listing([*merging()]),
    **{name: f"for {op}: {field.type.words}" for op, kind in merging().items() for name, field in kind.fields.items()},
    "activation": f"such as relu, after {listing([op for op, kind in merging().items() if kind.takes_activation])}",
    "devices": "two or more names",
    "layers": "a list of layers, with the channels of one device; a layer with gather: true reads all devices",
}


def kinds_sheet() -> Sheet:
    """Return a line for each layer kind, with its fields and their defaults, and for each structure."""
    rows = [(op, _fields(kind), _sentence(kind)) for op, kind in KINDS.items()]
    rows += [(op, ", ".join(structure_keys(op)[2:]), what) for op, what in _STRUCTURES.items()]
    takers = ", ".join(op for op, kind in KINDS.items() if kind.takes_activation)
    notes = (
        "each has a name, and may have from: the layer or the layers that it reads; and when: whether it is there",
        f"activation: {', '.join(activations())} may follow {takers}",
    )
    return Sheet("", "", _KINDS, tuple(rows), notes=notes)


def kind_sheet(kind: type[Layer]) -> Sheet:
    """Return one layer kind, a line for each field."""
    columns = (Column("field", "field"), Column("default", "default"), Column("values", "values", prose=True))
    rows = tuple((name, _default(field), field.type.words) for name, field in kind.fields.items())
    return Sheet(kind.op, f"{kind.op}: {_sentence(kind)}", columns, rows, notes=tuple(_notes(kind, bool(rows))))


def _notes(kind: type[Layer], has_fields: bool) -> Iterator[str]:
    if not has_fields:
        yield "no fields"
    if kind.merges:
        yield f"it reads {how_many(kind)} layers: from: [one, another]"
    if kind.takes_activation:
        yield "it takes activation: relu, for example"
    if kind.also_called:
        yield f"other names for it: {', '.join(kind.also_called)}"


def how_many(kind: type[Layer]) -> str:
    """Return in words how many layers a kind reads that reads several."""
    return "two" if kind.reads_exactly else "two or more"


def structure_sheet(op: str) -> Sheet:
    """Return a structure, a line for each of its keys."""
    columns = (Column("key", "key"), Column("values", "values", prose=True))
    rows = tuple((key, _STRUCTURE_KEYS[key]) for key in structure_keys(op) if key in _STRUCTURE_KEYS)
    return Sheet(op, f"{op}: {_STRUCTURES[op]}", columns, rows)


def structure_data(op: str) -> dict[str, Any]:
    """Return a structure as JSON.

    - `results`: one, with its `op`, `what` it is, and its `keys`, each with what it takes.
    """
    keys = {key: _STRUCTURE_KEYS[key] for key in structure_keys(op) if key in _STRUCTURE_KEYS}
    return listed([{"op": op, "what": _STRUCTURES[op], "keys": keys}])


def kinds_data(kinds: Mapping[str, type[Layer]]) -> dict[str, Any]:
    """Return layer kinds as JSON.

    - `results`: each with

      - `op`, `what`: the kind, and what it does.
      - `reads_several`: whether it reads two or more layers, and `reads_exactly`: how many, or null for any number.
      - `takes_activation`: whether `activation:` may be written on it.
      - `other_names`: what it is called elsewhere.
      - `fields`: each with its `name`, the `values` that it takes, whether it is `required`, its `default`, or null,
        and `default_follows`, the field whose value is its default, or null.
    """
    return listed(
        {
            "op": op,
            "what": _sentence(kind),
            "reads_several": kind.merges,
            "reads_exactly": kind.reads_exactly,
            "takes_activation": kind.takes_activation,
            "other_names": list(kind.also_called),
            "fields": [
                {
                    "name": name,
                    "values": field.type.words,
                    "required": field.required,
                    "default": None if field.required or field.follows else field.type.write(field.default),
                    "default_follows": field.follows or None,
                }
                for name, field in kind.fields.items()
            ],
        }
        for op, kind in kinds.items()
    )


def _fields(kind: type[Layer]) -> str:
    return ", ".join(name if field.required else f"{name}={_default(field)}" for name, field in kind.fields.items())


def _default(field: Field) -> str:
    if field.required:
        return "required"
    if field.follows:
        return field.follows
    value = field.type.write(field.default)
    return value if isinstance(value, str) else spell(value)


def _sentence(kind: type[Layer]) -> str:
    return (kind.__doc__ or "").strip().splitlines()[0]


def answer(op: str | None = None) -> Answer:
    """Show every layer kind and structure, or one of them. Raises ArchError for an unknown op, with the nearest."""
    if op is None:
        return Answer([kinds_sheet()], lambda: kinds_data(KINDS))
    if op in STRUCTURES:
        return Answer([structure_sheet(op)], lambda: structure_data(op))
    kind = find(op)
    return Answer([kind_sheet(kind)], lambda: kinds_data({op: kind}))
