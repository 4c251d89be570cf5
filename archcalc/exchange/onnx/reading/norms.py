"""Norms, some of which exporters write as several nodes."""

from collections.abc import Callable, Mapping
from typing import Final

from archcalc.errors import ArchError
from archcalc.exchange.axes import axes_of, axis_of
from archcalc.exchange.onnx.reading.biases import is_per_channel
from archcalc.exchange.onnx.reading.flow import Flow
from archcalc.exchange.onnx.reading.model import Node, Tensor
from archcalc.exchange.onnx.reading.operands import axes_of as axes_said
from archcalc.layers import Shape
from archcalc.layers.sizes import AXES, dims

_TO_LAST: Final = (0, 2, 3, 1)
_TO_FIRST: Final = (0, 3, 1, 2)


def _is_affine(weight: Tensor) -> bool:
    """Return whether a weight is learnt: torch's newer exporter has ones among its numbers where there is none."""
    return weight.is_learnt and not weight.name.startswith("val_")


def _per_channel(flow: Flow, node: Node, count: int) -> tuple[Tensor, ...]:
    """Return tensors with an element for each channel, from the second input on."""
    x, found = flow.shape(node), tuple(flow.tensor(node, place) for place in range(1, 1 + count))
    for tensor in found:
        if tensor.elements != x[0]:
            raise ArchError(f"a tensor of {dims(tensor.shape)} does not go with {x[0]} channels")
    return found


def _batch_norm(flow: Flow, node: Node) -> None:
    x = flow.shape(node)
    axes = max(len(x) - 1, 1)
    if axes not in AXES:
        raise ArchError(f"no layer kind normalizes {dims(x)}")
    tensors = _per_channel(flow, node, 4)
    is_affine = tensors[0].is_learnt
    flow.put(
        node,
        f"batch_norm{axes}d",
        flow.source(node),
        weights=tensors[:2] if is_affine else (),
        buffers=tensors[2:],
        eps=node.number("epsilon", 1e-5),
        momentum=round(1 - node.number("momentum", 0.9), 6),
        affine=is_affine,
    )


def _instance_norm(flow: Flow, node: Node) -> None:
    x = flow.shape(node)
    if len(x) - 1 not in AXES:
        raise ArchError(f"no layer kind normalizes {dims(x)}")
    weights = _per_channel(flow, node, 2)
    is_affine = _is_affine(weights[0])
    flow.put(
        node,
        f"instance_norm{len(x) - 1}d",
        flow.source(node),
        weights=weights if is_affine else (),
        eps=node.number("epsilon", 1e-5),
        affine=is_affine,
    )


def _group_norm(flow: Flow, node: Node) -> None:
    """Put down a group norm; up to opset 20 it has a weight for each group, of which only equal ones are learnt."""
    groups = node.integer("num_groups", 1)
    weights = tuple(flow.tensor(node, place) for place in (1, 2))
    is_affine = _is_affine(weights[0])
    x = flow.shape(node)
    if is_affine and weights[0].elements != x[0]:
        raise ArchError(f"no layer kind has {weights[0].elements} weights for the groups of {x[0]} channels")
    flow.put(
        node,
        "group_norm",
        flow.source(node),
        weights=weights if is_affine else (),
        num_groups=groups,
        eps=node.number("epsilon", 1e-5),
        affine=is_affine,
    )


def group_norm_of(flow: Flow, node: Node, groups: int) -> bool:
    """Put down the group norm that begins with a Reshape to groups, if it is one, as torch's exporters write it."""
    norm = flow.only_reader(node.makes, "InstanceNormalization")
    back = flow.only_reader(norm.makes, "Reshape") if norm else None
    if norm is None or back is None or norm.reads(1) not in flow.tensors or _is_affine(flow.tensors[norm.reads(1)]):
        return False
    x = flow.shape(node)
    nodes, weights = [norm, back], list[Tensor]()
    for op in ("Mul", "Add"):
        after = flow.only_reader(nodes[-1].makes, op)
        beside = [name for name in after.inputs if name != nodes[-1].makes] if after else []
        tensor = flow.tensors.get(beside[0]) if len(beside) == 1 else None
        if after is None or tensor is None or not is_per_channel(tensor, x[0], len(x) - 1):
            break
        nodes, weights = [*nodes, after], [*weights, tensor]
    is_affine = len(weights) == 2
    if not is_affine:
        nodes = [norm, back]
    flow.absorb(*nodes)
    flow.put(
        node,
        "group_norm",
        flow.source(node),
        makes=nodes[-1].makes,
        weights=weights if is_affine else (),
        num_groups=groups,
        eps=norm.number("epsilon", 1e-5),
        affine=is_affine,
    )
    return True


def _normalized(x: Shape, weight: Tensor, axis: int) -> tuple[int, ...]:
    shape = x[axis_of(axis, len(x)) - 1 :]
    if weight.elements != 1 and weight.shape != shape:
        raise ArchError(f"weights of {dims(weight.shape)} do not go with {dims(shape)}")
    return shape


