"""Values of an exported program's JSON, checked, as torch's own schema has them.

https://github.com/pytorch/pytorch/blob/main/torch/_export/serde/schema.py
"""

from dataclasses import dataclass
from typing import Any, Final

from archcalc.errors import ArchError
from archcalc.layers.fields import is_integer

LONGEST: Final = 300
"""Of a name; that of a module in a module in a module may be long."""
_WORDS: Final = {dict: "an object", list: "a list", str: "a text", int: "an integer", bool: "true or false"}
_FLOATS: Final = ("Infinity", "-Infinity", "NaN")


@dataclass(frozen=True, slots=True)
class Ref:
    """A tensor, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Number:
    """A number that is computed of sizes, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Other:
    """An argument of a sort that no layer has, such as another graph."""

    sort: str


def value_in(said: Any) -> Any:
    """Return an argument: a number, a text, a Ref, a Number, None, an Other, or a tuple of these."""
    sort, value = only(said, "an argument")
    if sort == "as_none":
        return None
    if sort == "as_tensor":
        return Ref(name_in(value))
    if sort == "as_tensors":
        return tuple(Ref(name_in(one)) for one in list_in(value, sort))
    if sort in ("as_optional_tensors", "as_sym_ints", "as_sym_floats"):
        of = value_in if sort == "as_optional_tensors" else _symbolic
        return tuple(map(of, list_in(value, sort)))
    if sort in ("as_sym_int", "as_sym_float"):
        return _symbolic(value)
    if sort in ("as_ints", "as_floats", "as_bools", "as_strings"):
        return tuple(_plain(one, sort) for one in list_in(value, sort))
    if sort in ("as_int", "as_float", "as_bool", "as_string"):
        return _plain(value, sort)
    return Other(sort.removeprefix("as_")[:60])


def _symbolic(said: Any) -> Any:
    """Return a number that may be one of those that are computed of sizes."""
    sort, value = only(said, "a number")
    return Number(_checked(value, str, sort)[:LONGEST]) if sort == "as_name" else _plain(value, sort)


def _plain(value: Any, sort: str) -> Any:
    if value in _FLOATS and "float" in sort:
        return float(value)
    is_number = type(value) is float or type(value) is bool or (is_integer(value) and abs(value) <= 2**63)
    if is_number or (isinstance(value, str) and "string" in sort):
        return value
    raise wrong(sort, "a number" if "string" not in sort else "a text", value)


def name_in(said: Any) -> str:
    return text_in(said, "name")


def only(said: Any, what: str) -> tuple[str, Any]:
    """Return the only key of an object, and its value."""
    if not isinstance(said, dict) or len(said) != 1:
        raise wrong(what, "an object with one key", said)
    return next(iter(said.items()))


def text_in(said: Any, key: str, longest: int | None = LONGEST) -> str:
    text: str = part(said, key, str)
    if longest is not None and len(text) > longest:
        raise ArchError(f"is not as torch.export writes it: {key} is {len(text):,} characters long")
    return text


def list_in(value: Any, what: str) -> list[Any]:
    found: list[Any] = _checked(value, list, what)
    return found


def part(said: Any, key: str, kind: type) -> Any:
    if not isinstance(said, dict):
        raise wrong(f"what has {key}", _WORDS[dict], said)
    if key not in said:
        raise ArchError(f"is not as torch.export writes it: it lacks {key}")
    return _checked(said[key], kind, key)


def _checked(value: Any, kind: type, what: str) -> Any:
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise wrong(what, _WORDS[kind], value)
    return value


def wrong(what: str, words: str, got: Any) -> ArchError:
    name = "null" if got is None else _WORDS.get(type(got), "a number")
    return ArchError(f"is not as torch.export writes it: {what[:60]} must be {words}, not {name}")
