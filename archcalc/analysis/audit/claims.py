"""Claims of sources about a network, each judged by what is computed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from enum import StrEnum
from math import prod
from typing import TYPE_CHECKING, Final, NamedTuple

from archcalc.analysis.meant import last_meant, meant
from archcalc.analysis.receptive_field import receptive_fields
from archcalc.errors import ArchError
from archcalc.graph import Graph, Node, link
from archcalc.layers import Shape
from archcalc.layers.sizes import dims
from archcalc.spec.model import BYTES, COST, MEMORY, Claim, Spec
from archcalc.table import Table, add_up, measure

if TYPE_CHECKING:
    from fractions import Fraction

BYTES_PER_PARAMETER: Final = BYTES["fp32"]
"""Parameters are 32-bit floats, as they are published."""


class Standing(StrEnum):
    """The standing of a claim; the last two are those that nobody expects."""

    OK = "ok"
    KNOWN_WRONG = "known wrong"
    BROKEN = "BROKEN"
    UNEXPECTEDLY_HOLDS = "UNEXPECTEDLY HOLDS"


class Verdict(NamedTuple):
    """A claim, the number or shape that is true (None where there is none), and whether the claim holds."""

    claim: Claim
    true: "int | Fraction | Shape | None"
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
    """Return the true number or shape; bytes also in the unit of the claim.

    >>> claim = Claim(what="memory", value="1GB", source="me")
    >>> in_words(Verdict(claim, 187_058_984, holds=False))
    '187.1 MB (187,058,984 bytes)'
    """
    true, claim = verdict.true, verdict.claim
    if true is None:
        return "not one number" if claim.quantified else "nothing to compute"
    if isinstance(true, tuple):
        return dims(true)
    if claim.what != MEMORY or not isinstance(true, int):
        return f"{true:,}" if isinstance(true, int) else f"{float(true):,}"
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
        """Return the claims that are broken, or that hold and should not."""
        return [verdict for verdict in self.verdicts if not verdict.as_expected]


def audit(graph: Graph) -> Audit:
    """Judge every claim of a network's spec. Raises ArchError where a layer does not fit at a claim's own input."""
    return Audit(graph.spec, tuple(judge(graph, measure(graph), graph.spec.claims)))


def judge(graph: Graph, table: Table, claims: Iterable[Claim], linked: Callable[[Spec], Graph] = link) -> list[Verdict]:
    """Return a verdict on each claim; `table` is that of the graph, for one example.

    `linked` makes the graph of a spec with the input of a claim.
    """
    return [_verdict(claim, graph, table, linked) for claim in claims]


def _verdict(claim: Claim, graph: Graph, table: Table, linked: Callable[[Spec], Graph]) -> Verdict:
    if not claim.quantified:
        return Verdict(claim, None, holds=False)
    if claim.input:
        graph = linked(replace(graph.spec, input_shape=claim.input))
        table = measure(graph)
    true = _true_value(claim, graph, table)
    if isinstance(true, tuple) or isinstance(claim.value, tuple):
        return Verdict(claim, true, claim.value == true)
    return Verdict(claim, true, true is not None and claim.quantity.matches(true, claim.tolerance))


def _true_value(claim: Claim, graph: Graph, table: Table) -> "int | Fraction | Shape | None":
    nodes = meant(graph, claim.of)
    if claim.what == "output":
        return _output(claim, nodes)
    if claim.what == "receptive_field":
        sights = receptive_fields(graph)[last_meant(nodes, claim.of).name]
        sizes = {size for sight in sights for size in sight.said.size}
        return sizes.pop() if len(sizes) == 1 else None
    if claim.what == COST:
        return _cost(claim, graph, nodes)
    if claim.what == "weights":
        return sum(_weights(node) for node in nodes)
    names = {node.name for node in nodes}
    totals = add_up(row for row in table.rows if row.name in names)
    if claim.what == MEMORY:
        return totals.params * claim.bytes_each
    number: int = getattr(totals, claim.what)
    return number


def _output(claim: Claim, nodes: Sequence[Node]) -> Shape:
    """Return the shape that a name hands on: the layer's own, or that of the last layer of a structure."""
    return last_meant(nodes, claim.of).output_shape


def _weights(node: Node) -> int:
    """Return the learnable elements without biases."""
    shapes = node.own_params.items()
    elements: int = sum(prod(shape) for name, shape in shapes if name != "bias")
    return node.copies * elements


def _cost(claim: Claim, graph: Graph, nodes: Sequence[Node]) -> "int | Fraction | None":
    """Return the cost of the layers by the claim's convention, as that is published; None if it has none.

    Raises ArchError for an unknown one.
    """
    from archcalc.analysis.conventions import find
    from archcalc.analysis.conventions.costs import terms, total

    try:
        convention = find(claim.convention or "")
    except ArchError as error:
        raise error.at(None, "claim") from None
    cost = total(convention, terms(Graph(graph.spec, tuple(nodes)))).cost
    return None if cost is None else convention.published(cost)
