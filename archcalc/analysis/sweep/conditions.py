"""`params < 5e6 and macs < 300M`: conditions on variants, in exact numbers, parsed by hand and never by `eval`.

whole = every ("or" every)*
every = one ("and" one)*
one   = "not" one | sum (("<" | "<=" | ">" | ">=" | "==" | "!=") sum)*
sum   = term (("+" | "-") term)*
term  = sign (("*" | "//" | "%") sign)*
sign  = "-" sign | number | name | "(" whole ")"
"""

import operator
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, NamedTuple

from archcalc.analysis.sweep.bounds import Bounds, Scale
from archcalc.errors import ArchError, did_you_mean
from archcalc.layers.fields import LARGEST
from archcalc.spec.expressions import Tokens

_TOKEN: Final = re.compile(
    r"\s*(?P<word>(?:[0-9]+(?:\.[0-9]+)?(?:[eE][+]?[0-9]{1,2})?[kMGT]?(?![\w.]))"
    r"|[A-Za-z_]\w*(?:\.\w+)*|//|[<>=!]=|[-+*%()<>])",
    re.ASCII,
)
_COMPARED: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
_TIMES: Final = {"k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_MOST_CHARACTERS: Final = 1000
_MOST_BRACKETS: Final = 32
_WORDS: Final = ("and", "or", "not")
_MEANT: Final = "write a condition such as params < 5e6 and macs < 300M"

Scope = Mapping[str, Any]


class _Part(NamedTuple):
    """A part of a condition: whether it is true or false, or else a number; and what it is for some variants."""

    is_truth: bool
    of: Callable[[Scope], Any]


class Condition(NamedTuple):
    """A condition on the numbers of variants, by their names."""

    text: str
    names: frozenset[str]
    holds: Callable[[Scope], Any]
    """Whether it holds for numbers, or arrays of them."""

    def largest(self, bounds: Mapping[str, tuple[int, int]]) -> int:
        """Return the largest absolute value that computing it makes, where numbers lie between bounds."""
        scale = Scale()
        self.holds({name: Bounds(scale, *ends) for name, ends in bounds.items()})
        return scale.largest


def read_condition(text: str, known: Collection[str]) -> Condition:
    """Read a condition on numbers of these names. Raises ArchError.

    >>> fits = read_condition("2 * w <= h and not w == 3", ["w", "h"])
    >>> [fits.holds({"w": w, "h": 8}) for w in (2, 3, 4, 5)]
    [True, False, True, False]
    """
    parser = _Parser(text, known)
    holds = parser.whole()
    return Condition(text, frozenset(parser.names), holds)


def read_conditions(text: str, known: Collection[str]) -> tuple[Condition, ...]:
    """Read a condition as those that must all hold: each of those that `and` joins. Raises ArchError.

    >>> [sorted(one.names) for one in read_conditions("w < 3 and (h < 2 or w > h)", ["w", "h"])]
    [['w'], ['h', 'w']]
    """
    whole = read_condition(text, known)
    return tuple(_Parser(text, known).parts()) or (whole,)


def _tokens(text: str) -> list[str]:
    found, position, inner = [], 0, text.rstrip()
    while position < len(inner):
        match = _TOKEN.match(inner, position)
        if match is None:
            raise ArchError(f"'{text}' is no condition at '{inner[position:].strip()[:10]}': {_MEANT}")
        found.append(match["word"])
        position = match.end()
    return found


class _Parser(Tokens):
    def __init__(self, text: str, known: Collection[str]) -> None:
        if len(text) > _MOST_CHARACTERS:
            raise ArchError(f"a condition has at most {_MOST_CHARACTERS:,} characters, this one {len(text):,}")
        super().__init__(_tokens(text))
        self.text, self.known = text, known
        self.names: set[str] = set()
        self.depth = 0

    def whole(self) -> Callable[[Scope], Any]:
        part = self.either()
        if not self.is_over:
            raise self.unexpected()
        if not part.is_truth:
            raise ArchError(f"'{self.text}' is a number, not a condition: {_MEANT}")
        return part.of

    def parts(self) -> list[Condition]:
        """Return what `and` joins at the top; nothing where something else joins that."""
        found = []
        while True:
            self.names = set()
            part = self.one()
            found.append(Condition(self.text, frozenset(self.names), part.of))
            if self.peek() != "and":
                return found if self.is_over else []
            self.next += 1

    def either(self) -> _Part:
        return self.joined("or", self.every, operator.or_)

    def every(self) -> _Part:
        return self.joined("and", self.one, operator.and_)

    def joined(self, word: str, operand: Callable[[], _Part], join: Callable[[Any, Any], Any]) -> _Part:
        left = operand()
        while self.peek() == word:
            self.next += 1
            left = self.both(join, self.truth(left), self.truth(operand()), is_truth=True)
        return left

    def one(self) -> _Part:
        if self.peek() == "not":
            self.next += 1
            of = self.truth(self.deeper(self.one)).of
            return _Part(True, lambda scope: of(scope) == False)  # noqa: E712  # of an array it is one
        left, found = self.sum(), None
        while self.peek() in _COMPARED:
            compare = _COMPARED[self.take()]
            right = self.number(self.sum())
            pair = self.both(compare, self.number(left), right, is_truth=True)
            found = pair if found is None else self.both(operator.and_, found, pair, is_truth=True)
            left = right
        return found or left

    def sum(self) -> _Part:
        return self.chain(self.term, {"+": operator.add, "-": operator.sub})

    def term(self) -> _Part:
        divided = {"//": self.divide(operator.floordiv), "%": self.divide(operator.mod)}
        return self.chain(self.sign, {"*": operator.mul, **divided})

    def divide(self, operation: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        def divided(one: Any, other: Any) -> Any:
            if not isinstance(other, Bounds):
                is_zero = other == 0
                if is_zero.any() if hasattr(is_zero, "any") else is_zero:
                    raise ArchError(f"'{self.text}' divides by zero")
            return operation(one, other)

        return divided

    def chain(self, operand: Callable[[], _Part], operators: Mapping[str, Callable[[Any, Any], Any]]) -> _Part:
        left = operand()
        while self.peek() in operators:
            operation = operators[self.take()]
            left = self.both(operation, self.number(left), self.number(operand()))
        return left

    def sign(self) -> _Part:
        token = self.take()
        if token == "-":
            of = self.number(self.deeper(self.sign)).of
            return _Part(False, lambda scope: -of(scope))
        if token == "(":
            part = self.deeper(self.either)
            if self.take() != ")":
                self.next -= 1
                raise self.unexpected()
            return part
        if token[:1].isdigit():
            value = self.literal(token)
            return _Part(False, lambda scope: value)
        if token[:1].isalpha() and token not in _WORDS:
            return self.named(token)
        self.next -= 1
        raise self.unexpected()

    def named(self, name: str) -> _Part:
        if name not in self.known:
            hint = did_you_mean(name, self.known) or f" (there is {', '.join(self.known)})"
            raise ArchError(f"'{self.text}': there is no '{name}'{hint}")
        self.names.add(name)
        return _Part(False, lambda scope: scope[name])

    def literal(self, token: str) -> Any:
        from fractions import Fraction

        times = _TIMES.get(token[-1], 1)
        value = Fraction(token.rstrip("kMGT")) * times
        if value > LARGEST:
            raise ArchError(f"'{self.text}': {token} has over {len(str(LARGEST))} digits")
        return int(value) if value.denominator == 1 else value

    def deeper(self, part: Callable[[], _Part]) -> _Part:
        self.depth += 1
        if self.depth > _MOST_BRACKETS:
            raise ArchError(f"a condition nests at most {_MOST_BRACKETS} deep")
        made = part()
        self.depth -= 1
        return made

    def both(self, operation: Callable[[Any, Any], Any], one: _Part, other: _Part, is_truth: bool = False) -> _Part:
        left, right = one.of, other.of
        return _Part(is_truth, lambda scope: operation(*_alike(left(scope), right(scope))))

    def truth(self, part: _Part) -> _Part:
        if not part.is_truth:
            raise ArchError(f"'{self.text}': and, or and not join conditions, not numbers")
        return part

    def number(self, part: _Part) -> _Part:
        if part.is_truth:
            raise ArchError(f"'{self.text}': a condition is not a number to compute with")
        return part

    def unexpected(self) -> ArchError:
        return ArchError(
            f"'{self.text}' is no condition at {repr(self.peek()) if self.peek() else 'its end'}: {_MEANT}"
        )


def _alike(one: Any, other: Any) -> tuple[Any, Any]:
    """Return two numbers, of which a fraction beside a time is the number that is printed so: times are floats."""
    return _as_float(one, other), _as_float(other, one)


def _as_float(number: Any, beside: Any) -> Any:
    is_beside_time = isinstance(beside, float) or getattr(beside, "dtype", None) == "float64"
    is_fraction = hasattr(number, "denominator") and not isinstance(number, int)
    return float(number) if is_beside_time and is_fraction else number
