"""The shapes of a network, which people quote with their channels first or last."""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from archcalc.graph import Graph
from archcalc.layers import Shape
from archcalc.spec.inputs import INPUT


class Order(StrEnum):
    """The order of the axes in which a shape is quoted, the likeliest first."""

    FIRST = "channels x height x width"
    LAST = "height x width x channels"
    MAPS = "height x width"


class ShapeMeaning(NamedTuple):
    """A meaning of a quoted shape: shapes of some networks, under all names that they have in each of them."""

    networks: tuple[str, ...]
    shape: Shape
    """Without the batch, channels first."""
    names: tuple[str, ...]
    order: Order


def shape_meanings(graphs: Iterable[Graph], quoted: Shape) -> list[ShapeMeaning]:
    """Return what a quoted shape may be, networks in which the same layers have it together; most networks first."""
    named: dict[tuple[Order, Shape, tuple[str, ...]], list[str]] = {}
    for graph in graphs:
        by_shape: dict[Shape, list[str]] = {}
        for name, shape in _shapes(graph):
            by_shape.setdefault(shape, []).append(name)
        for shape, names in by_shape.items():
            order = _order(shape, quoted)
            if order is not None:
                named.setdefault((order, shape, tuple(names)), []).append(graph.spec.name)
    found = [ShapeMeaning(tuple(networks), shape, names, order) for (order, shape, names), networks in named.items()]
    return sorted(found, key=lambda one: (list(Order).index(one.order), -len(one.networks), one.networks))


def _shapes(graph: Graph) -> Iterator[tuple[str, Shape]]:
    yield from (("input" if name == INPUT else f"input {name}", shape) for name, shape in graph.spec.inputs.items())
    for node in graph.nodes:
        yield f"output of {node.name}", node.output_shape


def _order(shape: Shape, quoted: Shape) -> Order | None:
    """
    >>> _order((96, 55, 55), (55, 55, 96)), _order((96, 55, 55), (55, 55)), _order((96, 55, 55), (96, 55))
    (<Order.LAST: 'height x width x channels'>, <Order.MAPS: 'height x width'>, None)
    """
    if shape == quoted:
        return Order.FIRST
    if len(shape) == 3 and (*shape[1:], shape[0]) == quoted:
        return Order.LAST
    return Order.MAPS if len(shape) == 3 and shape[1:] == quoted else None
