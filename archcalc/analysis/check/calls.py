"""The layers of a spec as calls, as torch runs them."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Final

from archcalc.calls import Call, from_outside, names_of_inputs, with_axes_from_the_start
from archcalc.graph import Node, reads_own_part, side_by_side
from archcalc.layers import Shape
from archcalc.layers.reshape import Flatten, Reshape, laid_out
from archcalc.layers.sizes import AXES
from archcalc.layers.twin import Work
from archcalc.twins import JOIN, Placed


class _Calls:
    """The calls of a spec as they are put together; each layer's, and each device's part of it, by their numbers."""

    def __init__(self, placed: Sequence[Placed], inputs: Iterable[str]) -> None:
        self.made: list[Call] = []
        self.nodes = {layer.node.name: layer.node for layer in placed}
        self._wholes = {name: number for number, name in names_of_inputs(inputs).items()}
        self._parts: dict[str, tuple[int, ...]] = {name: (number,) for name, number in self._wholes.items()}

    def add(self, call: Call) -> int:
        self.made.append(replace(call, number=len(self.made)))
        return len(self.made) - 1

    def hand_on(self, node: Node, numbers: Sequence[int]) -> None:
        """Note which calls make what a layer hands on, one for each device or one for all."""
        self._parts[node.name] = tuple(numbers)
        if len(numbers) == 1:
            self._wholes[node.name] = numbers[0]

    def part(self, node: Node, name: str, copy: int) -> int:
        """Return the call that makes what one device reads under a name."""
        own = name in self.nodes and reads_own_part(node, self.nodes[name])
        return self._parts[name][copy] if own else self.whole(name)

    def ours(self, outputs: Sequence[str]) -> "Ours":
        made = {name: self.whole(name) for name in outputs}  # which may add calls
        return Ours(tuple(self.made), made)

    def whole(self, name: str) -> int:
        """Return the call that makes a layer's whole output; the parts of several devices have to be joined first."""
        if name not in self._wholes:
            shape, reads = self.nodes[name].output_shape, self._parts[name]
            joined = Call(name=f"{name} (of all devices)", op=_op(JOIN.call), output_shape=shape, reads=reads)
            self._wholes[name] = self.add(replace(joined, fields=JOIN.keywords, associates=True))
        return self._wholes[name]


@dataclass(frozen=True)
class Ours:
    """The layers of a spec as calls, and those that make the network's outputs, by the outputs' names."""

    calls: tuple[Call, ...]
    outputs: Mapping[str, int]


def apart(placed: Sequence[Placed], inputs: Iterable[str], outputs: Sequence[str]) -> Ours:
    """Return every module of every layer: paddings before layers, and each device's."""
    calls = _Calls(placed, inputs)
    for layer in placed:
        copies = range(len(layer.paths))
        reads = [tuple(calls.part(layer.node, name, copy) for name in layer.node.inputs) for copy in copies]
        calls.hand_on(layer.node, [_add_one(calls, layer, copy, reads[copy]) for copy in copies])
    return calls.ours(outputs)


def _add_one(calls: _Calls, layer: Placed, copy: int, reads: tuple[int, ...]) -> int:
    """Add the calls of a layer on one device, and return the number of the one that makes its output."""
    node, twin, paths, pads, _ = layer
    path = paths[copy]
    if twin.pad is not None:
        reads = (calls.add(_padding(layer, 1, (pads[copy],), reads)),)
    *before, work = _works(layer)
    reads = _add_before(calls, layer, before, 1, reads)
    params = sum(map(prod, node.layer.param_shapes(*node.device_inputs).values()))
    return calls.add(
        Call(
            name=_on(node.name, node, copy),
            op=_op(work.call),
            output_shape=node.device_output,
            reads=_read_by(work, reads),
            fields=_known(work.call, work.keywords, node),
            tensors=node.tensors,
            params=params,
            shared_params=params if node.weights_of else 0,
            paths=(path,) if twin.is_module else (),
            weights_of=_on(node.weights_of, node, copy) if node.weights_of else "",
            commutes=node.layer.commutes,
            associates=node.layer.associates,
        )
    )


def _on(name: str, node: Node, copy: int) -> str:
    """Return the name of a layer on one of the devices of a node, if these are several."""
    return name if node.copies == 1 else f"{name} ({node.devices[copy]})"


def folded(placed: Sequence[Placed], inputs: Iterable[str], outputs: Sequence[str]) -> Ours:
    """Return every layer as one: several devices side by side are one layer, in groups where each reads its own."""
    calls = _Calls(placed, inputs)
    for layer in placed:
        calls.hand_on(layer.node, [_add_all(calls, layer)])
    return calls.ours(outputs)


