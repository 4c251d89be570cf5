"""Code that decides by `if`, run for many variants at once: they part only where it decides for them differently.

A number of many variants stands in for an integer. Arithmetic makes such numbers again. Where code asks whether
something holds, or for the number itself, the way goes on with the variants for which the answer is that of the first
one. The others go ways of their own, from the start. So each variant comes to what integers would come to.
"""

import operator
from collections.abc import Callable
from fractions import Fraction
from numbers import Rational
from typing import Any, Final

from archcalc.analysis.sweep.bounds import SAFE

_EXACT: Final = 2**53
"""Integers up to this one are floats."""


class WideError(Exception):
    """Numbers may be too large for 64 bits."""


class Way:
    """The variants that a run of some code is of: cells of a grid, fewer the more it has decided."""

    def __init__(self, shape: tuple[int, ...], mask: Any, is_wide: bool = False) -> None:
        """Start with the cells of a mask, or all of them for True; `is_wide` computes with Python's integers."""
        self.shape, self.mask, self.is_wide = shape, mask, is_wide
        self.own: Any = True
        """What was decided, as a mask along the axes that it depends on."""
        self._active: Any = None

    @property
    def active(self) -> Any:
        """The mask of the variants, of the whole shape."""
        import numpy as np

        if self._active is None:
            self._active = np.broadcast_to(np.logical_and(self.mask, self.own), self.shape)
        return self._active

    def go_on_with(self, own: Any) -> None:
        self.own, self._active = own, None

    def narrow(self, truth: Any) -> None:
        """Go on with the variants of a mask."""
        import numpy as np

        self.go_on_with(np.logical_and(self.own, truth))

    def holds(self, truth: Any) -> bool:
        """Return whether something holds of the first variant, and go on with those of which it is so too."""
        if truth.all():
            return True
        return bool(self.one_of(truth)) if truth.any() else False

    def one_of(self, array: Any) -> Any:
        """Return the number of the first variant, and go on with those that have the same."""
        import numpy as np

        here = np.broadcast_to(array, self.shape)[self.active]
        first = here[0]
        if not (here == first).all():
            self.narrow(array == first)
        return first.item() if isinstance(first, np.generic) else first

    def joined(self, function: Callable[[], Any]) -> Any:
        """Return a number that a function makes, after which the variants that parted in it go on together."""
        import numpy as np

        whole = rest = self.own
        found: list[tuple[Any, Any]] = []
        while True:
            self.go_on_with(rest)
            made = function()
            if self.own is rest and not found:
                return made
            found.append((self.own, made))
            rest = np.logical_and(rest, np.logical_not(self.own))
            if not np.logical_and(self.mask, rest).any():
                break
        self.go_on_with(whole)
        return self._together(found)

    def _together(self, found: list[tuple[Any, Any]]) -> "Value":
        import numpy as np

        bare = [(mask, made.array if isinstance(made, Value) else made) for mask, made in found]
        most = _largest([made for _, made in found])
        if most is not None and most >= SAFE and not self.is_wide:
            raise WideError
        array = np.asarray(bare[-1][1], dtype=object if self.is_wide else None)
        for mask, one in bare[-2::-1]:
            array = np.where(mask, one, array)
        return Value(self, array.astype(object) if self.is_wide else array, most)

    def number(self, array: Any) -> Any:
        """Return what stands for the integers of an array on this way; any other value as it is."""
        if not hasattr(array, "dtype"):
            return array
        if self.is_wide:
            return Value(self, array.astype(object), None)
        return Value(self, array, max(abs(int(array.max())), abs(int(array.min()))))


def _largest(several: list[Any]) -> int | None:
    """Return what no integer of some numbers is above; None of those that are not integers of 64 bits."""
    most = 0
    for one in several:
        own = one.most if isinstance(one, Value) else abs(one) if isinstance(one, int) else None
        if own is None:
            return None
        most = max(most, own)
    return most


class Value:
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

    def __neg__(self) -> "Value":
        return Value(self.way, -self._counted(), self.most)

    def __abs__(self) -> "Value":
        return Value(self.way, abs(self._counted()), self.most)

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


Rational.register(Value)

Bound = Callable[[int, int], int]
"""What the integers that an operation makes are not above, by what those are not above that it takes."""


def _parts(value: Any) -> tuple[Any, int | None] | None:
    """Return the array of a number, or itself, and what it is not above; None for what is no number."""
    if isinstance(value, Value):
        return value._counted(), value.most
    if isinstance(value, int):
        return int(value), abs(value)
    return (value, None) if isinstance(value, float) else None


def _computed(operation: Callable[[Any, Any], Any], bound: Bound, *, is_reflected: bool) -> Callable[[Value, Any], Any]:
    def compute(self: Value, other: Any) -> Any:
        if isinstance(other, Fraction):
            return operation(other, self.one()) if is_reflected else operation(self.one(), other)
        theirs, (array, most) = _parts(other), (self._counted(), self.most)
        if theirs is None:
            return NotImplemented
        (one, first), (two, second) = (theirs, (array, most)) if is_reflected else ((array, most), theirs)
        reach = None if first is None or second is None else bound(first, second)
        if not self.way.is_wide and max(reach or 0, theirs[1] or 0) >= SAFE:
            raise WideError
        return Value(self.way, operation(one, two), None if operation is operator.truediv else reach)

    return compute


def _compared(operation: Callable[[Any, Any], Any]) -> Callable[[Value, Any], Any]:
    def compare(self: Value, other: Any) -> Any:
        if isinstance(other, Fraction):
            return operation(operator.mul(self, other.denominator), other.numerator)
        theirs = _parts(other)
        return NotImplemented if theirs is None else Value(self.way, operation(self._counted(), theirs[0]), 1)

    return compare


def _both(operation: Callable[[Any, Any], Any]) -> Callable[[Value, Any], Any]:
    """Return what joins two truths."""

    def join(self: Value, other: Any) -> Value:
        truth = other.array if isinstance(other, Value) else bool(other)
        return Value(self.way, operation(self.array, truth), 1)

    return join


def _quotient(one: int, two: int) -> int:
    """Return a bound of quotients, which are floats: of larger integers, numpy does not round once."""
    return SAFE if max(one, two) > _EXACT else 0


_COMPUTED: Final[dict[str, tuple[Callable[[Any, Any], Any], Bound]]] = {
    "add": (operator.add, operator.add),
    "sub": (operator.sub, operator.add),
    "mul": (operator.mul, operator.mul),
    "floordiv": (operator.floordiv, max),
    "mod": (operator.mod, max),
    "truediv": (operator.truediv, _quotient),
}
for _name, (_operation, _bound) in _COMPUTED.items():
    setattr(Value, f"__{_name}__", _computed(_operation, _bound, is_reflected=False))
    setattr(Value, f"__r{_name}__", _computed(_operation, _bound, is_reflected=True))
for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Value, f"__{_name}__", _compared(getattr(operator, _name)))
for _name in ("and", "or"):
    setattr(Value, f"__{_name}__", _both(getattr(operator, f"__{_name}__")))
    setattr(Value, f"__r{_name}__", _both(getattr(operator, f"__{_name}__")))


def maximum(one: Any, other: Any) -> Any:
    """Return the larger of two numbers, for which no variants part."""
    import numpy as np

    a, b = (number if isinstance(number, Value) else None for number in (one, other))
    if a is None and b is None:
        return max(one, other)
    way = (a or b).way if a is not None else b.way  # type: ignore[union-attr]
    arrays = [number._counted() if isinstance(number, Value) else number for number in (one, other)]
    return Value(way, np.maximum(*arrays), _largest([one, other]))
