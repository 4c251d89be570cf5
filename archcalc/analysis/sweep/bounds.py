"""Between which integers each number of a network lies, over all of its variants: so no array overflows.

The rules are read with these numbers as they are read with arrays, and the largest that any step of them makes is kept.
"""

from typing import Any, Final

SAFE: Final = 2**62
"""Arrays of 64 bits hold whatever stays below this, with room to spare."""


class Scale:
    """The largest absolute value of all numbers that were made."""

    def __init__(self) -> None:
        self.largest = 0

    def between(self, *ends: int) -> "Bounds":
        return Bounds(self, min(ends), max(ends))


class Bounds:
    """A number that lies between two integers, both included."""

    __slots__ = ("high", "low", "scale")

    def __init__(self, scale: Scale, low: int, high: int) -> None:
        self.scale, self.low, self.high = scale, low, high
        scale.largest = max(scale.largest, abs(low), abs(high))

    def _of(self, other: Any) -> tuple[int, int]:
        if isinstance(other, Bounds):
            return other.low, other.high
        self.scale.largest = max(self.scale.largest, abs(int(other)))
        return int(other), int(other)

    def __add__(self, other: Any) -> "Bounds":
        low, high = self._of(other)
        return Bounds(self.scale, self.low + low, self.high + high)

    def __sub__(self, other: Any) -> "Bounds":
        low, high = self._of(other)
        return Bounds(self.scale, self.low - high, self.high - low)

    def __rsub__(self, other: Any) -> "Bounds":
        low, high = self._of(other)
        return Bounds(self.scale, low - self.high, high - self.low)

    def __neg__(self) -> "Bounds":
        return Bounds(self.scale, -self.high, -self.low)

    def __mul__(self, other: Any) -> "Bounds":
        return self.scale.between(*(one * end for one in (self.low, self.high) for end in self._of(other)))

    __radd__ = __add__
    __rmul__ = __mul__

    def __floordiv__(self, other: Any) -> "Bounds":
        return _divided(self, *self._of(other))

    def __rfloordiv__(self, other: Any) -> "Bounds":
        return _divided(Bounds(self.scale, *self._of(other)), self.low, self.high)

    def __mod__(self, other: Any) -> "Bounds":
        low, high = self._of(other)
        return self.scale.between(0, low, high)

    def __rmod__(self, other: Any) -> "Bounds":
        return self.scale.between(0, self.low, self.high)

    def __pow__(self, power: int) -> "Bounds":
        made = self
        for _ in range(power - 1):
            made = made * self
        return made

    def _either(self, other: Any) -> "Bounds":
        self._of(other)
        return Bounds(self.scale, 0, 1)

    __lt__ = __le__ = __gt__ = __ge__ = __or__ = __ror__ = __and__ = __rand__ = _either
    __eq__ = __ne__ = _either  # type: ignore[assignment]
    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        raise TypeError("a number between bounds is neither true nor false")


def _divided(number: Bounds, low: int, high: int) -> Bounds:
    """Return a number divided by one from low to high; what is divided by 0, an array makes 0."""
    divisors = {low, high, *((-1,) if low < 0 <= high else ()), *((1,) if low <= 0 < high else ())}
    ends = [end // divisor for end in (number.low, number.high) for divisor in divisors if divisor]
    return number.scale.between(*ends, *((0,) if low <= 0 <= high else ()))
