"""Graph -> torch.nn.Module, from the twins of its layers: one generic builder for every kind.

Modules carry the names of their layers, so that `state_dict` does too: `conv1.weight`, `layer1.0.sum.conv1.weight`, and
in towers `gpu0.conv1.weight`. A layer that stands inside another, like `conv1.relu`, is `conv1_relu` beside it, since
tools count leaf modules.
"""

from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping
from functools import reduce
from typing import Final

import torch
from torch import Tensor, nn

from archcalc.errors import ArchError
from archcalc.graph import Graph, Node, reads_own_part
from archcalc.layers import Twin
from archcalc.spec.model import INPUT

FUNCTIONS: Final[Mapping[str, Callable[..., Tensor]]] = {
    "torch.cat": lambda tensors, dim: torch.cat(tensors, dim),
    "torch.add": lambda tensors: reduce(torch.add, tensors),
}
"""What a twin can call that is no class of torch.nn, on a list of tensors."""


PAD: Final = "_pad"
"""What the padding before a layer is called after."""


class Built(nn.Module):
    """A graph that runs: each layer once per device that holds it.

    Takes (batch, channels, height, width) or (batch, features), gives the last layer's output. `outputs` gives every
    layer's, under its name.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self._graph = graph
        self._nodes = {node.name: node for node in graph.nodes}
        self._twins = {node.name: _twin(node) for node in graph.nodes}
        self._paths = _module_paths(graph, self._twins)
        for node in graph.nodes:
            twin = self._twins[node.name]
            for path in self._paths[node.name]:
                if twin.pad is not None:
                    _put(self, f"{path}{PAD}", _module(twin.pad))
                if twin.call not in FUNCTIONS:
                    _put(self, path, _module(twin))
        self._readers = Counter(name for node in graph.nodes for name in set(node.inputs))

    def forward(self, x: Tensor, kept: dict[str, Tensor] | None = None) -> Tensor:
        """The last layer's output; an output is let go once its last reader has read it, or put in `kept`."""
        waiting = Counter(self._readers)
        made: dict[str, list[Tensor]] = {INPUT: [x]}
        last = INPUT
        for node in self._graph.nodes:
            made[node.name] = self._run(node, made)
            if kept is not None:
                kept[node.name] = self._whole(made[node.name])
            for name in set(node.inputs):
                waiting[name] -= 1
                if not waiting[name]:
                    del made[name]
            last = node.name
        return self._whole(made[last])

    def outputs(self, x: Tensor) -> dict[str, Tensor]:
        """Every layer's output, those of all devices joined."""
        kept: dict[str, Tensor] = {}
        self(x, kept)
        return kept

    def paths_of(self, name: str) -> list[str]:
        """Where a layer's modules stand, one per device; none for a layer that is a function."""
        return [] if self._twins[name].call in FUNCTIONS else self._paths[name]

    def modules_of(self, name: str) -> list[nn.Module]:
        """A layer's modules, one per device; none for a layer that is a function."""
        return [self.get_submodule(path) for path in self.paths_of(name)]

    def _run(self, node: Node, made: Mapping[str, list[Tensor]]) -> list[Tensor]:
        twin = self._twins[node.name]
        results = []
        for copy, path in enumerate(self._paths[node.name]):
            tensors = [self._read(node, name, copy, made) for name in node.inputs]
            if twin.pad is not None:
                tensors = [self.get_submodule(f"{path}{PAD}")(tensor) for tensor in tensors]
            if twin.call in FUNCTIONS:
                results.append(FUNCTIONS[twin.call](tensors, **twin.keywords))
            else:
                results.append(self.get_submodule(path)(*tensors))
        return results

    def _read(self, node: Node, name: str, copy: int, made: Mapping[str, list[Tensor]]) -> Tensor:
        """What one device reads: its own part inside its tower, the whole of everything else."""
        source = self._nodes.get(name)
        own = source is not None and reads_own_part(node, source)
        return made[name][copy] if own else self._whole(made[name])

    @staticmethod
    def _whole(parts: list[Tensor]) -> Tensor:
        return parts[0] if len(parts) == 1 else torch.cat([part.to(parts[0].device) for part in parts], 1)


_ATTRIBUTES: Final = frozenset(dir(nn.Module())) | set(dir(Built))


def build(graph: Graph, device: str | torch.device = "cpu") -> Built:
    """The module of a graph on a device; on `meta` nothing is allocated. Raises ArchError for what torch cannot do."""
    with torch.device(device):
        return Built(graph)


def _module_paths(graph: Graph, twins: Mapping[str, Twin]) -> dict[str, list[str]]:
    """Where each layer's modules stand, one per device, no two in one place and none inside another."""
    modules = {name for name, twin in twins.items() if twin.call not in FUNCTIONS}
    outermost = {name.partition(".")[0] for name in twins}
    taken: set[str] = set()
    paths = {}
    for node in graph.nodes:
        path = _beside(node.name, modules)
        while {path, f"{path}{PAD}"} & taken:
            path += "_"
        taken |= {path, f"{path}{PAD}"}
        devices = [_unlike(device, outermost) for device in node.devices]
        paths[node.name] = [f"{device}.{path}" for device in devices] or [path]
    return paths


def _beside(name: str, modules: Iterable[str]) -> str:
    """A path in which no module stands inside another, nor under the name of an attribute of modules."""
    parts = name.split(".")
    path = _unlike(parts[0])
    for place, part in enumerate(parts[1:], start=1):
        is_module = ".".join(parts[:place]) in modules
        path += f"_{part}" if is_module else f".{_unlike(part)}"
    return path


def _unlike(part: str, others: Container[str] = ()) -> str:
    """A part of a path, told apart by _ from these others and from what every module has, such as `type` and `half`."""
    while part in others or part in _ATTRIBUTES:
        part += "_"
    return part


def _twin(node: Node) -> Twin:
    try:
        return node.layer.twin(*node.reads)
    except ArchError as error:
        raise error.at(None, f"layer {node.name}") from None


def _module(twin: Twin) -> nn.Module:
    made: nn.Module = getattr(nn, twin.call.removeprefix("nn."))(**twin.keywords)
    return made


def _put(root: nn.Module, path: str, module: nn.Module) -> None:
    """Hang a module under its dotted path, on plain modules where there are none yet."""
    *outer, name = path.split(".")
    for part in outer:
        if part not in dict(root.named_children()):
            root.add_module(part, nn.Module())
        root = root.get_submodule(part)
    root.add_module(name, module)
