"""Values that differ between the variants of a sweep, and where they may not."""

import operator
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NoReturn

from archcalc.layers.fields import Axis, FieldType, Integer, PerAxis

Point = Mapping[str, Any]
"""A variant: the value of each thing that is varied."""


class VariesError(Exception):
    """Something asks for the one value of what varies: then each value makes another network, and is one of its own.

    This is no ArchError, so that nobody takes it for a mistake in the spec.
    """

    def __init__(self, names: frozenset[str]) -> None:
        super().__init__(", ".join(sorted(names)))
        self.names = names


class Varying:
    """A value that follows from what is varied: `at` gives it for one variant, or raises ArchError.

    It may stand where a field of a layer stands, and in expressions. Whatever else is asked of it raises VariesError.
    """

    __slots__ = ("at", "names")

    def __init__(self, names: frozenset[str], at: Callable[[Point], Any]) -> None:
        self.names = names
        self.at = at

    def __reduce__(self) -> tuple[Any, ...]:
        """Send it to another process as a value whose numbers are not known there."""
        return type(self), (self.names, _stays)

    def read_by(self, kind: FieldType) -> "Varying":
        """Return what a field reads of it."""
        return Varying(self.names, lambda point: kind.read(self.at(point)))


def _stays(_: Point) -> NoReturn:
    raise AssertionError("what varies is asked for its values where it was not read")


def _refuse(self: Varying, *_: object) -> NoReturn:
    raise VariesError(self.names)


_ASKED: Final = (
    *("bool", "int", "index", "float", "str", "repr", "format", "hash", "iter", "len", "getitem", "contains"),
    *("eq", "ne", "lt", "le", "gt", "ge", "neg", "abs", "add", "radd", "sub", "rsub", "mul", "rmul"),
    *("floordiv", "rfloordiv", "mod", "rmod", "truediv", "rtruediv", "pow", "rpow", "and", "rand", "or", "ror"),
)
for _name in _ASKED:
    setattr(Varying, f"__{_name}__", _refuse)


class Formula(Varying):
    """A number that varies, which shape rules can compute with."""

    __slots__ = ()

    def __neg__(self) -> "Formula":
        return Formula(self.names, lambda point: -self.at(point))


def _computed(operation: Callable[[Any, Any], Any], *, is_reflected: bool = False) -> Callable[[Any, Any], Formula]:
    def compute(self: Formula, other: Any) -> Formula:
        one, two = (other, self) if is_reflected else (self, other)
        return Formula(names_of([self, other]), lambda point: operation(at(one, point), at(two, point)))

    return compute


for _operation in ("add", "sub", "mul", "floordiv", "mod"):
    setattr(Formula, f"__{_operation}__", _computed(getattr(operator, _operation)))
    setattr(Formula, f"__r{_operation}__", _computed(getattr(operator, _operation), is_reflected=True))
for _operation in ("lt", "le", "gt", "ge"):
    setattr(Formula, f"__{_operation}__", _computed(getattr(operator, _operation)))


def as_number(value: Any) -> Any:
    """Return a number that varies as one that rules can compute with; any other as it is."""
    return Formula(value.names, value.at) if isinstance(value, Varying) else value


def as_numbers(kind: FieldType, value: Varying) -> Any:
    """Return what varies in a field so that rules can compute with it, where it is numbers for sure."""
    if isinstance(kind, Integer) and not isinstance(kind, Axis):
        return as_number(value)
    if isinstance(kind, PerAxis) and not kind.takes_null:
        return tuple(Formula(value.names, partial(_part, value, place)) for place in range(kind.axes))
    return value


def _part(value: Varying, place: int, point: Point) -> Any:
    return value.at(point)[place]


def read(kind: FieldType, value: Any) -> Any:
    """Return what a field reads of a value. Raises ArchError."""
    return value.read_by(kind) if isinstance(value, Varying) else kind.read(value)


def names_of(values: Sequence[Any]) -> frozenset[str]:
    """Return what varies in some values."""
    return frozenset().union(*(value.names for value in values if isinstance(value, Varying)))


def as_one(value: Any) -> Any:
    """Return a list or a mapping in which something varies as a value that varies; any other as it is."""
    if isinstance(value, list) and any(isinstance(item, Varying) for item in value):
        return Varying(names_of(value), lambda point: [at(item, point) for item in value])
    if isinstance(value, dict) and any(isinstance(item, Varying) for item in value.values()):
        names = names_of([*value.values()])
        return Varying(names, lambda point: {key: at(item, point) for key, item in value.items()})
    return value


def at(value: Any, point: Point) -> Any:
    """Return a value at a variant."""
    return value.at(point) if isinstance(value, Varying) else value
