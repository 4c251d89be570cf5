"""`$name` and `$(a * 4 // b)`: integers, names, + - * // % and brackets, and nothing else.

Parsed by hand from a short grammar, never by `eval`:

    sum  = term (("+" | "-") term)*
    term = sign (("*" | "//" | "%") sign)*
    sign = "-" sign | integer | name | "(" sum ")"
"""

import operator
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from archcalc.errors import ArchError, did_you_mean
from archcalc.layers.fields import LARGEST, is_integer, spell

NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TOKEN = re.compile(r"\s*(?:(?P<integer>[0-9]+)|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>//|[-+*%()]))")
_MOST_CHARACTERS: Final = 200
_MOST_BRACKETS: Final = 32

FAULTY: Final = object()
"""The value of a param that could not be read: its uses are no faults of their own, and say nothing."""


class AlreadySaidError(ArchError):
    """A value that cannot be had because of a fault that is known: it holds no fault of its own."""


Scope = Mapping[str, Any]
Reading = Callable[[Scope], int]

_SUMS: Final[dict[str, Callable[[int, int], int]]] = {"+": operator.add, "-": operator.sub}
_TERMS: Final[dict[str, Callable[[int, int], int]]] = {
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
}


def is_expression(value: object) -> bool:
    return isinstance(value, str) and value.startswith("$")


def evaluate(text: str, scope: Scope) -> Any:
    """Return the value of `$name` or `$(...)` among the params in `scope`. Raises ArchError.

    >>> evaluate("$(width * 4 // 3)", {"width": 96})
    128
    """
    if text.startswith("$("):
        return _compiled(text)(scope)
    name = text[1:]
    if not NAME.fullmatch(name):
        raise ArchError(f"'{text}' is not an expression: write $name or $(a * 4 // b) as the whole value")
    return _look_up(name, scope)


def _look_up(name: str, scope: Scope) -> Any:
    if name in scope:
        if scope[name] is FAULTY:
            raise AlreadySaidError
        return scope[name]
    known = f" (params here: {', '.join(scope)})" if scope else " (none are declared before it)"
    raise ArchError(f"there is no param '{name}'{did_you_mean(name, scope) or known}")


@lru_cache(maxsize=1024)
def _compiled(text: str) -> Reading:
    if len(text) > _MOST_CHARACTERS:
        raise ArchError(f"an expression has at most {_MOST_CHARACTERS} characters, this one {len(text)}")
    if not text.endswith(")"):
        raise ArchError(f"'{text}' is not an expression: what $( opens must be closed by ) at the very end")
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.next = 0
        self.depth = 0

    def whole(self) -> Reading:
        reading = self.chain(self.term, _SUMS)
        if self.next < len(self.tokens):
            raise self.unexpected()
        return reading

    def chain(self, operand: Callable[[], Reading], operators: Mapping[str, Callable[[int, int], int]]) -> Reading:
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
            inner = self.chain(self.term, _SUMS)
            if self.take() != ")":
                self.next -= 1
                raise self.unexpected()
            return inner
        if token.isdigit():
            return _constant(token)
        if NAME.fullmatch(token):
            return lambda scope: _integer(token, scope)
        self.next -= 1
        raise self.unexpected()

    def peek(self) -> str:
        return self.tokens[self.next] if self.next < len(self.tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self.next += 1
        return token

    def unexpected(self) -> ArchError:
        found = f"'{self.peek()}'" if self.peek() else "its end"
        return ArchError(
            f"'{self.text}' is not an expression at {found}: only integers, params, + - * // % and brackets are allowed"
        )


def _tokens(text: str) -> list[str]:
    """Return the words between `$(` and the last `)`."""
    inner, tokens, position = text[2:-1].rstrip(), [], 0
    while position < len(inner):
        match = _TOKEN.match(inner, position)
        if not match or match[0].strip().startswith("_"):
            raise ArchError(
                f"'{text}' is not an expression at '{inner[position:].strip()[:10]}': "
                "only integers, params, + - * // % and brackets are allowed"
            )
        tokens.append(match[match.lastgroup or 0])
        position = match.end()
    return tokens


def _constant(token: str) -> Reading:
    if len(token) > 1 and token.startswith("0"):
        raise ArchError(f"'{token}' has a leading zero")
    value = _bounded(int(token[:20]))
    return lambda scope: value


def _integer(name: str, scope: Scope) -> int:
    value = _look_up(name, scope)
    if is_integer(value):
        return int(value)
    shown = spell(value)
    raise ArchError(f"param '{name}' is {shown}; expressions compute with integers")


def _binary(text: str, operation: Callable[[int, int], int], left: Reading, right: Reading) -> Reading:
    def reading(scope: Scope) -> int:
        try:
            return _bounded(operation(left(scope), right(scope)))
        except ZeroDivisionError:
            raise ArchError(f"'{text}' divides by zero") from None

    return reading


def _bounded(value: int) -> int:
    if abs(value) > LARGEST:
        raise ArchError(f"an expression's value has over {len(str(LARGEST))} digits")
    return value
