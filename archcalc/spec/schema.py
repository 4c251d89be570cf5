"""The language as a JSON schema (draft-07), for editors: completion, descriptions, and faults while typing.

The reader stays the judge: what the schema refuses, the reader refuses too, not the other way round.
"""

from typing import Any, Final

from archcalc.layers import KINDS, Layer
from archcalc.layers.base import merging
from archcalc.layers.declared import Field
from archcalc.layers.fields import EXPRESSION
from archcalc.spec.budget import LIMITS, Limit
from archcalc.spec.document import FILE_KEYS, WORD
from archcalc.spec.expressions import NAME as PARAM_NAME
from archcalc.spec.model import MOST_SIZES, NAME, VERSION, Claim, Source, Training
from archcalc.spec.statement import CHANGES, NO_ACTIVATION, STRUCTURES, activations, merge_fields, structure_keys

_WORD: Final = {"type": "string"}
_LAYERS: Final = {"$ref": "#/definitions/layers"}
_NAME: Final = {"type": "string", "pattern": f"^{NAME.pattern}$"}
_NAMES: Final = {"type": "array", "items": _WORD}
_PARAMS: Final = {"type": "object", "propertyNames": {"pattern": f"^{PARAM_NAME.pattern}$"}}
_ONE_WORD: Final = {"type": "string", "pattern": f"^{WORD}$"}


def schema() -> dict[str, Any]:
    """Return the schema of a spec file."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"archcalc spec, language version {VERSION}",
        "type": "object",
        "required": ["archcalc"],
        "additionalProperties": False,
        "properties": {key: _FILE[key] for key in FILE_KEYS},
        "anyOf": [
            {"required": ["extends"], "not": {"required": ["layers"]}},
            {"required": ["input", "layers"], "not": {"anyOf": [{"required": [key]} for key in ("extends", *CHANGES)]}},
        ],
        "definitions": {
            "layers": {"type": "array", "items": {"anyOf": [{"$ref": "#/definitions/layer"}, EXPRESSION]}},
            "layer": _layer(),
            **{op: {"properties": _fields(kind)} for op, kind in KINDS.items()},
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


def _limit(kind: type[Limit]) -> dict[str, Any]:
    """Return a limit: a number alone, or a record; a variant may have null, which takes its parent's away."""
    may_be_bare = kind.is_bare and not any(field.required for field in kind.fields.values())
    bare = _or_expression(kind.fields["max"].type.schema())["anyOf"] if may_be_bare else []
    sides = {"anyOf": [{"required": ["max"]}, {"required": ["min"]}]}
    return {"anyOf": [*bare, {"type": "null"}, _record(kind.fields, kind.__doc__) | sides]}


def _or_expression(rule: dict[str, Any]) -> dict[str, Any]:
    forms = rule["anyOf"] if set(rule) == {"anyOf"} else [rule]
    return {"anyOf": [*forms, EXPRESSION]}


def _first_line(text: str | None) -> str:
    return (text or "").strip().splitlines()[0]


def _defaults(op: str, kind: type[Layer]) -> dict[str, Any]:
    activation = {"activation": _activation()} if kind.takes_activation else {}
    return {"type": "object", "additionalProperties": False, "properties": _as_defined(op, kind) | activation}


def _fields(kind: type[Layer]) -> dict[str, Any]:
    return {name: _or_expression(field.type.schema()) for name, field in kind.fields.items()}


def _as_defined(op: str, kind: type[Layer]) -> dict[str, Any]:
    """Return the fields of a kind by where they are defined, once for layers and for house rules."""
    return {name: {"$ref": f"#/definitions/{op}/properties/{name}"} for name in kind.fields}


def _activation() -> dict[str, Any]:
    return {"anyOf": [{"enum": [*activations(), NO_ACTIVATION, None]}, EXPRESSION]}


_SIZES: Final[dict[str, Any]] = {"items": {"anyOf": [{"type": "integer", "minimum": 1}, EXPRESSION]}}
_SHAPE: Final[dict[str, Any]] = {
    "anyOf": [{"type": "array", "minItems": 1, "maxItems": MOST_SIZES} | _SIZES, EXPRESSION]
}

_CHANGES: Final[dict[str, Any]] = {
    "override": {
        "type": "object",
        "additionalProperties": {"type": "object", "minProperties": 1, "properties": {"name": False}},
    },
    "remove": _NAMES,
    "insert": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["after", "layers"],
            "additionalProperties": False,
            "properties": {"after": _WORD, "layers": {"allOf": [_LAYERS], "minItems": 1}},
        },
    },
}

