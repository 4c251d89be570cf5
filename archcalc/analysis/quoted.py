"""A number as people quote it: read, and recognized in the number that it was printed for."""

import re
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple

from archcalc.errors import ArchError
from archcalc.spec.quantity import FORMS, Quantity, read_quantity


class About(StrEnum):
    """What a number is said to be about."""

    COST = "cost"
    PARAMS = "params"
    MEMORY = "memory"
    UNITS = "units"


class Units(StrEnum):
    """Powers of 1000, or powers of 1024 under the same letters."""

    DECIMAL = "1000"
    BINARY = "1024"


_WORDS: Final = {
    About.COST: r"fl?ops?|macs?|macc|m-?adds?|mult-?adds|multiply-adds|ops",
    About.PARAMS: r"params?|parameters|weights",
    About.UNITS: r"units|neurons",
}
_SPELT: Final = {"thousand": "k", "million": "M", "billion": "G", "bn": "G", "bytes?": "B"}
_POWERS: Final = {"3": "k", "6": "M", "9": "G"}
_POWER: Final = re.compile(r"(?:[eE]\+?0?| ?[x*\u00d7] ?10\^)([369])")
_MOST_DIGITS: Final = 15

QUOTES: Final = f"{FORMS}, 1.38 GFLOPs, 0.72 GMac, 2.27 Bn, 3.6e9, 61,100,840"


class Quoted(NamedTuple):
    """A number, what its unit says that it is about, and the unit's word."""

    quantity: Quantity
    about: About | None
    word: str


def read_quoted(text: str) -> Quoted:
    """A number as people write it; it is not 0. Raises ArchError, saying what can be read.

    >>> read_quoted("1.38 GFLOPs")[1:]
    (<About.COST: 'cost'>, 'FLOPs')
    """
    number, about, word = _without_unit(text.strip().removeprefix("~").lstrip())
    for spelt, prefix in _SPELT.items():
        number = re.sub(rf" ?{spelt}$", prefix, number, flags=re.IGNORECASE)
    number = _POWER.sub(lambda found: _POWERS[found[1]], number)
    if re.fullmatch(r"[0-9]{1,3}((,[0-9]{3})+|( [0-9]{3})+)", number):
        number = number.replace(",", "").replace(" ", "")
    is_whole = number.isdecimal() and number.isascii() and len(number) <= _MOST_DIGITS
    try:
        quantity = read_quantity(int(number) if is_whole else number)
    except ArchError:
        raise ArchError(f"'{text}' is no number that can be read; write {QUOTES}") from None
    if not quantity.digits:
        raise ArchError("0 says nothing: quote a number that is more")
    return Quoted(quantity, About.MEMORY if quantity.is_bytes else about, word)


def _without_unit(text: str) -> tuple[str, About | None, str]:
    """
    >>> _without_unit("0.72 GMac")
    ('0.72 G', <About.COST: 'cost'>, 'Mac')
    """
    for about, words in _WORDS.items():
        found = re.fullmatch(rf"(.*[0-9kKMGi ]) ?({words})", text, re.IGNORECASE)
        if found:
            return found[1].strip(), about, found[2]
    return text, None, ""


def units_of(number: int | Fraction, quoted: Quantity) -> Units | None:
    """The units in which a number is the quoted one, within its last digit; None where it is not."""
    if quoted.matches(number):
        return Units.DECIMAL
    binary = quoted.in_binary
    return Units.BINARY if binary is not None and binary.matches(number) else None


def distance(number: int | Fraction, quoted: Quantity) -> Fraction:
    """How far a number is from the quoted one, which is not 0, as a share of that."""
    value = Fraction(quoted.digits * quoted.factor, 10 ** (quoted.decimals or 0))
    return abs(number - value) / value
