"""Layers that lay the same elements out otherwise, against the many ways in which torch does that."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from tests.analysis.check.models import beside, network

Way = Callable[[Tensor], Tensor]


class Model(nn.Module):
    """Something between two functions that compute."""

    def __init__(self, way: Way) -> None:
        super().__init__()
        self.way = way

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(self.way(torch.sigmoid(x)))


def differences(shape: str, layers: str, way: Way) -> list[str]:
    text = f"input: {shape}\nlayers:\n  - {{name: first, op: sigmoid}}\n{layers}  - {{name: last, op: tanh}}\n"
    return beside(network(text).graph, Model(way)).differences


SPECS = {
    "reshape": ("[4, 6, 6]", "  - {name: a, op: reshape, shape: [2, -1, 4]}\n"),
    "reshaped flat": ("[4, 6, 6]", "  - {name: a, op: reshape, shape: [-1]}\n"),
    "unflatten": ("[144]", "  - {name: a, op: unflatten, sizes: [4, 6, 6]}\n"),
    "squeeze": ("[4, 1, 1]", "  - {name: a, op: squeeze, dim: [2, 3]}\n"),
    "unsqueeze": ("[4]", "  - {name: a, op: unsqueeze, dim: 2}\n  - {name: b, op: unsqueeze, dim: 3}\n"),
    "transpose": ("[4, 6, 6]", "  - {name: a, op: transpose, dim0: 1, dim1: 3}\n"),
    "permute": ("[4, 6, 6]", "  - {name: a, op: permute, dims: [3, 2, 1]}\n"),
    "mean": ("[4, 6, 5]", "  - {name: a, op: mean, dim: [2, 3]}\n"),
    "kept": ("[4, 6, 5]", "  - {name: a, op: mean, dim: [2, 3], keepdim: true}\n"),
    "rows": ("[4, 6, 5]", "  - {name: a, op: mean, dim: 3}\n"),
    "channels": ("[4, 6, 5]", "  - {name: a, op: mean, dim: 1, keepdim: true}\n"),
    "tokens": (
        "[4, 6, 6]",
        "  - {name: a, op: flatten, start_dim: 2}\n  - {name: b, op: transpose, dim0: 1, dim1: 2}\n",
    ),
}

SAME: list[tuple[str, Way]] = [
    ("reshape", lambda x: x.view(1, 2, 18, 4)),
    ("reshape", lambda x: x.flatten(1).unflatten(1, (2, 18, 4))),
    ("reshape", lambda x: nn.Unflatten(1, (2, 18, 4))(x.flatten(1))),
    ("reshaped flat", lambda x: x.flatten(1)),
    ("reshaped flat", nn.Flatten()),
    ("unflatten", lambda x: x.reshape(-1, 4, 6, 6)),
    ("unflatten", nn.Unflatten(1, (4, 6, 6))),
    ("squeeze", lambda x: x.squeeze(-1).squeeze(-1)),
    ("squeeze", lambda x: x.flatten(1)),
    ("squeeze", lambda x: x[:, :, 0, 0]),
    ("unsqueeze", lambda x: x[:, :, None, None]),
    ("unsqueeze", lambda x: x.unsqueeze(-1).unsqueeze(-1)),
    ("unsqueeze", lambda x: x.view(1, 4, 1, 1)),
    ("transpose", lambda x: x.permute(0, 3, 2, 1)),
    ("transpose", lambda x: x.swapaxes(-1, 1)),
    ("permute", lambda x: x.transpose(1, 3)),
    ("tokens", lambda x: x.flatten(2).transpose(1, 2)),
    ("mean", lambda x: x.mean([2, 3])),
    ("mean", lambda x: torch.mean(x, dim=(-1, -2))),
    ("mean", lambda x: x.mean(3).mean(2)),
    ("mean", lambda x: x.flatten(2).mean(2)),
    ("mean", lambda x: nn.AdaptiveAvgPool2d(1)(x).flatten(1)),
    ("kept", lambda x: x.mean([2, 3], keepdim=True)),
    ("kept", nn.AdaptiveAvgPool2d(1)),
    ("rows", lambda x: x.mean(-1)),
    ("rows", lambda x: nn.functional.adaptive_avg_pool2d(x, (6, 1)).squeeze(3)),
    ("channels", lambda x: x.mean(1, keepdim=True)),
    ("channels", lambda x: torch.mean(x, dim=-3, keepdim=True)),
    ("tokens", lambda x: x.view(1, 4, 36).permute(0, 2, 1)),
]

OTHER: list[tuple[str, Way]] = [
    ("reshape", lambda x: x.view(1, 4, 18, 2)),
    ("reshape", lambda x: x),
    ("unflatten", lambda x: x.reshape(-1, 6, 4, 6)),
    ("unsqueeze", lambda x: x[:, None, :, None]),
    ("transpose", lambda x: x.reshape(1, 6, 6, 4)),
    ("transpose", lambda x: x.permute(0, 3, 1, 2)),
    ("permute", lambda x: x.transpose(1, 2)),
    ("tokens", lambda x: x.reshape(1, 36, 4)),
    ("mean", lambda x: x.amax([2, 3])),
    ("mean", lambda x: x.mean([2, 3], keepdim=True)),
    ("kept", lambda x: x.mean([1, 2], keepdim=True)),
    ("rows", lambda x: x.mean(2)),
    ("channels", lambda x: x.mean(2, keepdim=True)),
    ("channels", lambda x: x.amax(1, keepdim=True)),
]


@pytest.mark.parametrize("at", range(len(SAME)))
def test_the_same_layout_is_the_same_however_it_is_made(at: int) -> None:
    name, way = SAME[at]
    assert differences(*SPECS[name], way) == []


@pytest.mark.parametrize("at", range(len(OTHER)))
def test_another_layout_is_seen(at: int) -> None:
    name, way = OTHER[at]
    assert differences(*SPECS[name], way)
