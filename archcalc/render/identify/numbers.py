"""The meanings of a quoted number, as a sheet and as JSON."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final

from archcalc.analysis.identify.number_meanings import Meaning
from archcalc.analysis.quoted import About
from archcalc.errors import listing
from archcalc.render.envelope import stamped
from archcalc.render.reconcile import away, in_units
from archcalc.render.sheet import Column, Sheet
from archcalc.render.words import number

_MOST: Final = 12
"""Meanings that a sheet holds."""

_BY_TOOLS: Final = "tools say nothing about some layers: run archcalc table SPEC --convention NAME to see which"


def _value(value: int | Fraction) -> str:
    """
    >>> _value(Fraction(3, 2)), _value(1500)
    ('1.5', '1,500')
    """
    return number(int(value)) if value == int(value) else f"{float(value):,}"


_MEANINGS: Final = (
    Column("networks", "network", ", ".join, prose=True, heads=True, least=26),
    Column("figure", "quantity", prose=True, least=16),
    Column("value", "number", _value, right=True),
    Column("verdict", "verdict", prose=True, least=12),
    Column("also", "also", prose=True, leaves=1, least=20),
)


def meanings_sheet(meanings: Sequence[Meaning], quoted: str) -> Sheet:
    """Return a line for each number that may be meant, the likeliest first."""
    rows = tuple(
        (
            one.networks,
            one.names[0],
            one.value,
            _verdict(one, quoted),
            listing(one.names[1:], "and") if one.names[1:] else "",
        )
        for one in meanings[:_MOST]
    )
    more = len(meanings) - _MOST
    notes = (
        *((f"and {more} more (--format json lists all)",) if more > 0 else ()),
        *((_BY_TOOLS,) if any(one.about is About.COST for one in meanings[:_MOST]) else ()),
    )
    fits = any(one.units is not None for one in meanings)
    return Sheet("", f"{quoted} may be" if fits else f"nearest to {quoted}", _MEANINGS, rows, notes=notes)


def _verdict(meaning: Meaning, quoted: str) -> str:
    if meaning.units is None:
        return f"{away(meaning.distance)} away"
    exact = not meaning.distance
    return f"gives {'exactly ' if exact else ''}{quoted}{in_units(meaning.units)}"


def meanings_data(meanings: Sequence[Meaning], quoted: str) -> dict[str, Any]:
    """Return what a number may mean, as JSON.

    - `quoted`: the number, as it was given.
    - `meanings`: the likeliest first, each with

      - `networks`: those that have this number.
      - `about`: cost, params, memory or units.
      - `figures`: all names of this number, such as MACs of thop.
      - `value`: the number, exactly.
      - `matches`: whether it is the quoted one.
      - `units`: "1000", or "1024" where prefixes are powers of 1024; null where it does not match.
      - `distance`: how far the two numbers are apart, as a share of the larger.
    """
    found = [
        {
            "networks": list(one.networks),
            "about": one.about,
            "figures": list(one.names),
            "value": int(one.value) if one.value == int(one.value) else float(one.value),
            "matches": one.units is not None,
            "units": one.units,
            "distance": float(one.distance),
        }
        for one in meanings
    ]
    return stamped({"quoted": quoted, "meanings": found})
