"""The numbers of a network that people publish: of the whole, by every convention, and of its layers."""

from collections.abc import Iterator
from enum import IntEnum
from fractions import Fraction
from math import prod
from typing import NamedTuple

from archcalc.analysis.audit.claims import BYTES_PER_PARAMETER
from archcalc.analysis.conventions import Convention
from archcalc.analysis.conventions.convention import OURS
from archcalc.analysis.conventions.costs import totals
from archcalc.analysis.quoted import About
from archcalc.graph import Graph, Node
from archcalc.layers.base import Role
from archcalc.table import measure


class Rank(IntEnum):
    """How far one has to look for a number."""

    PLAIN = 0
    A_TOOLS = 1
    A_LAYERS = 2
    OF_MAPS = 3
    A_PART = 4


class Number(NamedTuple):
    """A number of a network, as it is published."""

    about: About
    value: int | Fraction
    name: str
    word: str = ""
    """A tool's word for it."""
    rank: Rank = Rank.PLAIN


def numbers(graph: Graph) -> Iterator[Number]:
    """Yield the numbers of a network that people publish; none of them is 0."""
    every = (*_of_all(graph), *(number for node in graph.nodes for number in _of_layer(node)))
    return (number for number in every if number.value)


def _of_all(graph: Graph) -> Iterator[Number]:
    params = measure(graph).totals.params
    yield Number(About.PARAMS, params, "params", "params")
    yield _in_bytes("params", params)
    without = params - _biases(graph)
    yield Number(About.PARAMS, without, "params without biases", "params", Rank.A_TOOLS)
    yield _in_bytes("params without biases", without, Rank.A_TOOLS)
    yield Number(About.UNITS, _units(graph), "units", "units")
    yield Number(About.UNITS, _units(graph, of_maps=True), "units of convolutions", "units", Rank.A_TOOLS)
    yield from _by_conventions(graph)
    trunk = _trunk(graph)
    if len(trunk.nodes) < len(graph.nodes):
        for number in _by_conventions(trunk):
            yield number._replace(name=f"{number.name}, up to {trunk.nodes[-1].name}", rank=Rank.A_PART)


def _in_bytes(name: str, params: int, rank: Rank = Rank.PLAIN) -> Number:
    return Number(About.MEMORY, params * BYTES_PER_PARAMETER, f"{name} in {BYTES_PER_PARAMETER} bytes", "B", rank)


def _by_conventions(graph: Graph) -> Iterator[Number]:
    """Yield the number of every convention that says anything of the network."""
    for one, cost, *_ in totals(graph):
        if cost is not None and not (one.about is About.PARAMS and one.tool == OURS):
            yield Number(one.about, one.published(cost), _name(one), one.word, _rank(one))


def _name(convention: Convention) -> str:
    return f"{convention.label}, halved" if convention.printed_half else convention.label


def _rank(convention: Convention) -> Rank:
    return Rank.PLAIN if convention.tool == OURS else Rank.A_TOOLS


def _of_layer(node: Node) -> Iterator[Number]:
    """Yield the numbers of one layer, of all its devices together."""
    layer, name = node.layer, node.name
    shapes = node.own_params
    params = node.copies * sum(map(prod, shapes.values()))
    weights = params - node.copies * prod(shapes.get("bias", (0,)))
    macs = node.copies * layer.macs(*node.device_inputs, node.device_output)
    units = node.copies * layer.units(node.device_output)
    yield Number(About.PARAMS, params, f"params of {name}", "params", Rank.A_LAYERS)
    yield Number(About.PARAMS, weights, f"weights of {name}", "weights", Rank.A_LAYERS)
    yield Number(About.COST, macs, f"MACs of {name}", "MACs", Rank.A_LAYERS)
    yield Number(About.COST, 2 * macs, f"FLOPs of {name}", "FLOPs", Rank.A_LAYERS)
    if units:
        yield Number(About.UNITS, units, f"units of {name}", "units", Rank.A_LAYERS)
    elif len(node.output_shape) == 1:
        yield Number(About.OUTPUT, node.output_shape[0], f"features of {name}", "features", Rank.A_LAYERS)
    else:
        yield Number(About.OUTPUT, prod(node.output_shape), f"elements of {name}", "", Rank.OF_MAPS)


def _biases(graph: Graph) -> int:
    shapes = ((node.own_params, node.copies) for node in graph.nodes)
    return sum(prod(params["bias"]) * copies for params, copies in shapes if "bias" in params)


def _units(graph: Graph, of_maps: bool = False) -> int:
    """Return the units of all layers, or of those that make maps."""
    nodes = (node for node in graph.nodes if not of_maps or len(node.device_output) == 3)
    return sum(node.layer.units(node.device_output) * node.copies for node in nodes)


def _is_pool(node: Node) -> bool:
    return node.layer.role is Role.POOL and node.layer.slides() is not None


def _trunk(graph: Graph) -> Graph:
    """Return the layers up to the last pool, which tables of features end at; all, if there is none."""
    pools = [place for place, node in enumerate(graph.nodes, start=1) if _is_pool(node)]
    return Graph(graph.spec, graph.nodes[: max(pools, default=None)])