def _add_all(calls: _Calls, layer: Placed) -> int:
    node, twin, paths, pads, _ = layer
    reads = tuple(map(calls.whole, node.inputs))
    if twin.pad is not None:
        reads = (calls.add(_padding(layer, node.copies, pads, reads)),)
    *before, work = _works(layer)
    reads = _add_before(calls, layer, before, node.copies, reads)
    own = any(name in calls.nodes and reads_own_part(node, calls.nodes[name]) for name in node.inputs)
    wider = twin.adds_up + (twin.adds_up_apart if own else ())
    keywords = {word: v * node.copies if word in wider else v for word, v in work.keywords.items()}
    tensors = {name: side_by_side(shape, node.copies) if shape else () for name, shape in node.tensors.items()}
    params = sum(prod(tensors[name]) for name in node.layer.param_shapes(*node.device_inputs))
    return calls.add(
        Call(
            name=node.name,
            op=_op(work.call),
            output_shape=node.output_shape,
            reads=_read_by(work, reads),
            fields=_known(work.call, keywords, node),
            tensors=tensors,
            params=params,
            shared_params=params if node.weights_of else 0,
            paths=paths if twin.is_module else (),
            weights_of=node.weights_of or "",
            commutes=node.layer.commutes,
            associates=node.layer.associates,
        )
    )


def _works(layer: Placed) -> tuple[Work, ...]:
    """Return the calls by which a layer is compared, one after the other."""
    twin = layer.twin
    return twin.same_work or (Work(twin.call, twin.keywords, layer.node.device_output),)


def _add_before(
    calls: _Calls, layer: Placed, works: Sequence[Work], copies: int, reads: tuple[int, ...]
) -> tuple[int, ...]:
    """Add the calls that a layer is compared by but its last, and return what the last one reads."""
    for work in works:
        name, shape = f"{layer.node.name} ({_op(work.call)})", side_by_side(work.output_shape, copies)
        fields = _known(work.call, work.keywords, layer.node)
        own = _read_by(work, reads)
        reads = (calls.add(Call(name=name, op=_op(work.call), output_shape=shape, fields=fields, reads=own)),)
    return reads


def _read_by(work: Work, reads: tuple[int, ...]) -> tuple[int, ...]:
    return reads[:1] if work.reads_first else reads


def _padding(layer: Placed, copies: int, paths: tuple[str, ...], reads: tuple[int, ...]) -> Call:
    node, pad = layer.node, layer.twin.pad
    assert pad is not None
    sides = pad.keywords["padding"]
    added = [before + after for before, after in zip(sides[::2], sides[1::2], strict=True)][::-1]
    channels, *sizes = node.device_inputs[0]
    return Call(
        name=f"{node.name} (padding)",
        op=_op(pad.call),
        output_shape=side_by_side((channels, *map(int.__add__, sizes, added)), copies),
        reads=reads,
        fields=_known(pad.call, pad.keywords, node),
        paths=paths,
    )


_SAME: Final = {f"ZeroPad{axes}d": f"ConstantPad{axes}d" for axes in AXES}


def _op(call: str) -> str:
    name = call.rpartition(".")[2]
    return _SAME.get(name, name)


def _known(call: str, keywords: Mapping[str, Any], node: Node) -> dict[str, Any]:
    """Return the keywords in the form in which modules hold them; zeros are what a ZeroPad pads with."""
    zeros = {"value": 0.0} if call.startswith("nn.ZeroPad") else {}
    return with_axes_from_the_start({**keywords, **zeros}, rank=1 + len(node.device_inputs[0]))


_LAYING_OUT: Final = frozenset(_op(call) for call in (Flatten.torch_call, Reshape.torch_call))


def with_layouts_joined(calls: Sequence[Call], kept: Container[int], given: Sequence[Shape]) -> list[Call]:
    """Return calls in which what lays elements out reads what made them, and not what laid them out before it.

    `given` are the shapes of the network's inputs. Calls whose outputs are `kept` stay, and those that others read.
    """
    shapes = {from_outside(place): shape for place, shape in enumerate(given)}
    shapes |= {call.number: call.output_shape for call in calls}
    made_by: dict[int, int] = {}
    joined = []
    for call in calls:
        if call.op in _LAYING_OUT and len(call.reads) == 1:
            (before,) = call.reads
            made_by[call.number] = source = made_by.get(before, before)
            if source != before:
                work = laid_out(shapes[source], call.output_shape)
                call = replace(call, op=_op(work.call), fields=work.keywords, reads=(source,))
        joined.append(call)
    read = {number for call in joined for number in call.reads}
    return [call for call in joined if call.number not in made_by or call.number in read or call.number in kept]
