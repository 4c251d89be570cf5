"""Activations that exporters write as several nodes, found by what they compute: numbers are put in and compared."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import count
from typing import Any, Final, NamedTuple

from archcalc.exchange.onnx.reading.flow import Flow
from archcalc.exchange.onnx.reading.model import Node

_POINTS: Final = (-7.5, -4.1, -2.9, -1.7, -0.8, -0.3, 0.4, 0.9, 1.6, 2.4, 3.3, 5.8)
_FEW: Final = (-0.8, 1.6)
"""Points at which no two activations, and few other nodes, make the same."""
_TOLERANCE: Final = 1e-4
_MOST_NODES: Final = 14
_MOST_STEPS: Final = 64


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def _softplus(x: float) -> float:
    return math.log1p(math.exp(x))


def _clip(x: float, least: float, most: float) -> float:
    return min(max(x, least), most)


def _gelu(x: float) -> float:
    return x * 0.5 * (1 + math.erf(x / math.sqrt(2)))


def _gelu_of_tanh(x: float) -> float:
    return x * 0.5 * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


class Curve(NamedTuple):
    """A layer kind with its fields."""

    op: str
    fields: Mapping[str, Any] = {}  # never changed


_CURVES: Final[Sequence[tuple[Curve, Callable[[float], float]]]] = (
    (Curve("gelu"), _gelu),
    (Curve("gelu", {"approximate": "tanh"}), _gelu_of_tanh),
    (Curve("silu"), lambda x: x * _sigmoid(x)),
    (Curve("mish"), lambda x: x * math.tanh(_softplus(x))),
    (Curve("hardswish"), lambda x: x * _clip(x + 3, 0, 6) / 6),
    (Curve("hardsigmoid"), lambda x: _clip(x + 3, 0, 6) / 6),
    (Curve("sigmoid"), _sigmoid),
    (Curve("softplus"), _softplus),
)

_AT_FEW: Final = [(rule(_FEW[0]), rule(_FEW[1])) for _, rule in _CURVES]

_ELEMENTWISE: Final[Mapping[str, Callable[..., float]]] = {
    "Add": lambda one, other: one + other,
    "Sub": lambda one, other: one - other,
    "Mul": lambda one, other: one * other,
    "Div": lambda one, other: one / other,
    "Pow": lambda one, other: one**other,
    "Min": min,
    "Max": max,
    "Neg": lambda x: -x,
    "Exp": math.exp,
    "Log": math.log,
    "Erf": math.erf,
    "Tanh": math.tanh,
    "Sigmoid": _sigmoid,
    "Softplus": _softplus,
    "Relu": lambda x: max(x, 0.0),
    "Reciprocal": lambda x: 1 / x,
    "Cast": lambda x: x,
}


def put_curve(flow: Flow, node: Node) -> bool:
    """Put down the activation that several nodes are, of which this is the first, if they are one."""
    starts = {name for name in node.inputs if name in flow.made}
    if not _is_elementwise(node) or len(starts) != 1:
        return False
    (start,) = starts
    best: tuple[tuple[Node, ...], Curve] | None = None
    for end in _ends(flow, start, node):
        nodes = _between(flow, start, end)
        if len(nodes) < 2 or node not in nodes or not _is_closed(flow, nodes, end):
            continue
        curve = _curve_of(flow, start, nodes)
        if curve is not None and (best is None or len(nodes) > len(best[0])):
            best = nodes, curve
    if best is None:
        return False
    nodes, curve = best
    flow.absorb(*nodes)
    flow.put(node, curve.op, flow.made[start], makes=nodes[-1].makes, **curve.fields)
    return True


def _ends(flow: Flow, start: str, node: Node) -> Iterator[Node]:
    """Yield the nodes after one that may end an activation: at two points they make what one does.

    Those that read what other nodes make of the start are among them.
    """
    made = [{start: point} for point in _FEW]
    for end in (node, *_after(flow, node)):
        known = made[0].keys()
        if all(name in known or not name or _number(flow, name) is not None for name in end.inputs):
            try:
                for values in made:
                    _computed(flow, values, [end])
            except (ArithmeticError, ValueError, TypeError):
                continue
            left, right = (values[end.makes] for values in made)
            if not any(abs(left - one) <= _TOLERANCE >= abs(right - other) for one, other in _AT_FEW):
                continue
        if end is not node:
            yield end


def _is_elementwise(node: Node) -> bool:
    return len(node.outputs) == 1 and (node.op in _ELEMENTWISE or node.op in ("Clip", "HardSigmoid"))


def _after(flow: Flow, node: Node) -> list[Node]:
    """Return the first nodes after one that work element by element, from near to far."""
    found = [node]
    for place in count():
        if place >= len(found) or len(found) >= _MOST_NODES:
            return found[1:]
        found += [
            reader for reader in flow.readers(found[place].makes) if _is_elementwise(reader) and reader not in found
        ]
    return found


def _between(flow: Flow, start: str, end: Node) -> tuple[Node, ...]:
    """Return the nodes that make a value of another and of numbers, in order; none where something else goes in."""
    found: list[Node] = []
    waiting = [end]
    for _ in range(_MOST_STEPS):
        if not waiting:
            return tuple(reversed(found))
        node = waiting.pop()
        if node in found:
            found.remove(node)
        found.append(node)
        for name in node.inputs:
            if name == start or not name or _number(flow, name) is not None:
                continue
            maker = flow.makers.get(name)
            if maker is None or not _is_elementwise(maker):
                return ()
            waiting.append(maker)
    return ()


def _number(flow: Flow, name: str) -> float | None:
    found = flow.tensors[name].number if name in flow.tensors else None
    return None if found is None else float(found)


def _is_closed(flow: Flow, nodes: Sequence[Node], end: Node) -> bool:
    """Return whether only these nodes read what they make, apart from the last."""
    return all(
        node is end or (node.makes not in flow.outputs and all(reader in nodes for reader in flow.readers(node.makes)))
        for node in nodes
    )


def _curve_of(flow: Flow, start: str, nodes: Sequence[Node]) -> Curve | None:
    """Return the curve that nodes make at all points, those that they do not make left out from point to point."""
    left = _CURVES
    for point in _POINTS:
        try:
            made = _computed(flow, {start: point}, nodes)
        except (ArithmeticError, ValueError, TypeError):  # logarithms of negative numbers, and the like
            return None
        left = [(curve, rule) for curve, rule in left if abs(made - rule(point)) <= _TOLERANCE]
        if not left:
            return None
    return left[0][0]


def _computed(flow: Flow, values: dict[str, float], nodes: Sequence[Node]) -> float:
    for node in nodes:
        numbers = [values[name] if name in values else _number(flow, name) for name in node.inputs]
        values[node.makes] = float(_rule(node)(*numbers))
    return values[nodes[-1].makes]


def _rule(node: Node) -> Callable[..., float]:
    if node.op == "HardSigmoid":
        alpha, beta = node.number("alpha", 0.2), node.number("beta", 0.5)
        return lambda x: _clip(alpha * x + beta, 0, 1)
    if node.op == "Clip":
        own = node.number("min", -math.inf), node.number("max", math.inf)
        return lambda x, least=None, most=None: _clip(
            x, own[0] if least is None else least, own[1] if most is None else most
        )
    return _ELEMENTWISE[node.op]
