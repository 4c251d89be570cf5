"""The protocol of a preset: how many steps warm up, how many are timed, and when to wait for the device."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from archcalc.analysis.profile.presets import PRESETS, Preset
from archcalc.analysis.profile.request import Request
from archcalc.analysis.profile.results import Optimizer
from archcalc.analysis.profile.statistics import Timing, timing
from archcalc.pytorch.build import Built
from archcalc.pytorch.profile import memory
from archcalc.pytorch.profile.accelerator import Clock
from archcalc.pytorch.profile.bench import Bench
from archcalc.pytorch.profile.precision import autocast
from archcalc.pytorch.profile.steps import Training, expect_parameters, inference
from archcalc.pytorch.profile.timing import Step, block, latencies

_WEIGHT_DECAY: Final = 4e-5
"""The weight decay of tf_cnn_benchmarks."""


class Followed(NamedTuple):
    """Times of a forward pass, if the protocol has one, of whole steps and of parts; and what the steps minimize."""

    forward: Timing | None
    total: Timing
    parts: dict[str, Timing]
    per_block: int
    loss: str
    optimizer: Optimizer | None = None


def follow(bench: Bench, module: Built) -> Followed:
    """Take the times that the preset of the request prescribes."""
    preset = PRESETS[bench.request.preset or ""]
    bench.report(f"{preset.name}, batch {bench.batch}")
    xs = bench.inputs()
    module.train()
    if preset.without_dropout:
        _take_out_dropout(module)
    if preset.updates:
        training = Training(module, xs, bench, momentum=0.0, weight_decay=_WEIGHT_DECAY)
        total = _timed(training.step, bench.clock, preset)
        return Followed(None, total, {}, 1, training.loss_name, training.optimizer_settings)
    expect_parameters(module, bench)
    gradients = Gradients(module, xs, bench.request, preset.in_a_block)
    if preset.in_a_block:
        return _in_blocks(gradients, bench.clock, preset)
    forward = _timed(inference(module, xs, bench.request), bench.clock, preset)
    return Followed(forward, _timed(gradients.step, bench.clock, preset), {}, 1, gradients.loss_name)


def _in_blocks(gradients: "Gradients", clock: Clock, preset: Preset) -> Followed:
    """Time as convnet-benchmarks does: all steps forward, then all backward, with a wait at the end of each block."""
    for _ in range(preset.dry_runs):
        gradients.step()
        clock()
    memory.reset_peak(clock.device)
    forward, backward = (
        block(step, clock, preset.steps) / preset.steps for step in (gradients.forward, gradients.backward)
    )
    parts = {"forward": timing([forward]), "backward": timing([backward])}
    return Followed(parts["forward"], timing([forward + backward]), parts, preset.steps, gradients.loss_name)


def _timed(step: Step, clock: Clock, preset: Preset) -> Timing:
    for _ in range(preset.dry_runs):
        step()
    memory.reset_peak(clock.device)
    return timing(latencies(step, clock, preset.steps))


def _take_out_dropout(module: nn.Module) -> None:
    for part in module.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0


class Gradients:
    """A forward pass, and the gradients of half its outputs' sum of squares with respect to the parameters.

    With `adds_up` a backward pass can run again, and adds its gradients to those of the last, as Torch7 does.
    """

    loss_name: Final = "half the output's sum of squares; gradients without an optimizer"

    def __init__(self, module: nn.Module, xs: Sequence[Tensor], request: Request, adds_up: bool) -> None:
        self.module, self.xs, self.request, self.adds_up = module, xs, request, adds_up
        self.outputs: tuple[Tensor, ...] = ()

    def forward(self) -> None:
        if not self.adds_up:
            self.module.zero_grad(set_to_none=True)
        self.outputs = ()
        with autocast(self.request.precision, self.xs[0].device):
            made = self.module(*self.xs)
        self.outputs = made if isinstance(made, tuple) else (made,)

    def backward(self) -> None:
        gradients = [output.detach() for output in self.outputs]
        torch.autograd.backward(self.outputs, gradients, retain_graph=self.adds_up)

    def step(self) -> None:
        self.forward()
        self.backward()
