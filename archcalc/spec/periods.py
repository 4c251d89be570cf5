"""Times as sources print them: `5 to 6 days`, `649 s`, `15 min an epoch`. Exact: fractions, never floats."""

import re
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, cast

from archcalc.errors import ArchError
from archcalc.layers.fields import FieldType

if TYPE_CHECKING:
    from fractions import Fraction

_MILLISECONDS: Final = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_LONG: Final = {"second": "s", "minute": "min", "hour": "h", "day": "d", "week": "w"}
_NUMBER: Final = r"[0-9]{1,9}(?:\.[0-9]{1,9})?"
_PERIOD: Final = (
    rf"(?P<least>{_NUMBER})(?: to (?P<most>{_NUMBER}))? ?"
    rf"(?P<unit>{'|'.join(_MILLISECONDS)}|(?:{'|'.join(_LONG)})s?)(?: an? (?P<per>epoch|batch))?"
)

Per = Literal["epoch", "batch"]


class Period(NamedTuple):
    """A time in seconds, from the least to the most: of all the training, or `per` epoch or batch."""

    least: "Fraction"
    most: "Fraction"
    per: Per | None = None


class PrintedPeriod(FieldType):
    """A time, kept as it is written."""

    words = "a time, such as 6d, 5 to 6 days, 649 s, 15 min an epoch or 0.664 s a batch"
    verbatim = True

    def read(self, value: Any) -> str:
        match = re.fullmatch(_PERIOD, value) if isinstance(value, str) else None
        if not match:
            raise self.refuse(value)
        if not 0 < _billionths(match["least"]) <= _billionths(match["most"] or match["least"]):
            raise ArchError(f"must be over 0, and from the shorter to the longer time, got '{value}'")
        return match[0]

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^[0-9]"}


def read_period(text: str) -> Period:
    """Read a time that `PrintedPeriod` takes.

    >>> read_period("5 to 6 days")
    Period(least=Fraction(432000, 1), most=Fraction(518400, 1), per=None)
    >>> read_period("0.664 s a batch")
    Period(least=Fraction(83, 125), most=Fraction(83, 125), per='batch')
    """
    from fractions import Fraction

    match = re.fullmatch(_PERIOD, text)
    assert match
    unit = _LONG.get(match["unit"].removesuffix("s"), match["unit"])
    least, most = (
        Fraction(_billionths(number) * _MILLISECONDS[unit], 1000 * 10**9)
        for number in (match["least"], match["most"] or match["least"])
    )
    return Period(least, most, cast(Per | None, match["per"]))


def _billionths(number: str) -> int:
    """Return a number as it is written, times 10**9, which is an integer: a fraction need not be loaded for it.

    >>> _billionths("0.664"), _billionths("15")
    (664000000, 15000000000)
    """
    whole, _, rest = number.partition(".")
    return int(whole + rest.ljust(9, "0"))
