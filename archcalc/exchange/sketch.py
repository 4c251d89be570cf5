"""A network of another format as it is put down: layer by layer, each shape followed as it comes."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from archcalc.errors import ArchError, Mark
from archcalc.exchange.lines import Line, document
from archcalc.exchange.names import Names
from archcalc.layers import Shape
from archcalc.layers.base import find
from archcalc.spec.inputs import Inputs, by_name


class Taken(NamedTuple):
    """What was read of a file in another format."""

    document: Mapping[str, Any]
    """The spec as plain data."""
    fault: ArchError | None = None
    """Why the network goes on where the spec ends; None for a whole one."""
    classes: Mapping[str, str] = {}
    """The names of the classes of its modules, by their paths, where the file says them."""


_T = TypeVar("_T")


def take_each(parts: Iterable[_T], take: Callable[[_T], object]) -> ArchError | None:
    """Put the parts of a file down in their order, and return why it ends early; None where it does not."""
    try:
        for part in parts:
            take(part)
    except ArchError as error:
        return error
    return None


class Sketch:
    """Layers as they are put down, with the shape that each makes.

    Readers keep for themselves what their format calls a layer, or what flows between layers: here layers have the
    names that `add` returns.
    """

    def __init__(self, given: Inputs) -> None:
        self.given = given
        self.lines: list[Line] = []
        self.notes: list[str] = []
        """Sentences for the reader of the spec: what the format has done that its text does not show."""
        self._names = Names(by_name(given))
        self._shapes: dict[str, Shape] = dict(by_name(given))

    def add(
        self,
        name: str,
        op: str,
        inputs: str | Sequence[str],
        mark: Mark | None,
        *,
        again: str = "",
        in_place: bool = False,
        **fields: Any,
    ) -> str:
        """Put a layer down, and return the name that it has here, which is as near to `name` as may be.

        Raises ArchError, with its place, for fields that it cannot have and for inputs that it cannot read.
        """
        sources = (inputs,) if isinstance(inputs, str) else tuple(inputs)
        given = self._names.give(name)
        try:
            layer = find(op)(**fields)
            shapes = [self._shapes[source] for source in sources]
            layer.check(*shapes)
            self._shapes[given] = layer.output_shape(*shapes)
        except ArchError as error:
            raise error.at(mark, f"layer {given}") from None
        self.lines.append(Line(given, layer, sources, again, bool(layer.param_shapes(*shapes)), in_place))
        return given

    def shape(self, name: str) -> Shape:
        """Return the shape that a layer makes, or that of an input, by the name that it has here."""
        return self._shapes[name]

    def params(self, name: str) -> Mapping[str, Shape]:
        """Return the shapes of what a layer learns, by the name that it has here."""
        line = next(line for line in reversed(self.lines) if line.name == name)
        shapes: Mapping[str, Shape] = line.layer.param_shapes(*(self._shapes[source] for source in line.inputs))
        return shapes

    def note(self, sentence: str) -> None:
        """Say once what the text of the spec does not show."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def drop_last(self) -> Line:
        """Take the last layer back, to put another in its place, and return it."""
        line = self.lines.pop()
        del self._shapes[line.name]
        self._names.take_back(line.name)
        return line

    def flat(self, source: str, mark: Mark | None) -> str:
        """Return a source that has features only: the layer itself, or a `flatten` put after it."""
        if len(self.shape(source)) == 1:
            return source
        return self.add("flatten", "flatten", source, mark)

    def taken(self, head: Mapping[str, Any], outputs: Iterable[str], fault: ArchError | None = None) -> Taken:
        """Return the spec. `head` is what stands first; the notes are added to it."""
        notes = {"notes": " ".join(self.notes)} if self.notes else {}
        return Taken(document({**head, **notes}, self.given, self.lines, [*outputs]), fault)
