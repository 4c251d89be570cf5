"""A file of ONNX as plain data: its nodes, the shapes of its tensors, and the few numbers that shapes depend on."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from archcalc.errors import ArchError
from archcalc.layers import Shape
from archcalc.layers.sizes import dims, product

Number = int | float

LAID_OUT: Final = -1


class Tensor(NamedTuple):
    """A tensor that does not depend on what the network reads."""

    shape: Shape
    numbers: tuple[Number | None, ...] | None = None
    """Its elements, where they were read; None among them for the size of a batch that the file leaves open."""
    name: str = ""
    """The name of the tensor that it is, or is made of, in the file."""
    is_learnt: bool = False
    """Whether training may have made it; not what a node makes of no weights."""
    moves: tuple[Shape, ...] = ()
    """How it is laid out otherwise than in the file: orders of its axes, and shapes that begin with `LAID_OUT`."""

    def turned(self, order: Shape) -> "Tensor":
        """Return it with its axes in another order, its numbers as they are."""
        is_again = bool(self.moves) and self.moves[-1][0] != LAID_OUT
        before, last = (self.moves[:-1], self.moves[-1]) if is_again else (self.moves, range(len(order)))
        now = tuple(last[axis] for axis in order)
        moves = before if now == tuple(range(len(order))) else (*before, now)
        return self._moved(tuple(self.shape[axis] for axis in order), moves)

    def laid_out(self, shape: Shape) -> "Tensor":
        """Return it, of as many elements, in another shape."""
        is_same = [size for size in shape if size != 1] == [size for size in self.shape if size != 1]
        is_as_it_was = is_same and (not self.moves or len(shape) == len(self.shape))
        return self._moved(shape, self.moves if is_as_it_was else (*self.moves, (LAID_OUT, *shape)))

    def _moved(self, shape: Shape, moves: tuple[Shape, ...]) -> "Tensor":
        is_a_row = sum(size != 1 for size in shape) <= 1  # which is laid out in one way only
        return self._replace(shape=shape, moves=() if is_a_row else moves)

    @property
    def elements(self) -> int:
        return product((1, *self.shape))

    @property
    def number(self) -> Number | None:
        """Its only element, if it has one that was read."""
        return self.numbers[0] if self.numbers is not None and len(self.numbers) == 1 else None

    def integers(self, what: str) -> tuple[int, ...]:
        """Return its elements. Raises ArchError where they are not known, or are no integers."""
        if self.numbers is None:
            raise ArchError(f"{what} is not known before the network runs")
        found = tuple(number for number in self.numbers if isinstance(number, int))
        if len(found) < len(self.numbers):
            raise ArchError(f"{what} must be integers that are known")
        return found


class Node(NamedTuple):
    """An operator with what it reads and makes, by name; an empty name stands for nothing."""

    op: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]
    """Integers, numbers, text, tuples of these, and tensors; None for what is none of them."""
    scopes: tuple[str, ...] = ()
    """The paths of the modules that it stands in, as torch writes them, and what is called in the last."""
    classes: tuple[str, ...] = ()
    """Their classes."""

    def reads(self, place: int) -> str:
        """Return the name of an input; empty for one that is left out."""
        return self.inputs[place] if place < len(self.inputs) else ""

    @property
    def makes(self) -> str:
        """The name of its first output."""
        return self.outputs[0] if self.outputs else ""

    def has(self, key: str) -> bool:
        return key in self.attributes

    def integer(self, key: str, default: int) -> int:
        value = self.attributes.get(key, default)
        if not isinstance(value, int):
            raise ArchError(f"{key} must be an integer")
        return value

    def number(self, key: str, default: float) -> float:
        value = self.attributes.get(key, default)
        if not isinstance(value, int | float):
            raise ArchError(f"{key} must be a number")
        return float(value)

    def word(self, key: str, default: str) -> str:
        value = self.attributes.get(key, default)
        if not isinstance(value, str):
            raise ArchError(f"{key} must be a word")
        return value

    def integers(self, key: str, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        value = self.attributes.get(key, default)
        if not isinstance(value, tuple) or not all(isinstance(item, int) for item in value):
            raise ArchError(f"{key} must be integers")
        return value

    def numbers(self, key: str) -> tuple[Number, ...]:
        value = self.attributes.get(key, ())
        if not isinstance(value, tuple) or not all(isinstance(item, int | float) for item in value):
            raise ArchError(f"{key} must be numbers")
        return value

    def each_axis(self, key: str, axes: int, default: int) -> tuple[int, ...]:
        """Return a number for each of so many axes."""
        value = self.integers(key) or (default,) * axes
        if len(value) != axes:
            raise ArchError(f"{key} must be {axes} integers, one for each axis, got {len(value)}")
        return value


class Given(NamedTuple):
    """What the file says of an input: its name and its sizes, None for those that it leaves open."""

    name: str
    sizes: tuple[int | None, ...] | None

    @property
    def in_words(self) -> str:
        return "without a shape" if self.sizes is None else dims("?" if size is None else size for size in self.sizes)


class Model(NamedTuple):
    """A file of ONNX."""

    opset: int
    nodes: tuple[Node, ...]
    tensors: Mapping[str, Tensor]
    inputs: tuple[Given, ...]
    outputs: tuple[str, ...]
