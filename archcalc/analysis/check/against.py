"""The layers of a spec next to the calls of somebody's model, in the order in which they run."""

from collections.abc import Iterator, Mapping, Sequence
from math import isclose, prod
from typing import Any, Final, NamedTuple

from archcalc.analysis.alignment import Pairs, align, total
from archcalc.graph import Node, reads_own_part, side_by_side
from archcalc.layers import Shape
from archcalc.layers.sizes import dims
from archcalc.twins import PAD, Placed, own_tensors


class Call(NamedTuple):
    """One module or function as it runs: a layer of the spec, or what was seen in the model."""

    name: str
    """The layer's name, or the module's path; a function's name in brackets, such as (relu)."""
    op: str
    """As the class in torch.nn is called, or the function in torch."""
    fields: Mapping[str, Any]
    output_shape: Shape
    tensors: Mapping[str, Shape]
    """Parameters and buffers under torch's names."""
    paths: tuple[str, ...] = ()
    """Where the modules stand; several for a layer on several devices, none for a function."""
    is_known: bool = True
    """False for a class that is none of torch.nn's, of which only shapes are known."""

    @property
    def params(self) -> int:
        return sum(prod(shape) for name, shape in self.tensors.items() if name in ("weight", "bias"))


class Beside(NamedTuple):
    """A layer and what does its work in the model; None for none."""

    ours: Call | None
    theirs: Call | None

    @property
    def differences(self) -> list[str]:
        """Every difference in words."""
        ours, theirs = self.ours, self.theirs
        if ours is None:
            return ["only in the model"]
        if theirs is None:
            return ["not in the model"]
        if ours.op != theirs.op and theirs.is_known:
            return [f"{ours.op} here, {theirs.op} in the model"]
        pairs = [
            ("output", ours.output_shape, theirs.output_shape),
            *((name, ours.fields.get(name), value) for name, value in theirs.fields.items()),
            ("params", ours.params, theirs.params),
        ]
        unequal = (pair for pair in pairs if not _are_equal(*pair[1:]))
        return [f"{what} {_shown(a)} here, {_shown(b)} in the model" for what, a, b in unequal]


class Outputs(NamedTuple):
    """How far the outputs lie apart, on the same input and with the model's weights."""

    furthest: float
    largest: float
    """The largest magnitude among the model's outputs."""
    dtype: str

    @property
    def are_equal(self) -> bool:
        """Whether they differ by rounding at most, as sums do that are taken in another order."""
        return self.furthest <= TOLERANCE[self.dtype] * max(self.largest, 1e-30)


TOLERANCE: Final = {"float64": 1e-9, "float32": 1e-4}
"""The difference that rounding may make, in parts of the largest output."""


class Against(NamedTuple):
    """A spec next to a model."""

    name: str
    model: str
    device: str
    layers: tuple[Beside, ...]
    outputs: Outputs | None
    why_no_outputs: str = ""

    @property
    def differences(self) -> list[str]:
        found = [f"{_name(pair)}: {words}" for pair in self.layers for words in pair.differences]
        if self.outputs and not self.outputs.are_equal:
            far, large = self.outputs.furthest, self.outputs.largest
            found.append(f"outputs differ by up to {far:.3g}, where the model's largest is {large:.3g}")
        return found


def set_beside(placed: Sequence[Placed], seen: Sequence[Call]) -> list[Beside]:
    """Put each layer next to what was seen; layers on several devices apart or as one, whichever is more alike."""
    ways: list[Pairs[Call, Call]] = [align(ours, seen, _unlikeness) for ours in (_apart(placed), _folded(placed))]
    return [Beside(*pair) for pair in min(ways, key=lambda way: total(way, _unlikeness))]


