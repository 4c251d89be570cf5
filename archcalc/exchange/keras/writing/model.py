"""A model of Keras as it is written: layers, their calls, and the order of axes in what flows between them.

A tensor is laid out as Keras likes it, channels last, but for what permutes: that changes only which of our axes is
which of Keras', until a layer needs them in a certain order.
"""

import json
from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

from archcalc.exchange.keras.axes import Axes
from archcalc.layers import Shape

_LAYERS = "keras.layers"
_FUNCTIONAL = {"module": "keras.src.models.functional", "class_name": "Functional"}


class Tensor(NamedTuple):
    """What a call of a layer makes."""

    layer: str
    call: int
    shape: Shape
    """Its shape here: channels come first."""
    order: tuple[int, ...]
    """Which of our axes, from 1 on, each of Keras' is."""

    @property
    def sizes(self) -> list[int]:
        """Its shape there."""
        return [self.shape[axis - 1] for axis in self.order]

    @property
    def history(self) -> list[str | int]:
        return [self.layer, self.call, 0]

    @property
    def is_in_one_order(self) -> bool:
        """Whether its elements are in the same order here and there."""
        return is_one_order(self.order, self.shape)

    def axis(self, dim: int) -> int:
        """Return which of Keras' axes one of ours is; -1 for the last."""
        place = self.order.index(dim) + 1
        return -1 if place == len(self.order) else place


def is_one_order(order: Sequence[int], shape: Shape) -> bool:
    """Return whether elements are in one order in a shape and in one with its axes in this order."""
    wide = [axis for axis in order if shape[axis - 1] > 1]
    return wide == sorted(wide)


def keras_order(rank: int) -> tuple[int, ...]:
    """Return the order in which channels come last."""
    return Axes().order_of_theirs(rank)


class Model:
    """Layers by their names in Keras, each with its calls."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._entries: dict[str, dict[str, Any]] = {}
        self.own: dict[str, str] = {}
        """The layers that have weights, by their names in the graph."""
        self.made: dict[str, Shape] = {}
        """What each layer makes, by its name in Keras, with the channels first."""

    def input(self, name: str, shape: Shape) -> Tensor:
        order = keras_order(len(shape))
        sizes = [None, *(shape[axis - 1] for axis in order)]
        own = self._add(name, "InputLayer", {"batch_shape": sizes, "dtype": "float32"}, _LAYERS)
        self.made[own] = shape
        return Tensor(own, 0, shape, order)

    def call(
        self,
        name: str,
        class_name: str,
        config: Mapping[str, Any],
        reads: Sequence[Tensor],
        shape: Shape,
        order: tuple[int, ...],
        module: str = _LAYERS,
    ) -> Tensor:
        """Put a layer down that reads tensors, and return what it makes."""
        own = self._add(name, class_name, config, module)
        return self.call_again(own, reads, shape, order)

    def call_again(self, own: str, reads: Sequence[Tensor], shape: Shape, order: tuple[int, ...]) -> Tensor:
        """Call a layer that is there, by its name in Keras, and return what it makes."""
        nodes = self._entries[own]["inbound_nodes"]
        self.made[own] = shape
        tensors = [_as_keras(tensor) for tensor in reads]
        nodes.append({"args": tensors if len(tensors) == 1 else [tensors], "kwargs": {}})
        return Tensor(own, len(nodes) - 1, shape, order)

    def ordered(self, tensor: Tensor, order: tuple[int, ...]) -> Tensor:
        """Return a tensor with Keras' axes in this order of ours, permuted where it is in another."""
        if tensor.order == order or len(order) == 1:
            return tensor
        dims = [tensor.order.index(axis) + 1 for axis in order]
        if is_one_order(dims, tuple(tensor.sizes)):
            sizes = [tensor.shape[axis - 1] for axis in order]
            return self.call(
                f"{tensor.layer}_reshape", "Reshape", {"target_shape": sizes}, [tensor], tensor.shape, order
            )
        return self.call(f"{tensor.layer}_permute", "Permute", {"dims": dims}, [tensor], tensor.shape, order)

    def in_keras_order(self, tensor: Tensor) -> Tensor:
        return self.ordered(tensor, keras_order(len(tensor.shape)))

    def reshaped(self, name: str, tensor: Tensor, shape: Shape) -> Tensor:
        """Return the elements of a tensor, in their order, in another shape."""
        if prod(tensor.shape) != prod(shape):
            raise ValueError(f"{tensor.shape} cannot be laid out as {shape}")
        if not tensor.is_in_one_order:
            tensor = self.ordered(tensor, tuple(range(1, len(tensor.shape) + 1)))
        order = keras_order(len(shape))
        order = order if is_one_order(order, shape) else tuple(range(1, len(shape) + 1))
        sizes = [shape[axis - 1] for axis in order]
        return self.call(name, "Reshape", {"target_shape": sizes}, [tensor], shape, order)

    def text(self, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> str:
        """Return the model as JSON, with a line for each layer."""
        ends = {"input_layers": _histories(inputs), "output_layers": _histories(outputs)}
        head = json.dumps({"name": self._name, "trainable": True}, ensure_ascii=False)[:-1]
        lines = [
            f'{json.dumps(_FUNCTIONAL)[:-1]}, "config": {head}, "layers": [',
            ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in self._entries.values()),
            f'], {json.dumps(ends, ensure_ascii=False)[1:]}, "registered_name": "Functional"}}',
        ]
        return "\n".join(lines) + "\n"

    def _add(self, name: str, class_name: str, config: Mapping[str, Any], module: str) -> str:
        own = first = name.replace(".", "_")
        times = 1
        while own in self._entries:
            times += 1
            own = f"{first}_{times}"
        registered = None if module == _LAYERS else class_name
        self._entries[own] = {
            "module": module,
            "class_name": class_name,
            "config": {"name": own, **config},
            "registered_name": registered,
            "name": own,
            "inbound_nodes": [],
        }
        return own


def _as_keras(tensor: Tensor) -> dict[str, Any]:
    said = {"shape": [None, *tensor.sizes], "dtype": "float32", "keras_history": tensor.history}
    return {"class_name": "__keras_tensor__", "config": said}


def _histories(tensors: Sequence[Tensor]) -> list[Any]:
    found = [tensor.history for tensor in tensors]
    return found[0] if len(found) == 1 else found
