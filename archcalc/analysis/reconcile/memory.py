"""Why tools print different numbers about memory: what each adds up, and how often, from our peak to theirs.

A number is a sum of terms, such as the outputs of all ReLUs, each counted so many times: a step is a term that is
counted more, or less, than on the rung before. What `archcalc.analysis.memory.figures` gives is not used: the tests
hold the sums against it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from math import prod
from typing import Final, NamedTuple

from archcalc.analysis.memory.figures import Tool, readers_copied, same_in_caffe
from archcalc.analysis.memory.pool import Moment, Sort
from archcalc.analysis.memory.request import Request
from archcalc.analysis.memory.timeline import timeline
from archcalc.errors import ArchError
from archcalc.graph import Graph, Node
from archcalc.twins import Placed, place

_EACH: Final = 4


class Term(NamedTuple):
    """Something in memory, in bytes, and the layers where there is any of it."""

    what: str
    size: int
    layers: tuple[str, ...] = ()


class Step(NamedTuple):
    """A term that is counted `times` more, or less, than on the rung before."""

    times: int
    term: Term
    counted: int
    """How often it is counted on this rung; 2 for the forward and the backward pass."""

    @property
    def change(self) -> int:
        return self.times * self.term.size


class Rung(NamedTuple):
    """A number in bytes, whose it is, what that prints, and the steps that lead to it from the rung before."""

    size: int
    tool: Tool | None
    """None for our peak."""
    steps: tuple[Step, ...] = ()


class MemoryLadder(NamedTuple):
    """A network's numbers about memory, one after the other."""

    graph: Graph
    request: Request
    peak: Moment
    """Our peak, whether it is a rung or not."""
    rungs: tuple[Rung, ...]
    left_out: tuple[tuple[Tool, str], ...] = ()
    """The tools that have no number of this network, each with the reason."""


Counts = Mapping[tuple[str, str], tuple[Term, int]]
"""Terms with how often they are counted, each under what it is and the layer that it is of."""


def memory_ladder(graph: Graph, request: Request, tools: Sequence[str] = ()) -> MemoryLadder:
    """Return our peak and the numbers of all tools, from the smallest, or those of the tools that are named.

    A single one is compared with our peak. Raises ArchError for a named tool without a number of this network.
    """
    found = timeline(graph, request)
    named = [*dict.fromkeys(map(read_tool, tools))]
    sums: list[tuple[Tool | None, Counts]] = []
    left_out: list[tuple[Tool, str]] = []
    for tool in named or Tool:
        try:
            sums.append((tool, _RULES[tool](graph, request.batch)))
        except ArchError as error:
            if named:
                raise
            left_out.append((tool, str(error)))
    if not named:
        sums.sort(key=lambda one: _total(one[1]))
    if len(named) < 2:
        sums.insert(0, (None, _ours(graph, request, found.peak)))
    rungs = [Rung(_total(sums[0][1]), sums[0][0])]
    rungs += [Rung(_total(after), tool, _steps(before, after)) for (_, before), (tool, after) in pairwise(sums)]
    return MemoryLadder(graph, request, found.peak, tuple(rungs), tuple(left_out))


def read_tool(word: str) -> Tool:
    """Return a tool by its name. Raises ArchError for another."""
    if word not in [*Tool]:
        raise ArchError(f"'{word}' says nothing about memory (there are {', '.join(Tool)})")
    return Tool(word)


def _total(counts: Counts) -> int:
    return sum(term.size * times for term, times in counts.values())


def _steps(before: Counts, after: Counts) -> tuple[Step, ...]:
    """Return the terms that are counted more, then those counted less, the largest first; like layers are one term."""
    changes: dict[tuple[str, int, int], list[Term]] = {}
    for key in {**before, **after}:
        term = (before.get(key) or after[key])[0]
        counted = after.get(key, (term, 0))[1]
        times = counted - before.get(key, (term, 0))[1]
        if times and term.size:
            changes.setdefault((term.what, times, counted), []).append(term)
    steps = (
        Step(times, Term(what, sum(one.size for one in alike), tuple(_names(alike))), counted)
        for (what, times, counted), alike in changes.items()
    )
    return tuple(sorted(steps, key=lambda step: -step.change))


def _names(terms: Sequence[Term]) -> Iterator[str]:
    return (name for term in terms for name in term.layers)


def _counts(terms: Iterator[tuple[Term, int]]) -> Counts:
    return {(term.what, " ".join(term.layers)): (term, times) for term, times in terms}


def _ours(graph: Graph, request: Request, peak: Moment) -> Counts:
    """Return what is alive at our peak: tensors by what they are for."""

    def terms() -> Iterator[tuple[Term, int]]:
        inputs = list(_inputs(graph, request.batch))
        yield from inputs
        yield Term("labels", peak.by_sort[Sort.INPUTS] - sum(term.size for term, _ in inputs)), 1
        weights = [*_weights(graph, is_wanted=lambda name: True)]
        yield from weights
        yield Term("buffers", peak.by_sort[Sort.BUFFERS]), 1
        yield Term("gradients at the peak", peak.by_sort[Sort.GRADIENTS]), 1
        yield Term("what the optimizer remembers", peak.by_sort[Sort.OPTIMIZER]), 1
        yield Term("temporaries at the peak", peak.by_sort[Sort.TEMPORARIES]), 1
        yield Term("maps alive at the peak", peak.by_sort[Sort.ACTIVATIONS]), 1

    return _counts(terms())


