"""The language as a JSON schema (draft-07), for editors: completion, descriptions, and faults while typing.

The reader stays the judge: what the schema refuses, the reader refuses too, not the other way round.
"""

from typing import Any, Final

from archcalc.layers import KINDS, Layer
from archcalc.layers.base import merging
from archcalc.layers.declared import Field
from archcalc.layers.fields import EXPRESSION
from archcalc.spec.document import FILE_KEYS
from archcalc.spec.expressions import NAME as PARAM_NAME
from archcalc.spec.model import NAME, VERSION, Claim, Source, Training
from archcalc.spec.statement import CHANGES, STRUCTURES, activations, merge_fields, structure_keys

_WORD: Final = {"type": "string"}
_LAYERS: Final = {"$ref": "#/definitions/layers"}
_NAME: Final = {"type": "string", "pattern": f"^{NAME.pattern}$"}
_NAMES: Final = {"type": "array", "items": _WORD}


def schema() -> dict[str, Any]:
    """Return the schema of a spec file."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"archcalc spec, language version {VERSION}",
        "type": "object",
        "required": ["archcalc"],
        "additionalProperties": False,
        "properties": {key: _FILE[key] for key in FILE_KEYS},
        "anyOf": [{"required": ["extends"]}, {"required": ["input", "layers"]}],
        "definitions": {
            "layers": {"type": "array", "items": {"anyOf": [{"$ref": "#/definitions/layer"}, EXPRESSION]}},
            "layer": _layer(),
        },
    }


def _record(fields: dict[str, Field], description: str | None) -> dict[str, Any]:
    return {
        "type": "object",
        "description": _first_line(description),
        "additionalProperties": False,
        "required": [name for name, field in fields.items() if field.required],
        "properties": {name: _or_expression(field.type.schema()) for name, field in fields.items()},
    }


def _or_expression(rule: dict[str, Any]) -> dict[str, Any]:
    forms = rule["anyOf"] if set(rule) == {"anyOf"} else [rule]
    return {"anyOf": [*forms, EXPRESSION]}


def _first_line(text: str | None) -> str:
    return (text or "").strip().splitlines()[0]


_SHAPE: Final[dict[str, Any]] = {
    "anyOf": [{"type": "array", "items": {"anyOf": [{"type": "integer", "minimum": 1}, EXPRESSION]}}, EXPRESSION]
}

_CHANGES: Final[dict[str, Any]] = {
    "override": {"type": "object", "additionalProperties": {"type": "object"}},
    "remove": _NAMES,
    "insert": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["after", "layers"],
            "additionalProperties": False,
            "properties": {"after": _WORD, "layers": _LAYERS},
        },
    },
}

_FILE: Final[dict[str, Any]] = {
    "archcalc": {"const": VERSION, "description": "The version of the language."},
    "name": _NAME | {"description": "The name of the file, without its ending."},
    "aliases": _NAMES | {"description": "Other names for the command line."},
    "title": {"type": ["string", "number"]},
    "family": _WORD | {"description": "The word under which archcalc list shows it with its relatives."},
    "notes": {"type": ["string", "number"]},
    "extends": _WORD | {"description": "The spec that this one is a variant of: a name or a path."},
    "sources": {"type": "object", "additionalProperties": _record(Source.fields, Source.__doc__)},
    "params": {"type": "object", "description": "Values for $name and $(a * 4 // b), set by --set."},
    "input": {
        "anyOf": [
            *_SHAPE["anyOf"],
            {
                "type": "object",
                "minProperties": 1,
                "propertyNames": {"pattern": f"^{PARAM_NAME.pattern}$"},
                "additionalProperties": _SHAPE,
            },
        ],
        "description": "[channels, height, width] or [features]; of several inputs a mapping, each with its name.",
    },
    "defaults": {"type": "object", "description": "Other defaults in this file: {op: {field: value}}."},
    "inplace": {
        "type": "array",
        "items": {"enum": [op for op, kind in KINDS.items() if kind.may_overwrite()]},
        "description": "Kinds of layers that overwrite their input; shapes and counts are the same.",
    },
    "blocks": {
        "type": "object",
        "additionalProperties": {
            "type": "object",
            "required": ["layers"],
            "additionalProperties": False,
            "properties": {"params": {"type": "object"}, "layers": _LAYERS},
        },
    },
    "layers": _LAYERS,
    "outputs": _NAMES
    | {"minItems": 1, "description": "The layers that the network hands on. Default: all that no later layer reads."},
    **_CHANGES,
    "training": _record(Training.fields, Training.__doc__),
    "claims": {"type": "array", "items": _record(Claim.fields, Claim.__doc__)},
}

_COMMON: Final[dict[str, Any]] = {
    "name": _NAME,
    "from": {"anyOf": [_WORD, _NAMES | {"minItems": 1}], "description": "What it reads, if not the layer before it."},
}

_STRUCTURE_KEYS: Final[dict[str, Any]] = {
    "block": _WORD,
    "layer": _WORD,
    **_CHANGES,
    "with": {"type": "object"},
    "repeat": {"anyOf": [{"type": "integer", "minimum": 0}, EXPRESSION]},
    "paths": {"type": "array", "minItems": 2, "items": {"anyOf": [_LAYERS, EXPRESSION]}},
    "merge": {"anyOf": [{"enum": list(merging())}, EXPRESSION]},
    **{name: _or_expression(field.type.schema()) for name, field in merge_fields().items()},
    "devices": _NAMES | {"minItems": 2},
    "layers": _LAYERS | {},
}

_REQUIRED: Final = {"use": ["name"], "branches": ["name", "paths", "merge"], "towers": ["devices", "layers"]}

_EITHER: Final[dict[str, Any]] = {
    "oneOf": [{"required": ["block"]}, {"required": ["layer"]}],
    "dependencies": {key: ["block"] for key in ("with", *CHANGES)},
}
"""What a `use` lays out: a block, or a layer before it once more."""


def _layer() -> dict[str, Any]:
    """Return one layer: the op decides which other keys there are."""
    rules = [_when(op, _layer_keys(kind), _needed(kind), kind.__doc__) for op, kind in KINDS.items()]
    for op in STRUCTURES:
        known = _COMMON | _STRUCTURE_KEYS | {"activation": _activation()}
        rule = _when(op, {key: known[key] for key in structure_keys(op) if key != "op"}, _REQUIRED[op], None)
        rule["then"] |= _EITHER if op == "use" else {}
        rules.append(rule)
    return {
        "type": "object",
        "required": ["op"],
        "properties": {"op": {"enum": [*KINDS, *STRUCTURES]}},
        "allOf": rules,
    }


def _when(op: str, properties: dict[str, Any], required: list[str], description: str | None) -> dict[str, Any]:
    then: dict[str, Any] = {
        "properties": {"op": True} | properties,
        "additionalProperties": False,
        "required": required,
    }
    if description:
        then["description"] = _first_line(description)
    return {"if": {"properties": {"op": {"const": op}}, "required": ["op"]}, "then": then}


def _layer_keys(kind: type[Layer]) -> dict[str, Any]:
    keys = _COMMON | {"gather": {"anyOf": [{"type": "boolean"}, EXPRESSION]}}
    if kind.takes_activation:
        keys["activation"] = _activation()
    return keys | {name: _or_expression(field.type.schema()) for name, field in kind.fields.items()}


def _needed(kind: type[Layer]) -> list[str]:
    """Return the required keys that no house rule can give."""
    return ["name", "from"] if kind.merges else ["name"]


def _activation() -> dict[str, Any]:
    return {"anyOf": [{"enum": [*activations(), None]}, EXPRESSION]}
