"""Graph and conventions -> costs: layer by layer, and as terms that add up to what each convention says."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archcalc.analysis.conventions import Convention, facts
from archcalc.graph import Graph
from archcalc.table import Row, Table


class Priced(NamedTuple):
    """A table's rows under a convention; None for a layer that it says nothing about."""

    convention: Convention
    costs: tuple[int | None, ...]
    not_counted: tuple[str, ...]
    """The ops that the convention says nothing about."""

    @property
    def total(self) -> int:
        return add_up_costs(self.costs) or 0


class Term(NamedTuple):
    """Something that a convention may count, and how often: of all layers of one op together, for one example."""

    op: str
    quantity: str
    amount: int
    layers: tuple[str, ...]
    """The layers where there is any of it."""


def price(graph: Graph, table: Table, convention: Convention) -> Priced:
    """The cost of each row of the graph's table, of its devices together and of the table's batch."""
    on_one_device = {node.name: convention.cost(node.layer.op, facts(node)) for node in graph.nodes}
    costs = tuple(_of_row(row, on_one_device[row.name], table.batch) for row in table.rows)
    return Priced(convention, costs, not_counted(graph, convention))


def _of_row(row: Row, cost: int | None, batch: int) -> int | None:
    return None if cost is None else cost * (len(row.devices) or 1) * batch


def add_up_costs(costs: Sequence[int | None]) -> int | None:
    """The sum of what is counted; None where nothing is.

    >>> add_up_costs([3, None, 4]), add_up_costs([None])
    (7, None)
    """
    counted = [cost for cost in costs if cost is not None]
    return sum(counted) if counted else None


def not_counted(graph: Graph, convention: Convention) -> tuple[str, ...]:
    """The ops of a graph that a convention says nothing about."""
    ops = dict.fromkeys(node.layer.op for node in graph.nodes)
    return tuple(op for op in ops if convention.weights(op) is None)


def terms(graph: Graph) -> list[Term]:
    """Everything that some convention may count, of all devices together; what there is none of is left out."""
    counts: dict[tuple[str, str], int] = {}
    layers: dict[tuple[str, str], list[str]] = {}
    for node in graph.nodes:
        for quantity, count in facts(node)._asdict().items():
            if count:
                key = (node.layer.op, quantity)
                counts[key] = counts.get(key, 0) + count * node.copies
                layers.setdefault(key, []).append(node.name)
    return [Term(op, quantity, count, tuple(layers[op, quantity])) for (op, quantity), count in counts.items()]


def total(convention: Convention, counted: list[Term]) -> int:
    """What a convention says of a whole network, from its terms."""
    return sum(times(convention, term) * term.amount for term in counted)


def times(convention: Convention, term: Term) -> int:
    """How often a convention counts a term."""
    weights: Mapping[str, int] = convention.weights(term.op) or {}
    return weights.get(term.quantity, 0)
