"""Layers with windows: convolutions, transposed convolutions and pools.

Paddings are all sides before, then all after: https://onnx.ai/onnx/operators/onnx__Conv.html
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from archcalc.errors import ArchError
from archcalc.exchange.onnx.reading.biases import bias_of, is_a_bias
from archcalc.exchange.onnx.reading.flow import Flow
from archcalc.exchange.onnx.reading.model import Node, Tensor
from archcalc.exchange.onnx.reading.naming import is_normed
from archcalc.layers import Shape
from archcalc.layers.fields import SAME, SAME_LOWER, Sides
from archcalc.layers.sizes import AXES, dims

_FOLDED: Final = "The exporter has made {count} batch norms part of the convolutions before them."


def _axes(x: Shape) -> int:
    axes = len(x) - 1
    if axes not in AXES:
        raise ArchError(f"no layer kind slides over {axes} axes")
    return axes


def _sides(node: Node, axes: int, least: int = 0) -> tuple[tuple[int, int], ...]:
    pads = node.integers("pads") or (0,) * 2 * axes
    if len(pads) != 2 * axes or min(pads) < least:
        raise ArchError(f"pads must be {2 * axes} integers >= {least}, got {list(pads)[:8]}")
    return tuple(zip(pads[:axes], pads[axes:], strict=True))


def _padding(node: Node, axes: int) -> Sides | str:
    auto = node.word("auto_pad", "NOTSET")
    if auto in _SAME:
        return _SAME[auto]
    if auto == "VALID":
        return Sides(*(0,) * 2 * axes)
    if auto != "NOTSET":
        raise ArchError(f"auto_pad {auto[:20]} is unknown")
    return Sides(*(side for pair in _sides(node, axes) for side in pair))


_SAME: Final = {"SAME_UPPER": SAME, "SAME_LOWER": SAME_LOWER}


def _slides(node: Node, kernel: Shape) -> dict[str, Any]:
    """Return the fields of a window, of which the kernel's sizes are those of its weights or its own."""
    axes = len(kernel)
    if node.has("kernel_shape") and node.integers("kernel_shape") != kernel:
        raise ArchError(f"kernel_shape {list(node.integers('kernel_shape'))[:8]} is not that of its weights")
    return {
        "kernel_size": kernel,
        "stride": node.each_axis("strides", axes, 1),
        "padding": _padding(node, axes),
        "dilation": node.each_axis("dilations", axes, 1),
    }


def _weight(flow: Flow, node: Node, axes: int) -> Tensor:
    weight = flow.tensor(node, 1)
    if len(weight.shape) != axes + 2:
        raise ArchError(f"weights of {dims(weight.shape)} do not slide over {axes} axes")
    return weight


def _conv(flow: Flow, node: Node) -> None:
    x = flow.shape(node)
    axes = _axes(x)
    weight = _weight(flow, node, axes)
    groups = node.integer("group", 1)
    if weight.shape[1] * groups != x[0]:
        raise ArchError(f"weights for {weight.shape[1]} * {groups} channels cannot read {x[0]}")
    fields = {"out_channels": weight.shape[0], **_slides(node, weight.shape[2:]), "groups": groups}
    value, bias = bias_of(flow, node, weight.shape[0], axes)
    if is_normed(node, weight):
        flow.notes[_FOLDED] += 1
    weights = (weight, bias) if bias else (weight,)
    flow.put(node, f"conv{axes}d", flow.source(node), makes=value, weights=weights, bias=bias is not None, **fields)


def _conv_transpose(flow: Flow, node: Node) -> None:
    """Put down a transposed convolution, and what cuts off its end where the padding after is the larger one."""
    x = flow.shape(node)
    axes = _axes(x)
    weight = _weight(flow, node, axes)
    groups, kernel = node.integer("group", 1), weight.shape[2:]
    if weight.shape[0] != x[0]:
        raise ArchError(f"weights for {weight.shape[0]} channels cannot read {x[0]}")
    fields = _slides(node, kernel)
    more = node.each_axis("output_padding", axes, 0)
    sides = _sides_of_transposed(node, x, fields, more)
    fields["padding"] = tuple(before for before, _ in sides)
    fields["output_padding"] = tuple(
        extra + max(before - after, 0) for extra, (before, after) in zip(more, sides, strict=True)
    )
    bias = flow.maybe(node, 2)
    bias = bias if bias is not None and is_a_bias(bias, weight.shape[1] * groups) else None
    cut = [(axis, after - before) for axis, (before, after) in enumerate(sides, start=2) if after > before]
    value = f"{node.makes}/whole" if cut else node.makes
    flow.put(
        node,
        f"conv_transpose{axes}d",
        flow.source(node),
        makes=value,
        weights=(weight, bias) if bias else (weight,),
        bias=bias is not None,
        out_channels=weight.shape[1] * groups,
        groups=groups,
        **fields,
    )
    for axis, by in cut:
        made = flow.made[value]
        flow.put(node, "slice", made, makes=value, name="cut", dim=axis, length=flow.sketch.shape(made)[axis - 1] - by)
    flow.made[node.makes] = flow.made[value]


