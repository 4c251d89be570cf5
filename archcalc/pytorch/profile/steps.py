"""What is timed: a forward pass, and a step of training in its parts."""

from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from archcalc.analysis.precision import Precision
from archcalc.analysis.profile.config import Config
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.layers.activation import Softmax
from archcalc.pytorch.profile.bench import Bench
from archcalc.pytorch.profile.precision import autocast
from archcalc.pytorch.profile.timing import Step

LEARNING_RATE: Final = 1e-6
"""So small that the network stays as it was made: at 0.01 most ReLUs die within twenty steps, and zeros are timed."""
MOMENTUM: Final = 0.9

_LEAST_PROBABILITY: Final = 1e-12


def inference(module: nn.Module, x: Tensor, config: Config) -> Step:
    """A forward pass that keeps nothing for a backward one."""

    def step() -> object:
        with torch.inference_mode(), autocast(config.precision, x.device):
            return module(x)

    return step


class Training:
    """A step of SGD on a random batch; its parts may be run one by one, in order."""

    def __init__(
        self, module: nn.Module, x: Tensor, bench: Bench, momentum: float = MOMENTUM, weight_decay: float = 0.0
    ) -> None:
        self.module, self.x, self.precision = module, x, bench.config.precision
        self.loss_of, self.loss_name = loss(bench.graph)
        expect_parameters(module, bench)
        self.optimizer = torch.optim.SGD(module.parameters(), LEARNING_RATE, momentum, weight_decay=weight_decay)
        self.scaler = self._scaler()
        classes = bench.graph.output_shape[0]
        self.target = torch.randint(classes, (x.shape[0],), device=x.device)
        self.loss: Tensor | None = None

    def _scaler(self) -> Any:
        """Gradients of fp16 are scaled, or they would vanish, where torch can do so."""
        if self.precision is not Precision.AMP_FP16 or self.x.device.type != "cuda":
            return None
        return torch.amp.GradScaler("cuda") if hasattr(torch.amp, "GradScaler") else torch.cuda.amp.GradScaler()

    def forward(self) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        with autocast(self.precision, self.x.device):
            self.loss = self.loss_of(self.module(self.x), self.target)

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
    def told(self) -> dict[str, Any]:
        """What is minimized and by what, for the record."""
        (group,) = self.optimizer.param_groups
        by = {"name": "SGD"} | {key: group[key] for key in ("lr", "momentum", "weight_decay")}
        return {"loss": self.loss_name, "optimizer": by}

    @property
    def parts(self) -> list[tuple[str, Step]]:
        return [("forward", self.forward), ("backward", self.backward), ("optimizer", self.update)]


def expect_parameters(module: nn.Module, bench: Bench) -> None:
    """Raise ArchError for a network that has nothing to learn."""
    if not list(module.parameters()):
        asked = "--preset" if bench.config.preset else f"--mode {bench.config.mode}"
        raise ArchError(f"{bench.graph.spec.name} has no parameters to train: leave out {asked}")


def loss(graph: Graph) -> tuple[Callable[[Tensor, Tensor], Tensor], str]:
    """What is minimized, and what it is called: of features the cross-entropy, of maps half the mean square."""
    if len(graph.output_shape) > 1:
        return lambda out, _: out.float().pow(2).mean() / 2, "half the mean square, since the network ends in maps"
    if graph.nodes and isinstance(graph.nodes[-1].layer, Softmax):
        return _of_probabilities, "cross-entropy, of the probabilities that the network ends in"
    return lambda out, target: functional.cross_entropy(out.float(), target), "cross-entropy"


def _of_probabilities(out: Tensor, target: Tensor) -> Tensor:
    return functional.nll_loss(out.float().clamp_min(_LEAST_PROBABILITY).log(), target)
