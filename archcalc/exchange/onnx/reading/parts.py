"""Nodes that take parts of what they read."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from archcalc.errors import ArchError
from archcalc.exchange.axes import axis_of
from archcalc.exchange.onnx.reading.flow import Flow
from archcalc.exchange.onnx.reading.model import Node

_MOST_PARTS: Final = 1024
_UNEVEN_OPSET: Final = 18
"""From it on the last part may be shorter."""


def _split(flow: Flow, node: Node) -> None:
    x = flow.shape(node)
    dim, count = axis_of(node.integer("axis", 0), len(x)), len(node.outputs)
    _expect_few(count)
    size, said = x[dim - 1], flow.maybe(node, 1)
    sizes = node.integers("split") if said is None else said.integers("its sizes")
    if not sizes:
        if size % count and flow.opset < _UNEVEN_OPSET:
            raise ArchError(f"{size} along dim {dim} cannot be divided into {count} equal parts")
        each = -(-size // count)
        sizes = tuple(min(each, size - each * place) for place in range(count))
    if len(sizes) != count:
        raise ArchError(f"it makes {count} parts and has {len(sizes)} sizes")
    if sum(sizes) != size:
        raise ArchError(f"its parts are {sum(sizes)} together, not {size} as dim {dim} is")
    for index, value in enumerate(node.outputs):
        if value and (flow.readers(value) or value in flow.outputs):
            _put_part(flow, node, node, sizes, dim, index, value)


def _expect_few(parts: int) -> None:
    if parts > _MOST_PARTS:
        raise ArchError(f"it makes {parts} parts; up to {_MOST_PARTS:,} are read")


def _put_part(flow: Flow, node: Node, split: Node, sizes: Sequence[int], dim: int, index: int, makes: str) -> None:
    """Put down one of the parts that a node makes."""
    if len(sizes) == 1:
        flow.passes(split, makes)
    elif len(set(sizes)) == 1:
        flow.put(node, "chunk", flow.source(split), makes=makes, chunks=len(sizes), dim=dim, index=index)
    else:
        flow.put(node, "split", flow.source(split), makes=makes, sizes=tuple(sizes), dim=dim, index=index)


def _sequence_at(flow: Flow, node: Node) -> None:
    """Put down the part that is taken of a SplitToSequence, which is none by itself."""
    split = flow.makers.get(node.reads(0))
    if split is None or split.op != "SplitToSequence" or not split.integer("keepdims", 1):
        raise ArchError("no layer kind takes one of several tensors that are not parts of one")
    x = flow.shape(split)
    dim, said = axis_of(split.integer("axis", 0), len(x)), flow.maybe(split, 1)
    sizes = (1,) if said is None else said.integers("its sizes")
    if said is None or not said.shape:
        each, size = max(sizes[0], 1), x[dim - 1]
        _expect_few(-(-size // each))
        sizes = tuple(min(each, size - start) for start in range(0, size, each))
    index = (flow.tensor(node, 1).integers("its place") or (0,))[0]
    _put_part(flow, node, split, sizes, dim, index + len(sizes) if index < 0 else index, node.makes)


def _nothing(flow: Flow, node: Node) -> None:
    """Leave out what is put down where it is read."""


def _slice(flow: Flow, node: Node) -> None:
    x = flow.shape(node)
    if node.has("starts"):
        starts, ends, axes = node.integers("starts"), node.integers("ends"), node.integers("axes")
        steps: tuple[int, ...] = ()
    else:
        starts, ends = (flow.tensor(node, place).integers(f"its {word}") for place, word in ((1, "start"), (2, "end")))
        said, by = flow.maybe(node, 3), flow.maybe(node, 4)
        axes = () if said is None else said.integers("its axes")
        steps = () if by is None else by.integers("its step")
    axes, steps = axes or tuple(range(len(starts))), steps or (1,) * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps):
        raise ArchError("it has not as many starts as ends, axes and steps")
    flow.passes(node)
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        if axis % (1 + len(x)) == 0 and start == 0 and end >= (flow.batch or 2**31 - 1) and step == 1:
            continue
        cut(flow, node, axis_of(axis, len(x)), start, end, step)


def cut(flow: Flow, node: Node, dim: int, start: int, end: int, step: int) -> None:
    """Put down a part along one axis; of each `step` places one is read by a pool, as no other layer does."""
    made = flow.made[node.makes]
    shape = flow.sketch.shape(made)
    size = shape[dim - 1]
    start, end = (min(max(place + size if place < 0 else place, 0), size) for place in (start, end))
    if step < 1 or (step > 1 and (dim == 1 or len(shape) != 3)):
        raise ArchError(f"no layer kind takes every {step}th element along dim {dim}")
    if end <= start:
        raise ArchError(f"nothing is left along dim {dim}")
    if (start, end) != (0, size):
        made = flow.put(node, "slice", made, dim=dim, start=start, length=end - start)
    if step > 1:
        stride = (step, 1) if dim == 2 else (1, step)
        flow.put(node, "max_pool2d", made, kernel_size=1, stride=stride, name="every_other")


def _gather(flow: Flow, node: Node) -> None:
    """Put down elements that follow each other along an axis; one alone leaves no axis."""
    x, places = flow.shape(node), flow.tensor(node, 1)
    dim, indices = axis_of(node.integer("axis", 0), len(x)), places.integers("its indices")
    size = x[dim - 1]
    counted = [index + size if index < 0 else index for index in indices]
    if not all(0 <= place < size for place in counted):
        raise ArchError(f"there are no such elements among {size}")
    if not counted or counted != [*range(counted[0], counted[0] + len(counted))] or len(places.shape) > 1:
        raise ArchError("no layer kind puts elements in an order of their own")
    flow.passes(node)
    cut(flow, node, dim, counted[0], counted[-1] + 1, 1)
    if not places.shape:
        flow.put(node, "squeeze", flow.made[node.makes], dim=dim)


OPS: Final[Mapping[str, Callable[[Flow, Node], None]]] = {
    "Split": _split,
    "SplitToSequence": _nothing,
    "SequenceAt": _sequence_at,
    "Slice": _slice,
    "Gather": _gather,
}
