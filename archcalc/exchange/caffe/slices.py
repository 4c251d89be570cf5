"""Parts of a blob as Caffe's Slice, which makes all of them: what no layer is goes to a Silence."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from archcalc.graph import Node
from archcalc.layers import Shape

_Span = tuple[int, int]


def _divided(layer: Any, x: Shape) -> _Span:
    return layer.start(x), layer.length(x)


_SPANS: Final[Mapping[str, Callable[[Any, Shape], _Span]]] = {
    "slice": lambda layer, x: (layer.start, layer.length),
    "chunk": _divided,
    "split": _divided,
}
"""Where the part of each kind begins, and how long it is."""


def is_part(node: Node) -> bool:
    return node.layer.op in _SPANS


def in_runs(nodes: Sequence[Node]) -> Iterator[Sequence[Node]]:
    """Yield nodes in order; those together that are parts of one blob, one after the other along one axis."""
    run: list[Node] = []
    for node in nodes:
        if run and not _follows(node, run[-1]):
            yield run
            run = []
        run.append(node)
    if run:
        yield run


def _follows(node: Node, last: Node) -> bool:
    if not is_part(node) or not is_part(last) or node.inputs != last.inputs:
        return False
    start, length = _span(last)
    return _dim(node) == _dim(last) and node.copies == last.copies and _span(node)[0] >= start + length


def _span(node: Node) -> _Span:
    return _SPANS[node.layer.op](node.layer, node.input_shapes[0])


def _dim(node: Node) -> int:
    dim: int = vars(node.layer)["dim"]
    return dim


def sliced(run: Sequence[Node]) -> Iterator[dict[str, Any]]:
    """Yield the Slice that makes these parts, and the Silence of what is between them and at the ends."""
    first, dim = run[0], _dim(run[0])
    tops: list[str] = []
    ends: list[int] = []
    silent: list[str] = []
    for name, start, end in [*((node.name, *_ends(node)) for node in run), ("", first.input_shapes[0][dim - 1], 0)]:
        if start > (ends[-1] if ends else 0):
            silent.append(f"{first.name}/{len(silent)}")
            tops.append(silent[-1])
            ends.append(start)
        if name:
            tops.append(name)
            ends.append(end)
    said = {"axis": dim} | ({"slice_point": ends[:-1]} if len(ends) > 1 else {})
    yield {"name": first.name, "type": "Slice", "bottom": [*first.inputs], "top": tops, "slice_param": said}
    if silent:
        yield {"name": f"{first.name}/silence", "type": "Silence", "bottom": silent}


def _ends(node: Node) -> _Span:
    start, length = _span(node)
    return start, start + length
