"""How much a pool may pad: half its window where it rounds as torch does, less than its window where as others do."""

import pytest
import torch

import archcalc
from archcalc.errors import ArchError
from tests.conftest import ROOT

CASE = ROOT / "tests" / "specs" / "questions" / "caffe_pool_pad_over_half.yaml"


def pooled(size: int, kernel: int, stride: int, pad: int) -> int:
    """Return the size that Caffe makes: pooling_layer.cpp, Reshape."""
    count = -(-(size + 2 * pad - kernel) // stride) + 1
    return count - 1 if pad and (count - 1) * stride >= size + pad else count


def pool(size: int, kernel: int, stride: int, pad: int, ceil_mode: str) -> archcalc.Network:
    fields = f"kernel_size: {kernel}, stride: {stride}, padding: {pad}, ceil_mode: {ceil_mode}"
    layers = f"[{{name: pool, op: max_pool2d, {fields}}}]"
    return archcalc.load(f"archcalc: 1\nname: pool\ninput: [1, {size}, {size}]\nlayers: {layers}\n")


def test_a_pool_of_caffe_pads_more_than_half_its_window() -> None:
    network = archcalc.load(CASE)
    assert network.graph.output_shape == (1, 6, 6)  # ceil(22 / 4) + 1 = 7, of which the last begins at 24 >= 23
    assert network.check().differences == []


@pytest.mark.parametrize("kernel", [2, 3, 4, 5])
def test_every_padding_below_the_window(kernel: int) -> None:
    for pad in range(kernel):
        for stride in range(1, kernel + 1):
            for size in range(kernel, 12):
                network = pool(size, kernel, stride, pad, "caffe")
                side = pooled(size, kernel, stride, pad)
                assert network.graph.output_shape == (1, side, side)
                x = torch.arange(1.0, size * size + 1).view(1, 1, size, size)
                assert torch.equal(network.module()(x), by_hand(x, side, kernel, stride, pad))


def by_hand(x: torch.Tensor, side: int, kernel: int, stride: int, pad: int) -> torch.Tensor:
    """Return the largest number of each window, of what there is of it: pooling_layer.cpp, Forward_cpu."""
    size = x.shape[-1]
    made = torch.empty(1, 1, side, side)
    for row in range(side):
        for column in range(side):
            top, left = row * stride - pad, column * stride - pad
            seen = x[..., max(top, 0) : min(top + kernel, size), max(left, 0) : min(left + kernel, size)]
            made[..., row, column] = seen.max()
    return made


@pytest.mark.parametrize("ceil_mode", ["caffe", "unclipped"])
def test_a_padding_as_wide_as_the_window_is_refused(ceil_mode: str) -> None:
    with pytest.raises(ArchError, match="padding 4 is not less than its window, which is 4"):
        _ = pool(20, 4, 4, 4, ceil_mode).graph


@pytest.mark.parametrize("ceil_mode", ["true", "false"])
def test_torch_asks_for_half_the_window(ceil_mode: str) -> None:
    with pytest.raises(ArchError, match="padding 3 is more than half its window: 4 // 2 = 2"):
        _ = pool(20, 4, 4, 3, ceil_mode).graph
    with pytest.raises(RuntimeError, match="at most half of effective kernel size"):
        torch.nn.MaxPool2d(4, 4, 3)(torch.zeros(1, 1, 20, 20))