def _inputs(graph: Graph, batch: int) -> Iterator[tuple[Term, int]]:
    yield Term("the input", _EACH * batch * sum(map(prod, graph.spec.inputs.values()))), 1


_NAMED: Final = ("weight", "bias")


def _weights(graph: Graph, is_wanted: Callable[[str], bool]) -> Iterator[tuple[Term, int]]:
    """Yield the parameters of each layer of its own: weights and biases, and what has another name."""
    for node in graph.nodes:
        for what, is_named in (("weights and biases", True), ("parameters of other names", False)):
            sizes = [prod(shape) for name, shape in node.own_params.items() if (name in _NAMED) is is_named]
            if sizes and is_wanted(what):
                yield Term(what, _EACH * node.copies * sum(sizes), (node.name,)), 1


def _output(node: Node, batch: int, is_in_place: bool = False) -> Term:
    beside = " that write over their input" if is_in_place else ""
    return Term(f"outputs of {node.layer.op}{beside}", _EACH * batch * prod(node.output_shape), (node.name,))


def _outputs(graph: Graph, batch: int) -> dict[str, tuple[Placed, Term]]:
    return {
        layer.node.name: (layer, _output(layer.node, batch, bool(layer.twin.keywords.get("inplace"))))
        for layer in place(graph)
    }


def _by_torchsummary(graph: Graph, batch: int) -> Counts:
    def terms() -> Iterator[tuple[Term, int]]:
        yield from _inputs(graph, batch)
        yield from _weights(graph, is_wanted=lambda what: what == "weights and biases")
        for layer, term in _outputs(graph, batch).values():
            node = layer.node
            if not layer.twin.is_module or node.layer.op == "flatten":
                continue
            yield term, 2
            if layer.twin.pad is not None:
                around: tuple[int, ...] = layer.twin.pad.keywords["padding"]
                (x,) = node.device_inputs
                sides = [around[2 * axis] + around[2 * axis + 1] for axis in reversed(range(len(around) // 2))]
                padded = x[0] * prod(size + more for size, more in zip(x[1:], sides, strict=True))
                yield Term("outputs of paddings before layers", _EACH * batch * node.copies * padded, (node.name,)), 2
            again = {name: shape for name, shape in node.tensors.items() if name in _NAMED}
            own = [name for name in again if name not in node.own_params]
            rest = _EACH * node.copies * sum(prod(again[name]) for name in own)
            yield Term("weights that are no parameters of the layer", rest, (node.name,)), 1

    return _counts(terms())


def _by_torchinfo(graph: Graph, batch: int) -> Counts:
    def terms() -> Iterator[tuple[Term, int]]:
        yield from _inputs(graph, batch)
        yield from _weights(graph, is_wanted=lambda what: True)
        for layer, term in _outputs(graph, batch).values():
            if layer.node.layer.param_shapes(*layer.node.device_inputs):
                yield term, 2

    return _counts(terms())


def _by_caffe(graph: Graph, batch: int) -> Counts:
    same = same_in_caffe(graph)

    def terms() -> Iterator[tuple[Term, int]]:
        yield from _inputs(graph, batch)
        yield from ((term, 1) for name, (_, term) in _outputs(graph, batch).items() if name not in same)
        for name, size in readers_copied(graph):
            yield Term("copies for several readers", _EACH * batch * size, (name,)), 1

    return _counts(terms())


def _by_keras(graph: Graph, batch: int) -> Counts:
    """Return the terms of the model that archcalc writes. Raises ArchError for what Keras has no layers for."""
    from archcalc.exchange.keras.writing import layers_made

    made = {name: prod(shape) for name, shape in layers_made(graph).items()}

    def terms() -> Iterator[tuple[Term, int]]:
        yield from _inputs(graph, batch)
        yield from _weights(graph, is_wanted=lambda what: True)
        buffers = [shape for node in graph.nodes for shape in node.own_buffers.values() if shape]
        yield Term("buffers but for counts of batches", _EACH * sum(map(prod, buffers))), 1
        rest = sum(made.values()) - sum(map(prod, graph.spec.inputs.values()))
        for name, (layer, term) in _outputs(graph, batch).items():
            if made.get(name.replace(".", "_")) == prod(layer.node.output_shape):
                rest -= prod(layer.node.output_shape)
                yield term, 1
        yield Term("outputs of layers that Keras needs besides, such as paddings", _EACH * batch * rest), 1

    return _counts(terms())


_RULES: Final[Mapping[Tool, Callable[[Graph, int], Counts]]] = {
    Tool.TORCHSUMMARY: _by_torchsummary,
    Tool.TORCHINFO: _by_torchinfo,
    Tool.CAFFE: _by_caffe,
    Tool.KERAS: _by_keras,
}
