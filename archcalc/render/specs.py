"""Lists of specs and of layer kinds, as sheets and as JSON."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from archcalc.errors import Fault
from archcalc.layers import KINDS, Layer
from archcalc.layers.base import dims
from archcalc.layers.declared import Field
from archcalc.render.data import stamped
from archcalc.render.sheet import Column, Sheet
from archcalc.render.table import number
from archcalc.spec.statement import STRUCTURES, activations
from archcalc.table import Table


class Listed(NamedTuple):
    """A spec that was read; a broken one has faults and no table."""

    name: str
    aliases: tuple[str, ...]
    title: str
    file: str
    table: Table | None
    faults: tuple[Fault, ...] = ()


def _words(words: Iterable[str]) -> str:
    return ", ".join(words)


_LIST: Final = (
    Column("name", "name"),
    Column("aliases", "aliases", _words, leaves=4),
    Column("input", "input", dims, leaves=2),
    Column("layers", "layers", right=True, leaves=1),
    Column("params", "params", number, right=True),
    Column("macs", "MACs", number, right=True),
    Column("title", "title", leaves=3, prose=True),
)


def catalogue_sheet(listed: Iterable[Listed]) -> Sheet:
    """A line for each spec."""
    return Sheet("", "", _LIST, tuple(_line(spec) for spec in listed))


def _line(spec: Listed) -> tuple[Any, ...]:
    if spec.table is None:
        return (Path(spec.name).stem, (), None, None, None, None, f"has faults: archcalc validate {spec.file}")
    table = spec.table
    totals = table.totals
    return (spec.name, spec.aliases, table.input_shape, len(table.rows), totals.params, totals.macs, spec.title)


def catalogue_data(listed: Iterable[Listed]) -> dict[str, Any]:
    """The same as JSON."""
    return _envelope(
        {
            "name": spec.name,
            "aliases": list(spec.aliases),
            "title": spec.title,
            "file": spec.file,
            "input_shape": list(spec.table.input_shape) if spec.table else None,
            "layers": len(spec.table.rows) if spec.table else None,
            "totals": spec.table.totals._asdict() if spec.table else None,
            "faults": [str(fault) for fault in spec.faults],
        }
        for spec in listed
    )


_SOUND: Final = (
    Column("file", "file"),
    Column("layers", "layers", right=True),
    Column("params", "params", number, right=True),
    Column("macs", "MACs", number, right=True),
)


def validation_sheet(sound: Iterable[Listed]) -> Sheet:
    """A line for each spec without faults."""
    rows = (
        (spec.file, len(spec.table.rows), spec.table.totals.params, spec.table.totals.macs)
        for spec in sound
        if spec.table
    )
    return Sheet("", "", _SOUND, tuple(rows))


def validation_data(read: Iterable[Listed]) -> dict[str, Any]:
    """Every spec with its faults, each with its place, as JSON."""
    return _envelope(
        {"file": spec.file, "ok": not spec.faults, "faults": [_fault(fault) for fault in spec.faults]} for spec in read
    )


def _fault(fault: Fault) -> dict[str, Any]:
    mark = fault.mark._asdict() if fault.mark else {"file": None, "line": None, "column": None}
    return mark | {"within": fault.within, "what": fault.what, "text": str(fault)}


_KINDS: Final = (
    Column("op", "op"),
    Column("fields", "fields", prose=True),
    Column("what", "what it is", leaves=1, prose=True),
)

_STRUCTURES: Final = {
    "use": "The layers of a block, `repeat` times, with values for its params.",
    "branches": "Paths that read one input, merged by add or concat; [] is the input itself.",
    "towers": "Layers that exist once per device; gather: true reads all devices.",
}
_STRUCTURE_KEYS: Final = {
    "from": "a layer's name, where it is not the one before it",
    "block": "the name of a block: blocks: {name: {params: {...}, layers: [...]}}",
    "with": "{param: value, ...} for the block's params",
    "repeat": "an integer >= 0; the layers are then called name.0.layer, name.1.layer, ...",
    "paths": "[[layers], [layers], ...]; [] is the input itself",
    "merge": "add or concat",
    "dim": "the axis of concat, as torch counts: 1 is channels",
    "activation": "follows add",
    "devices": "two or more names",
    "layers": "a list of layers, with the channels of one device; gather: true reads all devices",
}


def kinds_sheet() -> Sheet:
    """A line for each layer kind, with its fields and their defaults, and for each structure."""
    rows = [(op, _fields(kind), _sentence(kind)) for op, kind in KINDS.items()]
    rows += [(op, _words(STRUCTURES[op][2:]), what) for op, what in _STRUCTURES.items()]
    note = f"activation: {_words(activations())} may follow {_words(op for op in KINDS if KINDS[op].takes_activation)}"
    return Sheet("", "", _KINDS, tuple(rows), notes=(note,))


def kind_sheet(kind: type[Layer]) -> Sheet:
    """One layer kind, a line for each field."""
    columns = (Column("field", "field"), Column("default", "default"), Column("values", "values", prose=True))
    rows = tuple((name, _default(field), field.type.words) for name, field in kind.fields.items())
    return Sheet(kind.op, f"{kind.op}: {_sentence(kind)}", columns, rows, notes=() if rows else ("no fields",))


def structure_sheet(op: str) -> Sheet:
    """A structure, a line for each of its keys."""
    columns = (Column("key", "key"), Column("values", "values", prose=True))
    rows = tuple((key, _STRUCTURE_KEYS[key]) for key in STRUCTURES[op] if key in _STRUCTURE_KEYS)
    return Sheet(op, f"{op}: {_STRUCTURES[op]}", columns, rows)


def structure_data(op: str) -> dict[str, Any]:
    """The same as JSON."""
    keys = {key: _STRUCTURE_KEYS[key] for key in STRUCTURES[op] if key in _STRUCTURE_KEYS}
    return _envelope([{"op": op, "what": _STRUCTURES[op], "keys": keys}])


def kinds_data(kinds: Mapping[str, type[Layer]]) -> dict[str, Any]:
    """The same as JSON."""
    return _envelope(
        {
            "op": op,
            "what": _sentence(kind),
            "reads_several": kind.merges,
            "takes_activation": kind.takes_activation,
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
    return _words(name if field.required else f"{name}={_default(field)}" for name, field in kind.fields.items())


def _default(field: Field) -> str:
    if field.required:
        return "required"
    if field.follows:
        return field.follows
    value = field.type.write(field.default)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _sentence(kind: type[Layer]) -> str:
    return (kind.__doc__ or "").strip().splitlines()[0]


def _envelope(results: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return stamped({"results": list(results)})
