"""Graph -> torch.nn.Module, from the twins of its layers: one generic builder for every kind."""

import operator
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial, reduce
from typing import Any

import torch
from torch import Tensor, nn

from archcalc.errors import ArchError, first_line
from archcalc.graph import Graph, Node, reads_own_part
from archcalc.layers import Twin
from archcalc.pytorch import modules
from archcalc.twins import place

Device = str | torch.device


class Built(nn.Module):
    """A graph that runs: each layer once per device that holds it.

    Takes (batch, channels, height, width) or (batch, features); of several inputs each, in the order of the spec. A
    network with one output gives a tensor; one with several a tuple of them, in the order of `graph.outputs`. `outputs`
    gives every layer's output, under its name. Of several devices, the k-th that towers name is put on the k-th, all
    else on the first; what a layer reads that lies elsewhere is copied to its device, and joined there.
    """

    def __init__(self, graph: Graph, devices: Sequence[Device]) -> None:
        super().__init__()
        self._layers = {layer.node.name: layer for layer in place(graph)}
        for layer in self._layers.values():
            for copy, path in enumerate(layer.paths):
                with torch.device(devices[_number(graph, layer.node, copy) % len(devices)]):
                    if layer.twin.pad is not None:
                        _put(self, layer.pads[copy], _module(layer.twin.pad))
                    if layer.twin.is_module and layer.is_first:
                        _put(self, path, _module(layer.twin))
        self._inputs, self._outputs = tuple(graph.spec.inputs), graph.outputs
        self._readers = Counter((*(name for node in graph.nodes for name in set(node.inputs)), *graph.outputs))
        self._numbers = {
            name: [_number(graph, layer.node, copy) for copy in range(len(layer.paths))]
            for name, layer in self._layers.items()
        }
        self._homes: dict[int, nn.Module] = {
            number: module
            for name, numbers in self._numbers.items()
            if graph.devices
            for number, module in zip(numbers, self.modules_of(name), strict=False)  # a function has no module
            if any(True for _ in module.parameters())
        }

    def forward(self, *inputs: Tensor, kept: dict[str, Tensor] | None = None) -> Tensor | tuple[Tensor, ...]:
        """Return the outputs; what a layer makes is let go once its last reader has read it, or put in `kept`."""
        waiting = Counter(self._readers)
        made = {name: [x] for name, x in zip(self._inputs, inputs, strict=True)}
        for name, layer in self._layers.items():
            made[name] = self._run(name, made)
            if kept is not None:
                kept[name] = self._whole(made[name], 0).clone()  # which a layer in place would write over
            for source in set(layer.node.inputs):
                waiting[source] -= 1
                if not waiting[source]:
                    del made[source]
        outputs = tuple(self._whole(made[name], 0) for name in self._outputs)
        return outputs[0] if len(outputs) == 1 else outputs

    def outputs(self, *inputs: Tensor) -> dict[str, Tensor]:
        """Return every layer's output, those of all devices joined."""
        kept: dict[str, Tensor] = {}
        self(*inputs, kept=kept)
        return kept

    def paths_of(self, name: str) -> tuple[str, ...]:
        """Return where a layer's modules stand, one per device; none for a layer that is a function."""
        return self._layers[name].paths if self._layers[name].twin.is_module else ()

    def modules_of(self, name: str) -> list[nn.Module]:
        """Return a layer's modules, one per device; none for a layer that is a function."""
        return [self.get_submodule(path) for path in self.paths_of(name)]

    def run_alone(self, name: str, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Return the outputs of a layer for inputs of its own, on each device that holds it."""
        return [self._compute(name, copy, tensors) for copy in range(len(self._layers[name].paths))]

    def _run(self, name: str, made: Mapping[str, list[Tensor]]) -> list[Tensor]:
        node, paths = self._layers[name].node, self._layers[name].paths
        return [
            self._compute(name, copy, [self._read(node, source, copy, made) for source in node.inputs])
            for copy in range(len(paths))
        ]

    def _compute(self, name: str, copy: int, tensors: Sequence[Tensor]) -> Tensor:
        """Run a layer on one device: a module, or a function, after the padding that it needs."""
        _, twin, paths, pads, _ = self._layers[name]
        if twin.pad is not None:
            tensors = [self.get_submodule(pads[copy])(tensor) for tensor in tensors]
        if twin.is_module:
            made: Tensor = self.get_submodule(paths[copy])(*tensors)
            return made
        return call(twin, tensors)

    def _read(self, node: Node, name: str, copy: int, made: Mapping[str, list[Tensor]]) -> Tensor:
        """Return what one device reads: its own part inside its tower, the whole of everything else, brought to it."""
        if name in self._layers and reads_own_part(node, self._layers[name].node):
            return made[name][copy]
        return self._whole(made[name], self._numbers[node.name][copy])

    def _whole(self, parts: list[Tensor], number: int) -> Tensor:
        """Return parts as one tensor, on a device by its number, or where the first lies if nothing is known of it."""
        home = self._homes.get(number)
        device = parts[0].device if home is None else next(home.parameters()).device
        brought = [part if part.device == device else part.to(device) for part in parts]
        return brought[0] if len(brought) == 1 else torch.cat(brought, 1)


def _number(graph: Graph, node: Node, copy: int) -> int:
    """Return which of the network's devices a layer runs on, on one of its own: in a tower that of the copy."""
    return graph.devices.index(node.devices[copy]) if node.devices else 0


def build(graph: Graph, device: Device | Sequence[Device] = "cpu", kind: type[Built] = Built) -> Built:
    """Build the module of a graph on a device; `meta` allocates nothing.

    Raises ArchError for what torch cannot do, and for sizes beyond what it, or memory, can hold.

    Towers spread over several devices: those given, or for "cuda" all there are.
    """
    if device == "cuda" and torch.cuda.device_count() > 1:
        device = [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    try:
        return kind(graph, [device] if isinstance(device, str | torch.device) else device)
    except (RuntimeError, OverflowError, TypeError) as error:
        raise ArchError(f"torch cannot make {graph.spec.name}: {first_line(error)}") from error


def call(twin: Twin, tensors: Sequence[Tensor]) -> Tensor:
    """Call a function of torch on one tensor, on all at once, or two by two; by its operator, as source writes it."""
    library = operator if twin.operator else torch
    function: Callable[..., Any] = getattr(library, twin.call.removeprefix("torch."))
    if twin.takes_list:
        joined: Tensor = function(list(tensors), **twin.keywords)
        return joined
    if len(tensors) == 1:
        made = function(*tensors, **twin.keywords)
        one: Tensor = made if twin.part is None else made[twin.part.number]
        return one
    merged: Tensor = reduce(partial(function, **twin.keywords), tensors)
    return merged


def _module(twin: Twin) -> nn.Module:
    """Make a module with its arguments as source writes them, since there are tools that see the difference."""
    made: nn.Module = getattr(modules if twin.is_ours else nn, twin.call.removeprefix("nn."))(**twin.written)
    return made


def _put(root: nn.Module, path: str, module: nn.Module) -> None:
    """Hang a module under its dotted path, on plain modules where there are none yet."""
    *outer, name = path.split(".")
    for part in outer:
        if part not in dict(root.named_children()):
            root.add_module(part, nn.Module())
        root = root.get_submodule(part)
    root.add_module(name, module)
