"""Activations that are one node, and what does nothing in inference."""

from collections.abc import Callable, Mapping
from math import inf, isclose
from typing import Any, Final

from archcalc.errors import ArchError
from archcalc.exchange.axes import axis_of
from archcalc.exchange.onnx.reading.biases import is_per_channel
from archcalc.exchange.onnx.reading.flow import Flow
from archcalc.exchange.onnx.reading.model import Node
from archcalc.layers.sizes import dims

_SLICED_OPSET: Final = 13
"""Before it a softmax goes over all axes from its own on."""


def _plain(op: str, **fields: Any) -> Callable[[Flow, Node], None]:
    return lambda flow, node: _put(flow, node, op, **fields)


def _put(flow: Flow, node: Node, op: str, **fields: Any) -> None:
    flow.put(node, op, flow.source(node), **fields)


def _leaky_relu(flow: Flow, node: Node) -> None:
    _put(flow, node, "leaky_relu", negative_slope=node.number("alpha", 0.01))


def _elu(flow: Flow, node: Node) -> None:
    _put(flow, node, "elu", alpha=node.number("alpha", 1.0))


def _gelu(flow: Flow, node: Node) -> None:
    _put(flow, node, "gelu", approximate=node.word("approximate", "none"))


def _prelu(flow: Flow, node: Node) -> None:
    x, slope = flow.shape(node), flow.tensor(node, 1)
    if slope.elements != 1 and not is_per_channel(slope, x[0], len(x) - 1):
        raise ArchError(f"a slope of {dims(slope.shape)} is neither one number nor one for each of {x[0]} channels")
    flow.put(node, "prelu", flow.source(node), weights=[slope], num_parameters=slope.elements)


def _hardsigmoid(flow: Flow, node: Node) -> None:
    alpha, beta = node.number("alpha", 0.2), node.number("beta", 0.5)
    if not (isclose(alpha, 1 / 6, rel_tol=1e-3) and isclose(beta, 0.5, rel_tol=1e-3)):
        raise ArchError(
            f"no layer kind is a hard sigmoid with alpha {alpha:g} and beta {beta:g}: torch has 1/6 and 1/2"
        )
    _put(flow, node, "hardsigmoid")


def _clip(flow: Flow, node: Node) -> None:
    least, most = _bound(flow, node, 1, "min", -inf), _bound(flow, node, 2, "max", inf)
    if (least, most) == (0, 6):
        _put(flow, node, "relu6")
    elif least == 0 and most == inf:
        _put(flow, node, "relu")
    elif (least, most) == (-inf, inf):
        flow.passes(node)
    elif -inf < least < most < inf:
        _put(flow, node, "hardtanh", min_val=least, max_val=most)
    else:
        raise ArchError(f"no layer kind cuts off at {least:g} and {most:g}")


def _bound(flow: Flow, node: Node, place: int, key: str, default: float) -> float:
    tensor = flow.maybe(node, place)
    if tensor is None:
        return node.number(key, default)
    if tensor.number is None:
        raise ArchError(f"its {key} is not known before the network runs")
    number = float(tensor.number)
    return default if abs(number) > 1e38 else number


def _softmax(op: str) -> Callable[[Flow, Node], None]:
    def put(flow: Flow, node: Node) -> None:
        x, is_old = flow.shape(node), flow.opset < _SLICED_OPSET
        dim = axis_of(node.integer("axis", 1 if is_old else -1), len(x))
        if is_old and set(x[dim:]) - {1}:
            raise ArchError(f"no layer kind makes one softmax of several axes of {dims(x)}, as opset {flow.opset} does")
        _put(flow, node, op, dim=dim)

    return put


def _dropout(flow: Flow, node: Node) -> None:
    ratio = flow.maybe(node, 1)
    _put(flow, node, "dropout", p=node.number("ratio", 0.5) if ratio is None or ratio.number is None else ratio.number)


def _passed(flow: Flow, node: Node) -> None:
    flow.passes(node)


_QUANTIZED: Final = "Numbers are quantized in the file, which changes no shape and is left out."


def _quantized(flow: Flow, node: Node) -> None:
    flow.notes[_QUANTIZED] += 1
    flow.passes(node)


OPS: Final[Mapping[str, Callable[[Flow, Node], None]]] = {
    "Relu": _plain("relu"),
    "Sigmoid": _plain("sigmoid"),
    "Tanh": _plain("tanh"),
    "HardSwish": _plain("hardswish"),
    "Abs": _plain("abs"),
    "Mish": _plain("mish"),
    "Softplus": _plain("softplus"),
    "LeakyRelu": _leaky_relu,
    "Elu": _elu,
    "Gelu": _gelu,
    "PRelu": _prelu,
    "HardSigmoid": _hardsigmoid,
    "Clip": _clip,
    "Softmax": _softmax("softmax"),
    "LogSoftmax": _softmax("log_softmax"),
    "Dropout": _dropout,
    "Identity": _plain("identity"),
    **dict.fromkeys(("Cast", "CastLike"), _passed),
    **dict.fromkeys(("QuantizeLinear", "DequantizeLinear"), _quantized),
}
