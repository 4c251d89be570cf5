"""Unpooling, which reads what the pool read, against models that give it the pool's indices."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from tests.analysis.check.models import beside, network

SEGNET = network("""
input: [3, 11, 9]
layers:
  - {name: conv1, op: conv2d, out_channels: 4, kernel_size: 3, padding: 1}
  - {name: pool1, op: max_pool2d, kernel_size: 2}
  - {name: conv2, op: conv2d, out_channels: 4, kernel_size: 3, padding: 1}
  - {name: pool2, op: max_pool2d, kernel_size: 2}
  - {name: unpool2, op: max_unpool2d, from: [pool2, conv2], kernel_size: 2}
  - {name: back2, op: conv2d, out_channels: 4, kernel_size: 3, padding: 1}
  - {name: unpool1, op: max_unpool2d, from: [back2, conv1], kernel_size: 2}
""").graph


class SegNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2, self.back2 = (
            nn.Conv2d(3, 4, 3, 1, 1),
            nn.Conv2d(4, 4, 3, 1, 1),
            nn.Conv2d(4, 4, 3, 1, 1),
        )
        self.pool, self.unpool = nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)

    def forward(self, x: Tensor) -> Tensor:
        one = self.conv1(x)
        x, first = self.pool(one)
        two = self.conv2(x)
        x, second = self.pool(two)
        return self.undo(x, first, second, one, two)

    def undo(self, x: Tensor, first: Tensor, second: Tensor, one: Tensor, two: Tensor) -> Tensor:
        x = self.back2(self.unpool(x, second, output_size=two.shape[2:]))
        return self.unpool(x, first, output_size=one.shape[2:])


class AsFunctions(SegNet):
    def forward(self, x: Tensor) -> Tensor:
        one = self.conv1(x)
        x, first = functional.max_pool2d(one, 2, return_indices=True)
        two = self.conv2(x)
        x, second = functional.max_pool2d_with_indices(two, 2, 2)
        x = self.back2(functional.max_unpool2d(x, second, 2, 2, output_size=two.shape[2:]))
        return functional.max_unpool2d(x, first, kernel_size=2, output_size=one.shape[2:])


class Upsampled(SegNet):
    def undo(self, x: Tensor, first: Tensor, second: Tensor, one: Tensor, two: Tensor) -> Tensor:
        x = self.back2(functional.interpolate(x, two.shape[2:]))
        return functional.interpolate(x, one.shape[2:])


class OtherWay(SegNet):
    """It puts all that the second pool left into one corner."""

    def undo(self, x: Tensor, first: Tensor, second: Tensor, one: Tensor, two: Tensor) -> Tensor:
        x = self.back2(self.unpool(x, torch.zeros_like(second), output_size=two.shape[2:]))
        return self.unpool(x, first, output_size=one.shape[2:])


@pytest.mark.parametrize("model", [SegNet(), AsFunctions()])
def test_indices_of_a_pool_stand_for_what_it_read(model: nn.Module) -> None:
    assert beside(SEGNET, model).differences == []


@pytest.mark.parametrize("model", [Upsampled(), OtherWay()])
def test_another_way_back_is_seen(model: nn.Module) -> None:
    assert beside(SEGNET, model).differences


def test_the_largest_stand_where_they_were_and_zeros_beside_them() -> None:
    module = network("""
input: [1, 3, 4]
layers:
  - {name: pool, op: max_pool2d, kernel_size: 2}
  - {name: unpool, op: max_unpool2d, from: [pool, input], kernel_size: 2}
""").module()
    x = torch.tensor([[1.0, 2, 3, 4], [5, 6, 9, 8], [7, 7, 7, 7]]).view(1, 1, 3, 4)
    assert module(x).view(3, 4).tolist() == [[0, 0, 0, 0], [0, 6, 9, 0], [0, 0, 0, 0]]
