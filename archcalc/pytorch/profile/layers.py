"""Each layer timed alone, on random inputs of the shapes that it reads."""

from collections.abc import Iterator
from typing import Any

import torch

from archcalc.analysis.profile.config import Config
from archcalc.graph import Graph, Node
from archcalc.pytorch.build import Built
from archcalc.pytorch.profile.device import Clock, autocast, dtype_of
from archcalc.pytorch.profile.steps import laid_out
from archcalc.pytorch.profile.timing import Step, throughput


def time_layers(
    module: Built, graph: Graph, batch: int, config: Config, clock: Clock, threads: int
) -> Iterator[tuple[str, Any]]:
    """Every layer's name with its `Timing`, in inference, of all devices of a tower together."""
    device = clock.device
    for node in graph.nodes:
        step = _alone(module, node, batch, config, device)
        step()
        yield node.name, throughput(step, clock, threads, config.min_run_time / 10)[0]


def _alone(module: Built, node: Node, batch: int, config: Config, device: torch.device) -> Step:
    dtype = dtype_of(config.precision)
    tensors = [laid_out(torch.randn(batch, *shape, device=device).to(dtype), config) for shape in node.reads]

    def step() -> object:
        with torch.inference_mode(), autocast(config.precision, device):
            return module.run_alone(node.name, tensors)

    return step
