"""Nodes that lay elements out anew, join them and take parts of them."""

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import Final

from archcalc.errors import ArchError
from archcalc.exchange.axes import axes_of, axis_of
from archcalc.exchange.onnx.reading.flow import Flow
from archcalc.exchange.onnx.reading.model import Node
from archcalc.exchange.onnx.reading.norms import group_norm_of, layer_norm2d_of
from archcalc.exchange.onnx.reading.operands import axes_of as axes_said
from archcalc.exchange.onnx.reading.operands import broadcast, expect_axes
from archcalc.layers import Shape
from archcalc.layers.sizes import dims


def _reshape(flow: Flow, node: Node) -> None:
    x = flow.shape(node)
    said = flow.tensor(node, 1)
    if said.numbers is None:
        raise ArchError("its new shape is not known before the network runs")
    wanted = [None if size is None else int(size) for size in expect_axes(said.numbers)]
    if wanted == [-1] and _put_strided(flow, node):
        return
    shape = _new_shape(flow, x, wanted, copies=not node.integer("allowzero", 0))
    if len(shape) == 2 and group_norm_of(flow, node, shape[0]):
        return
    if not _put_channel_shuffle(flow, node, shape):
        _lay_out(flow, node, shape)


def _put_strided(flow: Flow, node: Node) -> bool:
    """Leave out what takes all elements and puts them back in order, as torch's newer exporter does for as_strided."""
    taken = flow.only_reader(node.makes, "Gather")
    places = flow.tensors.get(taken.reads(1)) if taken else None
    x = flow.shape(node)
    if taken is None or places is None or places.shape != (1, *x) or places.numbers is None:
        return False
    if places.numbers != tuple(range(prod(x))):
        return False
    flow.absorb(taken)
    flow.passes(node, taken.makes)
    return True


def _new_shape(flow: Flow, x: Shape, wanted: Sequence[int | None], copies: bool) -> Shape:
    """Return a shape without its batch, which is the first size: a number, -1, 0 or what is not known."""
    full = (flow.batch, *x)
    sizes = [full[place] if size == 0 and copies and place < len(full) else size for place, size in enumerate(wanted)]
    words = ["?" if size is None else size for size in wanted]
    fault = ArchError(f"no layer kind lays batch x {dims(x)} out as {dims(words)}: it moves the batch")
    open_places = [place for place, size in enumerate(sizes) if place and size in (-1, None)]
    if len(sizes) < 2 or len(open_places) > 1:
        raise fault
    if sizes[0] not in (-1, None, 1, flow.batch) and flow.batch is not None:
        raise fault
    known = prod(size for place, size in enumerate(sizes) if place and place not in open_places and size)
    made = tuple(prod(x) // known if place in open_places else size or 0 for place, size in enumerate(sizes))[1:]
    if prod(made) != prod(x):
        raise fault
    return made


def _lay_out(flow: Flow, node: Node, shape: Shape) -> None:
    x = flow.shape(node)
    if shape == x:
        flow.passes(node)
    elif len(shape) == 1:
        flow.put(node, "flatten", flow.source(node))
    else:
        flow.put(node, "reshape", flow.source(node), shape=shape)


def _put_channel_shuffle(flow: Flow, node: Node, shape: Shape) -> bool:
    """Put down the shuffle of channels that begins with a Reshape to groups, if it is one."""
    x = flow.shape(node)
    turned = flow.only_reader(node.makes, "Transpose")
    back = flow.only_reader(turned.makes, "Reshape") if turned else None
    if turned is None or back is None or len(x) != 3 or shape != (shape[0], x[0] // shape[0], *x[1:]):
        return False
    said = flow.tensors.get(back.reads(1))
    if turned.integers("perm") != (0, 2, 1, 3, 4) or said is None or said.numbers is None or len(said.numbers) != 4:
        return False
    sizes = [None if size is None else int(size) for size in said.numbers]
    if any(size not in (None, -1, 0, whole) for size, whole in zip(sizes[1:], x, strict=True)):
        return False
    flow.absorb(turned, back)
    flow.put(node, "channel_shuffle", flow.source(node), makes=back.makes, groups=shape[0], name=_shuffle_name(node))
    return True


def _shuffle_name(node: Node) -> str:
    scope = node.scopes[-2] if len(node.scopes) > 1 else ""
    return f"{scope}.channel_shuffle" if scope else "channel_shuffle"


def _flatten(flow: Flow, node: Node) -> None:
    x = flow.shape(node)
    if axis_of(node.integer("axis", 1), len(x)) != 1:
        raise ArchError("no layer kind makes a matrix of the batch and some axes")
    _lay_out(flow, node, (prod(x),))


def _squeeze(flow: Flow, node: Node) -> None:
    x = flow.shape(node)
    said = axes_said(node, flow.maybe(node, 1), 1 + len(x))
    axes = tuple(axis for axis, size in enumerate(x, start=1) if size == 1) if said is None else axes_of(said, len(x))
    if said is None and flow.batch == 1:
        flow.notes["Squeeze takes the batch away too where it is 1, which is kept here."] += 1
    if axes:
        flow.put(node, "squeeze", flow.source(node), dim=axes)
    else:
        flow.passes(node)


def _unsqueeze(flow: Flow, node: Node) -> None:
    x, tensor = flow.shape(node), flow.maybe(node, 1)
    count = len(node.integers("axes") if tensor is None else tensor.integers("its axes"))
    expect_axes(range(1 + len(x) + count))
    said = axes_said(node, tensor, 1 + len(x) + count) or ()
    flow.passes(node)
    for axis in axes_of(said, len(x) + count):
        flow.put(node, "unsqueeze", flow.made[node.makes], dim=axis)


def _transpose(flow: Flow, node: Node) -> None:
    x = flow.shape(node)
    order = node.integers("perm") or tuple(reversed(range(1 + len(x))))
    if sorted(order) != [*range(1 + len(x))] or order[0] != 0:
        raise ArchError(f"perm {list(order)[:8]} is not an order of the axes of batch x {dims(x)}, the batch first")
    if layer_norm2d_of(flow, node):
        return
    if order == tuple(sorted(order)):
        flow.passes(node)
    else:
        flow.put(node, "permute", flow.source(node), dims=order[1:])


def _concat(flow: Flow, node: Node) -> None:
    if len(node.inputs) == 1:
        flow.passes(node)
        return
    sources = flow.sources(node)
    flow.put(node, "concat", sources, dim=axis_of(node.integer("axis", 1), len(flow.shape(node))))


def _expand(flow: Flow, node: Node) -> None:
    """Leave out what repeats elements for products, in which sizes of 1 stand for all anyway."""
    x, said = flow.shape(node), flow.tensor(node, 1)
    sizes = (1,) * (1 + len(x)) if said.numbers is None else tuple(int(size or 1) for size in expect_axes(said.numbers))
    made = broadcast((1, *x), sizes)
    readers = flow.readers(node.makes)
    is_for_products = node.makes not in flow.outputs and {reader.op for reader in readers} == {"Mul"}
    if made[1:] != x and not is_for_products:
        raise ArchError(f"no layer kind repeats {dims(x)} to {dims(made[1:])}")
    flow.passes(node)


OPS: Final[Mapping[str, Callable[[Flow, Node], None]]] = {
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Transpose": _transpose,
    "Concat": _concat,
    "Expand": _expand,
}
