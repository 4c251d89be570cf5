"""Decimal factors of an upsampling: exact, and where torch's floats make another size, that is said."""

from fractions import Fraction

import torch
from torch import nn

import archcalc


def upsampled(size: int, factor: str) -> archcalc.Network:
    layers = f"[{{name: up, op: upsample, scale_factor: {factor}}}]"
    return archcalc.load(f"archcalc: 1\nname: up\ninput: [1, {size}, 3]\nlayers: {layers}\n")


def test_a_size_is_exactly_that_of_the_decimal_and_torchs_is_told_apart() -> None:
    apart = 0
    for hundredths in (29, 57, 58, 70, 110, 113, 115, 150, 230):
        factor = Fraction(hundredths, 100)
        for size in (10, 50, 100, 200):
            network = upsampled(size, f"[{float(factor)}, 1]")
            exact = size * hundredths // 100
            made = nn.Upsample(scale_factor=(float(factor), 1.0))(torch.zeros(1, 1, size, 3))
            assert network.graph.output_shape == (1, exact, 3)
            assert network.module()(torch.zeros(1, 1, size, 3)).shape == (1, 1, exact, 3)
            assert bool(network.graph.cautions) == (made.shape[2] != exact)
            apart += made.shape[2] != exact
    assert apart > 3


def test_the_caution_says_what_torch_makes() -> None:
    (caution,) = upsampled(100, "[0.29, 1]").graph.cautions
    words = "0.29 times a height of 100 is 29, and torch, in floats, makes 28 of 28.999999999999996"
    assert caution == f"layer up: {words}"
