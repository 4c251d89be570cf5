"""Whether what a layer makes is a view of an input or a tensor of its own, as eager torch runs it in inference."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from archcalc.layers import Layer, Shape
from archcalc.layers.eager import Eager
from archcalc.layers.tensors import Storage, Tensor, contiguous


class Part(NamedTuple):
    """A tensor, and the layer whose output it is as a whole: of a part of an output, the layer that takes the part."""

    owner: str
    tensor: Tensor


class Seen(NamedTuple):
    """What a layer makes, and whether that is memory of one of its inputs."""

    tensor: Tensor
    is_view: bool


class _Alone(Eager):
    """One example that a layer reads alone, out of place, of which only the storages matter."""

    batch = 1
    is_training = keeps = overwrites = False
    indexes = True

    def __init__(self, params: Mapping[str, Shape]) -> None:
        self.params = {name: _tensor(shape) for name, shape in params.items()}

    def new(self, shape: Shape, strides: Shape | None = None, item: int | None = None) -> Tensor:
        return _tensor(shape, strides)

    def alias(self, x: Tensor, shape: Shape, strides: Shape) -> Tensor:
        return Tensor(shape, strides, x.storage, x.item)

    def let_go(self, *tensors: Tensor | None) -> None:
        pass

    def record(self, *call: Any) -> None:
        pass


def seen_again(layer: Layer, inputs: Sequence[Tensor], params: Mapping[str, Shape]) -> Seen:
    """Return what a layer makes of its inputs."""
    made = layer.runs(_Alone(params), *inputs)
    return Seen(made, any(made.storage is one.storage for one in inputs))


def part_read(name: str, shape: Shape, parts: Mapping[str, Part]) -> Part:
    """Return what a device reads; inputs of the network, and the joined parts of devices, lie in order."""
    known = parts.get(name)
    return known if known and known.tensor.sizes == shape else Part(name, _tensor((1, *shape)))


def _tensor(shape: Shape, strides: Shape | None = None) -> Tensor:
    return Tensor(shape, contiguous(shape) if strides is None else strides, Storage(0, ""), 1)
