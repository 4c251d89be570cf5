"""The modules of kinds that torch has no class for: what they compute, against torch's functions and definitions."""

import numpy as np
import pytest
import torch
from timm.layers.grn import GlobalResponseNorm as TheirResponseNorm
from torch.nn import functional
from torchvision.models.convnext import LayerNorm2d as TheirLayerNorm2d
from torchvision.models.convnext import convnext_tiny
from torchvision.ops import FrozenBatchNorm2d as TheirFrozenNorm
from torchvision.ops import StochasticDepth as TheirStochasticDepth

from archcalc.pytorch.modules import (
    BlurPool2d,
    FrozenBatchNorm2d,
    GlobalResponseNorm,
    LayerNorm2d,
    LocallyConnected2d,
    LocalResponseNorm2d,
    Scale,
    StandardizedConv2d,
    StochasticDepth,
    TableConv2d,
    WeightNormConv1d,
    WeightNormConv2d,
    WeightNormConv3d,
)


@pytest.mark.parametrize("bias", [True, False])
def test_local_filters_that_are_all_alike_are_a_convolution(bias: bool) -> None:
    filters, biases = torch.randn(5, 3, 3, 2), torch.randn(5)
    x = torch.randn(2, 3, 9, 8)
    whole = functional.conv2d(x, filters, biases if bias else None, (2, 1), (1, 2), (1, 3))
    module = LocallyConnected2d(3, 5, tuple(whole.shape[2:]), (3, 2), (2, 1), (1, 2), (1, 3), bias)
    with torch.no_grad():
        module.weight.copy_(filters.reshape(5, 1, 18).expand_as(module.weight))
        if module.bias is not None:
            module.bias.copy_(biases.view(5, 1, 1).expand_as(module.bias))
    torch.testing.assert_close(module(x), whole)


def test_each_place_has_its_own_filters_and_biases() -> None:
    module, x = LocallyConnected2d(2, 3, (4, 3), (2, 2)), torch.randn(1, 2, 5, 4)
    made = module(x)
    for place in range(12):
        row, column = divmod(place, 3)
        window = x[0, :, row : row + 2, column : column + 2].flatten()
        for channel in range(3):
            expected = (module.weight[channel, place] * window).sum() + module.bias[channel, row, column]
            torch.testing.assert_close(made[0, channel, row, column], expected)


@pytest.mark.parametrize("bias", [True, False])
def test_a_table_says_which_kernels_of_a_convolution_there_are(bias: bool) -> None:
    table = ((2, 0), (1,), (0, 1, 2, 3))
    module = TableConv2d(4, table, (3, 2), (2, 1), (1, 2), (1, 3), bias)
    x, dense = torch.randn(2, 4, 9, 8), torch.zeros(3, 4, 3, 2)
    kernels = iter(module.weight)
    for made, reads in enumerate(table):
        for number in reads:
            dense[made, number] = next(kernels)
    assert next(kernels, None) is None
    torch.testing.assert_close(module(x), functional.conv2d(x, dense, module.bias, (2, 1), (1, 2), (1, 3)))


@pytest.mark.parametrize("gain", [False, True])
def test_filters_are_standardized_as_the_papers_say(gain: bool) -> None:
    module = StandardizedConv2d(4, 6, (3, 2), (2, 1), (1, 0), groups=2, gain=gain)
    x, weight = torch.randn(2, 4, 9, 8), module.weight.detach()
    mean, variance = weight.mean((1, 2, 3), keepdim=True), weight.var((1, 2, 3), correction=0, keepdim=True)
    filters = (weight - mean) / (variance + 1e-6).sqrt()
    if module.gain is not None:
        torch.nn.init.normal_(module.gain)
        filters = filters * module.gain / 12**0.5  # a filter has 2 * 3 * 2 weights
    torch.testing.assert_close(module(x), functional.conv2d(x, filters, module.bias, (2, 1), (1, 0), groups=2))


@pytest.mark.parametrize(
    ("ours", "theirs", "axes"),
    [
        (WeightNormConv1d, torch.nn.Conv1d, 1),
        (WeightNormConv2d, torch.nn.Conv2d, 2),
        (WeightNormConv3d, torch.nn.Conv3d, 3),
    ],
)
@pytest.mark.filterwarnings("ignore:`torch.nn.utils.weight_norm` is deprecated")
def test_weights_are_normed_as_torch_does_and_called_as_torch_calls_them(
    ours: type[torch.nn.Module], theirs: type[torch.nn.Module], axes: int
) -> None:
    mine = ours(4, 6, (3, 2, 2)[:axes], padding=1, groups=2)
    torchs = torch.nn.utils.weight_norm(theirs(4, 6, (3, 2, 2)[:axes], padding=1, groups=2))
    assert {name: part.shape for name, part in mine.state_dict().items()} == {
        name: part.shape for name, part in torchs.state_dict().items()
    }
    for part in mine.parameters():
        torch.nn.init.normal_(part)
    torchs.load_state_dict(mine.state_dict())
    x = torch.randn(2, 4, *(9, 8, 7)[:axes])
    torch.testing.assert_close(mine(x), torchs(x))


