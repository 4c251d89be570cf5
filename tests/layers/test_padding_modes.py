"""Convolutions that are padded with what there is: their values by numpy, and how much torch lets them pad."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

import archcalc
from archcalc.errors import ArchError
from archcalc.layers.conv import Conv2d

NUMPY = {"zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def network(size: int, padding: str, mode: str, kernel: int = 3, stride: int = 1) -> archcalc.Network:
    fields = f"out_channels: 2, kernel_size: {kernel}, stride: {stride}, padding: {padding}, padding_mode: {mode}"
    layers = f"[{{name: conv, op: conv2d, {fields}}}]"
    return archcalc.load(f"archcalc: 1\nname: net\ninput: [3, {size}, {size}]\nlayers: {layers}\n")


# same at stride 2 with a window of 5 on 6: ceil(6 / 2) = 3 places reach 4 + 5 = 9: 1 before, 2 after
PADDINGS = {"2": (2, 2, 2, 2), "[0, 1]": (0, 0, 1, 1), "{top: 3, right: 2}": (3, 0, 0, 2), "same": (1, 2, 1, 2)}


@pytest.mark.parametrize("padding", PADDINGS)
@pytest.mark.parametrize("mode", NUMPY)
def test_what_is_around_a_map_is_what_numpy_puts_there(mode: str, padding: str) -> None:
    module = network(6, padding, mode, kernel=5, stride=2).module()
    x = torch.randn(2, 3, 6, 6)
    top, bottom, left, right = PADDINGS[padding]
    padded = np.pad(x.numpy(), ((0, 0), (0, 0), (top, bottom), (left, right)), mode=NUMPY[mode])
    weight, bias = module.state_dict()["conv.weight"], module.state_dict()["conv.bias"]
    torch.testing.assert_close(module(x), functional.conv2d(torch.from_numpy(padded), weight, bias, stride=2))


@pytest.mark.parametrize("mode", NUMPY)
def test_a_convolution_pads_as_much_as_torch_lets_it(mode: str) -> None:
    for size in range(1, 5):
        for padding in range(6):
            theirs = nn.Conv2d(1, 1, 1, padding=padding, padding_mode=mode)
            ours = Conv2d(out_channels=1, kernel_size=1, padding=padding, padding_mode=mode)
            assert does(lambda m=theirs, s=size: m(torch.zeros(1, 1, s, s))) == does(
                lambda m=ours, s=size: m.check((1, s, s))
            ), (size, padding)


def does(what: object) -> bool:
    try:
        what()  # type: ignore[operator]
    except (RuntimeError, ArchError):
        return False
    return True


def test_a_model_that_pads_otherwise_differs() -> None:
    class Model(nn.Module):
        def __init__(self, mode: str) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 2, 3, padding=1, padding_mode=mode)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.conv(x)

    from tests.analysis.check.models import beside

    for mode in NUMPY:
        for other in NUMPY:
            found = beside(network(6, "1", mode).graph, Model(other)).differences
            said = f"layer conv: padding_mode {mode} here, {other} in the model"
            assert (said in found) == (mode != other)
            assert bool(found) == (mode != other)
