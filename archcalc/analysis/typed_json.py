"""Frozen dataclasses as JSON, and back with a message for what is missing or wrong.

A field of a dataclass is a key of the same name; None is null. Two marks change this: the keys of an INLINE field's
value stand among those of the object around it, and an OMITTED field that is None has no key.
"""

import sys
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from types import UnionType
from typing import Any, Final, TypeVar, cast, get_args, get_origin

from archcalc.errors import ArchError, listing
from archcalc.layers.fields import spell

T = TypeVar("T")

INLINE: Final = {"inline": True}
OMITTED: Final = {"omitted": True}

_WORDS: Final[dict[object, str]] = {str: "text", bool: "true or false", int: "an integer", float: "a number"}


def to_json(value: Any) -> Any:
    """Return a value as the json module takes it: dataclasses as dicts, tuples as lists, enumerations as text."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [to_json(item) for item in value]
    if isinstance(value, Mapping):
        return {key: to_json(item) for key, item in value.items()}
    if not is_dataclass(value):
        return value
    data: dict[str, Any] = {}
    for field in fields(value):
        part = getattr(value, field.name)
        if "inline" in field.metadata:
            data |= to_json(part)
        elif part is not None or "omitted" not in field.metadata:
            data[field.name] = to_json(part)
    return data


def from_json(kind: type[T], data: object, place: str = "") -> T:
    """Return JSON as a value of this type. Raises ArchError that names the key that is missing or wrong."""
    return cast(T, _read(kind, data, place))


def value_of(kind: type[T], data: Mapping[str, Any], key: str, place: str = "") -> T:
    """Return the value of a key. Raises ArchError where it is missing or wrong."""
    inside = f"{place}.{key}" if place else key
    if key not in data:
        raise ArchError(f"{inside} is missing")
    return from_json(kind, data[key], inside)


def _read(kind: Any, data: object, place: str) -> Any:
    if kind is Any:
        return data
    if is_dataclass(kind):
        return _read_dataclass(kind, data, place)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return None if data is None else _read(_meant(arguments, data), data, place)
    if origin is tuple:
        items = _expect(list, data, "a list", place)
        return tuple(_read(arguments[0], item, f"{place}[{number}]") for number, item in enumerate(items))
    if origin is Mapping:
        pairs = _expect(dict, data, "an object", place)
        return {key: _read(arguments[1], item, f"{place}.{key}") for key, item in pairs.items()}
    if issubclass(kind, StrEnum):
        if data not in list(kind):
            raise ArchError(f"{place} must be {listing(list(kind))}, got {spell(data)}")
        return kind(data)
    return _read_plain(kind, data, place)


def _meant(kinds: tuple[Any, ...], data: object) -> Any:
    """Return the one of several types that JSON is of: an object is a mapping, if one of them is."""
    mapping = next((kind for kind in kinds if get_origin(kind) is Mapping), None)
    return mapping if mapping and isinstance(data, dict) else kinds[0]


def _read_dataclass(kind: Any, data: object, place: str) -> Any:
    keys = _expect(dict, data, "an object", place)
    values = {}
    for field in fields(kind):
        if "inline" in field.metadata:
            values[field.name] = _read(field.type, keys, place)
        elif field.name in keys or "omitted" not in field.metadata:
            values[field.name] = value_of(cast(Any, field.type), keys, field.name, place)
    try:
        return kind(**values)
    except ArchError as error:  # from the class itself: its values do not fit each other
        raise error.at(None, place) from None


def _read_plain(kind: type, data: object, place: str) -> Any:
    """Return text, a truth value or a finite number; an integer is a number too, and True is none."""
    is_right = isinstance(data, (int, float) if kind is float else kind)
    if isinstance(data, bool):
        is_right = kind is bool
    elif isinstance(data, int | float):
        is_right = is_right and abs(data) <= sys.float_info.max
    if not is_right:
        raise ArchError(f"{place} must be {_WORDS[kind]}, got {spell(data)}")
    return data


def _expect(kind: type[T], data: object, words: str, place: str) -> T:
    if not isinstance(data, kind):
        raise ArchError(f"{place or 'a record'} must be {words}, got {spell(data)}")
    return data
