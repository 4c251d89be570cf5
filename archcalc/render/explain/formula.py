"""Expressions as formulas: in plain text that reads like code, and in TeX.

A division without a remainder is `a / b`, one with is `floor(a / b)` or `ceil(a / b)`.
"""

import re
from collections.abc import Callable
from fractions import Fraction
from typing import Final, NamedTuple

from archcalc.analysis.explain.traced import EXACT, Expression

_SUM, _QUOTIENT, _PRODUCT, _ATOM = range(4)
"""How tightly a text holds together."""

_FAMILY = re.compile(r"(\w+)\[\d+\]")


class Notation(NamedTuple):
    """How formulas are written: templates by operation, for operands that have the brackets they need."""

    name: Callable[[str], str]
    times: str
    brackets: str
    quotient: str
    is_fraction: bool
    """Whether a quotient groups its operands, and itself, without brackets."""
    calls: dict[str, str]


def _tex_name(name: str) -> str:
    r"""
    >>> _tex_name("kernel_size[0]")
    '\\text{kernel size}[0]'
    """
    word, sign, place = name.partition("[")
    return rf"\text{{{word.replace('_', ' ')}}}{sign}{place}"


PLAIN: Final = Notation(
    name=str,
    times=" * ",
    brackets="({})",
    quotient="{} / {}",
    is_fraction=False,
    calls={
        "floor": "floor({})",
        "ceil": "ceil({})",
        "max": "max({})",
        "sum": "sum({})",
        ">": "({} > {})",
        ">=": "({} >= {})",
    },
)
TEX: Final = Notation(
    name=_tex_name,
    times=r" \times ",
    brackets=r"\left({}\right)",
    quotient=r"\frac{{{}}}{{{}}}",
    is_fraction=True,
    calls={
        "floor": r"\left\lfloor {} \right\rfloor",
        "ceil": r"\left\lceil {} \right\rceil",
        "max": r"\max\left({}\right)",
        "sum": r"\sum {}",
        ">": r"\left[{} > {}\right]",
        ">=": r"\left[{} \ge {}\right]",
    },
)


def with_names(how: Expression, notation: Notation = PLAIN) -> str:
    """Write the rule: every field and size by its name."""
    return _Writer(notation, numbers=False, last=None).top(how)


def with_numbers(how: Expression, notation: Notation = PLAIN, last: Expression | None = None) -> str:
    """Write the rule with its numbers. The division `last` is left unrounded: its rounding stands at the end."""
    return _Writer(notation, numbers=True, last=last).top(how)


def exactly(number: Fraction, notation: Notation = PLAIN) -> str:
    """Write a fraction in three decimals if they are all it has, else as a mixed number.

    >>> exactly(Fraction(217, 4)), exactly(Fraction(10, 3)), exactly(Fraction(10, 3), TEX)
    ('54.25', '3 1/3', '3\\\\tfrac{1}{3}')
    """
    thousandths = number * 1000
    if thousandths.denominator == 1:
        whole, part = divmod(int(thousandths), 1000)
        return f"{whole}.{part:03}".rstrip("0").rstrip(".")
    whole, part = divmod(number.numerator, number.denominator)
    if notation is TEX:
        return rf"{whole}\tfrac{{{part}}}{{{number.denominator}}}"
    return f"{whole} {part}/{number.denominator}"


class _Writer(NamedTuple):
    notation: Notation
    numbers: bool
    last: Expression | None

    def top(self, how: Expression) -> str:
        return self.write(how)[0]

    def write(self, how: Expression) -> tuple[str, int]:
        """Return a text, and how tightly it holds together."""
        match how.op:
            case "number":
                return str(how.value), _ATOM if how.value >= 0 else _SUM
            case "symbol" | "called":
                return (str(how.value) if self.numbers else self.notation.name(how.name)), _ATOM
            case "sum":
                return self.sum(how)
            case "product":
                return self.notation.times.join(self.bound(part, _PRODUCT) for part in how.parts), _PRODUCT
            case "negative":
                return f"-{self.bound(how.parts[0], _ATOM)}", _SUM
            case "floor" | "ceil":
                return self.division(how)
            case "max":
                return self.notation.calls["max"].format(", ".join(map(self.top, how.parts))), _ATOM
        left, right = how.parts
        return self.notation.calls[how.op].format(self.top(left), self.top(right)), _ATOM

    def bound(self, how: Expression, least: int) -> str:
        """Return a text that holds together at least so tightly, in brackets if needed."""
        text, level = self.write(how)
        return text if level >= least else self.notation.brackets.format(text)

    def sum(self, how: Expression) -> tuple[str, int]:
        family = _family(how)
        if family and not self.numbers:
            return self.notation.calls["sum"].format(self.notation.name(family)), _ATOM
        first, *rest = how.parts
        text = self.bound(first, _SUM)
        for term in rest:
            if term.op == "negative":
                text += f" - {self.bound(term.parts[0], _QUOTIENT)}"
            elif term.op == "number" and term.value < 0:
                text += f" - {-term.value}"
            else:
                text += f" + {self.bound(term, _QUOTIENT)}"
        return text, _SUM

    def division(self, how: Expression) -> tuple[str, int]:
        above, below = how.parts
        if self.notation.is_fraction:
            quotient, level = self.notation.quotient.format(self.top(above), self.top(below)), _ATOM
        else:
            quotient = self.notation.quotient.format(self.bound(above, _PRODUCT), self.bound(below, _ATOM))
            level = _QUOTIENT
        is_exact = above.value % below.value == 0 if self.numbers else how.name == EXACT
        if is_exact or how is self.last:
            return quotient, level
        return self.notation.calls[how.op].format(quotient), _ATOM


def _family(how: Expression) -> str:
    """Return the name that all terms share apart from their place: in_channels of in_channels[0] + in_channels[1]."""
    names = {found[1] if (found := _FAMILY.fullmatch(term.name)) else "" for term in how.parts}
    return names.pop() if len(names) == 1 else ""
