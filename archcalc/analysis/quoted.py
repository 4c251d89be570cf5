"""A number or a shape as people quote it: read, and recognized in the number that it was printed for."""

import re
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple

from archcalc.errors import ArchError
from archcalc.spec.quantity import FORMS, Quantity, read_quantity


class About(StrEnum):
    """The subject of a number."""

    COST = "cost"
    PARAMS = "params"
    MEMORY = "memory"
    UNITS = "units"
    OUTPUT = "output"


class Units(StrEnum):
    """Powers of 1000, or powers of 1024 under the same letters."""

    DECIMAL = "1000"
    BINARY = "1024"


class How(StrEnum):
    """How the digits of a number were printed, the likeliest first."""

    EXACT = "exact"
    ROUNDED = "rounded"
    CUT = "cut"


class Fit(NamedTuple):
    """How a number becomes the quoted one."""

    units: Units
    how: How


_WORDS: Final = {
    About.COST: r"fl?ops?|macs?|macc|m-?adds?|mult-?adds|multiply-adds|ops",
    About.PARAMS: r"params?|parameters|weights",
    About.UNITS: r"units|neurons",
    About.OUTPUT: r"features|elements",
}
_SPELT: Final = {
    "thousand": "k",
    "million": "M",
    "mio": "M",
    "billion": "G",
    "bn": "G",
    "trillion": "T",
    "\u5343\u4e07": "e7",
    "\u4e07": "e4",
    "\u4ebf": "e8",
    "bytes?": "B",
}
_PREFIX: Final = re.compile(r"(?<=[0-9 ])([kmgt])(i?)(b?)", re.IGNORECASE)
_SHAPE: Final = re.compile(r"[0-9]{1,9}(?: ?[x*\u00d7,] ?[0-9]{1,9})+")
_BRACKETS: Final = "[](){}"
_POWER: Final = re.compile(r"(.*?)(?:[eE]\+?0?| ?[x*\u00d7] ?10\^)([0-9]{1,2})")
_MOST_DIGITS: Final = 15

QUOTES: Final = f"{FORMS}, 1.38 GFLOPs, 0.72 GMac, 2.27 Bn, 3.6e9, 61,100,840"


class Quoted(NamedTuple):
    """A number, what its unit says that it is about, and the unit's word."""

    quantity: Quantity
    about: About | None
    word: str

    @property
    def hint(self) -> str:
        """Return what may be meant by a number that has decimals and no prefix, such as tools print."""
        is_bare = bool(self.quantity.decimals) and self.quantity.factor == 1
        return "; if it is in G or M, write that too, as in 0.714G" if is_bare else ""


def read_shape(text: str) -> tuple[int, ...] | None:
    """Read a shape as people write it; None for what is none, and for a number with commas.

    >>> read_shape("96x55x55"), read_shape("[3, 224, 224]"), read_shape("61,100,840"), read_shape("9216")
    ((96, 55, 55), (3, 224, 224), None, None)
    """
    bare = text.strip()
    inner = bare.strip(_BRACKETS).strip()
    if not _SHAPE.fullmatch(inner) or (inner == bare and "x" not in bare and "*" not in bare and "\u00d7" not in bare):
        return None
    return tuple(map(int, re.findall("[0-9]+", inner)))


def read_quoted(text: str) -> Quoted:
    """Read a number as people write it; it is not 0. Raises ArchError, saying what can be read.

    >>> read_quoted("1.38 GFLOPs")[1:]
    (<About.COST: 'cost'>, 'FLOPs')
    """
    number, about, word = _without_unit(text.strip().removeprefix("~").lstrip())
    for spelt, prefix in _SPELT.items():
        number = re.sub(rf" ?{spelt}$", prefix, number, flags=re.IGNORECASE)
    number = _PREFIX.sub(_usual, number)
    if about is not None and number.endswith("B"):  # a billion, as in 1.5 BFLOPs, and no bytes
        number = f"{number[:-1]}G"
    number, power = _without_power(number)
    if re.fullmatch(r"[0-9]{1,3}((,[0-9]{3})+|( [0-9]{3})+)", number):
        number = number.replace(",", "").replace(" ", "")
    is_whole = number.isdecimal() and number.isascii() and len(number) <= _MOST_DIGITS
    try:
        quantity = read_quantity(int(number) if is_whole else number)
    except ArchError:
        raise ArchError(f"'{text}' is not a number that archcalc can read; write {QUOTES}") from None
    if power > 1:
        quantity = quantity._replace(factor=quantity.factor * power, decimals=quantity.decimals or 0)
    if not quantity.digits:
        raise ArchError("the number must be more than 0")
    return Quoted(quantity, About.MEMORY if quantity.is_bytes else about, word)


