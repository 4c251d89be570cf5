"""One layer of a graph as it is written: what it reads, and the layers of Keras that it becomes."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from archcalc.errors import ArchError
from archcalc.exchange.keras.writing.model import Model, Tensor, keras_order
from archcalc.graph import Node
from archcalc.layers import Shape


class Step(NamedTuple):
    model: Model
    node: Node
    reads: tuple[Tensor, ...]
    reads_signless: bool
    """Whether nothing that it reads is negative."""

    @property
    def layer(self) -> Any:
        """The layer, whose fields depend on its kind."""
        return self.node.layer

    @property
    def shape(self) -> Shape:
        """The shape of what it reads."""
        return self.node.input_shapes[0]

    @property
    def axes(self) -> int:
        """How many axes come after channels."""
        return len(self.shape) - 1

    @property
    def x(self) -> Tensor:
        """What it reads, in whatever order."""
        return self.reads[0]

    @property
    def x_channels_last(self) -> Tensor:
        return self.model.in_keras_order(self.reads[0])

    def with_last(self, dim: int) -> Tensor:
        """Return what it reads with one of our axes last."""
        x = self.x
        return self.model.ordered(x, (*(axis for axis in x.order if axis != dim), dim))

    def put(
        self,
        class_name: str,
        config: Mapping[str, Any],
        x: Tensor | None = None,
        part: str = "",
        shape: Shape | None = None,
        module: str = "keras.layers",
    ) -> Tensor:
        """Put a layer down, in whose output axes have the order that they have in what it reads.

        Without a `part` it is the one that has the weights, and is called again where it is there already.
        """
        reads = self.x if x is None else x
        made = self.node.output_shape if shape is None else shape
        order = reads.order if len(made) == len(reads.order) else keras_order(len(made))
        if self.node.weights_of and not part:
            return self.model.call_again(self.model.own[self.node.weights_of], [reads], made, order)
        tensor = self.model.call(f"{self.node.name}{part}", class_name, config, [reads], made, order, module)
        if not part:
            self.model.own[self.node.name] = tensor.layer
        return tensor

    def refuse(self, why: str) -> ArchError:
        return ArchError(f"Keras has no layer that does what {self.node.layer.op} does {why}")


CHANNELS_LAST: Mapping[str, Any] = {"data_format": "channels_last"}
