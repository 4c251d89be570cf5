"""Numbers as sources print them: `60M`, `0.714G`, `233.08MiB`. Exact: integers, never floats."""

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from archcalc.errors import ArchError
from archcalc.layers.fields import is_integer, spell

if TYPE_CHECKING:
    from fractions import Fraction

_DECIMAL: Final = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_BINARY: Final = {"": 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
_FACTORS: Final = _DECIMAL | _BINARY | {"K": 10**3}
_PRINTED: Final = r"(?P<whole>[0-9]{1,15})(?:\.(?P<part>[0-9]{1,9}))? ?(?P<prefix>k|K|M|G|T|Ki|Mi|Gi|Ti)?(?P<byte>B)?"
_AS_BINARY: Final = dict(zip(_DECIMAL.values(), _BINARY.values(), strict=True))
_PERCENT: Final = r"(?P<whole>[0-9]{1,2})(?:\.(?P<part>[0-9]{1,6}))? ?%"

FORMS: Final = "an integer, or a number as it is printed: 60M, 650k, 0.714G, 233.08MiB"


class Quantity(NamedTuple):
    """`digits / 10**decimals * factor`, with half a unit of its last printed digit to either side.

    `decimals` of None means an integer that is meant to the last digit.
    """

    digits: int
    decimals: int | None
    factor: int
    is_bytes: bool

    @property
    def in_binary(self) -> "Quantity | None":
        """The same with prefixes that mean powers of 2^10, as some print them; None without a decimal prefix."""
        return self._replace(factor=_AS_BINARY[self.factor]) if self.factor in _AS_BINARY and self.factor > 1 else None

    @property
    def unit(self) -> "Fraction":
        """One unit of its last digit."""
        from fractions import Fraction

        return Fraction(self.factor, 10 ** (self.decimals or 0))

    @property
    def value(self) -> "Fraction":
        return self.digits * self.unit

    @property
    def prefix(self) -> str:
        """Return the letter of its factor, if there is one.

        >>> read_quantity("60M").prefix, read_quantity("233MiB").prefix, read_quantity(60).prefix
        ('M', 'Mi', '')
        """
        return next((letter for letter, factor in _FACTORS.items() if factor == self.factor), "")

    def matches(self, number: "int | Fraction", tolerance: "Tolerance | None" = None) -> bool:
        """Return whether `number` is what was printed: within its last digit, or within `tolerance` of it.

        >>> read_quantity("0.714G").matches(714_188_480), read_quantity("60M").matches(60_965_224)
        (True, False)
        """
        scale: int = 10 ** (self.decimals or 0)
        difference = number * scale - self.digits * self.factor
        gap = max(difference, -difference)
        if tolerance is not None:
            return gap * tolerance.scale <= self.digits * self.factor * tolerance.parts
        return gap == 0 if self.decimals is None else 2 * gap <= self.factor

    def in_its_unit(self, number: int) -> str:
        """Write bytes as the source would: in its unit or, if they are less than one of it, in a smaller one.

        >>> read_quantity("1GB").in_its_unit(187_058_984), read_quantity("233.08MiB").in_its_unit(244_403_360)
        ('187.1 MB', '233.08 MiB')
        """
        prefixes = _BINARY if self.factor in _BINARY.values() else _DECIMAL
        prefix = [p for p in prefixes if _FACTORS[p] <= max(1, min(number, self.factor))][-1]
        factor = _FACTORS[prefix]
        if factor == 1:
            return f"{number:,} bytes"
        decimals = max(1, self.decimals or 0) if factor == self.factor else 1
        whole, part = divmod((2 * number * 10**decimals + factor) // (2 * factor), 10**decimals)
        return f"{whole:,}.{part:0{decimals}} {prefix}B"


class Tolerance(NamedTuple):
    """`parts / scale` of the printed value."""

    parts: int
    scale: int


def read_quantity(value: object) -> Quantity:
    """Read an integer or a printed number. Raises ArchError for anything else."""
    if is_integer(value) and isinstance(value, int) and value >= 0:
        return Quantity(value, None, 1, is_bytes=False)
    match = re.fullmatch(_PRINTED, value) if isinstance(value, str) else None
    if not match:
        raise ArchError(f"must be {FORMS}, got {spell(value)}")
    part = match["part"] or ""
    factor = _FACTORS[match["prefix"] or ""]
    return Quantity(int(match["whole"] + part), len(part), factor, is_bytes=bool(match["byte"]))


def read_tolerance(value: object) -> Tolerance:
    """
    >>> read_tolerance("2%")
    Tolerance(parts=2, scale=100)
    """
    match = re.fullmatch(_PERCENT, value) if isinstance(value, str) else None
    if not match:
        raise ArchError(f"must be a percentage such as 2%, got {spell(value)}")
    part = match["part"] or ""
    return Tolerance(int(match["whole"] + part), 100 * 10 ** len(part))