def _usual(found: re.Match[str]) -> str:
    """
    >>> _PREFIX.sub(_usual, "61.1m"), _PREFIX.sub(_usual, "233 MIB"), _PREFIX.sub(_usual, "650K")
    ('61.1M', '233 MiB', '650k')
    """
    letter, binary, byte = found.groups()
    prefix = letter.upper() if binary or letter not in "kK" else "k"
    return f"{prefix}{binary.lower()}{byte.upper()}"


def _without_power(number: str) -> tuple[str, int]:
    """
    >>> _without_power("7.14e+08"), _without_power("11.3 x 10^9"), _without_power("60M")
    (('7.14', 100000000), ('11.3', 1000000000), ('60M', 1))
    """
    found = _POWER.fullmatch(number)
    return (found[1], 10 ** int(found[2])) if found else (number, 1)


def _without_unit(text: str) -> tuple[str, About | None, str]:
    """
    >>> _without_unit("0.72 GMac")
    ('0.72 G', <About.COST: 'cost'>, 'Mac')
    """
    for about, words in _WORDS.items():
        found = re.fullmatch(rf"(.*[0-9kKmMgGtTbBi ]) ?({words})", text, re.IGNORECASE)
        if found:
            return found[1].strip(), about, found[2]
    return text, None, ""


def units_of(number: int | Fraction, quoted: Quantity) -> Units | None:
    """Return the units in which a number is the quoted one, within its last digit; None where it is not."""
    if quoted.matches(number):
        return Units.DECIMAL
    binary = quoted.in_binary
    return Units.BINARY if binary is not None and binary.matches(number) else None


def fit(number: int | Fraction, quoted: Quantity) -> Fit | None:
    """Return how a number becomes the quoted one: exactly, rounded, cut, or rounded in powers of 1024; else None.

    Of an integer that ends in three zeros or more, the zeros after its first two digits may be digits left out.

    >>> fit(62_378_344, read_quantity("62.3M"))
    Fit(units=<Units.DECIMAL: '1000'>, how=<How.CUT: 'cut'>)
    """
    if number == quoted.value:
        return Fit(Units.DECIMAL, How.EXACT)
    printed = _without_zeros(quoted)
    if printed.decimals is None:
        return None
    if printed.matches(number):
        return Fit(Units.DECIMAL, How.ROUNDED)
    if 0 < number - printed.value < printed.unit:
        return Fit(Units.DECIMAL, How.CUT)
    binary = printed.in_binary
    return Fit(Units.BINARY, How.ROUNDED) if binary is not None and binary.matches(number) else None


def _without_zeros(quoted: Quantity) -> Quantity:
    """
    >>> _without_zeros(Quantity(650_000, None, 1, False))
    Quantity(digits=65, decimals=0, factor=10000, is_bytes=False)
    """
    digits, factor = quoted.digits, 1
    if quoted.decimals is not None or digits % 1000:
        return quoted
    while digits % 10 == 0 and digits >= 100:
        digits, factor = digits // 10, factor * 10
    return quoted._replace(digits=digits, decimals=0, factor=factor)


def distance(number: int | Fraction, quoted: Quantity) -> Fraction:
    """Return how far a number is from the quoted one, which is not 0, as a share of the larger of the two."""
    return abs(number - quoted.value) / max(number, quoted.value)
