"""The calls of `forward`: `x` along a chain, a name of its own for what is read again later."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from keyword import iskeyword
from typing import Final

from archcalc.exchange.pytorch_source.calls import arguments
from archcalc.exchange.pytorch_source.lines import INDENT, WIDTH, concatenation, nested, operation, statement
from archcalc.exchange.pytorch_source.tree import Tree
from archcalc.graph import Node, reads_own_part
from archcalc.layers import Twin
from archcalc.layers.sizes import dims
from archcalc.spec.model import INPUT
from archcalc.twins import PAD, Placed

_CHAIN: Final = "x"
_TAKEN: Final = frozenset(("self", "torch", "nn", "Tensor", _CHAIN))


def statements(placed: Sequence[Placed], outputs: Sequence[str], tree: Tree) -> list[str]:
    """Return the lines of `forward`, which returns a tensor, or a tuple if there are several outputs."""
    flow = _Flow(placed, outputs, tree)
    kind = "Tensor" if len(outputs) == 1 else f"tuple[{', '.join('Tensor' for _ in outputs)}]"
    lines = [f"    def forward(self, {flow.names[INPUT]}: Tensor) -> {kind}:"]
    for group in _groups(placed, flow.readers):
        lines += flow.joins(group[0])
        lines += flow.calls(group)
    for name in outputs:
        lines += flow.join(name)
    return [*lines, *_returned([flow.names[name] for name in outputs])]


def _returned(names: Sequence[str]) -> list[str]:
    whole = f"{INDENT}return {', '.join(names)}"
    return [whole] if len(whole) <= WIDTH else statement("return (", names, ")")


class _Flow:
    """The variables of `forward`: one per layer, and one per device where a layer is on several."""

    def __init__(self, placed: Sequence[Placed], outputs: Sequence[str], tree: Tree) -> None:
        self._tree = tree
        self._nodes = {layer.node.name: layer.node for layer in placed}
        self._joined: set[str] = set()
        self.readers = _readers(placed)
        self.names = _variables(placed, outputs, self.readers)

    def joins(self, layer: Placed) -> list[str]:
        """Return the lines that put side by side what a layer reads whole from several devices."""
        whole = (name for name in layer.node.inputs if name != INPUT and not self._reads_own(layer.node, name))
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
        (node, twin, paths), last = group[0], group[-1].node
        target = f"{self._part(last, copy)} = "
        tensors = [self._read(node, name, copy) for name in node.inputs]
        shape = "" if set(node.device_inputs) == {node.device_output} else dims(node.device_output)
        if twin.takes_list:
            return concatenation(target, tensors, shape, twin)
        if twin.operator and len(group) == 1:
            return operation(target, tensors, twin.operator, shape)
        modules = [layer.paths[copy] for layer in reversed(group) if layer.twin.is_module]
        if twin.pad is not None:
            modules.append(paths[copy] + PAD)
        argument = _together(twin, tensors)
        if not modules:
            return statement(target, [argument], "", shape)
        calls = [self._tree.reach(path) for path in modules]
        return nested(self._part(last, copy), calls, argument, shape)

    def _read(self, node: Node, name: str, copy: int) -> str:
        return self._part(self._nodes[name], copy) if self._reads_own(node, name) else self.names[name]

    def _reads_own(self, node: Node, name: str) -> bool:
        return name != INPUT and reads_own_part(node, self._nodes[name])

    def _part(self, node: Node, copy: int) -> str:
        """Return the variable of what one device makes."""
        return f"{self.names[node.name]}_{node.devices[copy]}" if node.copies > 1 else self.names[node.name]


def _together(twin: Twin, tensors: Sequence[str]) -> str:
    """Return the tensors that a module reads: one, or what a function makes of one, or of several two by two."""
    if not twin.is_module and len(tensors) == 1:
        return f"{twin.call}({', '.join([*tensors, *arguments(twin)])})"
    if twin.operator or len(tensors) == 1:
        return f" {twin.operator} ".join(tensors)
    first, *others = tensors
    for other in others:
        first = f"{twin.call}({first}, {other})"
    return first


def _readers(placed: Sequence[Placed]) -> dict[str, list[int]]:
    """Return the places, in order, of the layers that read each layer."""
    readers: dict[str, list[int]] = defaultdict(list)
    for place, layer in enumerate(placed):
        for name in dict.fromkeys(layer.node.inputs):
            readers[name].append(place)
    return readers


def _variables(placed: Sequence[Placed], outputs: Sequence[str], readers: Mapping[str, list[int]]) -> dict[str, str]:
    """Return `x` for what only the next layer reads, and for an only output; else the layer's name, no two alike."""
    taken = set(_TAKEN)
    names = {}
    order = [INPUT, *(layer.node.name for layer in placed)]
    for place, name in enumerate(order):
        is_chain = readers[name] == [place] or [*outputs] == [name]
        names[name] = _CHAIN if is_chain else _free(name.replace(".", "_"), taken)
        taken.add(names[name])
    return names


def _free(word: str, taken: set[str]) -> str:
    while word in taken or iskeyword(word):
        word += "_"
    return word


def _groups(placed: Sequence[Placed], readers: Mapping[str, list[int]]) -> list[list[Placed]]:
    """Return layers with what is written on them, such as `conv1` and `conv1.relu`, which are called at once."""
    groups: list[list[Placed]] = []
    for place, layer in enumerate(placed):
        before = groups[-1][-1] if groups else None
        if before and _follows_at_once(layer, before) and readers[before.node.name] == [place]:
            groups[-1].append(layer)
        else:
            groups.append([layer])
    return groups


def _follows_at_once(layer: Placed, before: Placed) -> bool:
    (node, twin, _), (source, source_twin, _) = layer, before
    plain = twin.is_module and twin.pad is None and not source_twin.takes_list and node.inputs == (source.name,)
    same_place = node.tower == source.tower and not node.gather
    return plain and same_place and node.name.startswith(f"{source.name}.")
