"""The calls of `forward`, in the order of the layers."""

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from archcalc.errors import listing
from archcalc.exchange.pytorch_source.calls import arguments
from archcalc.exchange.pytorch_source.lines import (
    INDENT,
    WIDTH,
    called_unless_none,
    concatenation,
    nested,
    operation,
    statement,
)
from archcalc.exchange.pytorch_source.scope import Scope
from archcalc.exchange.pytorch_source.tree import Tree
from archcalc.exchange.pytorch_source.variables import is_written_on, variables
from archcalc.graph import Node, reads_own_part
from archcalc.layers import Twin
from archcalc.layers.sizes import dims
from archcalc.twins import Placed


class Made(NamedTuple):
    """The shape that a layer makes, empty where it is not always the same, and whether it reads another."""

    shape: str
    is_new: bool


def statements(scope: Scope, tree: Tree, shapes: Mapping[str, Made], optional: Container[str] = ()) -> list[str]:
    """Return the lines of `forward`, which returns a tensor, or a tuple if there are several outputs.

    `shapes` are those that layers make, by their names. The modules of `optional` layers may be None.
    """
    flow = _Flow(scope, tree, shapes, optional)
    outputs = scope.outputs
    kind = "Tensor" if len(outputs) == 1 else f"tuple[{', '.join('Tensor' for _ in outputs)}]"
    given = ", ".join(f"{flow.names[name]}: Tensor" for name in scope.inputs)
    lines = [f"    def forward(self, {given}) -> {kind}:"]
    last: list[str] = []
    for group in _groups(scope.layers, flow.readers, optional):
        lines += [*last, *flow.joins(group[0])]
        last = flow.calls(group)
    for name in outputs:
        lines, last = ([*lines, *last], joined) if (joined := flow.join(name)) else (lines, last)
    return [*lines, *_returned(last, [flow.names[name] for name in outputs])]


def shapes_made(layers: Iterable[Placed]) -> dict[str, Made]:
    """Return what shape each layer makes on one device."""
    nodes = (layer.node for layer in layers)
    return {node.name: Made(dims(node.device_output), {*node.device_inputs} != {node.device_output}) for node in nodes}


def _returned(last: list[str], names: Sequence[str]) -> list[str]:
    """Return the last statement and the `return`; as one, where what it makes is all that is handed on."""
    start = f"{INDENT}{names[0]} = "
    if len(names) == 1 and last and last[0].startswith(start):
        returned = [f"{INDENT}return {last[0].removeprefix(start)}", *last[1:]]
        is_one = len(last) == 1 or (last[0].endswith(("(", "[")) and last[-1].startswith(f"{INDENT})"))
        if is_one and len(returned[0]) <= WIDTH and sum(line.startswith(start) for line in last) == 1:
            return returned
    whole = f"{INDENT}return {', '.join(names)}"
    return [*last, *([whole] if len(whole) <= WIDTH else statement("return (", names, ")"))]


