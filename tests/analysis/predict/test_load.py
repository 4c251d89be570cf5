"""The loads of layers, with the arithmetic, and their sorts."""

import pytest

import archcalc
from archcalc.analysis.predict.load import NEAR, Load, loads


def test_a_convolution() -> None:
    conv1 = loads(archcalc.load("alexnet_torchvision").graph, 2)[0]
    weights, inputs, output = 4 * (64 * 3 * 11 * 11 + 64), 4 * 2 * 3 * 224 * 224, 4 * 2 * 64 * 55 * 55
    assert conv1.terms[:-1] == (2 * 2 * 70_276_800, weights, inputs, output, 0, 1)
    assert weights + inputs + output < NEAR
    eight = loads(archcalc.load("alexnet_torchvision").graph, 8)[0]
    assert eight.terms[4] == weights + 4 * (inputs + output) - NEAR


def test_a_pool_looks_at_the_elements_of_its_windows() -> None:
    pool1 = loads(archcalc.load("alexnet_torchvision").graph, 1)[2]
    assert pool1.terms[:-1] == (9 * 64 * 27 * 27, 0, 4 * 64 * 55 * 55, 4 * 64 * 27 * 27, 0, 1)


def test_towers_run_one_after_the_other() -> None:
    conv1 = loads(archcalc.load("paper").graph, 1)[0]
    assert conv1.terms[5] == 2
    assert conv1.terms[1] == 2 * 4 * (48 * 3 * 11 * 11 + 48)


def test_what_makes_a_view_moves_nothing() -> None:
    assert _by_name("lenet_d2l", 1)["flatten"].terms == (0, 0, 0, 0, 0, 1, 0)


def _by_name(name: str, batch: int) -> dict[str, Load]:
    graph = archcalc.load(name).graph
    return {node.name: load for node, load in zip(graph.nodes, loads(graph, batch), strict=True)}


@pytest.mark.parametrize(
    ("name", "batch", "layer", "sort"),
    [
        ("mobilenet_v2", 1, "depthwise1", "conv2d, depthwise"),
        ("mobilenet_v2", 1, "project1", "conv2d, 1x1"),
        ("mobilenet_v2", 1, "conv0", "conv2d"),
        ("resnext50_32x4d", 1, "layer1.first.sum.conv2", "conv2d, grouped"),
        ("lenet_d2l", 1, "fc1", "linear, one row"),
        ("lenet_d2l", 2, "fc1", "linear"),
        ("lenet_d2l", 1, "pool1", "avg_pool2d"),
    ],
)
def test_sorts(name: str, batch: int, layer: str, sort: str) -> None:
    assert _by_name(name, batch)[layer].sort == sort


@pytest.mark.parametrize(
    ("operations", "moved", "shares"),
    [
        (0, 2**18, {"small": 1.0}),  # half of half a mebibyte
        (0, 2**18 + 2**17, {"small": 1.25 / 1.5, "medium": 0.25 / 1.5}),  # three quarters of it: (2 - 0.75) / (2 - 0.5)
        (0, 2**19, {"small": 1 / 1.5, "medium": 0.5 / 1.5}),
        (5_000_000, 2**18, {"small": 1 / 1.5, "medium": 0.5 / 1.5}),
        (0, 2**20, {"medium": 1.0}),  # twice of it
        (10_000_000, 0, {"medium": 1.0}),
        (50_000_000, 2**22, {"medium": 1.0}),
        (150_000_000, 2**22, {"medium": 0.5 / 1.5, "large": 1 / 1.5}),
        (0, 2**24, {"large": 1.0}),
        (0, 0, {"small": 1.0}),
    ],
)
def test_sizes(operations: int, moved: int, shares: dict[str, float]) -> None:
    load = Load("conv2d", "weights", (operations, moved // 2, moved // 4, moved // 4, 0, 1, 0))
    assert load.sizes == pytest.approx({f"conv2d, {size}": share for size, share in shares.items()})


def test_a_call_is_cold_where_much_was_moved_since_its_kind_ran() -> None:
    """vgg16 flattens once a pass, in which 700 MB are moved, and rectifies after each layer; LeNet is small."""
    vgg = _by_name("vgg16", 1)
    assert vgg["flatten"].terms[-1] == 1
    assert vgg["stage5.2.conv.relu"].terms[-1] == 0
    assert not any(load.terms[-1] for load in _by_name("lenet_d2l", 1).values())
