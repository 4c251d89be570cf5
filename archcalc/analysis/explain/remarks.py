"""What a layer's numbers do not show, in words: what no window reads, what a split saves, what an alpha really is."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple

from archcalc.analysis.explain.coverage import Axis
from archcalc.graph import Node
from archcalc.layers.base import dims
from archcalc.layers.fields import Sides
from archcalc.layers.norm import LocalResponseNorm
from archcalc.layers.pool import AdaptivePool2d
from archcalc.table import row_of


class Fact(NamedTuple):
    """Something worth knowing, and the figures that it goes with."""

    of: tuple[str, ...]
    text: str


def hidden(node: Node) -> list[Fact]:
    """What the output, params and MACs of a layer do not show."""
    shapes = (*_windows(node), *_bins(node), *_response_norm(node), *_gather(node))
    return [*(Fact(("output",), text) for text in shapes), *(Fact(("params", "macs"), text) for text in _split(node))]


def _windows(node: Node) -> Iterator[str]:
    window = node.layer.window(*node.reads)
    if window is None:
        return
    asked = vars(node.layer)["padding"]
    top, bottom, left, right = asked if isinstance(asked, Sides) else window.padding
    padding = ((top, bottom), (left, right))
    height, width = (
        Axis(size, places, window.kernel_size[i], window.stride[i], window.dilation[i], *padding[i])
        for i, (size, places) in enumerate(zip(node.reads[0][1:], node.makes[1:], strict=True))
    )
    if height == width:
        yield from _along(height, "rows and columns", "each axis")
    else:
        yield from _along(height, "rows", "the height")
        yield from _along(width, "columns", "the width")


def _along(axis: Axis, elements: str, direction: str) -> Iterator[str]:
    """What the windows along an axis leave, where `elements` are its rows or columns."""
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
    return f"{count:,} {elements}" if count > 1 else f"1 {elements.replace('rows', 'row').replace('columns', 'column')}"


def _bins(node: Node) -> Iterator[str]:
    """Adaptive pools: neighbouring bins share what a boundary cuts through, as torch has it."""
    if not isinstance(node.layer, AdaptivePool2d):
        return
    sizes, bins = node.reads[0][1:], node.makes[1:]
    if sizes == bins:
        yield f"{dims(sizes)} is what it asks for: it changes nothing here"
        return
    height, width = zip(sizes, bins, strict=True)
    for (size, count), elements in _once(height, width, ("rows", "columns")):
        if count > size:
            yield f"more bins than {elements}: some are read more than once"
        elif size % count:
            yield f"{size:,} / {count:,} is not exact: bins share {elements} with their neighbours"


def _once(height: Any, width: Any, names: tuple[str, str]) -> list[tuple[Any, str]]:
    return [(height, " and ".join(names))] if height == width else [(height, names[0]), (width, names[1])]


def _response_norm(node: Node) -> Iterator[str]:
    if not isinstance(node.layer, LocalResponseNorm):
        return
    layer = node.layer
    alpha, size = Decimal(repr(layer.alpha)), layer.size
    if layer.alpha_per == "sum":
        of_mean = f"is {_shown(alpha * size)} per mean (Caffe, PyTorch)"
        yield (
            f"alpha {alpha:f} per sum (the 2012 paper, TensorFlow) {of_mean}; "
            f"{alpha:f} per mean would be {size} times weaker"
        )
    else:
        of_sum = f"is {_shown(alpha / size)} per sum (the 2012 paper, TensorFlow)"
        yield f"alpha {alpha:f} per mean (Caffe, PyTorch) {of_sum}; {alpha:f} per sum would be {size} times stronger"
    if node.copies > 1:
        yield f"each device normalizes over its own {node.makes[0]:,} channels, not over all {node.output_shape[0]:,}"


def _shown(number: Decimal) -> str:
    return f"{number.normalize():f}" if len(number.as_tuple().digits) < 10 else f"{number:.6g}"


def _gather(node: Node) -> Iterator[str]:
    if node.gather:
        yield f"gather: each of {node.copies} devices reads all of {' and '.join(map(dims, node.reads))}"


def _split(node: Node) -> Iterator[str]:
    """What groups and towers cost less than one group on one device would, in params and MACs."""
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
    groups = vars(node.layer).get("groups", 1)
    split = [f"{node.copies} devices"] if node.copies > 1 else []
    split += [f"{groups:,} groups"] if groups > 1 else []
    return " of ".join(split)


def _in_one(node: Node) -> Node | None:
    """The layer in one group on one device, as wide; None where it is that already, or has no width of its own."""
    fields = vars(node.layer)
    widths = {name: fields[name] * node.copies for name in ("out_channels", "out_features") if name in fields}
    if not widths or node.copies * fields.get("groups", 1) == 1:
        return None
    layer = node.layer.with_stand_ins(**widths, **({"groups": 1} if "groups" in fields else {}))
    return node._replace(layer=layer, reads=node.input_shapes, makes=node.output_shape, tower=None)
