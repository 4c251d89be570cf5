"""Steps as a preset has them: so many to warm up, so many timed, each waited for."""

from typing import Any

from torch import Tensor, nn

from archcalc.analysis.profile.config import Config
from archcalc.analysis.profile.presets import PRESETS, Preset
from archcalc.analysis.profile.statistics import Timing, timing
from archcalc.graph import Graph
from archcalc.pytorch.build import Built
from archcalc.pytorch.profile.device import Clock, autocast
from archcalc.pytorch.profile.steps import inference, random_input
from archcalc.pytorch.profile.timing import Step, latencies, parts


def follow(module: Built, graph: Graph, batch: int, config: Config, clock: Clock) -> dict[str, Any]:
    """`infer` and `train`, a forward pass and one with gradients, of a preset's steps, without an optimizer."""
    preset = PRESETS[config.preset or ""]
    module.train()
    if preset.without_dropout:
        _take_out_dropout(module)
    x = random_input(graph, batch, config, clock.device)
    gradients = Gradients(module, x, config)
    forward = _timed(inference(module, x, config), clock, preset)
    both = _timed(gradients.step, clock, preset)
    apart = parts(gradients.parts, clock, preset.steps)
    return {"forward": forward, "both": both, "parts": apart, "warm_up_steps": preset.dry_runs}


def _timed(step: Step, clock: Clock, preset: Preset) -> Timing:
    for _ in range(preset.dry_runs):
        step()
    return timing(latencies(step, clock, preset.steps))


def _take_out_dropout(module: nn.Module) -> None:
    for part in module.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0


class Gradients:
    """A forward pass, and the gradients of half its output's sum of squares with respect to the parameters."""

    def __init__(self, module: nn.Module, x: Tensor, config: Config) -> None:
        self.module, self.x, self.config = module, x, config
        self.out: Tensor | None = None

    def forward(self) -> None:
        for parameter in self.module.parameters():
            parameter.grad = None
        with autocast(self.config.precision, self.x.device):
            self.out = self.module(self.x)

    def backward(self) -> None:
        assert self.out is not None
        self.out.backward(self.out.detach())  # type: ignore[no-untyped-call]
        self.out = None

    def step(self) -> None:
        self.forward()
        self.backward()

    @property
    def parts(self) -> list[tuple[str, Step]]:
        return [("forward", self.forward), ("backward", self.backward)]
