"""What the layers of a network make and read, whatever the order in which they run.

A value is the output of a layer, with all that only sees it: a layer that lays out the same elements in the same order
makes no value of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import prod

from archcalc.analysis.views import seen_again
from archcalc.graph import Graph, Node
from archcalc.layers.tensors import Storage, Tensor, contiguous


@dataclass
class Value:
    """A map, before it has a place."""

    name: str
    """The input, or the layer, that makes it."""
    size: int
    """The elements of one example, or the bytes that it takes in an arena."""
    readers: list[int] = field(default_factory=list)
    """The layers that read it, or a view of it, by their places in the spec."""
    views: list[int] = field(default_factory=list)
    """The layers that only see it."""
    is_output: bool = False


@dataclass(frozen=True)
class Use:
    """What a layer does with values, which are said by their places."""

    name: str
    reads: tuple[int, ...]
    makes: int
    """The value that is its output, or of which its output is a view."""
    is_view: bool
    over: tuple[int, ...]
    """Values that it may write its output over, if nobody reads them later."""


@dataclass(frozen=True)
class Values:
    """All values of a network, inputs first, and what its layers do with them."""

    values: tuple[Value, ...]
    uses: tuple[Use, ...]

    def makers(self) -> dict[int, int]:
        """Return the layer that makes each value, by their places; inputs are made by none."""
        return {use.makes: place for place, use in enumerate(self.uses) if not use.is_view}

    def in_bytes(self, each: int, align: int) -> "Values":
        """Return the same in bytes, so many for each element; what each map takes is rounded up to a multiple."""
        values = (replace(value, size=-(-value.size * each // align) * align) for value in self.values)
        return replace(self, values=tuple(values))

    def fused(self) -> "Values":
        """Return the same where only layers that read one map write over it: none that joins several."""
        uses = (use if len(use.reads) == 1 else replace(use, over=()) for use in self.uses)
        return replace(self, uses=tuple(uses))


def values_of(graph: Graph) -> Values:
    """Return what the layers of a network make and read."""
    values = [Value(name, prod(shape)) for name, shape in graph.spec.inputs.items()]
    known = {value.name: place for place, value in enumerate(values)}
    uses = []
    for place, node in enumerate(graph.nodes):
        reads = [known[name] for name in node.inputs]
        seen = _seen(node)
        if seen is None:
            known[node.name] = len(values)
            values.append(Value(node.name, prod(node.output_shape)))
            over = _written_over(node, reads)
        else:
            known[node.name], over = reads[seen], ()
        uses.append(Use(node.name, tuple(dict.fromkeys(reads)), known[node.name], seen is not None, over))
        if seen is not None:
            values[known[node.name]].views.append(place)
        for value in uses[-1].reads if seen is None else ():
            values[value].readers.append(place)
    for name in graph.outputs:
        values[known[name]].is_output = True
    return Values(tuple(values), tuple(uses))


def _seen(node: Node) -> int | None:
    """Return the input whose elements are those of the output, in their order; None where it makes a map."""
    inputs = [_in_order((1, *shape)) for shape in node.device_inputs]
    made = seen_again(node.layer, inputs, node.tensors).tensor
    for place, x in enumerate(inputs):
        is_whole = prod(made.shape) == prod(x.shape) and prod(node.output_shape) == prod(node.input_shapes[place])
        if made.storage is x.storage and made.is_contiguous and is_whole:
            return place
    return None


def _in_order(shape: tuple[int, ...]) -> Tensor:
    return Tensor(shape, contiguous(shape), Storage(0, ""), 1)


def _written_over(node: Node, reads: Sequence[int]) -> tuple[int, ...]:
    """Return the values that a layer may write over: such as have its shape, wherever it reads them."""
    own = set(node.layer.may_be_written_over(*node.device_inputs))
    able = {place for place in own if node.input_shapes[place] == node.output_shape}
    not_able = {value for place, value in enumerate(reads) if place not in able}
    return tuple(dict.fromkeys(reads[place] for place in sorted(able) if reads[place] not in not_able))
