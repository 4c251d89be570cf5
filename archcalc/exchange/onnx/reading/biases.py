"""Biases, which stand with the weights or are added by a node of their own."""

from archcalc.errors import ArchError
from archcalc.exchange.onnx.reading.flow import Flow
from archcalc.exchange.onnx.reading.model import Node, Tensor
from archcalc.layers.sizes import dims


def is_a_bias(tensor: Tensor, width: int) -> bool:
    """Return whether a tensor adds something: exporters write zeros where there is no bias.

    Raises ArchError for one that is not as long as there are outputs.
    """
    if tensor.elements != width:
        raise ArchError(f"a bias of {dims(tensor.shape)} does not go with {width} outputs")
    is_nothing = tensor.numbers is not None and not any(tensor.numbers)
    return tensor.is_learnt or not is_nothing


def bias_of(flow: Flow, node: Node, width: int, axes_after: int, place: int = 2) -> tuple[str, Tensor | None]:
    """Return the value that a layer with weights makes, and its bias: an input, or what the next node adds."""
    own = flow.maybe(node, place)
    if own is not None:
        return node.makes, own if is_a_bias(own, width) else None
    return take_bias(flow, node.makes, width, axes_after)


def take_bias(flow: Flow, value: str, width: int, axes_after: int) -> tuple[str, Tensor | None]:
    """Return a value with the learnt tensor that the only node after it adds, and leave that node out."""
    adding = flow.only_reader(value, "Add")
    if adding is None or len(adding.inputs) != 2:
        return value, None
    other = adding.inputs[1] if adding.inputs[0] == value else adding.inputs[0]
    tensor = flow.tensors.get(other)
    if tensor is None or not tensor.is_learnt or not is_per_channel(tensor, width, axes_after):
        return value, None
    flow.absorb(adding)
    return adding.makes, tensor


def is_per_channel(tensor: Tensor, width: int, axes_after: int) -> bool:
    """Return whether a tensor has one element for each channel, and sizes of 1 for so many axes after it.

    >>> is_per_channel(Tensor((1, 64, 1, 1)), 64, 2), is_per_channel(Tensor((64,)), 64, 2)
    (True, False)
    """
    shape = (1,) * (1 + axes_after - len(tensor.shape)) + tensor.shape
    ends = shape[len(shape) - axes_after :]
    return set(ends) <= {1} and shape[-1 - axes_after] == width == tensor.elements
