"""The number of a network that a quoted number may be."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

from archcalc.analysis.audit.claims import BYTES_PER_PARAMETER
from archcalc.analysis.conventions import Convention
from archcalc.analysis.conventions.convention import OURS
from archcalc.analysis.conventions.costs import totals
from archcalc.analysis.quoted import About, Quoted, Units, distance, units_of
from archcalc.graph import Graph, Node
from archcalc.layers.base import Role
from archcalc.table import measure

_Order = tuple[bool, str, int, int, Fraction, tuple[str, ...]]
"""By what meanings are sorted."""

_PLAIN, _A_TOOLS, _A_PART = range(3)
"""How far one has to look for a number."""


class Number(NamedTuple):
    """A number of a network, as it is published."""

    about: About
    value: int | Fraction
    name: str
    word: str = ""
    """A tool's word for it."""
    rank: int = _PLAIN


class Meaning(NamedTuple):
    """A meaning of a quoted number: a number of some networks, by all names that it has in each of them."""

    networks: tuple[str, ...]
    about: About
    value: int | Fraction
    names: tuple[str, ...]
    units: Units | None
    """In which it is what was quoted; None where it is not, only near it."""
    distance: Fraction
    """How far it is from what was quoted, as a share of the larger of the two."""


def meanings(graphs: Iterable[Graph], quoted: Quoted) -> list[Meaning]:
    """Return every number next to a quoted one: first those that it may be, the likeliest on top, then the nearest."""
    by_value: dict[tuple[About, int | Fraction], dict[str, dict[str, Number]]] = {}
    for graph in graphs:
        for number in numbers(graph):
            if number.value and quoted.about in (None, number.about):
                named = by_value.setdefault((number.about, number.value), {}).setdefault(graph.spec.name, {})
                named.setdefault(number.name, number)
    found = [meaning for named in by_value.values() for meaning in _meanings(named, quoted)]
    return [meaning for _, meaning in sorted(found, key=lambda pair: pair[0])]


def _meanings(named: dict[str, dict[str, Number]], quoted: Quoted) -> Iterator[tuple[_Order, Meaning]]:
    """Yield the meanings of one value: networks in which its plainest name is the same go together."""
    by_name: dict[str, list[str]] = {}
    for network, numbers_of_it in named.items():
        by_name.setdefault(min(numbers_of_it.values(), key=lambda f: f.rank).name, []).append(network)
    for plainest, networks in by_name.items():
        first = named[networks[0]]
        common = [f for f in first.values() if all(f.name in named[network] for network in networks)]
        common.sort(key=lambda f: (f.name != plainest, f.rank))
        value, about = common[0].value, common[0].about
        units, off = units_of(value, quoted.quantity), distance(value, quoted.quantity)
        meaning = Meaning(tuple(networks), about, value, tuple(f.name for f in common), units, off)
        yield _order(meaning, min(_unlike(quoted.word, f.word) for f in common), common[0].rank), meaning


def _order(meaning: Meaning, unlike: int, rank: int) -> _Order:
    """Return the sort key: first the quoted number, by its unit and by plainness, then others by nearness alone."""
    if meaning.units is None:
        return True, "", 0, 0, meaning.distance, meaning.networks
    return False, meaning.units, unlike, rank, meaning.distance, meaning.networks


def _unlike(quoted: str, word: str) -> int:
    """Return how little a quoted unit is like the word that a tool prints; 0 also if no unit was quoted.

    >>> _unlike("FLOPS", "GFLOPS"), _unlike("Mac", "MACs"), _unlike("FLOPs", "MACs")
    (0, 1, 2)
    """
    word = word.removeprefix("G")
    if quoted in ("", word):
        return 0
    return 1 if quoted.lower().rstrip("s") == word.lower().rstrip("s") else 2


def numbers(graph: Graph) -> Iterator[Number]:
    """Yield the numbers of a network that people publish."""
    sums, biases = measure(graph).totals, _biases(graph)
    for name, params, rank in (
        ("params", sums.params, _PLAIN),
        ("params without biases", sums.params - biases, _A_TOOLS),
    ):
        yield Number(About.PARAMS, params, name, "params", rank)
        yield Number(About.MEMORY, params * BYTES_PER_PARAMETER, f"{name} in {BYTES_PER_PARAMETER} bytes", "B", rank)
    yield Number(About.UNITS, sums.units, "units", "units")
    yield Number(About.UNITS, _units_of_convolutions(graph), "units of convolutions", "units", _A_TOOLS)
    yield from _costs(graph)
    trunk = _trunk(graph)
    if len(trunk.nodes) < len(graph.nodes):
        for number in _costs(trunk):
            yield number._replace(name=f"{number.name}, up to {trunk.nodes[-1].name}", rank=_A_PART)


def _costs(graph: Graph) -> Iterator[Number]:
    """Yield the number of every convention that counts any layer of the network."""
    for one, cost, *_ in totals(graph):
        if cost is not None and one.about is About.COST:
            yield Number(About.COST, one.published(cost), _name(one), one.word, _rank(one))


def _name(convention: Convention) -> str:
    return f"{convention.label}, halved" if convention.printed_half else convention.label


def _rank(convention: Convention) -> int:
    return _PLAIN if convention.tool == OURS else _A_TOOLS


def _biases(graph: Graph) -> int:
    shapes = ((node.layer.param_shapes(*node.device_inputs), node.copies) for node in graph.nodes)
    return sum(params["bias"][0] * copies for params, copies in shapes if "bias" in params)


def _units_of_convolutions(graph: Graph) -> int:
    return sum(
        node.layer.units(node.device_output) * node.copies for node in graph.nodes if len(node.device_output) == 3
    )


def _is_pool(node: Node) -> bool:
    return node.layer.role is Role.POOL and node.layer.slides() is not None


def _trunk(graph: Graph) -> Graph:
    """Return the layers up to the last pool, where tables of features end; all layers, if there is no pool."""
    pools = [place for place, node in enumerate(graph.nodes, start=1) if _is_pool(node)]
    return Graph(graph.spec, graph.nodes[: max(pools, default=None)])
