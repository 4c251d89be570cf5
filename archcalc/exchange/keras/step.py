"""One call of a layer of Keras, as it is read: its settings, what it reads, and where its layers are put down."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from archcalc.errors import ArchError
from archcalc.exchange.keras.axes import Axes
from archcalc.exchange.keras.config import Config
from archcalc.exchange.sketch import Sketch
from archcalc.layers import Shape


class Step(NamedTuple):
    """A call, with what is alike for all calls of its model."""

    sketch: Sketch
    axes: Axes
    version: int
    """Of Keras, the first number."""
    firsts: dict[str, str]
    """The layers that have weights, by their paths in the model, under the names that they have here."""
    times: Counter[str]
    """How often each path was put down."""
    path: str
    class_name: str
    config: Config
    sources: tuple[str, ...]
    numbers: tuple[float, ...]
    """What is given in the place of tensors."""
    is_of_input: bool
    """Whether it reads the images themselves, before any layer."""

    @property
    def source(self) -> str:
        """The only layer that it reads. Raises ArchError where it reads several."""
        if len(self.sources) != 1:
            raise ArchError(f"{self.class_name} reads one layer, not {len(self.sources) or 'none'}")
        return self.sources[0]

    @property
    def shape(self) -> Shape:
        return self.sketch.shape(self.source)

    @property
    def rank(self) -> int:
        return len(self.shape)

    def put(self, op: str, source: str | Sequence[str] | None = None, part: str = "", **fields: Any) -> str:
        """Put a layer down, or one of several, which `part` names; with its first weights, if it is called again."""
        name = self.path + part
        reads = self.source if source is None else source
        self.times[name] += 1
        wanted = name if self.times[name] == 1 else f"{name}_{self.times[name]}"
        made = self.sketch.add(wanted, op, reads, None, again=self.firsts.get(name, ""), **fields)
        if self.sketch.lines[-1].has_weights:
            self.firsts.setdefault(name, made)
        return made

    def refuse(self, why: str) -> ArchError:
        return ArchError(f"no layer kind does what Keras' {self.class_name} does {why}")
