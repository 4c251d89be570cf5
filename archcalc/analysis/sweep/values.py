"""What is written for the values of something that is varied: `8..128:8`, `3,5,7`, both together, or shapes."""

import re
from typing import Any, Final

from archcalc.errors import ArchError
from archcalc.layers.fields import LARGEST, is_integer, spell
from archcalc.layers.sizes import Shape, dims
from archcalc.spec.settings import read_shape
from archcalc.spec.text import plain_value

MOST_VALUES: Final = 1_000_000
"""The most values of one thing."""

_RANGE: Final = re.compile(r"(-?[0-9]{1,15})\.\.(-?[0-9]{1,15})(?::(-?[0-9]{1,15}))?", re.ASCII)
_EXAMPLE: Final = "write values with commas between them, and ranges, as in 8..128:8 or 3,5,7"


def read_values(given: Any) -> tuple[Any, ...]:
    """Return each value of a text, or of a list of values and texts, in order. Raises ArchError.

    >>> read_values("1,8..32:8"), read_values([3, "5..7"]), read_values("true,false")
    ((1, 8, 16, 24, 32), (3, 5, 6, 7), (True, False))
    """
    items = given if isinstance(given, list | tuple | range) else [given]
    found: list[Any] = []
    for item in items:
        for value in _each(item) if isinstance(item, str) else [item]:
            if not isinstance(value, bool | int | float | str):
                raise ArchError(f"{_EXAMPLE}, got {spell(value)}")
            found.append(value)
            if len(found) > MOST_VALUES:
                raise ArchError(f"has more than {MOST_VALUES:,} values, the limit")
    return _each_once(found)


def _each_once(found: list[Any]) -> tuple[Any, ...]:
    if not found:
        raise ArchError(f"has no values: {_EXAMPLE}")
    seen: set[tuple[type, Any]] = set()
    for value in found:
        if (type(value), value) in seen:
            raise ArchError(f"has {dims(value) if isinstance(value, tuple) else spell(value)} twice")
        seen.add((type(value), value))
    return tuple(found)


def _each(text: str) -> list[Any]:
    """Return the values of a text, in which ranges include their ends."""
    words = [word.strip() for word in text.split(",")]
    if not all(words):
        raise ArchError(f"'{text}' has a value missing: {_EXAMPLE}")
    return [value for word in words for value in _of_word(word)]


def _of_word(word: str) -> "range | list[Any]":
    match = _RANGE.fullmatch(word)
    if match is None and ".." in word:
        raise ArchError(f"'{word}' is not a range: {_EXAMPLE}")
    return [plain_value(word)] if match is None else _between(word, *match.groups())


def _between(word: str, first: str, last: str, step: str | None) -> range:
    start, stop, by = int(first), int(last), int(step or 1)
    if by < 1:
        raise ArchError(f"'{word}' is not a range: its step must be at least 1")
    if stop < start:
        raise ArchError(f"'{word}' is an empty range: it ends before it starts")
    found = range(start, stop + 1, by)
    if len(found) > MOST_VALUES:
        raise ArchError(f"'{word}' has {len(found):,} values; at most {MOST_VALUES:,} can be given")
    return found


def read_shapes(given: Any, own: Shape) -> tuple[Shape, ...]:
    """Return shapes of an input, of which one number is the length of each side of the spec's own. Raises ArchError.

    >>> read_shapes("96..160:32,3x200x300", (3, 224, 224))
    ((3, 96, 96), (3, 128, 128), (3, 160, 160), (3, 200, 300))
    """
    items = given if isinstance(given, list | tuple | range) else [given]
    found: list[Any] = []
    for item in items:
        if isinstance(item, list | tuple):
            found.append(_as_shape(item, own))
            continue
        found += [_shape(value, own) for value in (_each(item) if isinstance(item, str) else [item])]
    return _each_once(found)


def _as_shape(item: Any, own: Shape) -> Shape:
    if len(item) == len(own) and all(is_integer(size) and 1 <= size <= LARGEST for size in item):
        return tuple(item)
    raise ArchError(f"{spell(item)} is not a shape like {dims(own)}, which the network reads")


def _shape(value: Any, own: Shape) -> Shape:
    if isinstance(value, str):
        shape = read_shape(value)
        if len(shape) != len(own):
            raise ArchError(f"{value} is not like {dims(own)}, which the network reads")
        return shape
    if not is_integer(value) or not 1 <= value <= LARGEST:
        raise ArchError(f"{spell(value)} is not the length of a side: write 96, or 3x96x128")
    return (own[0], *(value,) * (len(own) - 1)) if len(own) > 1 else (value,)