def _unlikeness(ours: Call, theirs: Call) -> int:
    """Return 0 for the same work, up to 3 for the same kind of work, more for what cannot be compared."""
    same_output, same_tensors = ours.output_shape == theirs.output_shape, ours.tensors == theirs.tensors
    if not theirs.is_known:
        return 3 if same_output and ours.params == theirs.params else 9
    if ours.op != theirs.op:
        return 9
    same_fields = all(_are_equal(ours.fields.get(name), value) for name, value in theirs.fields.items())
    return (not same_output) + (not same_tensors) + (not same_fields)


def _apart(placed: Sequence[Placed]) -> list[Call]:
    """Return every module of every layer: the padding before a layer, and the modules of each device."""
    return [call for layer in placed for path in layer.paths for call in _on_one_device(layer, path)]


def _on_one_device(layer: Placed, path: str) -> Iterator[Call]:
    node, twin, paths = layer
    if twin.pad is not None:
        yield _padding(layer, 1, (f"{path}{PAD}",))
    name = node.name if len(paths) == 1 else f"{node.name} ({node.devices[paths.index(path)]})"
    reach = (path,) if twin.is_module else ()
    yield Call(name, _op(twin.call), _known(twin.call, twin.keywords), node.device_output, own_tensors(node), reach)


def _folded(placed: Sequence[Placed]) -> list[Call]:
    """Return every layer as one: several devices side by side are one layer, in groups where each reads its own."""
    nodes = {layer.node.name: layer.node for layer in placed}
    return [call for layer in placed for call in _as_one(layer, nodes)]


def _as_one(layer: Placed, nodes: Mapping[str, Node]) -> Iterator[Call]:
    node, twin, paths = layer
    if twin.pad is not None:
        yield _padding(layer, node.copies, tuple(f"{path}{PAD}" for path in paths))
    own = any(name in nodes and reads_own_part(node, nodes[name]) for name in node.inputs)
    wider = twin.adds_up + (twin.adds_up_apart if own else ())
    keywords = {word: v * node.copies if word in wider else v for word, v in twin.keywords.items()}
    tensors = {name: side_by_side(shape, node.copies) if shape else () for name, shape in own_tensors(node).items()}
    reach = paths if twin.is_module else ()
    yield Call(node.name, _op(twin.call), _known(twin.call, keywords), node.output_shape, tensors, reach)


def _padding(layer: Placed, copies: int, paths: tuple[str, ...]) -> Call:
    node, pad = layer.node, layer.twin.pad
    assert pad is not None
    left, right, top, bottom = pad.keywords["padding"]
    c, h, w = node.device_inputs[0]
    shape = side_by_side((c, top + h + bottom, left + w + right), copies)
    return Call(f"{node.name} (padding)", _op(pad.call), _known(pad.call, pad.keywords), shape, {}, paths)


_SAME: Final = {"ZeroPad2d": "ConstantPad2d"}


def _op(call: str) -> str:
    name = call.rpartition(".")[2]
    return _SAME.get(name, name)


def _known(call: str, keywords: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keywords in the form in which modules hold them; zeros are what ZeroPad2d pads with."""
    return {**keywords, **({"value": 0.0} if call == "nn.ZeroPad2d" else {})}


def _shown(value: Any) -> str:
    """
    >>> _shown((3, 3)), _shown(0.5), _shown(None)
    ('3x3', '0.5', 'none')
    """
    match value:
        case None:
            return "none"
        case tuple():
            return dims(value)
        case float():
            return f"{value:g}"
        case bool():
            return str(value).lower()
        case int():
            return f"{value:,}"
    return str(value)


def _are_equal(ours: Any, theirs: Any) -> bool:
    """Return whether two fields are equal, apart from the last digits of a float."""
    if isinstance(ours, float) and isinstance(theirs, float | int):
        return isclose(ours, theirs, rel_tol=1e-9)
    return bool(ours == theirs)


def _name(pair: Beside) -> str:
    call = pair.ours or pair.theirs
    assert call is not None
    return f"layer {call.name}" if pair.ours else call.name
