"""Claims of sources, and numbers in the sentences that they quote, that a quoted number or shape may be."""

import re
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final, NamedTuple

from archcalc.analysis.audit.claims import Standing, Verdict, judge
from archcalc.analysis.quoted import About, How, Quoted, fit, read_shape
from archcalc.graph import Graph
from archcalc.layers import Shape
from archcalc.spec.model import COST, Claim
from archcalc.spec.quantity import Quantity
from archcalc.table import measure

_ABOUT: Final = {
    "params": About.PARAMS,
    "weights": About.PARAMS,
    "memory": About.MEMORY,
    "units": About.UNITS,
    "macs": About.COST,
    "flops": About.COST,
    COST: About.COST,
    "output": About.OUTPUT,
}
_NUMBERS: Final = re.compile(r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?")
_SHAPES: Final = re.compile(r"[0-9]+(?:[x*\u00d7][0-9]+)+")
_LEAST_DIGITS: Final = 3
"""A number of a sentence that has fewer is found everywhere, and says nothing."""

_LIKELIEST: Final = (Standing.KNOWN_WRONG, Standing.OK, Standing.BROKEN, Standing.UNEXPECTEDLY_HOLDS)


class Saying(NamedTuple):
    """A claim about some networks, with what is true; `others` say the same."""

    networks: tuple[str, ...]
    verdict: Verdict
    others: tuple[Claim, ...] = ()

    @property
    def claims(self) -> tuple[Claim, ...]:
        return (self.verdict.claim, *self.others)


def sayings(graphs: Iterable[Graph], quoted: Quoted | Shape) -> list[Saying]:
    """Return the claims that a quoted number or shape may come from, the likeliest first.

    Numbers that are claimed come before those that stand in some sentence, known errors before what is true, and whole
    networks before their layers. Of several claims that say the same the first stands for all.
    """
    found: dict[tuple[object, ...], Saying] = {}
    for graph in graphs:
        for verdict in _judged(graph, quoted):
            key = _said(verdict)
            before = found.get(key, Saying((), verdict))
            networks = tuple(dict.fromkeys((*before.networks, graph.spec.name)))
            others = before.others if key not in found else (*before.others, verdict.claim)
            found[key] = Saying(networks, before.verdict, others)
    return sorted(found.values(), key=lambda one: _order(one.verdict))


def _judged(graph: Graph, quoted: Quoted | Shape) -> Iterator[Verdict]:
    claims = [claim for claim in graph.spec.claims if _is_meant(claim, quoted)]
    yield from judge(graph, measure(graph), claims) if claims else ()


def _said(verdict: Verdict) -> tuple[object, ...]:
    """Return what two claims have in common that say the same: the subject, the value, and what is wrong with it."""
    claim = verdict.claim
    value = claim.value if isinstance(claim.value, tuple) or not claim.quantified else claim.quantity.value
    why = claim.why if not verdict.holds else None
    quote = None if claim.quantified else claim.quote
    return claim.what, claim.of, claim.convention, claim.input, value, why, quote


def _order(verdict: Verdict) -> tuple[bool, int, bool]:
    return not verdict.claim.quantified, _LIKELIEST.index(verdict.standing), bool(verdict.claim.of)


def _is_meant(claim: Claim, quoted: Quoted | Shape) -> bool:
    if not isinstance(quoted, Quoted):
        return _is_shape(claim, quoted)
    if not claim.quantified:
        return _is_in(claim.quote or "", quoted)
    if quoted.about not in (None, _ABOUT.get(claim.what)):
        return False
    if isinstance(claim.value, tuple):
        return len(claim.value) == 1 and claim.value[0] == quoted.quantity.value
    return _is_printed(claim, quoted)


def _is_shape(claim: Claim, quoted: Shape) -> bool:
    if isinstance(claim.value, tuple):
        channels, *sizes = claim.value
        return quoted in (claim.value, (*sizes, channels))
    return not claim.quantified and any(read_shape(text) == quoted for text in _SHAPES.findall(claim.quote or ""))


def _is_printed(claim: Claim, quoted: Quoted) -> bool:
    """Whether it is the same number, the same digits where no unit is quoted, or a known error that rounds to it."""
    said, asked = claim.quantity, quoted.quantity
    if asked.is_bytes and not said.is_bytes and claim.what != "memory":
        return False
    if said.value == asked.value or (_is_bare(quoted) and _digits(said) == _digits(asked)):
        return True
    found = fit(said.value, asked) if claim.expect == "fails" and asked.decimals is not None else None
    return found is not None and found.how is How.ROUNDED and said.is_bytes == asked.is_bytes


def _is_bare(quoted: Quoted) -> bool:
    """Whether it has decimals and no unit, as tools print numbers under a heading."""
    return bool(quoted.quantity.decimals) and quoted.quantity.factor == 1


def _digits(quantity: Quantity) -> Fraction:
    return Fraction(quantity.digits, 10 ** (quantity.decimals or 0))


def _is_in(quote: str, quoted: Quoted) -> bool:
    """Whether a sentence has the digits of a number, and its unit somewhere if it has one."""
    asked = quoted.quantity
    numbers = (text.replace(",", "") for text in _NUMBERS.findall(quote))
    wanted = {_digits(asked), asked.value}
    long = (text for text in numbers if len(text.replace(".", "")) >= _LEAST_DIGITS)
    unit = f"{asked.prefix}{'B' if asked.is_bytes else ''}"
    return unit.upper() in quote.upper() and any(Fraction(text) in wanted for text in long)
