"""Nodes that change the places of maps: paddings, resampling, places as channels, and means over axes."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import inf
from typing import Any, Final

from archcalc.errors import ArchError
from archcalc.exchange.axes import axes_of
from archcalc.exchange.onnx.reading.flow import Flow
from archcalc.exchange.onnx.reading.model import Node, Number, Tensor
from archcalc.exchange.onnx.reading.norms import layer_norm_of
from archcalc.exchange.onnx.reading.operands import axes_of as axes_said
from archcalc.exchange.onnx.reading.parse import as_written
from archcalc.exchange.onnx.reading.parts import cut
from archcalc.exchange.onnx.reading.windows import put_max_pool
from archcalc.layers import Shape
from archcalc.layers.base import find
from archcalc.layers.fields import LARGEST, Sides
from archcalc.layers.sizes import AXES, dims

_PADS: Final = {"constant": "zero_pad", "reflect": "reflection_pad", "edge": "replication_pad"}
_FILTERS: Final = ".filt"
_SMOOTH: Final = {1: "linear", 2: "bilinear", 3: "trilinear"}


def _pad(flow: Flow, node: Node) -> None:
    x, mode = flow.shape(node), node.word("mode", "constant")
    if mode not in _PADS or len(x) - 1 not in AXES:
        raise ArchError(f"no layer kind pads {dims(x)} in the mode {mode[:20]}")
    pairs = _sides(flow, node, x)
    sides = _without_cuts(flow, node, pairs)
    source, is_cut = flow.made[node.makes], any(min(pair) < 0 for pair in pairs)
    value = flow.maybe(node, 2)
    number = node.number("value", 0.0) if value is None else value.number
    if number is None:
        raise ArchError("its value is not known before the network runs")
    pool = None if is_cut else flow.only_reader(node.makes, "MaxPool")
    if not any(sides):
        return
    if mode == "constant" and number == -inf and pool is not None and not any(pool.integers("pads")):
        _put_padded_pool(flow, node, pool, sides)
    elif mode == "reflect" and not is_cut and _put_blur(flow, node, sides):
        return
    elif mode == "constant" and number != 0:
        flow.put(node, f"constant_pad{len(x) - 1}d", source, padding=sides, value=float(number))
    else:
        flow.put(node, f"{_PADS[mode]}{len(x) - 1}d", source, padding=sides)


def _without_cuts(flow: Flow, node: Node, pairs: Sequence[tuple[int, int]]) -> Sides:
    """Put down parts where padding is less than none, and return the padding that is left."""
    x = flow.shape(node)
    flow.passes(node)
    for dim, (before, after) in enumerate(pairs, start=2):
        if min(before, after) < 0:
            cut(flow, node, dim, max(-before, 0), x[dim - 1] - max(-after, 0), 1)
    return Sides(*(max(side, 0) for pair in pairs for side in pair))


def _put_padded_pool(flow: Flow, node: Node, pool: Node, sides: Sides) -> None:
    """Put down a pool with the padding before it, which never wins, as its own."""
    pads = (*sides.before, *(after for _, after in sides.along_axes))
    flow.absorb(pool)
    put_max_pool(flow, pool._replace(inputs=node.inputs[:1], attributes={**pool.attributes, "pads": pads}))


def _put_blur(flow: Flow, node: Node, sides: Sides) -> bool:
    """Put down the blur pool that begins with a padding, if it is one: its filters are fixed, or named as timm does."""
    conv = flow.only_reader(node.makes, "Conv")
    filters = flow.tensors.get(conv.reads(1)) if conv else None
    x = flow.shape(node)
    if conv is None or filters is None or filters.shape[:2] != (x[0], 1) or len(filters.shape) != 4:
        return False
    if filters.is_learnt and not filters.name.endswith(_FILTERS):
        return False
    kernel, stride = filters.shape[2:], conv.each_axis("strides", 2, 1)
    own = find("blur_pool2d")(kernel_size=kernel, stride=stride).slides()
    padding = None if own is not None and own.padding == sides else sides
    flow.absorb(conv)
    path = filters.name.removesuffix(_FILTERS) if filters.name.endswith(_FILTERS) else ""
    flow.put(
        conv,
        "blur_pool2d",
        flow.source(node),
        makes=conv.makes,
        name=path,
        kernel_size=kernel,
        stride=stride,
        padding=padding,
    )
    return True


def _sides(flow: Flow, node: Node, x: Shape) -> list[tuple[int, int]]:
    """Return the padding of places, both sides of each axis. Raises ArchError for that of the batch or channels."""
    said, rank = flow.maybe(node, 1), 1 + len(x)
    pads = node.integers("pads") if said is None else said.integers("its padding")
    axes = axes_said(node, flow.maybe(node, 3), rank) or tuple(range(rank))
    if len(pads) != 2 * len(axes):
        raise ArchError(f"{len(pads)} pads do not go with {len(axes)} axes")
    sides = {axis: (pads[place], pads[place + len(axes)]) for place, axis in enumerate(axes)}
    if any(any(sides.get(axis, (0, 0))) for axis in (0, 1)):
        raise ArchError("no layer kind pads channels, or the batch")
    return [sides.get(axis, (0, 0)) for axis in range(2, rank)]


def _resize(flow: Flow, node: Node) -> None:
    x, policy = flow.shape(node), node.word("keep_aspect_ratio_policy", "stretch")
    if policy != "stretch":
        raise ArchError(f"no layer kind keeps the proportions of what it resizes, as the policy {policy[:20]} does")
    scales, sizes = _scales_and_sizes(flow, node)
    axes = axes_said(node, None, 1 + len(x)) or tuple(range(1 + len(x)))
    numbers = scales or sizes
    if numbers is None or len(numbers) != len(axes):
        raise ArchError("its scales are not known before the network runs")
    given = dict(zip(axes, numbers, strict=True))
    fields = _by_scales(given, x) if scales else _by_sizes(given, x)
    if (fields.get("size") or x[1:]) == x[1:] and set(fields.get("scale_factor", (1,))) == {1}:
        flow.passes(node)
        return
    flow.put(node, "upsample", flow.source(node), **fields, **_mode(flow, node, len(x) - 1))


def _scales_and_sizes(
    flow: Flow, node: Node
) -> tuple[tuple[Number | None, ...] | None, tuple[Number | None, ...] | None]:
    """Return the factors and the sizes of all axes, of which one is None or empty."""
    if node.op == "Upsample":
        tensor = flow.maybe(node, 1)
        return (node.numbers("scales") if tensor is None else tensor.numbers), None
    if flow.opset < 11:
        return flow.tensor(node, 1).numbers, None
    scales, sizes = _unless_empty(flow.maybe(node, 2)), _unless_empty(flow.maybe(node, 3))
    return (scales.numbers if scales else None), (sizes.numbers if sizes else None)


def _unless_empty(tensor: Tensor | None) -> Tensor | None:
    return tensor if tensor is not None and tensor.elements else None


def _by_scales(given: Mapping[int, Number | None], x: Shape) -> dict[str, Any]:
    factors = [given.get(axis, 1) for axis in range(1 + len(x))]
    if any(factor != 1 for factor in factors[:2]) or None in factors:
        raise ArchError("no layer kind resizes channels, or the batch")
    if not all(0 < (factor or 0) < LARGEST for factor in factors):
        raise ArchError("its scales must be larger than 0")
    places = tuple(as_written(float(factor or 1)) for factor in factors[2:])
    by_size = tuple(int(size * factor) for size, factor in zip(x[1:], places, strict=True))
    exact = tuple(int(size * Fraction(repr(factor))) for size, factor in zip(x[1:], places, strict=True))
    if by_size != exact:
        return {"size": by_size}
    return {"scale_factor": tuple(int(factor) if factor == int(factor) else factor for factor in places)}


def _by_sizes(given: Mapping[int, Number | None], x: Shape) -> dict[str, Any]:
    sizes = [given.get(axis, size) for axis, size in enumerate((1, *x))]
    if sizes[1] != x[0] or None in sizes[1:]:
        raise ArchError("no layer kind resizes channels")
    made = tuple(int(size or 0) for size in sizes[2:])
    if all(out % size == 0 for out, size in zip(made, x[1:], strict=True)):
        return {"scale_factor": tuple(out // size for out, size in zip(made, x[1:], strict=True))}
    return {"size": made}


def _mode(flow: Flow, node: Node, axes: int) -> dict[str, Any]:
    """Return how places between places are made; where torch has no such way, the nearest, with a note."""
    mode = node.word("mode", "nearest")
    default = "half_pixel" if flow.opset >= 11 and node.op == "Resize" else "asymmetric"
    places = node.word("coordinate_transformation_mode", default)
    if mode == "nearest":
        return {"mode": "nearest" if places == "asymmetric" else "nearest-exact"}
    smooth = _SMOOTH.get(axes, "") if mode in ("linear", "bilinear") else "bicubic" if mode == "cubic" else ""
    if not smooth:
        raise ArchError(f"no layer kind resizes {axes} axes in the mode {mode[:20]}")
    if places not in ("half_pixel", "pytorch_half_pixel", "align_corners"):
        flow.notes[f"Resize counts places as {places[:40]} here, which {smooth} does not."] += 1
    return {"mode": smooth, "align_corners": places == "align_corners"}


def _depth_to_space(flow: Flow, node: Node) -> None:
    factor = node.integer("blocksize", 0)
    if node.word("mode", "DCR") != "CRD":
        flow.notes["DepthToSpace takes channels in another order than pixel_shuffle."] += 1
    flow.put(node, "pixel_shuffle", flow.source(node), upscale_factor=factor)


def _space_to_depth(flow: Flow, node: Node) -> None:
    flow.notes["SpaceToDepth puts channels in another order than pixel_unshuffle."] += 1
    flow.put(node, "pixel_unshuffle", flow.source(node), downscale_factor=node.integer("blocksize", 0))


def _reduce(op: str) -> Callable[[Flow, Node], None]:
    def put(flow: Flow, node: Node) -> None:
        if op == "mean" and layer_norm_of(flow, node):
            return
        axes, keeps = _reduced_axes(flow, node), node.integer("keepdims", 1) != 0
        flow.put(node, op, flow.source(node), dim=axes, keepdim=keeps)

    return put


def _reduced_axes(flow: Flow, node: Node) -> tuple[int, ...]:
    x = flow.shape(node)
    said = axes_said(node, flow.maybe(node, 1), 1 + len(x))
    if not said:
        raise ArchError("it goes over all axes, and so along the batch")
    return axes_of(said, len(x))


def _reduce_max(flow: Flow, node: Node) -> None:
    x, axes = flow.shape(node), _reduced_axes(flow, node)
    if axes[0] < 2 or len(x) - 1 not in AXES:
        raise ArchError(f"no layer kind takes the largest along the axes {list(axes)}")
    sizes = [1 if axis in axes else size for axis, size in enumerate(x[1:], start=2)]
    made = flow.put(node, f"adaptive_max_pool{len(x) - 1}d", flow.source(node), output_size=sizes)
    if not node.integer("keepdims", 1):
        flow.put(node, "squeeze", made, dim=axes)


OPS: Final[Mapping[str, Callable[[Flow, Node], None]]] = {
    "Pad": _pad,
    **dict.fromkeys(("Resize", "Upsample"), _resize),
    "DepthToSpace": _depth_to_space,
    "SpaceToDepth": _space_to_depth,
    "ReduceMean": _reduce("mean"),
    "ReduceSum": _reduce("sum"),
    "ReduceMax": _reduce_max,
}
