"""What sources say about a network, held against what it is."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, NamedTuple

from archcalc.analysis.receptive_field import receptive_fields
from archcalc.graph import Graph, link, within
from archcalc.layers import Shape
from archcalc.layers.base import dims
from archcalc.spec.model import Claim, Spec
from archcalc.table import Table, add_up, measure

BYTES_PER_PARAMETER: Final = 4
"""Parameters are 32-bit floats, as they are published."""


class Standing(StrEnum):
    """What became of a claim; the last two are what nobody expects."""

    OK = "ok"
    KNOWN_WRONG = "known wrong"
    BROKEN = "BROKEN"
    UNEXPECTEDLY_HOLDS = "UNEXPECTEDLY HOLDS"


class Verdict(NamedTuple):
    """A claim, the number or shape that is true (None where there is none), and whether the claim holds."""

    claim: Claim
    true: int | Shape | None
    holds: bool

    @property
    def as_expected(self) -> bool:
        return self.holds == (self.claim.expect == "holds")

    @property
    def standing(self) -> Standing:
        if self.holds:
            return Standing.OK if self.as_expected else Standing.UNEXPECTEDLY_HOLDS
        return Standing.KNOWN_WRONG if self.as_expected else Standing.BROKEN


def in_words(verdict: Verdict) -> str:
    """The figure that is so; bytes also in the unit of the claim.

    >>> claim = Claim(what="memory", value="1GB", source="me")
    >>> in_words(Verdict(claim, 187_058_984, holds=False))
    '187.1 MB (187,058,984 bytes)'
    """
    true, claim = verdict.true, verdict.claim
    if true is None:
        return "not one number"
    if isinstance(true, tuple):
        return dims(true)
    if claim.what != "memory":
        return f"{true:,}"
    said, exact = claim.quantity.in_its_unit(true), f"{true:,} bytes"
    return exact if said == exact else f"{said} ({exact})"


class Audit(NamedTuple):
    """A spec, and a verdict on everything that its sources say."""

    spec: Spec
    verdicts: tuple[Verdict, ...]

    def count(self, standing: Standing) -> int:
        return sum(verdict.standing is standing for verdict in self.verdicts)

    @property
    def surprises(self) -> list[Verdict]:
        """What is broken, or holds and should not."""
        return [verdict for verdict in self.verdicts if not verdict.as_expected]


def audit(spec: Spec) -> Audit:
    """Every claim of a spec, judged. Raises ArchError where a layer does not fit."""
    graph = link(spec)
    return Audit(spec, tuple(judge(graph, measure(graph), spec.claims)))


def judge(graph: Graph, table: Table, claims: Iterable[Claim]) -> list[Verdict]:
    """A verdict on each claim; `table` is the graph's for one example."""
    return [_verdict(claim, graph, table) for claim in claims]


def _verdict(claim: Claim, graph: Graph, table: Table) -> Verdict:
    true = _true_value(claim, graph, table)
    if isinstance(true, tuple) or isinstance(claim.value, tuple):
        return Verdict(claim, true, claim.value == true)
    return Verdict(claim, true, true is not None and claim.quantity.matches(true, claim.tolerance))


def _true_value(claim: Claim, graph: Graph, table: Table) -> int | Shape | None:
    nodes = within(graph.nodes, claim.of) if claim.of else list(graph.nodes)
    if claim.what == "output":
        return _output(claim, graph, nodes[-1].output_shape)
    if claim.what == "receptive_field":
        fields = receptive_fields(graph)
        field = fields[claim.of] if claim.of in fields else fields[nodes[-1].name]
        return field.size[0] if field and field.size[0] == field.size[1] else None
    names = {node.name for node in nodes}
    totals = add_up(row for row in table.rows if row.name in names)
    if claim.what == "memory":
        return totals.params * BYTES_PER_PARAMETER
    return int(getattr(totals, claim.what))


def _output(claim: Claim, graph: Graph, last: Shape) -> Shape:
    """The shape that a name hands on: the layer's own, or that of the last layer of a structure."""
    own = [node.output_shape for node in graph.nodes if node.name == claim.of]
    return own[0] if own else last
