"""Numbers that remember from the widths of which layers they follow, and what rules ask of them.

A walk over a network with these says which layers must stay as wide as others, which widths must be divisible, and
which the network hands on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import gcd, lcm
from typing import Any


@dataclass
class Asked:
    """What the rules of layers ask of numbers: which are equal, and which can be divided."""

    equal: list[tuple[Any, Any]] = field(default_factory=list)
    divisors: dict[str, int] = field(default_factory=dict)
    fixed: set[str] = field(default_factory=set)
    """The layers whose widths decide what cannot be followed."""


class Channels:
    """A number as a sum of widths, each so many times, and of a constant; or one that follows in another way."""

    __slots__ = ("asked", "constant", "is_sum", "terms", "value")

    def __init__(
        self, asked: Asked, value: int, terms: Mapping[str, Fraction], constant: Fraction, is_sum: bool = True
    ) -> None:
        self.asked, self.value, self.constant, self.is_sum = asked, value, constant, is_sum
        self.terms = {name: times for name, times in terms.items() if times or not is_sum}

    @classmethod
    def of_layer(cls, asked: Asked, name: str, width: int) -> "Channels":
        return cls(asked, width, {name: Fraction(1)}, Fraction(0))

    def at(self, widths: Mapping[str, int]) -> int:
        """Return the number for other widths of layers."""
        return int(self.constant + sum(times * widths[name] for name, times in self.terms.items()))

    def _with(self, other: Any, sign: int) -> "Channels":
        if not isinstance(other, Channels):
            return Channels(
                self.asked, self.value + sign * other, self.terms, self.constant + sign * other, self.is_sum
            )
        names = {**self.terms, **other.terms}
        terms = {name: self.terms.get(name, Fraction(0)) + sign * other.terms.get(name, Fraction(0)) for name in names}
        is_sum = self.is_sum and other.is_sum
        value, constant = self.value + sign * other.value, self.constant + sign * other.constant
        return Channels(self.asked, value, terms if is_sum else names, constant, is_sum)

    def __add__(self, other: Any) -> "Channels":
        return self._with(other, 1)

    __radd__ = __add__

    def __sub__(self, other: Any) -> "Channels":
        return self._with(other, -1)

    def __rsub__(self, other: Any) -> "Channels":
        return (-self)._with(other, 1)

    def __neg__(self) -> "Channels":
        return self * -1

    def __mul__(self, other: Any) -> "Channels":
        if isinstance(other, Channels):
            return self._followed(self.value * other.value, other)
        return self._times(Fraction(int(other)), self.value * int(other))

    __rmul__ = __mul__

    def _times(self, factor: Fraction, value: int) -> "Channels":
        terms = {name: times * factor for name, times in self.terms.items()}
        return Channels(self.asked, value, terms, self.constant * factor, self.is_sum)

    def _followed(self, value: int, other: Any = None) -> "Channels":
        """Return a number that follows from these, and is no sum of them."""
        names = {**self.terms, **(other.terms if isinstance(other, Channels) else {})}
        return Channels(self.asked, value, names, Fraction(0), False)

    def __floordiv__(self, other: Any) -> "Channels":
        if isinstance(other, Channels) or self.value % other:
            return self._followed(self.value // _value(other), other)
        return self._times(Fraction(1, other), self.value // other)

    def __rfloordiv__(self, other: Any) -> "Channels":
        return self._followed(other // self.value)

    def __mod__(self, other: Any) -> "Channels":
        return self._followed(self.value % _value(other), other)

    def __pow__(self, power: int) -> "Channels":
        return self._followed(self.value**power)

    def _beside(self, other: Any) -> Any:
        """Return what it is compared with; where that is a place among channels, they have to stay."""
        if not isinstance(other, Channels) and abs(other) > 1:
            self.asked.fixed.update(self.terms)
        return _value(other)

    def __gt__(self, other: Any) -> bool:
        return bool(self.value > self._beside(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self.value >= self._beside(other))

    def __lt__(self, other: Any) -> bool:
        return bool(self.value < self._beside(other))

    def __le__(self, other: Any) -> bool:
        return bool(self.value <= self._beside(other))

    def __eq__(self, other: object) -> bool:
        return bool(self.value == _value(other))

    __hash__ = None  # type: ignore[assignment]

    def __int__(self) -> int:
        return self.value

    def equals(self, other: Any) -> bool:
        """Return whether both are equal, and remember that they have to be."""
        self.asked.equal.append((self, other))
        return bool(self.value == _value(other))

    def divisible(self, parts: int) -> bool:
        """Return whether it can be divided, and remember that it has to be, term by term."""
        can_be = self.is_sum and self.constant % parts == 0 and all(one.denominator == 1 for one in self.terms.values())
        for name, times in self.terms.items():
            if not can_be:
                self.asked.fixed.add(name)
            else:
                needed = parts // gcd(parts, int(times))
                self.asked.divisors[name] = lcm(self.asked.divisors.get(name, 1), needed)
        return self.value % parts == 0

    def __str__(self) -> str:
        return str(self.value)


def _value(number: Any) -> Any:
    return number.value if isinstance(number, Channels) else number
