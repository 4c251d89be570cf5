"""Spec -> Graph: every layer with the shapes it reads and makes, in file order, which is topological order.

`propagate` is the one walk over a spec's layers, with any numbers that it is given. With integers it makes the graph
(`link`); with arrays of integers a graph of many variants at once, and a mask of those that are legal; other numbers
explain the graph, and solve for its input. Whether numbers are legal is asked here, once, and nowhere else.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Generic, NamedTuple, TypeVar

from archcalc.collector import collector_at_rest
from archcalc.errors import ArchError
from archcalc.layers import Layer, Shape
from archcalc.layers.fields import LARGEST
from archcalc.layers.requirement import Requirement
from archcalc.layers.sizes import S, Sizes, dims, equal
from archcalc.spec.inputs import INPUT
from archcalc.spec.model import Entry, Spec, Tower
from archcalc.spec.settings import with_channels_first

Named = TypeVar("Named", "Entry", "Node")


class AnyNode(NamedTuple, Generic[S]):
    """One layer with its shapes, all without the batch axis, in numbers of one sort.

    In a tower the layer exists once per device: `device_inputs` and `device_output` are what one device reads and
    makes, and the shapes of the layer as a whole are those of all devices side by side.
    """

    name: str
    layer: Layer
    inputs: tuple[str, ...]
    input_shapes: tuple[Sizes[S], ...]
    output_shape: Sizes[S]
    device_inputs: tuple[Sizes[S], ...]
    device_output: Sizes[S]
    tower: Tower | None = None
    gather: bool = False
    copies: int = 1
    """How many devices hold the layer."""
    again: str | None = None
    """The layer before it that it is once more."""

    @property
    def devices(self) -> tuple[str, ...]:
        return self.tower.devices if self.tower else ()

    @property
    def weights_of(self) -> str | None:
        """The layer before it whose weights it has; None where it has none, or its own."""
        return self.again if self.again is not None and self.tensors else None

    @property
    def tensors(self) -> dict[str, Sizes[S]]:
        """Parameters and buffers of one device, under torch's names, its own or not."""
        return self.layer.param_shapes(*self.device_inputs) | self.layer.buffer_shapes(*self.device_inputs)

    @property
    def own_params(self) -> dict[str, Sizes[S]]:
        """Learnable tensors of one device, under torch's names; none where it has those of another layer."""
        return {} if self.weights_of else self.layer.param_shapes(*self.device_inputs)

    @property
    def own_buffers(self) -> dict[str, Sizes[S]]:
        """Tensors of one device that are stored but not learnt; none where it has those of another layer."""
        return {} if self.weights_of else self.layer.buffer_shapes(*self.device_inputs)


Node = AnyNode[int]
"""One layer of a graph."""


@dataclass(frozen=True)
class Illegal:
    """A requirement of a layer that some of the variants do not meet."""

    entry: Entry
    requirement: Requirement


