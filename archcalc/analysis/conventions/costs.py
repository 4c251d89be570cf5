"""Graph and conventions -> costs, or params: layer by layer, and as terms that add up to what each convention says."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archcalc.analysis.conventions import CONVENTIONS, Convention, facts
from archcalc.analysis.quoted import About
from archcalc.graph import Graph
from archcalc.layers import KINDS
from archcalc.table import Row, Table


class Total(NamedTuple):
    """A convention's number of a whole network; None where it counts no layer, or where a count is not known."""

    convention: Convention
    cost: int | None
    not_counted: tuple[str, ...]
    """The ops that the convention says nothing about."""
    not_known: tuple[str, ...] = ()
    """The ops of which archcalc does not know how the convention counts them."""


class Priced(NamedTuple):
    """A table's rows under a convention; None for a layer that it says nothing about."""

    total: Total
    costs: tuple[int | None, ...]


class Term(NamedTuple):
    """Something that a convention may count, and how often: of all layers of one op together."""

    op: str
    quantity: str
    amount: int
    layers: tuple[str, ...]
    """The layers where there is any of it."""


def price(graph: Graph, table: Table, convention: Convention) -> Priced:
    """Return the cost of each row of the graph's table, of its devices together and of the table's batch."""
    batch = table.batch if convention.about is About.COST else 1
    on_one_device = {node.name: convention.cost(node.layer.op, facts(node, batch)) for node in graph.nodes}
    costs = tuple(_of_row(row, on_one_device[row.name]) for row in table.rows)
    return Priced(total(convention, terms(graph, batch)), costs)


def _of_row(row: Row, cost: int | None) -> int | None:
    return None if cost is None else cost * (len(row.devices) or 1)


def add_up_costs(costs: Sequence[int | None]) -> int | None:
    """Return the sum of what is counted; None where nothing is.

    >>> add_up_costs([3, None, 4]), add_up_costs([None])
    (7, None)
    """
    counted = [cost for cost in costs if cost is not None]
    return sum(counted) if counted else None


def terms(graph: Graph, batch: int = 1) -> list[Term]:
    """Return everything that some convention may count, of all devices together, as far as there is any."""
    counts: dict[tuple[str, str], int] = {}
    layers: dict[tuple[str, str], list[str]] = {}
    for node in graph.nodes:
        for quantity, count in facts(node, batch)._asdict().items():
            if count:
                key = (node.layer.op, quantity)
                counts[key] = counts.get(key, 0) + count * node.copies
                layers.setdefault(key, []).append(node.name)
    return [Term(op, quantity, count, tuple(layers[op, quantity])) for (op, quantity), count in counts.items()]


def totals(graph: Graph, batch: int = 1) -> list[Total]:
    """Return every convention's number of a network; those about params are of one example, whatever the batch."""
    once = terms(graph)
    counted = {About.COST: terms(graph, batch) if batch > 1 else once, About.PARAMS: once}
    amounts = {about: _by_op(found) for about, found in counted.items()}
    return [_total(convention, amounts[convention.about]) for convention in CONVENTIONS.values()]


def total(convention: Convention, counted: list[Term]) -> Total:
    """Return a convention's number of a network, from its terms."""
    return _total(convention, _by_op(counted))


def _by_op(counted: list[Term]) -> dict[str, dict[str, int]]:
    """Return the amounts of an op's quantities."""
    amounts: dict[str, dict[str, int]] = {}
    for term in counted:
        amounts.setdefault(term.op, {})[term.quantity] = term.amount
    return amounts


def _total(convention: Convention, amounts: Mapping[str, Mapping[str, int]]) -> Total:
    unknown = tuple(op for op in amounts if not convention.is_known(op))
    weights = {op: convention.weights(op) for op in amounts}
    silent = tuple(op for op in amounts if weights[op] is None and op not in unknown)
    says_nothing = silent and all(op in silent or KINDS[op].idle for op in amounts)
    counts = ((amounts[op], counted or {}) for op, counted in weights.items())
    cost = sum(many * amount.get(quantity, 0) for amount, counted in counts for quantity, many in counted.items())
    return Total(convention, None if unknown or says_nothing else cost, silent, unknown)


def times(convention: Convention, term: Term) -> int:
    """Return how often a convention counts a term."""
    weights: Mapping[str, int] = convention.weights(term.op) or {}
    return weights.get(term.quantity, 0)
