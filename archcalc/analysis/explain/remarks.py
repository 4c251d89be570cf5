"""Remarks on what a layer's numbers do not show: elements that no window reads, what a split saves."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from archcalc.analysis.explain.coverage import Axis
from archcalc.errors import listing
from archcalc.graph import Node
from archcalc.layers.base import Role
from archcalc.layers.fields import Sides
from archcalc.layers.sizes import AXES, dims
from archcalc.layers.window import applied
from archcalc.table import row_of


class Remark(NamedTuple):
    """Something worth knowing, and the quantities that it goes with."""

    of: tuple[str, ...]
    text: str


def remarks(node: Node) -> list[Remark]:
    """Return remarks on what the output, params and MACs of a layer do not show."""
    own = node.layer.remarks(*node.device_inputs)
    shapes = (*_windows(node), *own, *_norm_of_its_own(node), *_gather(node))
    return [
        *(Remark(("output",), text) for text in shapes),
        *(Remark(("params", "macs"), text) for text in _split(node)),
    ]


def _windows(node: Node) -> Iterator[str]:
    slides = node.layer.slides()
    if slides is None:
        return
    window = applied(slides, node.device_inputs[0])
    padding = slides.padding if isinstance(slides.padding, Sides) else window.padding
    sizes = zip(node.device_inputs[0][1:], node.device_output[1:], strict=True)
    axes = [
        Axis(size, places, window.kernel_size[i], window.stride[i], window.dilation[i], *padding.along_axes[i])
        for i, (size, places) in enumerate(sizes)
    ]
    elements, names = _ELEMENTS[len(axes)], AXES[len(axes)]
    if len(axes) > 1 and all(axis == axes[0] for axis in axes):
        yield from _along(axes[0], listing(elements, "and"), "each axis")
    else:
        for axis, own, name in zip(axes, elements, names, strict=True):
            yield from _along(axis, own, f"the {name}")


_ELEMENTS: Final = {1: ("elements",), 2: ("rows", "columns"), 3: ("slices", "rows", "columns")}
"""What windows read along each axis."""


def _along(axis: Axis, elements: str, direction: str) -> Iterator[str]:
    """Return remarks on what the windows along an axis leave; `elements` are its rows or columns."""
    coverage = axis.coverage()
    remainder = f"{axis.room:,} / {axis.stride:,} is not exact: " if axis.room % axis.stride else ""
    if coverage.unread_at_end:
        yield f"{remainder}no window reads the last {coverage.unread_at_end:,} of {axis.size:,} {elements}"
    if coverage.unread_between:
        gaps = f"kernel {axis.kernel:,}, stride {axis.stride:,}"
        gaps += f", dilation {axis.dilation:,}" if axis.dilation > 1 else ""
        yield f"no window reads {coverage.unread_between:,} of {axis.size:,} {elements}, which lie in gaps ({gaps})"
    if coverage.unread_padding:
        last = "" if coverage.unread_padding == axis.after else f"last {coverage.unread_padding:,} of {axis.after:,} "
        padding = f"the {last}{elements} of padding after the input"
        yield f"{'' if coverage.unread_at_end else remainder}no window reads {padding}"
    if coverage.past:
        where = "padded input" if axis.after else "input"
        yield f"{remainder}the last window reads {_counted(coverage.past, elements)} past the {where}, as padding"
    if coverage.on_padding:
        yield f"{coverage.on_padding:,} of {axis.places:,} windows along {direction} read padding only"


def _counted(count: int, elements: str) -> str:
    return f"{count:,} {elements}" if count > 1 else f"1 {re.sub(r's(?= |,|$)', '', elements)}"


def _norm_of_its_own(node: Node) -> Iterator[str]:
    """Yield a remark on a norm over channels, which sees those of its own device only."""
    if node.copies > 1 and node.layer.role is Role.NORM and node.layer.mixes_channels:
        own, all_of_them = node.device_output[0], node.output_shape[0]
        yield f"each device normalizes over its own {own:,} channels, not over all {all_of_them:,}"


def _gather(node: Node) -> Iterator[str]:
    if node.gather:
        yield f"gather: each of {node.copies} devices reads all of {' and '.join(map(dims, node.device_inputs))}"


def _split(node: Node) -> Iterator[str]:
    """Return how much groups and towers save against one group on one device, in params and MACs."""
    whole = _in_one(node)
    if whole is None:
        return
    own, other = row_of(node), row_of(whole)
    parts = _parts(node)
    if other.macs > own.macs:
        yield (
            f"{parts} that read their own channels: {own.params:,} params and {own.macs:,} MACs; as one group "
            f"{other.params:,} and {other.macs:,}, so that the split saves {other.params - own.params:,} and "
            f"{other.macs - own.macs:,}"
        )
    elif other.params != own.params or other.macs != own.macs:
        yield f"{parts}: {own.params:,} params and {own.macs:,} MACs; as one group {other.params:,} and {other.macs:,}"


def _parts(node: Node) -> str:
    groups = node.layer.groups_of_channels or 1
    split = [f"{node.copies} devices"] if node.copies > 1 else []
    split += [f"{groups:,} groups"] if groups > 1 else []
    return " of ".join(split)


def _in_one(node: Node) -> Node | None:
    """Return the layer in one group on one device, as wide; None if it is that already, or has no width of its own."""
    if node.copies * (node.layer.groups_of_channels or 1) == 1:
        return None
    layer = node.layer.in_one_group(node.copies)
    if layer is None:
        return None
    inputs, output = node.input_shapes, node.output_shape
    return node._replace(layer=layer, device_inputs=inputs, device_output=output, tower=None, copies=1)