@dataclass(frozen=True)
class Graph:
    """A network with all its shapes."""

    spec: Spec
    nodes: tuple[Node, ...]
    illegal: tuple[Illegal, ...] = ()
    """Only where sizes are arrays: the requirements that not all variants meet."""
    goes_on: bool = False
    """Whether the network goes on with what its spec does not say."""

    @property
    def is_whole(self) -> bool:
        """Whether it has all layers of the network."""
        return len(self.nodes) == len(self.spec.layers) and not self.goes_on

    @property
    def cautions(self) -> list[str]:
        """Return what is legal but probably not meant, with the layer that it is about."""
        said = ((node.name, caution) for node in self.nodes for caution in self._cautions_of(node))
        of_layers = [f"layer {name}: {caution}" for name, caution in said if caution]
        return [*self.spec.cautions, *self._caution_of_input(), *of_layers]

    def _caution_of_input(self) -> Iterator[str]:
        for name, shape in self.spec.inputs.items():
            meant = with_channels_first(shape)
            if meant:
                said = f"{dims(shape)} has {shape[0]} channels, which come first: write {dims(meant)} for {meant[0]}"
                yield f"input {said}" if name == INPUT else f"input {name} {said}"

    def _cautions_of(self, node: Node) -> Iterator[str]:
        yield node.layer.caution(*node.device_inputs)
        if not self._with_channels_last.intersection(node.inputs):
            yield node.layer.caution_of_maps(*node.device_inputs)
        yield self._caution_of_end(node)

    def _caution_of_end(self, node: Node) -> str:
        last = self.spec.layers[-1].name
        if node.name in self._read or (node.name == last and not self.spec.outputs) or not self.is_whole:
            return ""
        if self.spec.outputs:
            return "" if node.name in self.spec.outputs else "no later layer reads it, and it is none of the outputs"
        return f"no later layer reads it, so it is an output of the network, as {last} is"

    @cached_property
    def outputs(self) -> tuple[str, ...]:
        """The names of the layers that the network hands on: those that the spec says, or all that no layer reads."""
        if self.spec.outputs:
            there = {node.name for node in self.nodes}
            return tuple(name for name in self.spec.outputs if name in there)
        return tuple(node.name for node in self.nodes if node.name not in self._read)

    @cached_property
    def devices(self) -> tuple[str, ...]:
        """The names of the devices of its towers, in the order of the spec; none where it has no towers."""
        return tuple(dict.fromkeys(name for node in self.nodes for name in node.devices))

    @cached_property
    def _with_channels_last(self) -> frozenset[str]:
        """The names of the layers whose outputs have their channels last, since a layer put them there."""
        found: set[str] = set()
        for node in self.nodes:
            own = node.layer.puts_channels_last()
            if own or (own is None and found.intersection(node.inputs)):
                found.add(node.name)
        return frozenset(found)

    @cached_property
    def _read(self) -> frozenset[str]:
        return frozenset(name for entry in self.spec.layers for name in entry.inputs)

    @property
    def output_shape(self) -> Shape:
        """The shape of the last layer's output."""
        return self.nodes[-1].output_shape if self.nodes else next(iter(self.spec.inputs.values()))

    @property
    def legal(self) -> Any:
        """Which variants are legal, as a mask, where sizes are arrays; True where all are."""
        mask: Any = True
        for one in self.illegal:
            mask = mask & one.requirement.holds
        return mask


class Numbers(Generic[S]):
    """The numbers that a walk is made with, and what becomes of what layers require of them."""

    def layer(self, entry: Entry) -> Layer:
        """Return the layer with its fields as such numbers."""
        return entry.layer

    def reads(self, entry: Entry, shapes: tuple[Sizes[S], ...]) -> tuple[Sizes[S], ...]:
        """Return the shapes that one device reads, as the layer's rules are given them."""
        return shapes

    def copies(self, entry: Entry) -> int:
        """Return how many devices hold the layer."""
        return len(entry.tower.devices) if entry.tower else 1

    def makes(self, entry: Entry, shape: Sizes[S]) -> Sizes[S]:
        """Return the shape that the layer's rule made, as the layers after it are given it."""
        return shape

    def require(self, entry: Entry, requirement: Requirement) -> None:
        """Take note of what a layer requires. Raises ArchError where that ends the walk."""

    def fault(
        self, entry: Entry, error: ArchError, nodes: Mapping[str, AnyNode[S]], given: Mapping[str, Sizes[S]]
    ) -> ArchError:
        """Return the error of a layer, with its place."""
        return error.at(entry.mark, f"layer {entry.name}")


def propagate(spec: Spec, given: Mapping[str, Sizes[S]], numbers: Numbers[S]) -> dict[str, AnyNode[S]]:
    """Walk over every layer in order, from the inputs' sizes. Raises ArchError where `numbers` end the walk."""
    nodes: dict[str, AnyNode[S]] = {}
    for entry in spec.layers:
        try:
            nodes[entry.name] = visit(entry, nodes, given, numbers)
        except ArchError as error:
            raise numbers.fault(entry, error, nodes, given) from None
    return nodes


def visit(
    entry: Entry, nodes: Mapping[str, AnyNode[S]], given: Mapping[str, Sizes[S]], numbers: Numbers[S]
) -> AnyNode[S]:
    """Return one layer of the walk, after `nodes`, which hold all that it reads. Raises ArchError without its place."""
    whole = tuple(_whole(name, nodes, given) for name in entry.inputs)
    reads = numbers.reads(entry, tuple(_part(entry, name, nodes, given) for name in entry.inputs))
    layer = numbers.layer(entry)
    for requirement in layer.requirements(*reads):
        numbers.require(entry, requirement)
    makes = numbers.makes(entry, layer.output_shape(*reads))
    copies = numbers.copies(entry)
    output = side_by_side(makes, copies) if entry.tower else makes
    node = AnyNode(
        entry.name, layer, entry.inputs, whole, output, reads, makes, entry.tower, entry.gather, copies, entry.again
    )
    for requirement in _has_the_weights_of(nodes[entry.again], node) if entry.again is not None else ():
        numbers.require(entry, requirement)
    return node


