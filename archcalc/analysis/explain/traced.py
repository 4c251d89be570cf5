"""Numbers that remember how they were made: integers for the rules, formulas for the reader.

A rule of `archcalc.layers` that is given traced numbers computes what it always computes, and the value comes with the
expression that led to it. Expressions that read badly are rewritten on the way, where that is true for all numbers:

- `-(-a // b)` is `ceil(a / b)`, `a * (a > 0)` is `max(a, 0)`, `a + max(b - a, 0)` is `max(a, b)`;
- a sum or product of sums or products is one; the constants of a sum are added up; `+ 0` and `* 1` are left out where
  the rule itself, not a field, says 0 or 1.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any, Final, NamedTuple

EXACT: Final = "exact"
"""The name of a division that leaves no remainder, or the layer would not fit."""


class Expression(NamedTuple):
    """How a number was made, and what it is.

    `op` is `symbol` (a field or a size, which has a `name`), `number` (a constant of the rule), `called` (what the
    rule gives a name), `sum`, `product`, `negative`, `floor` and `ceil` (of parts[0] / parts[1]; `EXACT` is the name of
    one that leaves no remainder), `max`, or `>` and `>=`, which are 0 or 1.
    """

    op: str
    value: int
    parts: "tuple[Expression, ...]" = ()
    name: str = ""


class Traced(int):
    """An integer with the expression that it is the value of."""

    how: Expression

    def __new__(cls, how: Expression) -> "Traced":
        self = super().__new__(cls, how.value)
        self.how = how
        return self

    @property
    def bare(self) -> int:
        """The integer alone."""
        return int(self)

    def called(self, name: str) -> "Traced":
        return Traced(Expression("called", int(self), (self.how,), name))

    def parted(self, parts: int) -> "Traced":
        """Return the number divided by what leaves no remainder."""
        how = _floor(self.how, made(parts))
        return Traced(how._replace(name=EXACT) if how.op == "floor" else how)

    def __add__(self, other: int) -> "Traced":
        return Traced(_sum(self.how, made(other)))

    def __radd__(self, other: int) -> "Traced":
        return Traced(_sum(made(other), self.how))

    def __sub__(self, other: int) -> "Traced":
        return Traced(_sum(self.how, _negative(made(other))))

    def __rsub__(self, other: int) -> "Traced":
        return Traced(_sum(made(other), _negative(self.how)))

    def __neg__(self) -> "Traced":
        return Traced(_negative(self.how))

    def __mul__(self, other: int) -> "Traced":
        return Traced(_product(self.how, made(other)))

    def __rmul__(self, other: int) -> "Traced":
        return Traced(_product(made(other), self.how))

    def __floordiv__(self, other: int) -> "Traced":
        return Traced(_floor(self.how, made(other)))

    def __rfloordiv__(self, other: int) -> "Traced":
        return Traced(_floor(made(other), self.how))

    def __gt__(self, other: Any) -> "Traced":  # type: ignore[override]  # true is 1, as in the rules
        return Traced(Expression(">", int(int(self) > int(other)), (self.how, made(other))))

    def __ge__(self, other: Any) -> "Traced":  # type: ignore[override]
        return Traced(Expression(">=", int(int(self) >= int(other)), (self.how, made(other))))


def symbol(name: str, value: int) -> Traced:
    """Return a number that a formula shows by its name."""
    return Traced(Expression("symbol", value, (), name))


def made(number: int) -> Expression:
    """Return how a number was made; a plain one is a constant."""
    return number.how if isinstance(number, Traced) else _constant(int(number))


def definitions(how: Expression) -> dict[str, Expression]:
    """Return the numbers that the rule gives a name on the way to `how`, each after those that it is made of."""
    found: dict[str, Expression] = {}
    for part in how.parts:
        found |= definitions(part)
        if part.op == "called":
            found[part.name] = part.parts[0]
    return found


def renamed(how: Expression, names: Mapping[str, str]) -> Expression:
    """Return the expression with other names for some of its symbols."""
    parts = tuple(renamed(part, names) for part in how.parts)
    return how._replace(parts=parts, name=names.get(how.name, how.name) if how.op == "symbol" else how.name)


def expanded(how: Expression) -> Expression:
    """Return the expression with the rule's named numbers put in, if these are just a product or a size."""
    if how.op == "called" and how.parts[0].op in ("product", "symbol"):
        return how.parts[0]
    return how._replace(parts=tuple(map(expanded, how.parts)))


def settled(how: Expression) -> Expression:
    """Return a sum without those of its conditions that do not hold."""
    if how.op != "sum":
        return how
    idle = [term for term in how.parts if term.op == "negative" and term.parts[0].op == ">=" and not term.value]
    return _joined([term for term in how.parts if term not in idle])


def inexact(how: Expression) -> Expression | None:
    """Return the division with a remainder that alone rounds `how`, so that it can be rounded last; None without."""
    if how.op in ("floor", "ceil"):
        return how if how.parts[0].value % how.parts[1].value else None
    terms = [found for part in how.parts if (found := inexact(part))] if how.op == "sum" else []
    return terms[0] if len(terms) == 1 else None


def unrounded(how: Expression) -> Fraction:
    """Return the value of `how` without the rounding of its inexact division."""
    division = inexact(how)
    if division is None:
        return Fraction(how.value)
    return how.value - division.value + Fraction(division.parts[0].value, division.parts[1].value)


def _constant(value: int) -> Expression:
    return Expression("number", value)


def _is(how: Expression, value: int) -> bool:
    return how.op == "number" and how.value == value


def _negative(how: Expression) -> Expression:
    if how.op == "number":
        return _constant(-how.value)
    if how.op == "negative":
        return how.parts[0]
    if how.op == "floor" and how.parts[0].op == "negative":
        return Expression("ceil", -how.value, (how.parts[0].parts[0], how.parts[1]))
    return Expression("negative", -how.value, (how,))


def _sum(left: Expression, right: Expression) -> Expression:
    value = left.value + right.value
    if right.op == "max" and _is(right.parts[1], 0) and _negative(left) in _terms(right.parts[0]):
        rest = list(_terms(right.parts[0]))
        rest.remove(_negative(left))
        return Expression("max", value, (*_alternatives(left), _joined(rest)))
    return _joined([*_terms(left), *_terms(right)])


def _joined(terms: list[Expression]) -> Expression:
    """Return the sum of terms, their constants added up at the end."""
    constants = [term.value for term in terms if term.op == "number"]
    terms = [term for term in terms if term.op != "number"]
    if sum(constants) or not terms:
        terms.append(_constant(sum(constants)))
    return terms[0] if len(terms) == 1 else Expression("sum", sum(term.value for term in terms), tuple(terms))


def _terms(how: Expression) -> Iterator[Expression]:
    yield from how.parts if how.op == "sum" else (how,)


def _alternatives(how: Expression) -> tuple[Expression, ...]:
    return how.parts if how.op == "max" else (how,)


def _product(left: Expression, right: Expression) -> Expression:
    if _is(left, 0) or _is(right, 0):
        return _constant(0)
    if _is(left, 1) or _is(right, 1):
        return right if _is(left, 1) else left
    if left.op == "negative":
        return _negative(_product(left.parts[0], right))
    if right.op == ">" and right.parts == (left, _constant(0)):
        return Expression("max", max(left.value, 0), right.parts)
    factors = (factor for side in (left, right) for factor in (side.parts if side.op == "product" else (side,)))
    return Expression("product", left.value * right.value, tuple(factors))


def _floor(left: Expression, right: Expression) -> Expression:
    return left if _is(right, 1) else Expression("floor", left.value // right.value, (left, right))
