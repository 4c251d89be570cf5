"""The numbers that twins compute on real tensors, against loops written from the definitions."""

import re
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from archcalc.errors import ArchError
from archcalc.layers import Layer
from archcalc.layers.conv import Conv2d
from archcalc.layers.fields import SIDES, Sides
from archcalc.layers.norm import LocalResponseNorm
from archcalc.layers.pool import AvgPool2d, MaxPool2d
from archcalc.layers.regularize import Dropout
from archcalc.layers.window import places
from tests.twins import Called

Array = np.ndarray[Any, np.dtype[np.float64]]

sizes = st.integers(1, 9)
pairs = st.tuples(st.integers(1, 4), st.integers(1, 4))
paddings = st.one_of(
    st.sampled_from(["same", "same_lower"]),
    st.integers(0, 2),
    st.fixed_dictionaries({side: st.integers(0, 2) for side in SIDES[2]}),
)
fields = st.fixed_dictionaries(
    {
        "kernel_size": pairs,
        "stride": pairs,
        "padding": paddings,
        "ceil_mode": st.sampled_from([False, True, "caffe", "unclipped"]),
    }
)


def of(layer: Layer, x: Array) -> Array:
    """Return what torch makes of one example."""
    module = Called(layer.twin(x.shape)).double().eval()
    with torch.no_grad():
        return module(torch.from_numpy(x)[None])[0].numpy()


def positions(layer: Any, x: Array) -> Any:
    """For each place of the output, the rows and columns that the window covers, those outside the input too."""
    window = layer.window(x.shape)
    starts = window.padding.before
    for place in product(*map(range, places(layer, x.shape))):
        axes = (
            [p * s - before + k * d for k in range(size)]
            for p, s, before, size, d in zip(
                place, window.stride, starts, window.kernel_size, window.dilation, strict=True
            )
        )
        yield place, list(product(*axes))


def inside(x: Array, cells: list[tuple[int, int]]) -> list[tuple[int, int]]:
    return [(i, j) for i, j in cells if 0 <= i < x.shape[1] and 0 <= j < x.shape[2]]


def some(shape: tuple[int, ...]) -> Array:
    """Numbers below zero, so that a padding of zero would win a maximum."""
    return np.random.default_rng(0).normal(-3, 1, shape)


def legal(make: Any, x: Array) -> Any:
    try:
        layer = make()
        layer.check(x.shape)
    except ArchError:
        assume(False)
    return layer


@settings(max_examples=200, deadline=None)
@given(st.tuples(sizes, sizes), fields, st.integers(1, 2))
def test_a_maximum_is_over_the_input_alone(size: tuple[int, int], given_: dict[str, Any], dilation: int) -> None:
    x = some((2, *size))
    layer = legal(lambda: MaxPool2d(**given_, dilation=dilation), x)
    made = of(layer, x)
    for (i, j), cells in positions(layer, x):
        seen = [x[:, a, b] for a, b in inside(x, cells)]
        expected = np.max(seen, axis=0) if seen else np.full(2, -np.inf)
        np.testing.assert_allclose(made[:, i, j], expected)


@settings(max_examples=200, deadline=None)
@given(st.tuples(sizes, sizes), fields, st.booleans())
def test_a_mean_counts_padding_or_leaves_it_out(
    size: tuple[int, int], given_: dict[str, Any], count_include_pad: bool
) -> None:
    x = some((2, *size))
    layer = legal(lambda: AvgPool2d(**given_, count_include_pad=count_include_pad), x)
    try:
        made = of(layer, x)
    except ArchError:
        return  # torch has no such mean, which the twin says
    sides = layer.padding if isinstance(layer.padding, Sides) else layer.window(x.shape).padding
    for (i, j), cells in positions(layer, x):
        seen = inside(x, cells)
        padded = [
            (a, b) for a, b in cells if -sides[0] <= a < size[0] + sides[1] and -sides[2] <= b < size[1] + sides[3]
        ]
        divisor = len(padded) if count_include_pad else len(seen)
        if divisor:
            total = np.sum([x[:, a, b] for a, b in seen], axis=0) if seen else np.zeros(2)
            np.testing.assert_allclose(made[:, i, j], total / divisor)


@settings(max_examples=200, deadline=None)
@given(st.tuples(sizes, sizes), fields, st.integers(1, 2), st.booleans())
def test_a_convolution_reads_zeros_outside(
    size: tuple[int, int], given_: dict[str, Any], dilation: int, bias: bool
) -> None:
    x = some((2, *size))
    layer = legal(lambda: Conv2d(out_channels=3, bias=bias, dilation=dilation, **given_), x)
    module = Called(layer.twin(x.shape)).double()
    assert module.inner is not None
    parameters = {name: p.detach().numpy() for name, p in module.inner.named_parameters()}
    with torch.no_grad():
        made = module(torch.from_numpy(x)[None])[0].numpy()
    kernel = list(product(range(layer.kernel_size[0]), range(layer.kernel_size[1])))
    for (i, j), cells in positions(layer, x):
        expected = parameters["bias"].copy() if bias else np.zeros(3)
        for (a, b), (k, m) in zip(cells, kernel, strict=True):
            if inside(x, [(a, b)]):
                expected += parameters["weight"][:, :, k, m] @ x[:, a, b]
        np.testing.assert_allclose(made[:, i, j], expected, atol=1e-9)


@pytest.mark.parametrize("size", [1, 3, 5])
@pytest.mark.parametrize("alpha_per", ["sum", "mean"])
def test_local_response_norm_divides_by_its_formula(size: int, alpha_per: str) -> None:
    x = some((7, 2, 2))
    layer = LocalResponseNorm(size=size, alpha=0.3, beta=0.6, k=2, alpha_per=alpha_per)
    squares = np.zeros_like(x)
    for channel in range(7):
        near = range(max(0, channel - size // 2), min(7, channel + size // 2 + 1))
        squares[channel] = sum(x[other] ** 2 for other in near)
    weight = 0.3 if alpha_per == "sum" else 0.3 / size
    np.testing.assert_allclose(of(layer, x), x / (2 + weight * squares) ** 0.6)
    formula, _, rest = next(layer.remarks(x.shape)).partition(", with s the ")
    assert rest.startswith(f"{alpha_per} of the squares of {size} adjacent channels")
    s = squares / size if alpha_per == "mean" else squares
    np.testing.assert_allclose(of(layer, x), eval(formula.removeprefix("y = "), {"x": x, "s": s}))


@pytest.mark.parametrize("p", [0.0, 0.3, 0.5, 1.0])
def test_dropout_scales_what_it_keeps_as_it_says(p: float) -> None:
    layer = Dropout(p=p)
    module = Called(layer.twin((4,))).train()
    torch.manual_seed(0)
    made = {round(float(value), 6) for value in module(torch.ones(1, 1000)).unique()}
    words = next(layer.remarks((4,)))
    assert f"zero with probability {p:g}, " in words
    if p == 1:
        assert "so all are" in words
        assert made == {0.0}
    else:
        scale = re.search(r"multiplied by (1 / \(1 - [0-9.]+\));", words)
        assert scale
        assert made == {round(eval(scale[1]), 6)} | ({0.0} if p else set())
