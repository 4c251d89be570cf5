"""The steps that are timed: a forward pass, and a training step with its parts."""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from archcalc.analysis.precision import Precision
from archcalc.analysis.profile.request import Request
from archcalc.analysis.profile.results import Optimizer
from archcalc.errors import ArchError, listing
from archcalc.graph import Graph, Node
from archcalc.layers.softmax import Softmax
from archcalc.pytorch.profile.bench import Bench
from archcalc.pytorch.profile.precision import autocast
from archcalc.pytorch.profile.timing import Step

LEARNING_RATE: Final = 1e-6
"""So small that the weights hardly change: at 0.01 most ReLUs die within twenty steps, and zeros would be timed."""
MOMENTUM: Final = 0.9

_LEAST_PROBABILITY: Final = 1e-12


def inference(module: nn.Module, xs: Sequence[Tensor], request: Request) -> Step:
    """Return a forward pass that keeps nothing for a backward pass."""

    def step() -> object:
        with torch.inference_mode(), autocast(request.precision, xs[0].device):
            return module(*xs)

    return step


class Training:
    """A step of SGD on a random batch; its parts can run one by one, in order."""

    def __init__(
        self,
        module: nn.Module,
        xs: Sequence[Tensor],
        bench: Bench,
        momentum: float = MOMENTUM,
        weight_decay: float = 0.0,
    ) -> None:
        self.module, self.xs, self.precision = module, xs, bench.request.precision
        self.device = xs[0].device
        expect_parameters(module, bench)
        self.loss_function, self.loss_name = loss(bench.graph)
        self.optimizer = torch.optim.SGD(module.parameters(), LEARNING_RATE, momentum, weight_decay=weight_decay)
        self.scaler = self._scaler()
        classes = (node.output_shape[0] for node in _ends(bench.graph))
        self.targets = [torch.randint(number, (len(xs[0]),), device=self.device) for number in classes]
        self.loss: Tensor | None = None

    def _scaler(self) -> Any:
        """Return the scaler without which fp16 gradients vanish; None for other precisions and devices than CUDA."""
        if self.precision is not Precision.AMP_FP16 or self.device.type != "cuda":
            return None
        return torch.amp.GradScaler("cuda") if hasattr(torch.amp, "GradScaler") else torch.cuda.amp.GradScaler()

    def forward(self) -> None:
        self.optimizer.zero_grad(set_to_none=True)
        with autocast(self.precision, self.device):
            self.loss = self.loss_function(self.module(*self.xs), self.targets)

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


def loss(graph: Graph) -> tuple[Callable[[Tensor | tuple[Tensor, ...], Sequence[Tensor]], Tensor], str]:
    """Return the function of outputs and targets to minimize, and its name; of several outputs it is a sum.

    It is the cross-entropy of features, and half the mean square of maps.
    """
    ends = [_loss_of(node) for node in _ends(graph)]
    names = list(dict.fromkeys(name for _, name in ends))

    def total(outputs: Tensor | tuple[Tensor, ...], targets: Sequence[Tensor]) -> Tensor:
        several = outputs if isinstance(outputs, tuple) else (outputs,)
        losses = (of(*both) for (of, _), both in zip(ends, zip(several, targets, strict=True), strict=True))
        return reduce(torch.add, losses)

    return total, names[0] if len(ends) == 1 else f"the sum over {len(ends)} outputs of {listing(names, 'and')}"


def _ends(graph: Graph) -> list[Node]:
    nodes = {node.name: node for node in graph.nodes}
    return [nodes[name] for name in graph.outputs]


def _loss_of(node: Node) -> tuple[Callable[[Tensor, Tensor], Tensor], str]:
    if len(node.output_shape) > 1:
        return lambda out, _: out.float().pow(2).mean() / 2, "half the mean square, since the network ends in maps"
    if isinstance(node.layer, Softmax):
        return _of_probabilities, "cross-entropy, of the probabilities that the network ends in"
    return _cross_entropy, "cross-entropy"


def _cross_entropy(out: Tensor, target: Tensor) -> Tensor:
    return functional.cross_entropy(out.float(), target)


def _of_probabilities(out: Tensor, target: Tensor) -> Tensor:
    return functional.nll_loss(out.float().clamp_min(_LEAST_PROBABILITY).log(), target)