def _sides_of_transposed(node: Node, x: Shape, fields: Mapping[str, Any], more: Shape) -> tuple[tuple[int, int], ...]:
    """Return the padding at both ends of each axis, which may follow from the size that is to be made.

    The rule is that of https://onnx.ai/onnx/operators/onnx__ConvTranspose.html.
    """
    axes = len(x) - 1
    auto, sizes = node.word("auto_pad", "NOTSET"), node.integers("output_shape")
    if not sizes and auto not in _SAME:
        return _sides(node, axes)
    wanted = sizes[-axes:] or tuple(size * stride for size, stride in zip(x[1:], fields["stride"], strict=True))
    if len(wanted) != axes:
        raise ArchError(f"output_shape must be {axes} integers")
    sides = []
    window = zip(x[1:], wanted, fields["kernel_size"], fields["stride"], fields["dilation"], more, strict=True)
    for size, out, kernel, stride, dilation, extra in window:
        natural = stride * (size - 1) + extra + (kernel - 1) * dilation + 1
        if sizes and out > natural:
            raise ArchError(f"no layer kind makes {out} places where windows reach {natural}")
        total = max(natural - out, 0)
        half = total // 2
        sides.append((half, total - half) if auto == "SAME_UPPER" else (total - half, half))
    return tuple(sides)


def _pool(op: str) -> Callable[[Flow, Node], None]:
    def put(flow: Flow, node: Node) -> None:
        axes = _axes(flow.shape(node))
        kernel = node.integers("kernel_shape")
        if len(kernel) != axes:
            raise ArchError(f"kernel_shape must be {axes} integers, got {len(kernel)}")
        fields = _slides(node, kernel)
        if isinstance(fields["padding"], Sides):
            fields["ceil_mode"] = node.integer("ceil_mode", 0) != 0
        if op == "avg_pool":
            if set(fields.pop("dilation")) != {1}:
                raise ArchError("no layer kind makes means of windows with gaps")
            fields["count_include_pad"] = node.integer("count_include_pad", 0) != 0
        if op == "max_pool" and not flow.readers(node.makes) and node.makes not in flow.outputs:
            return  # only the places of its maxima are read, which a max_unpool2d finds itself
        flow.put(node, f"{op}{axes}d", flow.source(node), **fields)

    return put


put_max_pool: Final = _pool("max_pool")


def _global(op: str) -> Callable[[Flow, Node], None]:
    def put(flow: Flow, node: Node) -> None:
        flow.put(node, f"{op}{_axes(flow.shape(node))}d", flow.source(node), output_size=1)

    return put


def _max_unpool(flow: Flow, node: Node) -> None:
    pool = flow.makers.get(node.reads(1))
    if pool is None or pool.op != "MaxPool" or node.reads(1) not in pool.outputs[1:2]:
        raise ArchError("its places are not those of a MaxPool")
    axes = _axes(flow.shape(pool))
    fields = _slides(pool, pool.integers("kernel_shape"))
    if set(fields.pop("dilation")) != {1} or axes != 2:
        raise ArchError("no layer kind undoes a pool like its MaxPool")
    fields["ceil_mode"] = pool.integer("ceil_mode", 0) != 0
    flow.put(node, "max_unpool2d", [flow.source(node), flow.source(pool)], **fields)


OPS: Final[Mapping[str, Callable[[Flow, Node], None]]] = {
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "MaxPool": put_max_pool,
    "AveragePool": _pool("avg_pool"),
    "GlobalAveragePool": _global("adaptive_avg_pool"),
    "GlobalMaxPool": _global("adaptive_max_pool"),
    "MaxUnpool": _max_unpool,
}