_FILE: Final[dict[str, Any]] = {
    "archcalc": {"const": VERSION, "description": "The version of the language."},
    "name": _NAME | {"description": "The name of the file, without its ending."},
    "aliases": {"type": "array", "items": _ONE_WORD, "description": "Other names for the command line."},
    "title": {"type": ["string", "number"]},
    "family": _ONE_WORD | {"description": "The word under which archcalc list shows it with its relatives."},
    "notes": {"type": ["string", "number"]},
    "extends": _WORD | {"description": "The spec that this one is a variant of: a name or a path."},
    "sources": {"type": "object", "additionalProperties": _record(Source.fields, Source.__doc__)},
    "params": _PARAMS | {"description": "Values for $name and $(a * 4 // b), set by --set."},
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
    "defaults": {
        "type": "object",
        "description": "Other defaults in this file: {op: {field: value}}.",
        "additionalProperties": False,
        "properties": {op: _defaults(op, kind) for op, kind in KINDS.items()},
    },
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
            "properties": {"params": _PARAMS, "layers": _LAYERS},
        },
    },
    "layers": {"allOf": [_LAYERS], "minItems": 1},
    "outputs": _NAMES
    | {
        "minItems": 1,
        "uniqueItems": True,
        "description": "The layers that the network hands on. Default: all that no later layer reads.",
    },
    **_CHANGES,
    "budget": {
        "type": "object",
        "description": "The most that numbers of the network may be, and the least: archcalc validate checks them.",
        "additionalProperties": False,
        "properties": {name: _limit(kind) for name, kind in LIMITS.items()},
    },
    "training": _record(Training.fields, Training.__doc__),
    "claims": {"type": "array", "items": _record(Claim.fields, Claim.__doc__) | Claim.RULES},
}

_COMMON: Final[dict[str, Any]] = {
    "name": _NAME,
    "from": {
        "anyOf": [_WORD, _NAMES | {"minItems": 1, "maxItems": 1}],
        "description": "What it reads, if not the layer before it.",
    },
    "when": {
        "anyOf": [{"type": "boolean"}, {"enum": [0, 1]}, EXPRESSION],
        "description": "Whether it is there: a comparison of params, such as $(stride > 1).",
    },
}


def _several(exactly: int | None) -> dict[str, Any]:
    """Return the `from` of what reads several layers, of which a param may have some."""
    count = {"minItems": 2} | ({"maxItems": exactly} if exactly else {})
    forms = [_NAMES | count, _NAMES | {"contains": EXPRESSION}, EXPRESSION]
    return {"anyOf": forms, "description": "The layers that it reads."}


_STRUCTURE_KEYS: Final[dict[str, Any]] = {
    "block": _WORD,
    "layer": _WORD,
    **_CHANGES,
    "with": {"type": "object"},
    "repeat": {"anyOf": [{"type": "integer", "minimum": 0}, EXPRESSION]},
    "paths": {"type": "array", "minItems": 2, "items": {"anyOf": [_LAYERS, EXPRESSION]}},
    "merge": {"anyOf": [{"enum": list(merging())}, EXPRESSION]},
    **{name: _or_expression(field.type.schema()) for name, field in merge_fields().items()},
    "devices": _NAMES | {"minItems": 2, "uniqueItems": True},
    "layers": {"allOf": [_LAYERS], "minItems": 1},
}

_REQUIRED: Final = {"use": ["name"], "branches": ["name", "paths", "merge"], "towers": ["devices", "layers"]}

_MORE: Final[dict[str, dict[str, Any]]] = {
    "use": {
        "oneOf": [{"required": ["block"]}, {"required": ["layer"]}],
        "dependencies": {key: ["block"] for key in ("with", *CHANGES)},
    },
    "branches": {
        "if": {"properties": {"merge": {"enum": [op for op, kind in merging().items() if not kind.takes_activation]}}},
        "then": {"not": {"required": ["activation"]}},
    },
}
"""What else is said of the keys of a structure: a `use` lays out a block, or a layer before it once more."""


def _layer() -> dict[str, Any]:
    """Return one layer: the op decides which other keys there are."""
    rules = [_when(op, _layer_keys(op, kind), _needed(kind), kind.__doc__) for op, kind in KINDS.items()]
    for op in STRUCTURES:
        known = _COMMON | _STRUCTURE_KEYS | {"activation": _activation()}
        known |= {"from": {"anyOf": [_WORD, _NAMES | {"minItems": 1}]}} if op == "use" else {}
        rule = _when(op, {key: known[key] for key in structure_keys(op) if key != "op"}, _REQUIRED[op], None)
        rule["then"] |= _MORE.get(op, {})
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


def _layer_keys(op: str, kind: type[Layer]) -> dict[str, Any]:
    several = {"from": _several(kind.reads_exactly)} if kind.merges else {}
    keys = _COMMON | several | {"gather": {"anyOf": [{"type": "boolean"}, EXPRESSION]}}
    if kind.takes_activation:
        keys["activation"] = _activation()
    return keys | _as_defined(op, kind)


def _needed(kind: type[Layer]) -> list[str]:
    """Return the required keys that no house rule can give."""
    return ["name", "from"] if kind.merges else ["name"]
