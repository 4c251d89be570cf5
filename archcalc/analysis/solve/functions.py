"""Sizes as functions of the input's, with the arithmetic that the layers' rules do on sizes.

A rule composes functions of what it reads; what it makes is then read off as steps along an axis (`settled`), and the
layers after it go on from there. Comparing such a number gives a condition on the input.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import gcd, prod
from operator import add, floordiv, ge, gt, mul, sub
from typing import Any, Final, NamedTuple

from archcalc.analysis.solve.sizes import (
    AtLeastOne,
    AtMost,
    Condition,
    Divides,
    Equal,
    Exactly,
    Function,
    NotLess,
    read_off,
)

AXES: Final = ("height", "width")


class Asked(NamedTuple):
    """A condition on the input along an axis; None where it ties height to width."""

    axis: int
    condition: Condition | None


@dataclass(frozen=True)
class Along:
    """A size along height (0) or width (1): what `rule`, if there is one, makes of a function of the input's."""

    axis: int
    size: Function
    rule: Callable[[int], int] | None = None

    def at(self, value: int) -> int:
        """Return what the rule makes of a value of the function."""
        return value if self.rule is None else self.rule(value)

    def settled(self) -> "Along":
        """Return it as a function of the input's size alone. Raises ArchError for a rule that takes no equal steps."""
        return self if self.rule is None else Along(self.axis, self.size.through(read_off(self.rule)))

    def _with(self, other: Any, operation: Callable[[int, int], int]) -> Any:
        if isinstance(other, Along):
            return Along(self.axis, self.size, lambda value: operation(self.at(value), other.at(value)))
        return Along(self.axis, self.size, lambda value: operation(self.at(value), other))

    def __add__(self, other: Any) -> Any:
        if isinstance(other, Flat):
            return other + self
        if isinstance(other, Along) and other.size != self.size:
            return Along(self.axis, self.settled().size.joined(other.settled().size))
        return self._with(other, add)

    def __radd__(self, other: int) -> Any:
        return self + other

    def __sub__(self, other: Any) -> Any:
        return self._with(other, sub)

    def __rsub__(self, other: int) -> Any:
        return -self + other

    def __neg__(self) -> Any:
        return Along(self.axis, self.size, lambda value: -self.at(value))

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Flat) or (isinstance(other, Along) and other.axis != self.axis):
            return Flat((self.settled(),)) * other
        return self._with(other, mul)

    def __rmul__(self, other: int) -> Any:
        return self * other

    def __floordiv__(self, other: int) -> Any:
        return self._with(other, floordiv)

    def __gt__(self, other: Any) -> Any:
        return self._with(other, gt)

    def __ge__(self, other: Any) -> Any:
        return Compared(self.axis, self.size, self._with(other, ge).rule, self - other + 1)

    def equals(self, other: Any) -> Any:
        """Return whether two sizes, which layers make, are equal: True where they always are."""
        mine, other = self.settled(), settled(other)
        if other == mine:
            return True
        if isinstance(other, int):
            return Asked(self.axis, Exactly(mine.size, other))
        if isinstance(other, Along) and other.axis == self.axis:
            return Asked(self.axis, Equal(mine.size, other.size))
        return Asked(self.axis, None)

    def at_least(self, other: Any) -> Any:
        """Return whether a size, which layers make, is not less than another."""
        if isinstance(other, Along):
            mine, other = self.settled(), other.settled()
            if mine == other:
                return True
            return Asked(self.axis, NotLess(mine.size, other.size) if other.axis == self.axis else None)
        return self >= other

    def at_most(self, number: int) -> Any:
        """Return whether a size made by layers is not over a number."""
        return Asked(self.axis, AtMost(self.settled().size, number))

    def divisible(self, parts: int) -> Any:
        """Return whether a size made by layers can be divided into parts."""
        return Asked(self.axis, Divides(self.size, 0, parts))

    def __str__(self) -> str:
        return AXES[self.axis]


@dataclass(frozen=True)
class Compared(Along):
    """1 where one number is at least another, else 0; as a condition, that `margin` is at least 1."""

    margin: Any = None

    @property
    def asked(self) -> Asked:
        return Asked(self.axis, AtLeastOne(self.margin.settled().size))


@dataclass(frozen=True)
class Flat:
    """A count that height and width make together: a product of sizes, or else something equal to itself alone."""

    factors: tuple[object, ...]

    def __mul__(self, other: Any) -> "Flat":
        if isinstance(other, Along):
            other = other.settled()
        return Flat((*self.factors, *(other.factors if isinstance(other, Flat) else (other,))))

    __rmul__ = __mul__

    def __add__(self, other: object) -> "Flat":
        return Flat((Joined(sizes_in((self, other))),))

    __radd__ = __add__

    def __floordiv__(self, parts: int) -> "Flat":
        return Flat((Joined(sizes_in((self,))),))

    def equals(self, other: object) -> Any:
        return True if other == self else Asked(0, None)

    def divisible(self, parts: int) -> Any:
        """Return whether it can be divided into parts: True where the numbers in it can be, whatever the input is."""
        return prod(map(_number_in, self.factors)) % parts == 0 or Asked(0, None)

    def __str__(self) -> str:
        return "flattened"


def _number_in(factor: object) -> int:
    """Return a number by which a factor can be divided for every input: itself, or that of a size `times` the input."""
    if isinstance(factor, Along):
        function = factor.size
        return 1 if function.parts or function.stride > 1 else gcd(function.times, function.shift)
    return factor if isinstance(factor, int) else 1


@dataclass(frozen=True, eq=False)
class Joined:
    """Counts one after the other, which make something equal to itself alone; the sizes that they are made of."""

    sizes: frozenset[Along]


def settled(number: Any) -> Any:
    """Return a number that a rule made as a function of the input's size alone."""
    return number.settled() if isinstance(number, Along) else number


def sizes_in(counts: Iterable[object]) -> frozenset[Along]:
    """Return the sizes that counts are made of. The counts stay the same where all these sizes do."""
    sizes: set[Along] = set()
    for count in counts:
        match count:
            case Along():
                sizes.add(count.settled())
            case Flat(factors):
                sizes |= sizes_in(factors)
            case Joined():
                sizes |= count.sizes
    return frozenset(sizes)
