"""Sizes that a program leaves open: expressions of symbols, as SymPy writes them, and what the symbols stand for."""

import ast
import re
from collections.abc import Callable, Mapping
from math import prod
from typing import Final

from archcalc.errors import ArchError
from archcalc.exchange.exported.program import Size
from archcalc.layers.fields import LARGEST

_LONGEST: Final = 2_000
"""Characters of an expression; Python's own parser takes these in a moment."""
_UNREAD: Final = "has a size that archcalc cannot compute: {}"


def _floored(of: Callable[[int, int], int]) -> Callable[..., int]:
    def divided(*numbers: int) -> int:
        one, other = numbers
        if other == 0:
            raise ValueError("division by 0")
        return of(one, other)

    return divided


_DIVIDE: Final = _floored(lambda one, other: one // other)
_REST: Final = _floored(lambda one, other: one % other)


def _power(*numbers: int) -> int:
    base, exponent = numbers
    if not 0 <= exponent <= 50:
        raise ValueError("not a whole number")
    return int(base**exponent)


_FUNCTIONS: Final[Mapping[str, Callable[..., int]]] = {
    "Add": lambda *numbers: sum(numbers),
    "Mul": lambda *numbers: prod(numbers),
    "Pow": _power,
    "FloorDiv": _DIVIDE,
    "CleanDiv": _DIVIDE,
    "CeilDiv": lambda *numbers: -_DIVIDE(-numbers[0], *numbers[1:]),
    "Mod": _REST,
    "PythonMod": _REST,
    "Max": lambda *numbers: max(numbers),
    "Min": lambda *numbers: min(numbers),
    "Integer": lambda number: int(number),
}
_OPERATORS: Final[Mapping[type[ast.operator], Callable[..., int]]] = {
    ast.Add: lambda one, other: one + other,
    ast.Sub: lambda one, other: one - other,
    ast.Mult: lambda one, other: one * other,
    ast.FloorDiv: _DIVIDE,
    ast.Mod: _REST,
    ast.Pow: _power,
}


def value_of(size: Size, symbols: Mapping[str, int]) -> int:
    """Return a size, with numbers in the place of symbols. Raises ArchError where it cannot be computed.

    >>> value_of("Add(Mul(Integer(2), Symbol('s0', positive=True, integer=True)), Integer(1))", {"s0": 7})
    15
    """
    if isinstance(size, int):
        return size
    if len(size) > _LONGEST:
        raise ArchError(_UNREAD.format(f"an expression of {len(size):,} characters"))
    try:
        found = _computed(ast.parse(size, mode="eval").body, symbols)
    except KeyError as error:
        raise ArchError(f"has a size that only a run gives: {_short(str(error.args[0]))}") from None
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        raise ArchError(_UNREAD.format(_short(size))) from None
    if abs(found) > LARGEST:
        raise ArchError(f"has a size of more than {LARGEST:,}: {_short(size)}")
    return found


def bind(size: Size, value: int, symbols: dict[str, int]) -> None:
    """Let the one symbol of an input's size that is unknown stand for what makes the size this value.

    Raises ArchError where nothing does, or the size is another.
    """
    unknown = symbols_of(size) - symbols.keys()
    if len(unknown) == 1:
        (name,) = unknown
        at = [value_of(size, {**symbols, name: number}) for number in (0, 1)]
        slope = at[1] - at[0]  # most are a symbol, or a multiple of one
        symbols[name] = (value - at[0]) // slope if slope else value
    if unknown and value_of(size, symbols) == value:
        return
    if value_of(size, symbols) != value:
        raise ArchError(f"takes no size of {value:,}, but {in_words(size)}")


def symbols_of(size: Size) -> set[str]:
    """Return the symbols of an expression. Raises ArchError for what is none."""
    found: dict[str, int] = _Any()
    value_of(size, found)
    return {*found}


class _Any(dict[str, int]):
    """Symbols that all stand for 1, those that were asked for."""

    def __missing__(self, name: str) -> int:
        self[name] = 1
        return 1


def in_words(size: Size) -> str:
    """Return a size as a message shows it: a number, or an expression without what is said of its symbols.

    >>> in_words("Mul(Integer(2), Symbol('s53', positive=True, integer=True))")
    'Mul(2, s53)'
    """
    if isinstance(size, int):
        return str(size)
    plain = re.sub(r"Symbol\('(\w{1,40})'[^()]{0,80}\)", r"\1", size[:_LONGEST])
    return _short(re.sub(r"Integer\((-?\d{1,20})\)", r"\1", plain))


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}..."


def _computed(part: ast.expr, symbols: Mapping[str, int]) -> int:
    match part:
        case ast.Constant(value=int() as number) if not isinstance(number, bool):
            return number
        case ast.Name(id=name):
            return symbols[name]
        case ast.Call(func=ast.Name(id="Symbol"), args=[ast.Constant(value=str() as name)]):
            return symbols[name]
        case ast.Call(func=ast.Name(id=name), args=args) if name in _FUNCTIONS and args:
            return _small(_FUNCTIONS[name](*(_computed(one, symbols) for one in args)))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_computed(operand, symbols)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _small(_OPERATORS[type(op)](_computed(left, symbols), _computed(right, symbols)))
    raise ValueError("not an expression of sizes")


def _small(number: int) -> int:
    if abs(number) > 10**30:
        raise ValueError("too large")
    return number
