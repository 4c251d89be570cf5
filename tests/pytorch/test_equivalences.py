"""Equivalences that tutorials and papers claim, tried on real tensors with equal weights."""

from pathlib import Path

import pytest
import torch
import torchvision
from torch import Tensor, nn

import archcalc
from archcalc.errors import ArchError


def network(tmp_path: Path, layers: str, shape: str = "[8, 9, 9]") -> nn.Module:
    path = tmp_path / "net.yaml"
    path.write_text(f"archcalc: 1\nname: net\ninput: {shape}\nlayers:\n{layers}")
    return archcalc.load(path).module().eval()


def some(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def copy_in_order(source: nn.Module, target: nn.Module) -> None:
    """Copy parameters by their order, where names differ."""
    with torch.no_grad():
        for mine, theirs in zip(target.parameters(), source.parameters(), strict=True):
            mine.copy_(theirs)


def test_torchvisions_alexnet_and_ours_give_the_same_logits() -> None:
    torch.manual_seed(0)
    theirs = torchvision.models.alexnet().eval()
    ours = archcalc.load("torchvision").module().eval()
    copy_in_order(theirs, ours)
    x = some(2, 3, 224, 224)
    with torch.no_grad():
        torch.testing.assert_close(ours(x), theirs(x))


def test_fc6_is_a_6x6_convolution(tmp_path: Path) -> None:
    linear = network(
        tmp_path, "  - {name: flat, op: flatten}\n  - {name: fc6, op: linear, out_features: 5}\n", "[4, 6, 6]"
    )
    conv = network(tmp_path, "  - {name: fc6, op: conv2d, out_channels: 5, kernel_size: 6}\n", "[4, 6, 6]")
    with torch.no_grad():
        for name, weight in conv.state_dict().items():
            weight.copy_(linear.state_dict()[name].view_as(weight))
    x = some(3, 4, 6, 6)
    torch.testing.assert_close(conv(x).flatten(1), linear(x))


TOWERS = """  - op: towers
    devices: [a, b]
    layers:
      - {name: one, op: conv2d, out_channels: 4, kernel_size: 3}
%s      - {name: two, op: conv2d, out_channels: 3, kernel_size: 3}
"""
GROUPS = """  - {name: one, op: conv2d, out_channels: 8, kernel_size: 3}
%s  - {name: two, op: conv2d, out_channels: 6, kernel_size: 3, groups: 2}
"""
NORM = "%s- {name: norm, op: local_response_norm, size: 5, alpha: 0.1, k: 2, alpha_per: sum}\n"


def towers_and_groups(tmp_path: Path, norm: str) -> float:
    """How far two towers are from one tower with groups, at equal weights."""
    towers = network(tmp_path, TOWERS % (NORM % "      " if norm else ""))
    groups = network(tmp_path, GROUPS % (NORM % "  " if norm else ""))
    state = towers.state_dict()
    with torch.no_grad():
        for name, weight in groups.state_dict().items():
            weight.copy_(torch.cat([state[f"a.{name}"], state[f"b.{name}"]]))
    x = some(2, 8, 9, 9)
    with torch.no_grad():
        return float((towers(x) - groups(x)).abs().max())


def test_towers_are_groups_but_for_the_normalization_across_maps(tmp_path: Path) -> None:
    assert towers_and_groups(tmp_path, norm="") < 1e-5
    apart = towers_and_groups(tmp_path, norm="yes")
    assert apart > 1e-3, f"a norm that runs inside each tower should differ from one across both, by {apart}"


def test_norms_of_48_maps_and_of_96_differ_where_the_towers_meet(tmp_path: Path) -> None:
    """norm1 of the paper, which has 48 maps on each GPU, and of the ports in groups, which have 96."""
    norm = "  - {name: n, op: local_response_norm, size: 5, k: 2, alpha: 1e-4, alpha_per: sum}\n"
    halves = network(tmp_path, norm, "[48, 9, 9]")
    whole = network(tmp_path, norm, "[96, 9, 9]")
    x = 100 * some(1, 96, 9, 9).relu()  # as large as pixels of 0 to 255 make them
    of_halves, of_whole = torch.cat([halves(half) for half in x.chunk(2, dim=1)], dim=1), whole(x)
    apart = ((of_halves - of_whole).abs() / of_whole.clamp(min=1e-6)).amax(dim=(0, 2, 3))
    # a window of 5 reaches 2 maps to either side: 46 and 47 would see 48 and 49, and the other way round
    assert apart.nonzero().flatten().tolist() == [46, 47, 48, 49]
    print(f"norms of 48 and of 96 maps differ by up to {apart.max():.0%} in maps 46 to 49, and nowhere else")
    assert apart.max() > 0.5


def test_alpha_of_the_sum_is_alpha_times_size_of_the_mean(tmp_path: Path) -> None:
    norm = "  - {name: n, op: local_response_norm, size: 5, k: 2, alpha: %s, alpha_per: %s}\n"
    of_sum = network(tmp_path, norm % (0.1, "sum"))
    of_mean = network(tmp_path, norm % (0.5, "mean"))
    same_alpha = network(tmp_path, norm % (0.1, "mean"))
    x = some(2, 8, 9, 9)
    torch.testing.assert_close(of_sum(x), of_mean(x))
    assert (of_sum(x) - same_alpha(x)).abs().max() > 1e-2


@pytest.mark.parametrize("size", [2, 3, 4, 5])
def test_a_published_norm_class_pads_height_and_width_too(size: int) -> None:
    """A tutorial averages over channels with AvgPool3d((size, 1, 1), padding=(size - 1) // 2): on all three axes.

    https://blog.csdn.net/weixin_42137700: from size 3 on torch refuses; 2 leaves a channel out, and division fails.
    """
    mean = nn.AvgPool3d(kernel_size=(size, 1, 1), stride=1, padding=int((size - 1) / 2))
    x = some(2, 3, 10, 10)
    if size == 2:
        assert mean(x.pow(2).unsqueeze(1)).squeeze(1).shape == (2, 2, 10, 10)
        return
    with pytest.raises(RuntimeError, match="pad should be at most half of effective kernel size"):
        mean(x.pow(2).unsqueeze(1))


def test_cifars_32_cannot_pass_the_net_that_a_tutorial_feeds_it() -> None:
    with pytest.raises(ArchError, match="pool5: a 3x3 window at stride 2 does not fit 1x1"):
        archcalc.load("alexnet_owt", input_shape=(3, 32, 32)).table()
    with pytest.raises(RuntimeError, match="Output size is too small"):
        torchvision.models.alexnet()(some(1, 3, 32, 32))


def test_three_ways_to_55() -> None:
    """227 unpadded; 224 padded by 2, and 224 unpadded but rounded up: equal maps of equal size."""
    first = {
        "227": archcalc.load("alexnet_single_tower"),
        "padded": archcalc.load("torchvision"),
        "rounded up": archcalc.load("alexnet_cuda_convnet2"),
    }
    shapes = {
        name: [row.output_shape[1:] for row in each.table().rows if row.op in ("conv2d", "max_pool2d")]
        for name, each in first.items()
    }
    # 55, 27, 27, 13, 13, 13, 13, 6 squared
    assert shapes["227"] == shapes["padded"] == shapes["rounded up"]
    assert [size for size, _ in shapes["227"]] == [55, 27, 27, 13, 13, 13, 13, 6]


def test_three_ways_to_55_read_the_same_numbers(tmp_path: Path) -> None:
    """The maps are equal, number by number, once an image of 224 is put where each way puts it in 227."""
    conv = "  - {name: c, op: conv2d, out_channels: 4, kernel_size: 11, stride: 4%s}\n"
    of_227 = network(tmp_path, conv % "", "[3, 227, 227]")
    padded = network(tmp_path, conv % ", padding: 2", "[3, 224, 224]")
    rounded_up = network(tmp_path, conv % ", ceil_mode: unclipped", "[3, 224, 224]")
    for net in (padded, rounded_up):
        net.load_state_dict(of_227.state_dict())
    x = some(1, 3, 224, 224)
    with torch.no_grad():
        # padding 2 reads rows -2 to 224 of the image, rounding up rows 0 to 226: 227 either way
        assert of_227(nn.functional.pad(x, (2, 1, 2, 1))).shape[1:] == (4, 55, 55)
        torch.testing.assert_close(padded(x), of_227(nn.functional.pad(x, (2, 1, 2, 1))))
        torch.testing.assert_close(rounded_up(x), of_227(nn.functional.pad(x, (0, 3, 0, 3))))
        assert not torch.allclose(padded(x), rounded_up(x), atol=0.1)  # of one image they see other places
