"""The calls of `forward`: `x` along a chain, a name of its own for what is read again later."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from keyword import iskeyword
from typing import Final

from archcalc.errors import listing
from archcalc.exchange.pytorch_source.calls import arguments
from archcalc.exchange.pytorch_source.lines import INDENT, WIDTH, concatenation, nested, operation, statement
from archcalc.exchange.pytorch_source.tree import Tree
from archcalc.graph import Node, reads_own_part
from archcalc.layers import Twin
from archcalc.layers.sizes import dims
from archcalc.twins import Placed

_CHAIN: Final = "x"
_TAKEN: Final = frozenset(("self", "torch", "nn", "Tensor", _CHAIN))


def statements(placed: Sequence[Placed], inputs: Sequence[str], outputs: Sequence[str], tree: Tree) -> list[str]:
    """Return the lines of `forward`, which returns a tensor, or a tuple if there are several outputs."""
    flow = _Flow(placed, inputs, outputs, tree)
    kind = "Tensor" if len(outputs) == 1 else f"tuple[{', '.join('Tensor' for _ in outputs)}]"
    given = ", ".join(f"{flow.names[name]}: Tensor" for name in inputs)
    lines = [f"    def forward(self, {given}) -> {kind}:"]
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

    def __init__(self, placed: Sequence[Placed], inputs: Sequence[str], outputs: Sequence[str], tree: Tree) -> None:
        self._tree = tree
        self._nodes = {layer.node.name: layer.node for layer in placed}
        self._joined: set[str] = set()
        self.readers = _readers(placed)
        self.names = _variables(placed, inputs, outputs, self.readers)

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
        shapes = listing([*dict.fromkeys(dims(layer.node.device_output) for layer in parts)], "and")
        shape = "" if set(node.device_inputs) == {node.device_output} else shapes
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
        return nested(self._part(group[-1].node, copy), calls, argument, shape)

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


def _variables(
    placed: Sequence[Placed], inputs: Sequence[str], outputs: Sequence[str], readers: Mapping[str, list[int]]
) -> dict[str, str]:
    """Return `x` for what only the next layer reads, and for an only output; else the layer's name, no two alike."""
    taken = set(_TAKEN)
    names = {}
    named = inputs if len(inputs) > 1 else ()
    order = [*inputs, *(layer.node.name for layer in placed)]
    for place, name in enumerate(order, start=1 - len(inputs)):
        is_read_next = readers[name] == [place] and name not in outputs
        is_chain = name not in named and (is_read_next or [*outputs, *order[-1:]] == [name, name])
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
        follows = before and _follows_at_once(layer, before) and readers[before.node.name] == [place]
        if before and (follows or _is_next_part(layer, before)):
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
    return plain and same_place and node.name.startswith(f"{source.name}.")
