"""`$name` and `$(a * 4 // b)`: numbers, names, arithmetic, comparisons, a few functions, and nothing else.

Parsed by hand from a short grammar, never by `eval`:

    whole = sum (("<" | "<=" | ">" | ">=" | "==" | "!=") sum)?
    sum   = term (("+" | "-") term)*
    term  = sign (("*" | "//" | "%") sign)*
    sign  = "-" sign | number | name | function "(" whole ("," whole)* ")" | "(" whole ")"

Decimals are exact fractions. An expression ends as an integer: what it rounds, it says. A comparison is 1 or 0.
"""

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from math import ceil, floor, isfinite
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from archcalc.errors import ArchError, did_you_mean
from archcalc.layers.fields import LARGEST, is_integer, spell
from archcalc.layers.varying import VariesError, Varying, at

if TYPE_CHECKING:
    from fractions import Fraction

NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

IN_CHANNELS: Final = "in_channels"
"""The param of a block that is how many channels, or features, it reads."""

READ: Final = "input"
"""The param of a block that is the layer that it reads."""

_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?)|(?P<name>[A-Za-z_]\w*)|(?P<sign>//|[<>=!]=|[-+*%()<>,]))", re.ASCII
)
_MOST_CHARACTERS: Final = 200
_MOST_BRACKETS: Final = 32

FAULTY: Final = object()
"""The value of a param that could not be read: its uses are no faults of their own, and say nothing."""


class AlreadySaidError(ArchError):
    """A value that cannot be had because of a fault that is known: it holds no fault of its own."""


Scope = Mapping[str, Any]
Number: TypeAlias = "int | Fraction"
Reading = Callable[[Scope], Number]
Operation = Callable[[Any, Any], Any]