def _has_the_weights_of(other: AnyNode[S], node: AnyNode[S]) -> Iterator[Requirement]:
    """Require that a layer's tensors have the shapes of those of the layer that they are taken from."""
    theirs = other.tensors
    for name, shape in node.tensors.items():
        for size, their_size in zip(shape, theirs[name], strict=True):
            yield Requirement(equal(size, their_size), partial(_another_shape, name, other.name, shape, theirs[name]))


def _another_shape(tensor: str, other: str, ours: Sizes[Any], theirs: Sizes[Any]) -> str:
    return f"has the weights of {other}, whose {tensor} is {dims(theirs)}; here it would be {dims(ours)}"


def _whole(name: str, nodes: Mapping[str, AnyNode[S]], given: Mapping[str, Sizes[S]]) -> Sizes[S]:
    """Return the shape of a name, all devices together."""
    return nodes[name].output_shape if name in nodes else given[name]


def _part(entry: Entry, name: str, nodes: Mapping[str, AnyNode[S]], given: Mapping[str, Sizes[S]]) -> Sizes[S]:
    """Return what one device reads under a name: its own part inside its tower, the whole of everything else."""
    source = nodes.get(name)
    if source is not None and reads_own_part(entry, source):
        return source.device_output
    return _whole(name, nodes, given)


class Integers(Numbers[int]):
    """Integers, or arrays of integers: the first fault ends the walk, a fault of some variants is noted."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.illegal: list[Illegal] = []

    def makes(self, entry: Entry, shape: Shape) -> Shape:
        for size in shape:
            if (fits := size <= LARGEST) is not True:
                self.require(entry, Requirement(fits, lambda: f"makes sizes of over {len(str(LARGEST))} digits"))
        return shape

    def require(self, entry: Entry, requirement: Requirement) -> None:
        holds = requirement.holds
        if holds is True:
            return
        if holds is False:
            raise ArchError(requirement.fault())
        if not holds.all():
            self.illegal.append(Illegal(entry, requirement))

    def fault(self, entry: Entry, error: ArchError, nodes: Mapping[str, Node], given: Mapping[str, Shape]) -> ArchError:
        reads = ", ".join(f"{name}: {dims(_whole(name, nodes, given))}" for name in entry.inputs)
        faults = (fault._replace(what=f"{fault.what} (from {reads})") for fault in error.faults)
        partial = Graph(self.spec, tuple(nodes.values()))
        return super().fault(entry, ArchError(*faults, partial=partial), nodes, given)


@collector_at_rest()
def link(spec: Spec) -> Graph:
    """Infer every shape. Raises ArchError at the first layer that does not fit; `partial` is the graph up to it.

    Sizes of the input and fields of layers may be arrays of integers, of one shape or broadcast: then the shapes are
    arrays too, and what does not fit is `illegal` instead, if only some of the variants do not fit.
    """
    numbers = Integers(spec)
    nodes = propagate(spec, spec.inputs, numbers)
    return Graph(spec, tuple(nodes.values()), tuple(numbers.illegal))


def reads_own_part(reader: Entry | AnyNode[Any], source: Entry | AnyNode[Any]) -> bool:
    """Return whether each device reads only its own part of `source`: inside one tower, unless it gathers."""
    return reader.tower is not None and source.tower == reader.tower and not reader.gather


def side_by_side(shape: Sizes[S], copies: int) -> Sizes[S]:
    """Join equal shapes along channels or features.

    >>> side_by_side((48, 55, 55), 2)
    (96, 55, 55)
    """
    return (shape[0] * copies, *shape[1:])


def within(nodes: Iterable[Named], name: str) -> list[Named]:
    """Return the layers that a name stands for: the layer itself, and those of the structure of that name."""
    return [node for node in nodes if node.name == name or node.name.startswith(f"{name}.")]
