"""Numbers of several variants, with all that Python can do with integers: on a way, arrays stand in for them so."""

import operator
from collections.abc import Callable
from fractions import Fraction
from numbers import Rational
from typing import Any, Final

from archcalc.analysis.sweep.bounds import SAFE
from archcalc.analysis.sweep.ways import Way, WideError

_EXACT: Final = 2**53
"""Integers up to this one are floats."""


def largest(several: list[Any]) -> int | None:
    """Return what no integer of some numbers is above; None of those that are not integers of 64 bits."""
    most = 0
    for one in several:
        own = one.most if isinstance(one, Several) else abs(one) if isinstance(one, int) else None
        if own is None:
            return None
        most = max(most, own)
    return most


class Several:
    """A number of each variant of a way."""

    __slots__ = ("array", "most", "way")
    __array_ufunc__ = None

    def __init__(self, way: Way, array: Any, most: int | None) -> None:
        self.way, self.array = way, array
        self.most = most
        """What the integers of 64 bits are not above; None of other numbers."""

    # what is decided

    def __bool__(self) -> bool:
        return self.way.holds(self.array if self.array.dtype == bool else self.array != 0)

    def one(self) -> Any:
        """Return the number itself, which only some variants have."""
        return self.way.one_of(self.array)

    def __index__(self) -> int:
        made: int = self.one().__index__()
        return made

    def __int__(self) -> int:
        return int(self.one())

    def __float__(self) -> float:
        return float(self.one())

    def __hash__(self) -> int:
        return hash(self.one())

    def __format__(self, form: str) -> str:
        return format(self.one(), form)

    def __str__(self) -> str:
        return str(self.one())

    __repr__ = __str__

    @property
    def numerator(self) -> int:
        return self.__index__()

    @property
    def denominator(self) -> int:
        return 1

    # what is computed

    def __neg__(self) -> "Several":
        return Several(self.way, -self._counted(), self.most)

    def __abs__(self) -> "Several":
        return Several(self.way, abs(self._counted()), self.most)

    def __pow__(self, power: int) -> Any:
        made: Any = 1
        for _ in range(power):
            made = made * self
        return made

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def _counted(self) -> Any:
        """Return its array, in which what holds is 1, and what does not is 0."""
        if self.array.dtype == bool:
            return self.array.astype(object if self.way.is_wide else "int64")
        return self.array


Rational.register(Several)

Operation = Callable[[Any, Any], Any]

Bound = Callable[[int, int], int]
"""What the integers that an operation makes are not above, by what those are not above that it takes."""


def _parts(value: Any) -> tuple[Any, int | None] | None:
    """Return the array of a number, or itself, and what it is not above; None for what is no number."""
    if isinstance(value, Several):
        return value._counted(), value.most
    if isinstance(value, int):
        return int(value), abs(value)
    return (value, None) if isinstance(value, float) else None


def _computed(
    operation: Callable[[Any, Any], Any], bound: Bound, *, is_reflected: bool
) -> Callable[[Several, Any], Any]:
    def compute(self: Several, other: Any) -> Any:
        if isinstance(other, Fraction):
            return operation(other, self.one()) if is_reflected else operation(self.one(), other)
        theirs, (array, most) = _parts(other), (self._counted(), self.most)
        if theirs is None:
            return NotImplemented
        (one, first), (two, second) = (theirs, (array, most)) if is_reflected else ((array, most), theirs)
        reach = None if first is None or second is None else bound(first, second)
        if not self.way.is_wide and max(reach or 0, theirs[1] or 0) >= SAFE:
            raise WideError
        return Several(self.way, operation(one, two), None if operation is operator.truediv else reach)

    return compute


def _compared(operation: Operation) -> Callable[[Several, Any], Any]:
    def compare(self: Several, other: Any) -> Any:
        if isinstance(other, Fraction):
            return operation(operator.mul(self, other.denominator), other.numerator)
        theirs = _parts(other)
        return NotImplemented if theirs is None else Several(self.way, operation(self._counted(), theirs[0]), 1)

    return compare


def _both(operation: Operation) -> Callable[[Several, Any], Any]:
    """Return what joins two truths."""

    def join(self: Several, other: Any) -> Several:
        truth = other.array if isinstance(other, Several) else bool(other)
        return Several(self.way, operation(self.array, truth), 1)

    return join


def _quotient(one: int, two: int) -> int:
    """Return a bound of quotients, which are floats: of larger integers, numpy does not round once."""
    return SAFE if max(one, two) > _EXACT else 0


_COMPUTED: Final[dict[str, tuple[Operation, Bound]]] = {
    "add": (operator.add, operator.add),
    "sub": (operator.sub, operator.add),
    "mul": (operator.mul, operator.mul),
    "floordiv": (operator.floordiv, max),
    "mod": (operator.mod, max),
    "truediv": (operator.truediv, _quotient),
}
for _name, (_operation, _bound) in _COMPUTED.items():
    setattr(Several, f"__{_name}__", _computed(_operation, _bound, is_reflected=False))
    setattr(Several, f"__r{_name}__", _computed(_operation, _bound, is_reflected=True))
for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Several, f"__{_name}__", _compared(getattr(operator, _name)))
for _name in ("and", "or"):
    setattr(Several, f"__{_name}__", _both(getattr(operator, f"__{_name}__")))
    setattr(Several, f"__r{_name}__", _both(getattr(operator, f"__{_name}__")))


def maximum(one: Any, other: Any) -> Any:
    """Return the larger of two numbers, for which no variants part."""
    import numpy as np

    ways = [number.way for number in (one, other) if isinstance(number, Several)]
    if not ways:
        return max(one, other)
    arrays = [number._counted() if isinstance(number, Several) else number for number in (one, other)]
    return Several(ways[0], np.maximum(*arrays), largest([one, other]))