def test_a_blur_is_binomial_and_mirrors_what_lies_inside() -> None:
    module, x = BlurPool2d(3, (4, 4), (2, 2), (1, 2, 1, 2)), torch.randn(2, 3, 7, 9)
    weights = np.outer([1, 3, 3, 1], [1, 3, 3, 1]) / 64
    assert module.filt.shape == (3, 1, 4, 4)
    padded = np.pad(x.numpy(), ((0, 0), (0, 0), (1, 2), (1, 2)), mode="reflect")
    made = module(x).numpy()
    assert made.shape == (2, 3, 4, 5)
    for row in range(4):
        for column in range(5):
            window = padded[:, :, 2 * row : 2 * row + 4, 2 * column : 2 * column + 4]
            np.testing.assert_allclose(made[:, :, row, column], (window * weights).sum((2, 3)), rtol=1e-4, atol=1e-6)


def test_channels_of_each_place_are_normalized_as_in_torchvision() -> None:
    ours, theirs = LayerNorm2d(6, eps=1e-6), TheirLayerNorm2d(6, eps=1e-6)
    torch.nn.init.normal_(ours.weight)
    torch.nn.init.normal_(ours.bias)
    theirs.load_state_dict(ours.state_dict())
    x = torch.randn(2, 6, 4, 5)
    assert torch.equal(ours(x), theirs(x))


def test_squares_around_a_place_divide_it() -> None:
    module, x = LocalResponseNorm2d(3, alpha=0.5, beta=0.75, k=2.0), torch.randn(1, 2, 4, 5, dtype=torch.float64)
    made, (example,) = module(x)[0].numpy(), x.numpy()
    for channel, row, column in np.ndindex(*example.shape):
        around = example[channel, max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
        expected = example[channel, row, column] / (2 + 0.5 * (around**2).sum() / 9) ** 0.75
        np.testing.assert_allclose(made[channel, row, column], expected)


def test_frozen_norms_are_those_of_torchvision() -> None:
    ours, theirs = FrozenBatchNorm2d(3, eps=1e-3), TheirFrozenNorm(3, eps=1e-3)
    state = {name: torch.rand(3) for name in ours.state_dict()}
    ours.load_state_dict(state)
    theirs.load_state_dict(state)
    x = torch.randn(2, 3, 4, 5)
    torch.testing.assert_close(ours(x), theirs(x))
    assert not list(ours.parameters())


def test_responses_are_normalized_as_their_paper_says() -> None:
    module, x = GlobalResponseNorm(3, eps=1e-3).double(), torch.randn(2, 3, 4, 5, dtype=torch.float64)
    torch.nn.init.normal_(module.weight)
    torch.nn.init.normal_(module.bias)
    for example, made in zip(x.numpy(), module(x).detach().numpy(), strict=True):
        lengths = np.array([np.sqrt((channel**2).sum()) for channel in example])
        for channel, length, weight, bias, out in zip(
            example, lengths, module.weight.tolist(), module.bias.tolist(), made, strict=True
        ):
            np.testing.assert_allclose(out, channel + weight * channel * length / (lengths.mean() + 1e-3) + bias)


def test_responses_are_the_same_wherever_channels_stand() -> None:
    first, last = GlobalResponseNorm(3), GlobalResponseNorm(3, channels_last=True)
    theirs = TheirResponseNorm(3)
    torch.nn.init.normal_(first.weight)
    torch.nn.init.normal_(first.bias)
    last.load_state_dict(first.state_dict())
    theirs.load_state_dict(first.state_dict())
    x = torch.randn(2, 3, 4, 5)
    torch.testing.assert_close(first(x).permute(0, 2, 3, 1), last(x.permute(0, 2, 3, 1)))
    torch.testing.assert_close(last(x.permute(0, 2, 3, 1)), theirs(x.permute(0, 2, 3, 1)))


def test_each_channel_has_its_factor_as_in_torchvisions_convnext() -> None:
    theirs = convnext_tiny().eval().features[1][0]
    module, x = Scale(96, 2), torch.randn(2, 96, 5, 5)
    torch.nn.init.normal_(theirs.layer_scale)
    module.load_state_dict({"weight": theirs.layer_scale})  # of the same shape
    torch.testing.assert_close(x + module(theirs.block(x)), theirs(x))


def test_a_factor_and_a_shift_go_with_each_feature_or_with_all() -> None:
    each, one, x = Scale(3, bias=True), Scale(1, bias=True), torch.tensor([[1.0, 2.0, 3.0]])
    each.load_state_dict({"weight": torch.tensor([2.0, 3.0, 4.0]), "bias": torch.tensor([1.0, 0.0, -1.0])})
    one.load_state_dict({"weight": torch.tensor([2.0]), "bias": torch.tensor([1.0])})
    assert each(x).tolist() == [[3, 6, 11]]
    assert one(x).tolist() == [[3, 5, 7]]


@pytest.mark.parametrize(("mode", "kinds"), [("row", 2), ("batch", 1)])
def test_whole_examples_or_the_batch_are_left_out_in_training(mode: str, kinds: int) -> None:
    module, theirs, x = StochasticDepth(0.25, mode), TheirStochasticDepth(0.25, mode), torch.ones(4000, 2, 3)
    assert module.eval()(x) is x
    torch.manual_seed(0)
    made = module.train()(x)
    factors = made.flatten(1).unique(dim=1)
    assert factors.shape == (4000, 1)  # one for all of an example
    assert all(factor in (0.0, pytest.approx(1 / 0.75)) for factor in factors.unique().tolist())
    assert len(factors.unique()) == kinds
    if mode == "row":
        assert abs((factors > 0).float().mean().item() - 0.75) < 0.03
        assert abs((theirs.train()(x)[:, 0, 0] > 0).float().mean().item() - 0.75) < 0.03
    assert not StochasticDepth(1.0, mode).train()(x).any()