class _Flow:
    """The variables of `forward`: one per layer, and one per device where a layer is on several."""

    def __init__(self, scope: Scope, tree: Tree, shapes: Mapping[str, Made], optional: Container[str]) -> None:
        self._tree = tree
        self._shapes = shapes
        self._optional = optional
        self._nodes = {layer.node.name: layer.node for layer in scope.layers}
        self._joined: set[str] = set()
        self.readers = _readers(scope.layers)
        self.names = variables(scope, self.readers, optional)

    def joins(self, layer: Placed) -> list[str]:
        """Return the lines that put side by side what a layer reads whole from several devices."""
        whole = (name for name in layer.node.inputs if name in self._nodes and not self._reads_own(layer.node, name))
        return [line for name in dict.fromkeys(whole) for line in self.join(name)]

    def join(self, name: str) -> list[str]:
        node = self._nodes.get(name)
        if node is None or node.copies == 1 or name in self._joined:
            return []
        self._joined.add(name)
        parts = [self._part(node, copy) for copy in range(node.copies)]
        return concatenation(f"{self.names[name]} = ", parts, dims(node.output_shape))

    def calls(self, group: Sequence[Placed]) -> list[str]:
        """Return the lines, one or more per device, that run a layer and what follows it at once."""
        return [line for copy in range(group[0].node.copies) for line in self._call(group, copy)]

    def _call(self, group: Sequence[Placed], copy: int) -> list[str]:
        first = group[0]
        node, twin = first.node, first.twin
        parts = group if twin.part else [group[-1]]
        target = f"{', '.join(self._part(layer.node, copy) for layer in parts)} = "
        tensors = [self._read(node, name, copy) for name in node.inputs]
        shape = self._shape(group, parts)
        if twin.takes_list:
            return concatenation(target, tensors, shape, twin)
        if twin.operator and len(group) == 1:
            return operation(target, tensors, twin.operator, shape)
        modules = [layer.paths[copy] for layer in reversed(group) if layer.twin.is_module]
        if twin.pad is not None:
            modules.append(first.pads[copy])
        argument = _together(twin, tensors)
        if not modules:
            end = f"[{twin.part.number}]" if twin.part and len(group) == 1 else ""
            return statement(target, [argument], end, shape)
        calls = [self._tree.reach(path) for path in modules]
        if node.name in self._optional:
            return called_unless_none(self._part(node, copy), calls[0], argument, shape)
        return nested(self._part(group[-1].node, copy), calls, argument, shape)

    def _shape(self, group: Sequence[Placed], parts: Sequence[Placed]) -> str:
        """Return the shapes of parts of a group, if it reads others, and they are known."""
        shapes = [self._shapes[layer.node.name].shape for layer in parts]
        is_new = any(self._shapes[layer.node.name].is_new for layer in group)
        return listing([*dict.fromkeys(shapes)], "and") if is_new and all(shapes) else ""

    def _read(self, node: Node, name: str, copy: int) -> str:
        return self._part(self._nodes[name], copy) if self._reads_own(node, name) else self.names[name]

    def _reads_own(self, node: Node, name: str) -> bool:
        return name in self._nodes and reads_own_part(node, self._nodes[name])

    def _part(self, node: Node, copy: int) -> str:
        """Return the variable of what one device makes."""
        return f"{self.names[node.name]}_{node.devices[copy]}" if node.copies > 1 else self.names[node.name]


def _together(twin: Twin, tensors: Sequence[str]) -> str:
    """Return the tensors that a module reads: one, or what a function makes of one, or of several two by two."""
    if twin.is_module:
        return ", ".join(tensors)
    if len(tensors) == 1:
        return f"{twin.call}({', '.join([*tensors, *arguments(twin)])})"
    if twin.operator:
        return f" {twin.operator} ".join(tensors)
    first, *others = tensors
    for other in others:
        first = f"{twin.call}({first}, {other})"
    return first


def _readers(placed: Sequence[Placed]) -> dict[str, list[int]]:
    """Return the places, in order, of the layers that read each layer; of parts that one call makes, of the first."""
    readers: dict[str, list[int]] = defaultdict(list)
    for place, layer in enumerate(placed):
        if place and _is_next_part(layer, placed[place - 1]):
            continue  # one call makes it and the part before it
        for name in dict.fromkeys(layer.node.inputs):
            readers[name].append(place)
    return readers


def _groups(placed: Sequence[Placed], readers: Mapping[str, list[int]], optional: Container[str]) -> list[list[Placed]]:
    """Return layers with what is written on them, such as `conv1` and `conv1.relu`, which are called at once."""
    groups: list[list[Placed]] = []
    for place, layer in enumerate(placed):
        before = groups[-1][-1] if groups else layer
        follows = _follows_at_once(layer, before) and readers[before.node.name] == [place]
        may_be_none = any(one.node.name in optional for one in (layer, before))
        if (follows and not may_be_none) or _is_next_part(layer, before):
            groups[-1].append(layer)
        else:
            groups.append([layer])
    return [written for group in groups for written in _whole_or_apart(group)]


def _whole_or_apart(group: list[Placed]) -> list[list[Placed]]:
    """Return parts by themselves where some of their kind are not among them."""
    part = group[0].twin.part
    is_whole = part is None or (part.number == 0 and part.of == len(group))
    return [group] if is_whole else [[layer] for layer in group]


def _is_next_part(layer: Placed, before: Placed) -> bool:
    """Return whether both are parts that one call makes, one after the other."""
    part, one_before = layer.twin.part, before.twin.part
    if part is None or one_before is None or part != one_before._replace(number=one_before.number + 1):
        return False
    same_call = (layer.twin.call, layer.twin.keywords) == (before.twin.call, before.twin.keywords)
    node, other = layer.node, before.node
    return same_call and (node.inputs, node.tower, node.gather) == (other.inputs, other.tower, other.gather)


def _follows_at_once(layer: Placed, before: Placed) -> bool:
    (node, twin), (source, source_twin) = layer[:2], before[:2]
    plain = twin.is_module and twin.pad is None and node.inputs == (source.name,)
    plain = plain and not source_twin.takes_list and source_twin.part is None
    same_place = node.tower == source.tower and not node.gather
    return plain and same_place and is_written_on(layer, before)
