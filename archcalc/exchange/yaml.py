"""Spec -> text: the fully expanded spec in one canonical form, which reads back to the same spec."""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Final

from archcalc.errors import ArchError
from archcalc.layers import Layer
from archcalc.spec.budget import written as limit_written
from archcalc.spec.inputs import as_data
from archcalc.spec.model import VERSION, Claim, Entry, Source, Spec, Training
from archcalc.spec.text import plain_value

SCHEMA_LINE: Final = "# yaml-language-server: $schema=archcalc.schema.json"
_PLAIN = re.compile(r"[A-Za-z][\w./+()-]*(?: [\w./+()-]+)*|[0-9][\w.]*%?|\$\w+|\$\([\w +*-]+\)")


def document(spec: Spec) -> dict[str, Any]:
    """Return the spec as plain data in the order of its file: no extends, params, defaults or blocks are left."""
    parts = {
        "archcalc": VERSION,
        "name": spec.name,
        "aliases": list(spec.aliases),
        "title": spec.title,
        "family": spec.family,
        "notes": spec.notes,
        "sources": {name: _given(source) for name, source in spec.sources.items()},
        "input": as_data(spec.input_shape),
        "inplace": list(spec.inplace),
        "layers": list(_layers(spec)),
        "outputs": list(spec.outputs),
        "budget": {name: limit_written(limit) for name, limit in spec.budget.items()},
        "training": _given(spec.training) if spec.training else None,
        "claims": [_given(claim) for claim in spec.claims],
    }
    return {key: value for key, value in parts.items() if value}


def digest(spec: Spec) -> str:
    """Return the first 12 hexadecimal digits of SHA-256 of the input and of all layers as JSON, without blanks."""
    import hashlib
    import json

    whole = document(spec)
    parts = {key: whole[key] for key in ("input", "inplace", "layers", "outputs") if key in whole}
    return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()[:12]


def _given(record: Source | Claim | Training) -> dict[str, Any]:
    """Return the fields that are not at their defaults."""
    values = ((name, getattr(record, name), field) for name, field in record.fields.items())
    return {name: field.type.write(value) for name, value, field in values if value != field.default}


def _layers(spec: Spec) -> Iterator[dict[str, Any]]:
    previous = next(iter(spec.inputs)) if len(spec.inputs) == 1 else ""
    for tower, entries in groupby(spec.layers, key=lambda entry: entry.tower):
        lines = []
        for entry in entries:
            lines.append(_layer(entry, previous))
            previous = entry.name
        if tower:
            yield {"op": "towers", "devices": list(tower.devices), "layers": lines}
        else:
            yield from lines


def _layer(entry: Entry, previous: str) -> dict[str, Any]:
    layer = entry.layer
    line: dict[str, Any] = {"name": entry.name, "op": layer.op}
    if entry.again is not None:
        line = {"name": entry.name, "op": "use", "layer": entry.again}
    if layer.merges:
        line["from"] = list(entry.inputs)
    elif entry.inputs != (previous,):
        line["from"] = entry.inputs[0]
    if entry.again is not None:
        return line
    return line | fields_of(layer) | ({"gather": True} if entry.gather else {})


def fields_of(layer: Layer) -> dict[str, Any]:
    """Return the fields that are not at their defaults, in their shortest form."""
    fields = {}
    for name, field in layer.fields.items():
        value = getattr(layer, name)
        if value != (getattr(layer, field.follows) if field.follows else field.default):
            fields[name] = field.type.write(value)
    return fields


def to_yaml(spec: Spec) -> str:
    """Write YAML with a line for each layer, source, limit and claim."""
    return written(document(spec))


def written(parts: Mapping[str, Any]) -> str:
    """Write the plain data of a spec as YAML, with a line for each layer, source, limit and claim."""
    return f"{SCHEMA_LINE}\n" + "".join(_block(parts, indent=""))


def _block(parts: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, value in parts.items():
        if key in ("layers", "claims"):
            yield f"{indent}{key}:\n"
            yield from _items(value, f"{indent}  ")
        elif key == "paths":
            yield f"{indent}{key}:\n"
            yield from (_listed(path, f"{indent}  ") for path in value)
        elif key == "blocks":
            yield f"{indent}{key}:\n"
            for name, block in value.items():
                yield f"{indent}  {_flow(name)}:\n"
                yield from _block(block, f"{indent}    ")
        elif key in ("sources", "budget"):
            yield f"{indent}{key}:\n"
            yield from (f"{indent}  {_flow(name)}: {_flow(one)}\n" for name, one in value.items())
        else:
            yield f"{indent}{key}: {_flow(value)}\n"


_LONG: Final = ("layers", "paths")
"""What an item holds that stands on several lines."""


def _items(items: Iterable[dict[str, Any]], indent: str) -> Iterator[str]:
    """Write each item of a list on a line of its own, or where it holds a list, on several."""
    for item in items:
        if item.keys().isdisjoint(_LONG):
            yield f"{indent}- {_flow(item)}\n"
        else:
            yield f"{indent}- {''.join(_block(item, f'{indent}  ')).removeprefix(f'{indent}  ')}"


def _listed(items: list[dict[str, Any]], indent: str) -> str:
    """Write a list that is an item of a list."""
    inner = "".join(_items(items, f"{indent}  "))
    return f"{indent}- {inner.removeprefix(f'{indent}  ')}" if items else f"{indent}- []\n"


def _flow(value: Any) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{_flow(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_flow, value)) + "]"
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            return value if _reads_back(value) else _quoted(value)
    return repr(value)


def _reads_back(text: str) -> bool:
    """Return whether a word without quotes reads as itself."""
    return bool(_PLAIN.fullmatch(text)) and _is_text(text)


def _is_text(text: str) -> bool:
    try:
        return isinstance(plain_value(text), str)
    except ArchError:
        return False


def _quoted(text: str) -> str:
    import json

    return json.dumps(text, ensure_ascii=False)


def to_json(spec: Spec) -> str:
    """Write the same document as JSON."""
    return as_json(document(spec))


def as_json(parts: Mapping[str, Any]) -> str:
    """Write the plain data of a spec as JSON."""
    import json

    return json.dumps(parts, ensure_ascii=False, indent=2) + "\n"
