"""The meanings of a quoted number or shape, as sheets and as JSON: first what sources say, then numbers of networks."""

from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple

from archcalc.analysis.audit.claims import Standing
from archcalc.analysis.identify.number_meanings import Meaning, likely
from archcalc.analysis.identify.sayings import Saying
from archcalc.analysis.identify.shapes import Order, ShapeMeaning
from archcalc.analysis.quoted import About, Fit, How, Units
from archcalc.errors import listing
from archcalc.layers.sizes import dims
from archcalc.render.answer import Answer
from archcalc.render.audit.claims import about, said, verdict_data
from archcalc.render.envelope import stamped
from archcalc.render.reconcile import away
from archcalc.render.sheet import Column, Sheet, Told
from archcalc.render.words import number

_MOST_SAYINGS: Final = 4
_MOST: Final = 6
"""Likely meanings that are shown, and networks of one."""
_MOST_NAMES: Final = 4
_NEAREST: Final = 3
"""How many are named where none fits."""

_BY_TOOLS: Final = "tools say nothing about some layers: run archcalc table SPEC --convention NAME to see which"


class Found(NamedTuple):
    """The findings for a quoted number, which have no `shapes`, or for a shape, which have no `meanings`."""

    quoted: str
    sayings: Sequence[Saying]
    meanings: Sequence[Meaning]
    shapes: Sequence[ShapeMeaning]

    @property
    def fitting(self) -> Sequence[Meaning]:
        return [one for one in self.meanings if one.fit]

    @property
    def has_match(self) -> bool:
        return bool(self.sayings or self.fitting or self.shapes)


def _value(value: int | Fraction | str) -> str:
    """
    >>> _value(Fraction(3, 2)), _value(1500), _value("60M")
    ('1.5', '1,500', '60M')
    """
    if isinstance(value, str):
        return value
    return number(int(value)) if value == int(value) else f"{float(value):,}"


_MEANINGS: Final = (
    Column("networks", "network", ", ".join, prose=True, heads=True, least=26),
    Column("figure", "quantity", prose=True, least=16),
    Column("value", "number", _value, right=True),
    Column("verdict", "verdict", prose=True, least=24),
    Column("also", "also", prose=True, leaves=1, least=20),
)


def of_number(found: Found, show_all: bool = False) -> Answer:
    """Show what sources say, and the likely meanings, with a count of the rest; or the numbers nearest to it."""
    return Answer([_sheet(found, show_all)], lambda: meanings_data(found), bare=lambda: [_sheet(found, show_all=True)])


def _sheet(found: Found, show_all: bool) -> Sheet:
    sayings = found.sayings if show_all else found.sayings[:_MOST_SAYINGS]
    meanings, shapes = found.fitting if show_all else likely(found.meanings)[:_MOST], found.shapes
    if not found.has_match:
        meanings = found.meanings[:_NEAREST]
    shown = shapes if show_all else shapes[:_MOST]
    rows = (
        *(_saying_row(one, show_all) for one in sayings),
        *(_number_row(one, found.quoted, show_all) for one in meanings),
        *(_shape_row(one, found.quoted, show_all) for one in shown),
    )
    notes = (
        *_rest(found, len(sayings), len(meanings), len(shown)),
        *((_BY_TOOLS,) if any(one.about is About.COST for one in meanings) else ()),
    )
    return Sheet("", _title(found), _MEANINGS, rows, notes=notes)


def _title(found: Found) -> str:
    if found.has_match:
        return f"{found.quoted} may be"
    return f"nearest to {found.quoted}" if found.meanings else f"no layer makes {found.quoted}"


def _saying_row(one: Saying, show_all: bool) -> tuple[Any, ...]:
    claim, verdict = one.verdict.claim, one.verdict
    sources = list(dict.fromkeys(claim.source for claim in one.claims))
    says = f"{listing(_some(sources, _MOST_NAMES, show_all), 'and')} {'say' if len(sources) > 1 else 'says'} so"
    where = f" ({claim.where})" if claim.where and not one.others else ""
    standing = "true" if verdict.standing is Standing.OK else verdict.standing.value
    reason = f": {claim.why}" if claim.why and not verdict.holds else ""
    if not claim.quantified:
        return one.networks, f"{about(claim)}: {said(claim)}", None, f"{standing}{reason}", f"{says}{where}"
    value = Told(claim.value, said(claim))
    return _some(one.networks, _MOST, show_all), about(claim), value, f"{standing}{reason}", f"{says}{where}"


def _number_row(one: Meaning, quoted: str, show_all: bool) -> tuple[Any, ...]:
    also = _some(one.names[1:], _MOST_NAMES, show_all)
    verdict = f"{away(one.distance)} away" if one.fit is None else _digits(one.fit, quoted)
    networks = _some(one.networks, _MOST, show_all)
    return networks, one.names[0], one.value, verdict, listing(also, "and") if also else ""