def _layer_norm(flow: Flow, node: Node) -> None:
    weight, bias = flow.tensor(node, 1), flow.maybe(node, 2)
    put_layer_norm(flow, node, node, weight, bias, node.integer("axis", -1), node.number("epsilon", 1e-5))


def put_layer_norm(
    flow: Flow, node: Node, end: Node, weight: Tensor | None, bias: Tensor | None, axis: int, eps: float
) -> None:
    """Put down a layer norm from its first node to its last."""
    x = flow.shape(node)
    is_affine = weight is not None and _is_affine(weight)
    has_bias = is_affine and bias is not None and bias.is_learnt
    weights = [tensor for tensor in (weight, bias if has_bias else None) if tensor is not None] if is_affine else []
    shape = _normalized(x, weight, axis) if weight is not None else x[axis_of(axis, len(x)) - 1 :]
    flow.put(
        node,
        "layer_norm",
        flow.source(node),
        makes=end.makes,
        weights=weights,
        normalized_shape=shape,
        eps=eps,
        elementwise_affine=is_affine,
        bias=has_bias or not is_affine,
    )


def layer_norm_of(flow: Flow, node: Node) -> bool:
    """Put down the layer norm that begins with a mean, if it is one, as files of opsets before 17 have it."""
    less = flow.only_reader(node.makes, "Sub") or _first(flow, node.makes, "Sub")
    if less is None or less.reads(0) != node.reads(0) or not node.integer("keepdims", 1):
        return False
    square = _first(flow, less.makes, "Pow", "Mul")
    variance = flow.only_reader(square.makes, "ReduceMean") if square else None
    safe = flow.only_reader(variance.makes, "Add") if variance else None
    root = flow.only_reader(safe.makes, "Sqrt") if safe else None
    end = flow.only_reader(root.makes, "Div") if root else None
    if square is None or variance is None or safe is None or root is None or end is None or end.reads(0) != less.makes:
        return False
    eps = flow.tensors[safe.reads(1)].number if safe.reads(1) in flow.tensors else None
    axes = _last_axes(flow, node)
    if eps is None or axes is None:
        return False
    nodes, weights = [less, square, variance, safe, root, end], list[Tensor]()
    for op in ("Mul", "Add"):
        after = flow.only_reader(nodes[-1].makes, op)
        tensor = flow.tensors.get(after.reads(1)) if after and after.reads(0) == nodes[-1].makes else None
        if after is None or tensor is None or tensor.shape != flow.shape(node)[axes:]:
            break
        nodes, weights = [*nodes, after], [*weights, tensor]
    flow.absorb(*nodes)
    weight, bias = (*weights, None, None)[:2]
    put_layer_norm(flow, node, nodes[-1], weight, bias, axes + 1, float(eps))
    return True


def _first(flow: Flow, value: str, *ops: str) -> Node | None:
    return next((reader for reader in flow.readers(value) if reader.op in ops), None)


def _last_axes(flow: Flow, node: Node) -> int | None:
    """Return where the axes begin that a mean goes over, if they are the last ones."""
    x = flow.shape(node)
    said = axes_said(node, flow.maybe(node, 1), 1 + len(x))
    if not said or 0 in said:
        return None
    axes = axes_of(said, len(x))
    return axes[0] - 1 if axes == tuple(range(axes[0], len(x) + 1)) else None


def layer_norm2d_of(flow: Flow, node: Node) -> bool:
    """Put down the norm of channels at each place that begins with a Transpose, if it is one."""
    norm = flow.only_reader(node.makes, "LayerNormalization")
    back = flow.only_reader(norm.makes, "Transpose") if norm else None
    if norm is None or back is None or node.integers("perm") != _TO_LAST or back.integers("perm") != _TO_FIRST:
        return False
    weight, bias = flow.tensor(norm, 1), flow.maybe(norm, 2)
    x = flow.shape(node)
    if norm.integer("axis", -1) not in (-1, 3) or weight.shape != x[:1]:
        return False
    is_affine = _is_affine(weight)
    has_bias = is_affine and bias is not None and bias.is_learnt
    flow.absorb(norm, back)
    flow.put(
        norm,
        "layer_norm2d",
        flow.source(node),
        makes=back.makes,
        weights=[weight, *([bias] if bias is not None and has_bias else [])] if is_affine else (),
        eps=norm.number("epsilon", 1e-5),
        elementwise_affine=is_affine,
        bias=has_bias or not is_affine,
    )
    return True


def _lrn(flow: Flow, node: Node) -> None:
    flow.put(
        node,
        "local_response_norm",
        flow.source(node),
        size=node.integer("size", 0),
        alpha_per="mean",
        alpha=node.number("alpha", 1e-4),
        beta=node.number("beta", 0.75),
        k=node.number("bias", 1.0),
    )


OPS: Final[Mapping[str, Callable[[Flow, Node], None]]] = {
    "BatchNormalization": _batch_norm,
    "InstanceNormalization": _instance_norm,
    "GroupNormalization": _group_norm,
    "LayerNormalization": _layer_norm,
    "LRN": _lrn,
}
