"""Matrix products, and sums and products of what layers make, of learnt tensors and of numbers."""

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Final

from archcalc.errors import ArchError
from archcalc.exchange.onnx.reading.biases import bias_of, is_per_channel, take_bias
from archcalc.exchange.onnx.reading.flow import Flow
from archcalc.exchange.onnx.reading.model import Node, Tensor
from archcalc.exchange.onnx.reading.naming import is_made_up
from archcalc.layers import Shape
from archcalc.layers.sizes import dims


def _gemm(flow: Flow, node: Node) -> None:
    if len(flow.shape(node)) != 1 or node.integer("transA", 0):
        raise ArchError("it multiplies along the batch")
    if node.number("alpha", 1.0) != 1 or node.number("beta", 1.0) != 1:
        raise ArchError("no layer kind scales a matrix product by alpha or beta")
    _linear(flow, node, flow.tensor(node, 1), is_turned=not node.integer("transB", 0))


def _matmul(flow: Flow, node: Node) -> None:
    if flow.flows(node, 0) and flow.flows(node, 1):
        flow.put(node, "matmul", flow.sources(node))
        return
    if not flow.flows(node, 0):
        raise ArchError("no layer kind multiplies weights by what it reads from the right")
    _linear(flow, node, flow.tensor(node, 1), is_turned=True)


def _linear(flow: Flow, node: Node, weight: Tensor, is_turned: bool) -> None:
    """Put down a matrix product; where weights are turned, the features that are read are their first axis."""
    x = flow.shape(node)
    if len(weight.shape) != 2 or weight.shape[0 if is_turned else 1] != x[-1]:
        raise ArchError(f"weights of {dims(weight.shape)} cannot read {x[-1]} features")
    weight = weight.turned((1, 0)) if is_turned else weight
    outputs = weight.shape[0]
    value, bias = bias_of(flow, node, outputs, 0)
    weights = (weight, bias) if bias else (weight,)
    flow.put(
        node,
        "linear",
        flow.source(node),
        makes=value,
        weights=weights,
        out_features=outputs,
        bias=bias is not None,
    )


def _mul(flow: Flow, node: Node) -> None:
    if all(flow.flows(node, place) for place in range(len(node.inputs))):
        flow.put(node, "mul", flow.sources(node))
        return
    place, tensor = _beside(flow, node)
    if tensor.number is not None and (not tensor.is_learnt or is_made_up(tensor.name)):
        _times(flow, node, place, tensor.number)
        return
    x = flow.shape(node, place)
    per = _per(tensor, x)
    value, bias = take_bias(flow, node.makes, tensor.elements, len(x) - 1 if per == "channel" else 0)
    weights = (tensor, bias) if bias else (tensor,)
    has_bias = bias is not None
    source = flow.source(node, place)
    flow.put(node, "scale", source, makes=value, weights=weights, per=per, bias=has_bias)


def _per(tensor: Tensor, x: Shape) -> str:
    """Return whether a learnt tensor is for all or for each channel. Raises ArchError for others."""
    if tensor.elements == 1:
        return "tensor"
    if is_per_channel(tensor, x[0], len(x) - 1):
        return "channel"
    raise ArchError(f"no layer kind scales or shifts {dims(x)} by a tensor of {dims(tensor.shape)}")


def _beside(flow: Flow, node: Node) -> tuple[int, Tensor]:
    """Return which of two inputs a layer makes, and the other."""
    place = 0 if flow.flows(node, 0) else 1
    flow.source(node, place)
    return place, flow.tensor(node, 1 - place)


def _times(flow: Flow, node: Node, place: int, number: float) -> None:
    if not isfinite(number):
        raise ArchError(f"it multiplies by {number}")
    if number == 1:
        flow.made[node.makes] = flow.source(node, place)
    else:
        flow.put(node, "times", flow.source(node, place), number=float(number))


def _div(flow: Flow, node: Node) -> None:
    if not flow.flows(node, 0) or flow.flows(node, 1):
        raise ArchError("no layer kind divides by what a layer makes")
    number = flow.tensor(node, 1).number
    if not number:
        raise ArchError("no layer kind divides by a tensor")
    _times(flow, node, 0, 1 / number)


def _add(flow: Flow, node: Node) -> None:
    if all(flow.flows(node, place) for place in range(len(node.inputs))):
        flow.put(node, "add", flow.sources(node))
        return
    place, tensor = _beside(flow, node)
    if tensor.number == 0:
        flow.made[node.makes] = flow.source(node, place)
        return
    if not tensor.is_learnt or (tensor.number is not None and is_made_up(tensor.name)):
        raise ArchError("no layer kind adds a number")
    per = _per(tensor, flow.shape(node, place))
    flow.put(node, "scale", flow.source(node, place), weights=[tensor], per=per, weight=False, bias=True)


def _merge(op: str) -> Callable[[Flow, Node], None]:
    def put(flow: Flow, node: Node) -> None:
        if len(node.inputs) == 1:
            flow.passes(node)
        else:
            flow.put(node, op, flow.sources(node))

    return put


def _max(flow: Flow, node: Node) -> None:
    if all(flow.flows(node, place) for place in range(len(node.inputs))):
        _merge("maximum")(flow, node)
        return
    place, tensor = _beside(flow, node)
    if tensor.number != 0:
        raise ArchError("no layer kind compares with a number that is not 0")
    flow.put(node, "relu", flow.source(node, place))


OPS: Final[Mapping[str, Callable[[Flow, Node], None]]] = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Mul": _mul,
    "Div": _div,
    "Add": _add,
    "Sum": _merge("add"),
    "Sub": _merge("sub"),
    "Max": _max,
}