def _digits(fit: Fit, quoted: str) -> str:
    """Say how the digits of a number became those that were quoted."""
    units = " in powers of 1024" if fit.units is Units.BINARY else ""
    match fit.how:
        case How.EXACT:
            return f"exactly {quoted}"
        case How.ROUNDED:
            return f"rounded, {quoted}{units}"
        case How.CUT:
            return f"cut off, {quoted}{units}"


def _shape_row(one: ShapeMeaning, quoted: str, show_all: bool) -> tuple[Any, ...]:
    also = _some(one.names[1:], _MOST_NAMES, show_all)
    verdict = f"exactly {quoted}" if one.order is Order.FIRST else f"{quoted} is its {one.order}"
    networks = _some(one.networks, _MOST, show_all)
    return networks, one.names[0], dims(one.shape), verdict, listing(also, "and") if also else ""


def _some(words: Sequence[str], most: int, show_all: bool) -> Sequence[str]:
    """Return the first words, and how many there are more.

    >>> _some("abcde", 3, show_all=False)
    ['a', 'b', 'c', '2 more']
    """
    if show_all or len(words) <= most + 1:
        return words
    return [*words[:most], f"{len(words) - most} more"]


def _rest(found: Found, sayings: int, meanings: int, shapes: int) -> Iterator[str]:
    """Count what is not shown, of each sort."""
    hidden: list[Meaning | ShapeMeaning | Saying] = [
        *found.fitting[meanings:],
        *found.shapes[shapes:],
        *found.sayings[sayings:],
    ]
    sorts = Counter(map(_sort, hidden))
    if hidden:
        counts = [f"{sorts[sort]} {sort}" for sort in _SORTS if sorts[sort]]
        yield f"{len(hidden)} more: {listing(counts, 'and')} (--all shows {'them' if hidden[1:] else 'it'})"


_BINARY: Final = "in powers of 1024"
_PRINTED: Final = {How.EXACT: "exact", How.ROUNDED: "rounded", How.CUT: "cut off"}
_SORTS: Final = ("by sources", "of layers", *_PRINTED.values(), _BINARY)


def _sort(one: Meaning | ShapeMeaning | Saying) -> str:
    if isinstance(one, Meaning) and one.fit:
        return _BINARY if one.fit.units is Units.BINARY else _PRINTED[one.fit.how]
    return "by sources" if isinstance(one, Saying) else "of layers"


def meanings_data(found: Found) -> dict[str, Any]:
    """Return what a number or a shape may mean, as JSON.

    - `quoted`: the number or the shape, as it was given.
    - `claims`: what sources say, known errors first. Each has the keys of a claim in `audit`, and

      - `networks`: those whose specs have it.
      - `sources`: all that say the same.

    - `meanings`: numbers of networks, all that it may be, the likeliest first. Where there is none, and no claim, they
      are the nearest. Each has

      - `networks`: those that have this number.
      - `about`: cost, params, memory, units or output.
      - `figures`: all names of this number, such as MACs of thop.
      - `value`: the number, exactly; of a shape its sizes, channels first.
      - `matches`: whether it is the quoted one.
      - `how`: exact, rounded or cut, as its digits were; of a shape the order of axes that was quoted. Null where it
        does not match.
      - `units`: "1000", or "1024" where prefixes are powers of 1024; null where it does not match, and of a shape.
      - `likely`: whether it is shown without --all.
      - `distance`: how far the two numbers are apart, as a share of the larger; null of a shape.
    """
    nearest = [] if found.has_match else found.meanings[:_NEAREST]
    few = likely(found.meanings)[:_MOST]
    return stamped(
        {
            "quoted": found.quoted,
            "claims": [_saying_data(one) for one in found.sayings],
            "meanings": [
                *(_meaning_data(one, one in few) for one in (*found.fitting, *nearest)),
                *(_shape_data(one, place < _MOST) for place, one in enumerate(found.shapes)),
            ],
        }
    )


def _saying_data(one: Saying) -> dict[str, Any]:
    sources = list(dict.fromkeys(claim.source for claim in one.claims))
    return {"networks": list(one.networks), "sources": sources} | verdict_data(one.verdict)


def _meaning_data(one: Meaning, is_likely: bool) -> dict[str, Any]:
    return {
        "networks": list(one.networks),
        "about": one.about,
        "figures": list(one.names),
        "value": int(one.value) if one.value == int(one.value) else float(one.value),
        "matches": one.fit is not None,
        "how": one.fit.how if one.fit else None,
        "units": one.units,
        "likely": is_likely,
        "distance": float(one.distance),
    }


def _shape_data(one: ShapeMeaning, is_likely: bool) -> dict[str, Any]:
    return {
        "networks": list(one.networks),
        "about": About.OUTPUT,
        "figures": list(one.names),
        "value": list(one.shape),
        "matches": True,
        "how": one.order,
        "units": None,
        "likely": is_likely,
        "distance": None,
    }
