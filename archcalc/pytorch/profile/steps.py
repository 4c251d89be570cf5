"""What is timed: a forward pass, and a step of training in its parts."""

from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from archcalc.analysis.profile.config import Config, Precision
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.layers.activation import Softmax
from archcalc.pytorch.profile.device import autocast, dtype_of
from archcalc.pytorch.profile.timing import Step

LEARNING_RATE: Final = 0.01
MOMENTUM: Final = 0.9

_LEAST_PROBABILITY: Final = 1e-12


def random_input(graph: Graph, batch: int, config: Config, device: torch.device) -> Tensor:
    """Normal numbers, since zeros would be computed faster, in the layout and precision asked for."""
    x = torch.randn(batch, *graph.spec.input_shape, device=device).to(dtype_of(config.precision))
    return laid_out(x, config)


def laid_out(x: Tensor, config: Config) -> Tensor:
    """With channels last, where that is asked for and means anything."""
    return x.to(memory_format=torch.channels_last) if config.channels_last and x.dim() == 4 else x


def inference(module: nn.Module, x: Tensor, config: Config) -> Step:
    """A forward pass that keeps nothing for a backward one."""

    def step() -> object:
        with torch.inference_mode(), autocast(config.precision, x.device):
            return module(x)

    return step


class Training:
    """A step of SGD with momentum on a random batch; its parts may be run one by one, in order."""

    def __init__(self, module: nn.Module, graph: Graph, x: Tensor, config: Config) -> None:
        self.module, self.x, self.config = module, x, config
        self.loss_of, self.loss_name = loss(graph)
        if not list(module.parameters()):
            raise ArchError(f"{graph.spec.name} has no parameters to train: leave out --mode {config.mode}")
        self.optimizer = torch.optim.SGD(module.parameters(), lr=LEARNING_RATE, momentum=MOMENTUM)
        self.scaler = self._scaler()
        classes = graph.output_shape[0]
        self.target = torch.randint(classes, (x.shape[0],), device=x.device)
        self.loss: Tensor | None = None

    def _scaler(self) -> Any:
        """Gradients of fp16 are scaled, or they would vanish, where torch can do so."""
        scales = self.config.precision is Precision.AMP_FP16 and self.x.device.type == "cuda"
        return torch.amp.GradScaler("cuda") if scales else None

    def forward(self) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        with autocast(self.config.precision, self.x.device):
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
    def parts(self) -> list[tuple[str, Step]]:
        return [("forward", self.forward), ("backward", self.backward), ("optimizer", self.update)]


def loss(graph: Graph) -> tuple[Callable[[Tensor, Tensor], Tensor], str]:
    """What is minimized, and what it is called: of features the cross-entropy, of maps half the sum of squares."""
    if len(graph.output_shape) > 1:
        return lambda out, _: out.float().pow(2).sum() / 2, "half the sum of squares, since the network ends in maps"
    if graph.nodes and isinstance(graph.nodes[-1].layer, Softmax):
        return _of_probabilities, "cross-entropy, of the probabilities that the network ends in"
    return lambda out, target: functional.cross_entropy(out.float(), target), "cross-entropy"


def _of_probabilities(out: Tensor, target: Tensor) -> Tensor:
    return functional.nll_loss(out.float().clamp_min(_LEAST_PROBABILITY).log(), target)
