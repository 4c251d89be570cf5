"""Words that are read for each answer to what they ask of numbers.

What the answers have in common is said once, so that `n` questions one after the other make `n` choices and not 2 ** n.
"""

import re
from collections.abc import Callable
from itertools import takewhile
from typing import Final, NamedTuple

from archcalc.exchange.javascript.numbers import CLOSES, OPENS, Notes, UndecidedError, UnwrittenError


class Said(NamedTuple):
    """A number in words, in the format that they have it in."""

    step: int
    spec: str


class Either(NamedTuple):
    """Words that depend on whether something holds."""

    step: int
    then: "Words"
    otherwise: "Words"


Words = tuple[str | Said | Either, ...]

_MOST_ANSWERS: Final = 4096

_PIECES: Final = re.compile(rf"{OPENS}(\d+):([^{CLOSES}]*){CLOSES}|(\s+|[^\s{OPENS}]+)")


def words(notes: Notes, say: Callable[[], str], holding: dict[int, bool]) -> Words:
    """Return what is said, for each answer to what it asks of numbers; of some it is known whether they hold.

    Raises UnwrittenError where it asks for a number itself, and for words that ask too much.
    """
    supposed_before, asked = notes.supposed, 0

    def read(supposed: dict[int, bool]) -> Words:
        nonlocal asked
        asked += 1
        if asked > _MOST_ANSWERS:
            raise UnwrittenError("asks too much")
        notes.supposed = supposed
        try:
            return tuple(_pieces(say()))
        except UndecidedError as question:
            return _either(
                question.step, read(supposed | {question.step: True}), read(supposed | {question.step: False})
            )

    try:
        return read(holding)
    finally:
        notes.supposed = supposed_before


def _pieces(text: str) -> list[str | Said | Either]:
    """Return a text as words, blanks and numbers."""
    return [Said(int(found[1]), found[2]) if found[1] else found[3] for found in _PIECES.finditer(text)]


def _either(step: int, then: Words, otherwise: Words) -> Words:
    """Return words that depend on a step: what comes first and last in both, apart from the rest."""
    last = _in_common(then[::-1], otherwise[::-1])
    end = then[len(then) - last :]
    then, otherwise = then[: len(then) - last], otherwise[: len(otherwise) - last]
    first = _in_common(then, otherwise)
    rest = (Either(step, then[first:], otherwise[first:]),) if then != otherwise else ()
    return (*then[:first], *rest, *end)


def _in_common(one: Words, other: Words) -> int:
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
