"""A function of a tensor and a parameter, which does the work of a layer, is held against that layer."""

import pytest
import torch
import torchvision
from torch import Tensor, nn

import archcalc
from tests.analysis.check.models import beside, network

SCALED = network("""
input: [3, 5, 5]
layers:
  - {name: conv, op: conv2d, out_channels: 4, kernel_size: 3}
  - {name: scaled, op: scale}
  - {name: sum, op: add, from: [scaled, conv]}
""").graph


class Scaled(nn.Module):
    """A convolution, and the same again times a parameter of some shape."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)
        self.gamma = nn.Parameter(torch.ones(shape))

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        return self.scaled(y) + y

    def scaled(self, y: Tensor) -> Tensor:
        return self.gamma * y


class Bent(Scaled):
    def scaled(self, y: Tensor) -> Tensor:
        return self.gamma * y.sin()


class Added(Scaled):
    def scaled(self, y: Tensor) -> Tensor:
        return self.gamma + y


class Twice(Scaled):
    def scaled(self, y: Tensor) -> Tensor:
        return self.gamma * (self.gamma * y)


def test_a_product_with_a_parameter_is_a_scale() -> None:
    found = beside(SCALED, Scaled(4, 1, 1))
    assert found.differences == []
    (pair,) = [pair for pair in found.layers if pair.ours and pair.ours.name == "scaled"]
    assert pair.theirs is not None
    assert (pair.theirs.name, pair.theirs.op, pair.theirs.params) == ("gamma", "Scale", 4)


@pytest.mark.parametrize("model", [Scaled(4, 3, 3), Scaled(1), Bent(4, 1, 1), Added(4, 1, 1), Twice(4, 1, 1)])
def test_what_is_done_otherwise_with_a_parameter_is_seen(model: nn.Module) -> None:
    assert beside(SCALED, model).differences


def test_a_parameter_that_is_used_twice_is_said_to_be_the_same() -> None:
    twice = network("""
input: [3, 5, 5]
layers:
  - {name: conv, op: conv2d, out_channels: 4, kernel_size: 3}
  - {name: first, op: scale}
  - {name: second, op: scale}
  - {name: sum, op: add, from: [second, conv]}
""").graph
    found = beside(twice, Twice(4, 1, 1))
    assert found.differences
    assert [pair.theirs.weights_of for pair in found.layers if pair.theirs] == ["", "", "gamma", ""]


@pytest.mark.slow
def test_torchvisions_convnext_is_the_spec() -> None:
    model = torchvision.models.convnext_tiny(stochastic_depth_prob=0.0)
    graph = archcalc.load("convnext_tiny").graph
    assert beside(graph, model).differences == []