_COMPARISONS: Final[dict[str, Operation]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_SUMS: Final[dict[str, Operation]] = {"+": operator.add, "-": operator.sub}
_TERMS: Final[dict[str, Operation]] = {"*": operator.mul, "//": operator.floordiv, "%": operator.mod}


def _round(number: Number) -> int:
    """Return the nearest integer, of two the larger."""
    return (2 * number + 1) // 2


def _ceil_div(number: Number, divisor: Number) -> int:
    return -(-number // divisor)


def _make_divisible(number: Number, divisor: Number) -> Number:
    """Return the nearest multiple of a divisor, at least the divisor itself, and not less than nine tenths of it.

    This is torchvision's rule, in exact numbers:
    https://github.com/pytorch/vision/blob/v0.29.1/torchvision/models/_utils.py
    """
    if divisor < 1 or number < 0:
        raise ArchError("make_divisible takes a number >= 0 and a divisor >= 1")
    near = max(divisor, (2 * number + divisor) // (2 * divisor) * divisor)
    return near + divisor * (10 * near < 9 * number)


_FUNCTIONS: Final[dict[str, tuple[Callable[..., Number], int, int]]] = {
    "max": (max, 2, 8),
    "min": (min, 2, 8),
    "floor": (floor, 1, 1),
    "ceil": (ceil, 1, 1),
    "round": (_round, 1, 1),
    "ceil_div": (_ceil_div, 2, 2),
    "make_divisible": (_make_divisible, 2, 2),
}
"""Functions, and how many numbers each takes: at least, and at most."""

_ALLOWED: Final = f"only numbers, params, + - * // %, < <= > >= == !=, {', '.join(_FUNCTIONS)} and brackets are allowed"


def is_expression(value: object) -> bool:
    return isinstance(value, str) and value.startswith("$")


def names_in(text: str) -> set[str]:
    """
    >>> sorted(names_in("$(max(8, width // 4))"))
    ['max', 'width']
    """
    return set(NAME.findall(text))


def evaluate(text: str, scope: Scope) -> Any:
    """Return the value of `$name` or `$(...)` among the params in `scope`. Raises ArchError.

    >>> evaluate("$(width * 4 // 3)", {"width": 96}), evaluate("$(max(8, floor(width * 0.3)))", {"width": 96})
    (128, 28)
    """
    if text.startswith("$("):
        try:
            return _as_integer(text, _compiled(text)(scope))
        except VariesError:
            return _varying(text, scope)
    name = text[1:]
    if not NAME.fullmatch(name):
        raise ArchError(f"'{text}' is not an expression: write $name or $(a * 4 // b) as the whole value")
    return _look_up(name, scope)


def _varying(text: str, scope: Scope) -> Varying:
    """Return the value of an expression that has names of what is varied."""
    used = {name: scope[name] for name in names_in(text) if name in scope}
    names = frozenset[str]().union(*(value.names for value in used.values() if isinstance(value, Varying)))
    return Varying(names, lambda point: evaluate(text, {name: at(value, point) for name, value in used.items()}))


def _as_integer(text: str, value: Number) -> int:
    if isinstance(value, int):
        return value
    if value.denominator == 1:
        return value.numerator
    raise ArchError(f"'{text}' is {float(value):g}, not an integer: say how it is rounded, by floor, ceil or round")


def _look_up(name: str, scope: Scope) -> Any:
    if name in scope:
        if scope[name] is FAULTY:
            raise AlreadySaidError
        return scope[name]
    if name == IN_CHANNELS:
        raise ArchError(f"${name} is for the layers of a block: it is how many channels the block reads")
    if name == READ:
        raise ArchError(f"${name} is for the layers of a block: it is what the block reads")
    known = f" (params here: {', '.join(scope)})" if scope else " (none are declared before it)"
    raise ArchError(f"there is no param '{name}'{did_you_mean(name, scope) or known}")


@lru_cache(maxsize=1024)
def _compiled(text: str) -> Reading:
    if len(text) > _MOST_CHARACTERS:
        raise ArchError(f"an expression has at most {_MOST_CHARACTERS} characters, this one {len(text)}")
    if not text.endswith(")"):
        is_cut_off = text.count("(") - text.count(")") > 1
        hint = "; inside {} an expression that has a comma stands in quotes" if is_cut_off else ""
        raise ArchError(f"'{text}' is not an expression: what $( opens must be closed by ) at the very end{hint}")
    return _Parser(text).whole()


class Tokens:
    """The words of a text, taken one by one."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.next = 0

    @property
    def is_over(self) -> bool:
        return self.next >= len(self.tokens)

    def peek(self) -> str:
        """Return the next word; empty at the end."""
        return "" if self.is_over else self.tokens[self.next]

    def take(self) -> str:
        """Return the next word, and go on."""
        token = self.peek()
        self.next += 1
        return token


class _Parser(Tokens):
    def __init__(self, text: str) -> None:
        super().__init__(_tokens(text))
        self.text = text
        self.depth = 0

    def whole(self) -> Reading:
        reading = self.compared()
        if not self.is_over:
            raise self.unexpected()
        return reading

    def compared(self) -> Reading:
        left = self.sum()
        if self.peek() not in _COMPARISONS:
            return left
        return _binary(self.text, _COMPARISONS[self.take()], left, self.sum())

    def sum(self) -> Reading:
        return self.chain(self.term, _SUMS)

    def chain(self, operand: Callable[[], Reading], operators: Mapping[str, Operation]) -> Reading:
        left = operand()
        while self.peek() in operators:
            sign = self.take()
            left = _binary(self.text, operators[sign], left, operand())
        return left

    def term(self) -> Reading:
        return self.chain(self.sign, _TERMS)

    def sign(self) -> Reading:
        self.depth += 1
        if self.depth > _MOST_BRACKETS:
            raise ArchError(f"an expression nests at most {_MOST_BRACKETS} deep")
        try:
            return self.value()
        finally:
            self.depth -= 1

    def value(self) -> Reading:
        token = self.take()
        if token == "-":
            inner = self.sign()
            return lambda scope: -inner(scope)
        if token == "(":
            inner = self.compared()
            self.expect(")")
            return inner
        if token[:1].isdigit():
            return _constant(token)
        if token in _FUNCTIONS and self.peek() == "(":
            return self.called(token)
        if NAME.fullmatch(token):
            return lambda scope: _number(token, scope)
        self.next -= 1
        raise self.unexpected()

    def called(self, name: str) -> Reading:
        """Return the call of a function, whose bracket comes next."""
        function, least, most = _FUNCTIONS[name]
        self.expect("(")
        parts = [self.compared()]
        while self.peek() == ",":
            self.take()
            parts.append(self.compared())
        self.expect(")")
        if not least <= len(parts) <= most:
            count = (
                f"{least} numbers" if least == most > 1 else "one number" if most == 1 else f"{least} to {most} numbers"
            )
            raise ArchError(f"'{self.text}': {name} takes {count}, got {len(parts)}")
        return _applied(self.text, function, parts)

    def expect(self, token: str) -> None:
        if self.take() != token:
            self.next -= 1
            raise self.unexpected()

    def unexpected(self) -> ArchError:
        found = f"'{self.peek()}'" if self.peek() else "its end"
        return ArchError(f"'{self.text}' is not an expression at {found}: {_ALLOWED}")


def _tokens(text: str) -> list[str]:
    """Return the words between `$(` and the last `)`."""
    inner, tokens, position = text[2:-1].rstrip(), [], 0
    while position < len(inner):
        match = _TOKEN.match(inner, position)
        if not match or match[0].strip().startswith("_"):
            raise ArchError(f"'{text}' is not an expression at '{inner[position:].strip()[:10]}': {_ALLOWED}")
        tokens.append(match[match.lastgroup or 0])
        position = match.end()
    return tokens


def _constant(token: str) -> Reading:
    if len(token) > 1 and token.startswith("0") and token[1] != ".":
        raise ArchError(f"'{token}' has a leading zero")
    value = _bounded(_fraction(token) if "." in token else int(token[:20]))
    return lambda scope: value


def _number(name: str, scope: Scope) -> Number:
    value = _look_up(name, scope)
    if isinstance(value, Varying):
        raise VariesError(value.names)
    if is_integer(value):
        return int(value)
    if isinstance(value, float) and isfinite(value):
        return _bounded(_fraction(repr(value)))  # 0.1 is a tenth, as it is written
    shown = spell(value)
    raise ArchError(f"param '{name}' is {shown}; expressions compute with numbers")


def _fraction(text: str) -> "Fraction":
    from fractions import Fraction

    return Fraction(text)


def _binary(text: str, operation: Operation, left: Reading, right: Reading) -> Reading:
    return _applied(text, operation, [left, right])


def _applied(text: str, operation: Callable[..., Any], parts: Sequence[Reading]) -> Reading:
    def reading(scope: Scope) -> Number:
        try:
            return _bounded(operation(*(part(scope) for part in parts)))
        except ZeroDivisionError:
            raise ArchError(f"'{text}' divides by zero") from None

    return reading


def _bounded(value: Number) -> Number:
    """Return a number, a comparison as 1 or 0. Raises ArchError for one with too many digits."""
    if isinstance(value, int):
        value = int(value)
    if max(abs(value.numerator), value.denominator) > LARGEST:
        raise ArchError(f"an expression's value has over {len(str(LARGEST))} digits")
    return value
