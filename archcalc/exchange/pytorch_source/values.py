"""The numbers of a class in each of its uses, and the parameter that they make."""

from collections.abc import Iterator
from keyword import iskeyword
from math import isinf
from typing import Any, Final, NamedTuple

ABSENT: Final = object()
"""The number of a module in a use that leaves it out."""

REQUIRED: Final = object()

Values = tuple[Any, ...]
"""A number in each use of a class."""

_TAKEN: Final = frozenset(("self", "nn", "torch", "range", "super", "float", "Tensor"))


class Name(str):
    """A name of a number, or what it is computed by, as source writes it."""

    def __repr__(self) -> str:
        return str(self)


class Parameter(NamedTuple):
    """A parameter of a class, and what it is in each use."""

    name: str
    values: Values
    default: Any = REQUIRED

    @property
    def declared(self) -> str:
        default = "" if self.default is REQUIRED else f" = {literal(self.default)}"
        return f"{self.name}: {annotation(self.values)}{default}"


def is_of_windows(word: str) -> bool:
    """Return whether a keyword says how a window moves: what it says does not follow from channels."""
    return any(part in word for part in ("kernel", "stride", "padding", "dilation"))


def made_from(name: str, base: Values, is_of_window: bool) -> Iterator[tuple[str, Values]]:
    """Yield what people compute from numbers that they have, and how they write it."""
    if is_of_window:
        yield f"{name} // 2", tuple(value // 2 for value in base)
        return
    for factor in range(2, 9):
        yield f"{factor} * {name}", tuple(factor * value for value in base)
    for divisor in (2, 4):
        if not any(value % divisor for value in base):
            yield f"{name} // {divisor}", tuple(value // divisor for value in base)


def more_than(name: str, base: Values, values: Values) -> str:
    """Return `name + 32` for numbers that all are so much more than others; else nothing.

    >>> more_than("in_channels", (64, 128), (96, 160))
    'in_channels + 32'
    """
    more = {value - other for value, other in zip(values, base, strict=True) if value is not ABSENT}
    return f"{name} + {more.pop()}" if len(more) == 1 and min(more) > 0 else ""


def all_integers(values: Values) -> bool:
    return all(isinstance(value, int) and not isinstance(value, bool) for value in values)


def present(values: Values) -> Values:
    """Return the numbers of the uses that have the module."""
    return tuple(value for value in values if value is not ABSENT)


def differ(values: Values) -> bool:
    """Return whether not all are the same; True and 1 are not the same, as source writes them."""
    return len({*map(repr, values)}) > 1


def agree(values: Values, others: Values) -> bool:
    """Return whether numbers are the same in all uses that have the module."""
    return all(one is ABSENT or repr(one) == repr(other) for one, other in zip(values, others, strict=True))


def is_sound(word: str) -> bool:
    """Return whether a parameter can be called so."""
    return word.isidentifier() and not iskeyword(word) and word not in _TAKEN


def annotation(values: Values) -> str:
    """
    >>> annotation((1, (1, 2), None))
    'int | tuple[int, int] | None'
    """
    found = {_type(value) for value in values}
    if "float" in found:
        found.discard("int")
    return " | ".join([*sorted(found - {"None"}), *(found & {"None"})])


def _type(value: Any) -> str:
    if value is None:
        return "None"
    if isinstance(value, tuple):
        return f"tuple[{', '.join(map(_type, value))}]"
    return type(value).__name__


def literal(value: Any) -> str:
    """Return a number, or what else an argument can be, as Python writes it.

    >>> literal("mean"), literal(float("-inf"))
    ('"mean"', 'float("-inf")')
    """
    if isinstance(value, float) and isinf(value):
        return f'float("{value}")'
    return repr(value).replace("'", '"')
