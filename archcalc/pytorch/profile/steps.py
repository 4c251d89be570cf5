"""The steps that are timed: a forward pass, and a training step with its parts."""

from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from archcalc.analysis.precision import Precision
from archcalc.analysis.profile.request import Request
from archcalc.analysis.profile.results import Optimizer
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.layers.activation import Softmax
from archcalc.pytorch.profile.bench import Bench
from archcalc.pytorch.profile.precision import autocast
from archcalc.pytorch.profile.timing import Step

LEARNING_RATE: Final = 1e-6
"""So small that the weights hardly change: at 0.01 most ReLUs die within twenty steps, and zeros would be timed."""
MOMENTUM: Final = 0.9

_LEAST_PROBABILITY: Final = 1e-12


def inference(module: nn.Module, x: Tensor, request: Request) -> Step:
    """Return a forward pass that keeps nothing for a backward pass."""

    def step() -> object:
        with torch.inference_mode(), autocast(request.precision, x.device):
            return module(x)

    return step


class Training:
    """A step of SGD on a random batch; its parts can run one by one, in order."""

    def __init__(
        self, module: nn.Module, x: Tensor, bench: Bench, momentum: float = MOMENTUM, weight_decay: float = 0.0
    ) -> None:
        self.module, self.x, self.precision = module, x, bench.request.precision
        self.loss_function, self.loss_name = loss(bench.graph)
        expect_parameters(module, bench)
        self.optimizer = torch.optim.SGD(module.parameters(), LEARNING_RATE, momentum, weight_decay=weight_decay)
        self.scaler = self._scaler()
        classes = bench.graph.output_shape[0]
        self.target = torch.randint(classes, (x.shape[0],), device=x.device)
        self.loss: Tensor | None = None

    def _scaler(self) -> Any:
        """Return the scaler without which fp16 gradients vanish; None for other precisions and devices than CUDA."""
        if self.precision is not Precision.AMP_FP16 or self.x.device.type != "cuda":
            return None
        return torch.amp.GradScaler("cuda") if hasattr(torch.amp, "GradScaler") else torch.cuda.amp.GradScaler()

    def forward(self) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        with autocast(self.precision, self.x.device):
            self.loss = self.loss_function(self.module(self.x), self.target)

    def backward(self) -> None:
        assert self.loss is not None
        scaled = self.scaler.scale(self.loss) if self.scaler else self.loss
        scaled.backward()
        self.loss = None

    def update(self) -> None:
        if self.scaler:
            self.scaler.step(self.optimizer)
            self.scaler.update()
        else:
            self.optimizer.step()

    def step(self) -> None:
        self.forward()
        self.backward()
        self.update()

    @property
    def optimizer_settings(self) -> Optimizer:
        (group,) = self.optimizer.param_groups
        return Optimizer(name="SGD", **{key: group[key] for key in ("lr", "momentum", "weight_decay")})

    @property
    def parts(self) -> list[tuple[str, Step]]:
        return [("forward", self.forward), ("backward", self.backward), ("optimizer", self.update)]


def expect_parameters(module: nn.Module, bench: Bench) -> None:
    """Raise ArchError for a network that has nothing to learn."""
    if not list(module.parameters()):
        asked = "--preset" if bench.request.preset else f"--mode {bench.request.mode}"
        raise ArchError(f"{bench.graph.spec.name} has no parameters to train: leave out {asked}")


def loss(graph: Graph) -> tuple[Callable[[Tensor, Tensor], Tensor], str]:
    """Return the function to minimize and its name: cross-entropy of features, half the mean square of maps."""
    if len(graph.output_shape) > 1:
        return lambda out, _: out.float().pow(2).mean() / 2, "half the mean square, since the network ends in maps"
    if graph.nodes and isinstance(graph.nodes[-1].layer, Softmax):
        return _of_probabilities, "cross-entropy, of the probabilities that the network ends in"
    return lambda out, target: functional.cross_entropy(out.float(), target), "cross-entropy"


def _of_probabilities(out: Tensor, target: Tensor) -> Tensor:
    return functional.nll_loss(out.float().clamp_min(_LEAST_PROBABILITY).log(), target)
