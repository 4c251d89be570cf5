"""Fresh values for a model's weights: random, so that every part of the network is seen in its outputs.

A model that has just been made may hide parts of itself: a batch norm whose weight is 0 multiplies its branch by 0, and
one whose statistics are 0 and 1 hands on what it reads.
"""

from collections.abc import Sequence
from math import sqrt
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

_SHIFT: Final = 0.2
"""The standard deviation of biases and running means."""
_SCALES: Final = (0.5, 1.5)
"""The least and the largest scale and running variance."""


def refresh(model: nn.Module, seed: int) -> None:
    """Draw every weight, bias, scale and running statistic of a model anew."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.is_floating_point():
                parameter.copy_(_drawn(name, parameter, generator))
        for part in model.modules():
            if isinstance(part, _NormBase) and part.running_mean is not None and part.running_var is not None:
                part.running_mean.copy_(_normal(part.running_mean, _SHIFT, generator))
                part.running_var.copy_(_uniform(part.running_var, generator))


def _drawn(name: str, parameter: Tensor, generator: torch.Generator) -> Tensor:
    if parameter.dim() > 1:
        return _normal(parameter, 1 / sqrt(max(1, parameter[0].numel())), generator)
    is_shift = name.rpartition(".")[2] == "bias"
    return _normal(parameter, _SHIFT, generator) if is_shift else _uniform(parameter, generator)


def _normal(like: Tensor, deviation: float, generator: torch.Generator) -> Tensor:
    return torch.randn(like.shape, generator=generator, dtype=like.dtype) * deviation


def _uniform(like: Tensor, generator: torch.Generator) -> Tensor:
    least, largest = _SCALES
    return least + (largest - least) * torch.rand(like.shape, generator=generator, dtype=like.dtype)


def settle(model: nn.Module, xs: Sequence[Tensor]) -> None:
    """Scale the weights of each layer so that its outputs are about 1, whatever the depth.

    Otherwise a sigmoid or a softmax at the end of a deep network might saturate, and hide what differs before it.
    """
    settled: set[nn.Module] = set()

    def scale(part: nn.Module, _: Any, out: Any) -> Any:
        if part in settled or not isinstance(out, Tensor):
            return out
        settled.add(part)
        size = out.square().mean().sqrt().item()
        if not 0 < size < float("inf"):
            return out
        for parameter in part.parameters():
            parameter.div_(size)
        return out / size

    hooks = [part.register_forward_hook(scale) for part in model.modules() if _is_linear(part)]
    try:
        with torch.no_grad():
            model(*xs)
    finally:
        for hook in hooks:
            hook.remove()


def _is_linear(part: nn.Module) -> bool:
    """Whether a module is a leaf whose weights have an output for each row, so that they scale with its outputs."""
    weight = getattr(part, "weight", None)
    return isinstance(weight, Tensor) and weight.dim() > 1 and not list(part.children())
