"""Each layer timed alone, on random inputs of the shapes that it reads."""

from math import ceil
from typing import Final

import torch

from archcalc.analysis.profile.config import Config
from archcalc.analysis.profile.statistics import LEAST_BLOCKS, Timing
from archcalc.graph import Graph, Node
from archcalc.pytorch.build import Built
from archcalc.pytorch.profile.device import Clock, autocast, dtype_of
from archcalc.pytorch.profile.steps import laid_out
from archcalc.pytorch.profile.timing import Step, latencies, parts, throughput

_MOST_TURNS: Final = 1000


def time_layers(
    module: Built, graph: Graph, batch: int, config: Config, clock: Clock, threads: int
) -> dict[str, Timing]:
    """Times of every layer by its name, in inference, of all devices of a tower together.

    On a CPU layers take turns, so that each finds the caches as the one before left them, as in the whole network. On
    other devices each has its blocks, since to wait after every short layer takes longer than the layer.
    """
    steps = [(node.name, _alone(module, node, batch, config, clock.device)) for node in graph.nodes]
    if clock.device.type == "cpu":
        return parts(steps, clock, _turns(steps, clock, config))
    found = {}
    for name, step in steps:
        step()
        found[name] = throughput(step, clock, threads, config.min_run_time / 10)[0]
    return found


def _turns(steps: list[tuple[str, Step]], clock: Clock, config: Config) -> int:
    """How many turns last as long as asked."""

    def turn() -> None:
        for _, step in steps:
            step()

    seconds = min(latencies(turn, clock, 2))
    return min(max(ceil(config.min_run_time / seconds), LEAST_BLOCKS), _MOST_TURNS)


def _alone(module: Built, node: Node, batch: int, config: Config, device: torch.device) -> Step:
    dtype = dtype_of(config.precision)
    tensors = [laid_out(torch.randn(batch, *shape, device=device).to(dtype), config) for shape in node.reads]

    def step() -> object:
        with torch.inference_mode(), autocast(config.precision, device):
            return module.run_alone(node.name, tensors)

    return step
