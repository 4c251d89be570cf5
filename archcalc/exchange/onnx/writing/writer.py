"""Nodes and tensors of a file of ONNX, as they are put down."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.errors import ArchError
from archcalc.exchange.names import unused
from archcalc.graph import Node
from archcalc.layers import Shape


class Step(NamedTuple):
    """A layer on one device, with the values that it reads and makes, and the names of its tensors in the file."""

    node: Node
    layer: Any
    inputs: tuple[Shape, ...]
    output: Shape
    reads: tuple[str, ...]
    makes: str
    tensors: Mapping[str, str]

    @property
    def x(self) -> Shape:
        """The shape of its first input."""
        return self.inputs[0]

    @property
    def axes(self) -> int:
        """How many axes follow the channels of its first input."""
        return len(self.x) - 1

    def weights(self, *names: str) -> list[str]:
        """Return the names that those of these tensors have that there are."""
        return [self.tensors[name] for name in names if name in self.tensors]


Rule = Callable[["Writer", Step], None]
"""Puts a layer down."""


class Writer:
    """What has been put down so far. What a layer's nodes make on the way is named after it: `conv1/pad`."""

    def __init__(self, onnx: Any) -> None:
        self._onnx = onnx
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []
        self._names: set[str] = set()

    def node(self, op: str, reads: Sequence[str], makes: str, *others: str, **attributes: Any) -> str:
        """Put a node down, and return the name of its first output, which is its own too."""
        self.nodes.append(self._onnx.helper.make_node(op, [*reads], [makes, *others], name=makes, **attributes))
        return makes

    def between(self, op: str, reads: Sequence[str], step: Step, word: str, **attributes: Any) -> str:
        """Put a node down whose output is no layer's."""
        return self.node(op, reads, self._given(f"{step.makes}/{word}"), **attributes)

    def integers(self, numbers: Sequence[int], step: Step, word: str) -> str:
        """Put down integers, and return their name."""
        name = self._given(f"{step.makes}/{word}")
        self.tensors.append(self._onnx.helper.make_tensor(name, self._onnx.TensorProto.INT64, [len(numbers)], numbers))
        return name

    def number(self, number: float, step: Step, word: str) -> str:
        """Put a number down that is not learnt."""
        return self.numbers([number], step, word, ())

    def numbers(self, numbers: Sequence[float], step: Step, word: str, shape: Shape) -> str:
        value = self._onnx.helper.make_tensor("value", self._onnx.TensorProto.FLOAT, [*shape], [*numbers])
        return self.node("Constant", [], self._given(f"{step.makes}/{word}"), value=value)

    def _given(self, name: str) -> str:
        found = unused(name, self._names)
        self._names.add(found)
        return found


def refused(why: str) -> Rule:
    """Return the rule of a kind that ONNX cannot say."""

    def refuse(write: Writer, step: Step) -> None:
        raise ArchError(why)

    return refuse
