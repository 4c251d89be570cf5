"""Torch modules from twins, and whole networks from graphs, as plainly as can be: what the core is held against."""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import torch
from torch import Tensor, nn

from archcalc.graph import Graph, Node
from archcalc.layers import Twin

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "torch.cat": lambda tensors, dim: torch.cat(tensors, dim),
    "torch.add": lambda tensors: reduce(torch.add, tensors),
}


class Called(nn.Module):
    """What a twin calls, after its padding."""

    def __init__(self, twin: Twin) -> None:
        super().__init__()
        self.pad = Called(twin.pad) if twin.pad else None
        self.function = FUNCTIONS.get(twin.call)
        self.keywords = dict(twin.keywords)
        name = twin.call.removeprefix("nn.")
        self.inner = None if self.function else getattr(nn, name)(**self.keywords)

    def forward(self, *tensors: Tensor) -> Tensor:
        if self.function:
            return self.function(tensors, **self.keywords)
        (x,) = tensors
        assert self.inner is not None
        return self.inner(self.pad(x) if self.pad else x)


def elements(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


def buffer_elements(module: nn.Module) -> int:
    return sum(b.numel() for b in module.buffers())


class Built(nn.Module):
    """A graph in torch: each layer once per device, tower layers reading their own device unless they gather."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.graph = graph
        self.parts = nn.ModuleDict(
            {
                node.name.replace(".", "/"): nn.ModuleList(
                    Called(node.layer.twin(*node.reads)) for _ in range(node.copies)
                )
                for node in graph.nodes
            }
        )

    def copies(self, node: Node) -> nn.ModuleList:
        part = self.parts[node.name.replace(".", "/")]
        assert isinstance(part, nn.ModuleList)
        return part

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """Every layer's output, all devices joined."""
        made: dict[str, list[Tensor]] = {}
        by_name = {node.name: node for node in self.graph.nodes}

        def read(node: Node, name: str, copy: int) -> Tensor:
            if name not in made:
                return x
            own = by_name[name].tower == node.tower and node.tower is not None and not node.gather
            return made[name][copy] if own else torch.cat(made[name], 1)

        for node in self.graph.nodes:
            made[node.name] = [
                module(*(read(node, name, copy) for name in node.inputs))
                for copy, module in enumerate(self.copies(node))
            ]
        return {name: torch.cat(tensors, 1) for name, tensors in made.items()}


def on_meta(shape: Sequence[int], batch: int = 2) -> Tensor:
    return torch.empty(batch, *shape, device="meta")
