"""What is known while nodes are read in order: the layers that make values, the tensors that do not depend on them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from archcalc.errors import ArchError
from archcalc.exchange.onnx.reading.model import Model, Node, Tensor
from archcalc.exchange.onnx.reading.naming import name_of
from archcalc.exchange.onnx.reading.sharing import Owner, Owners, expect_all, expect_own
from archcalc.exchange.sketch import Sketch
from archcalc.layers import Shape

_MOST_COMPUTED: Final = 2**21

_EQUAL: Final = (
    "{count} layers have tensors that the file has once, since they are equal: each is counted with its own."
)


class Flow:
    """Values by their names in the file: each is made by a layer, or is a tensor, or is not there yet."""

    def __init__(self, sketch: Sketch, model: Model, inputs: Mapping[str, str], batch: int | None) -> None:
        self.sketch, self.opset, self.batch = sketch, model.opset, batch
        self.tensors = dict(model.tensors)
        self.made = dict(inputs)
        """The name of the layer that makes each value."""
        self.makers: dict[str, Node] = {output: node for node in model.nodes for output in node.outputs if output}
        self.outputs = frozenset(model.outputs)
        self.notes: dict[str, int] = defaultdict(int)
        """Sentences for the reader of the spec, each with how often it holds."""
        self._readers: dict[str, list[Node]] = defaultdict(list)
        for node in model.nodes:
            for name in dict.fromkeys(node.inputs):
                self._readers[name].append(node)
        self._absorbed: set[str] = set()
        self._owners = Owners()
        self._computed = 0

    def count(self, tensors: Iterable[Tensor | None]) -> None:
        """Count the numbers that are computed with. Raises ArchError for more than sizes and axes need."""
        self._computed += sum(len(tensor.numbers) for tensor in tensors if tensor and tensor.numbers)
        if self._computed > _MOST_COMPUTED:
            raise ArchError(f"the file computes with more than {_MOST_COMPUTED:,} numbers, which no sizes need")

    def source(self, node: Node, place: int = 0) -> str:
        """Return the layer that makes an input. Raises ArchError where none does."""
        name = node.reads(place)
        if name in self.made:
            return self.made[name]
        if not name:
            raise ArchError(f"it has no input {place + 1}")
        what = (
            "is a tensor of the file, not what a layer makes" if name in self.tensors else "is made by no node before"
        )
        raise ArchError(f"its input {name[:60]} {what}")

    def sources(self, node: Node) -> list[str]:
        return [self.source(node, place) for place in range(len(node.inputs))]

    def shape(self, node: Node, place: int = 0) -> Shape:
        """Return the shape of an input that a layer makes, without the batch."""
        return self.sketch.shape(self.source(node, place))

    def flows(self, node: Node, place: int) -> bool:
        """Return whether a layer makes an input."""
        return node.reads(place) in self.made

    def maybe(self, node: Node, place: int) -> Tensor | None:
        """Return an input that is a tensor; None where it is left out. Raises ArchError where a layer makes it."""
        name = node.reads(place)
        if not name:
            return None
        if name not in self.tensors:
            raise ArchError(f"its input {name[:60]} is not known before the network runs")
        return self.tensors[name]

    def tensor(self, node: Node, place: int) -> Tensor:
        found = self.maybe(node, place)
        if found is None:
            raise ArchError(f"it has no input {place + 1}")
        return found

    def readers(self, value: str) -> list[Node]:
        return self._readers.get(value, [])

    def only_reader(self, value: str, *ops: str) -> Node | None:
        """Return the node that alone reads a value, if it is one of these operators and the value is no output."""
        found = self.readers(value)
        is_alone = len(found) == 1 and value not in self.outputs
        return found[0] if is_alone and found[0].op in ops else None

    def absorb(self, *nodes: Node) -> None:
        """Leave out nodes that are part of a layer already."""
        self._absorbed.update(node.makes for node in nodes)

    def is_absorbed(self, node: Node) -> bool:
        return node.makes in self._absorbed

    def passes(self, node: Node, value: str = "") -> None:
        """Let a node hand on what it reads."""
        self.made[value or node.makes] = self.source(node)

    def put(
        self,
        node: Node,
        op: str,
        inputs: str | Sequence[str],
        *,
        makes: str = "",
        weights: Sequence[Tensor] = (),
        buffers: Sequence[Tensor] = (),
        name: str = "",
        **fields: Any,
    ) -> str:
        """Put down the layer that makes a value, its first output where none is said, and return the layer's name.

        `weights` are what it learns, and `buffers` what it has besides. Raises ArchError where it shares some of them.
        """
        tensors = tuple(tensor for tensor in (*weights, *buffers) if tensor.name)
        expect_own(node, weights)
        owner = self._owners.of(node, tensors)
        if owner:
            expect_all(owner, node, op, fields, tensors)
        elif self._owners.are_elsewhere(tensors):
            self.notes[_EQUAL] += 1
        is_named = bool(owner) or not self._owners.are_elsewhere(weights[:1])
        word = name or name_of(node, op, weights if is_named else ())
        given = self.sketch.add(word, op, inputs, None, again=owner.name if owner else "", **fields)
        if not owner:
            self._owners.add(Owner(given, self.sketch.lines[-1].layer, node, tensors))
        self.made[makes or node.makes] = given
        return given

    def said(self) -> list[str]:
        """Return the notes as sentences."""
        return [note.replace("{count}", str(count)) for note, count in self.notes.items()]
