"""How much of the input an output sees: arithmetic by hand, published numbers, and torch's gradients."""

from collections.abc import Iterator
from fractions import Fraction
from math import prod
from pathlib import Path

import pytest
import torch
from torch import nn

import archcalc
from archcalc.analysis.receptive_field import Field, Sight, receptive_fields
from archcalc.graph import Graph
from archcalc.layers.base import Role
from archcalc.pytorch.build import build
from tests.conftest import BUNDLED
from tests.sizes import by_size

HALF = Fraction(1, 2)

ROWS = [
    # height: 1 + (3-1)*1 = 3, then 3 + (3-1)*2 = 7; width: 1 + (1-1) = 1, then 1 + (2-1)*1 = 2
    (
        "[{name: a, op: conv2d, out_channels: 2, kernel_size: [3, 1], stride: [2, 1]},"
        " {name: b, op: max_pool2d, kernel_size: [3, 2], stride: 1}]",
        Field((7, 2), (2, 1), (0, 0)),
    ),
    # a window of 3 dilated by 2 spans 5; padding of 2 before
    (
        "[{name: a, op: conv2d, out_channels: 2, kernel_size: 3, dilation: 2, padding: 2}]",
        Field((5, 5), (1, 1), (-2, -2)),
    ),
    # only padding before counts: TensorFlow's same pads 16 by 0 and 1 for a window of 3 at stride 2
    (
        "[{name: a, op: conv2d, out_channels: 2, kernel_size: 3, stride: 2, padding: same}]",
        Field((3, 3), (2, 2), (0, 0)),
    ),
    # the range of two paths: -1 to 1 around 0
    (
        "[{name: a, op: branches, merge: concat, paths: [[],"
        " [{name: b, op: conv2d, out_channels: 2, kernel_size: 3, padding: 1}]]}]",
        Field((3, 3), (1, 1), (-1, -1)),
    ),
    (
        "[{name: a, op: local_response_norm, size: 3, alpha_per: sum}, {name: b, op: relu}]",
        Field((1, 1), (1, 1), (0, 0)),
    ),
    # 16 by 4 bins of 4; by 3 bins, from 0, 5 and 10 to 6, 11 and 16
    ("[{name: a, op: adaptive_avg_pool2d, output_size: 4}]", Field((4, 4), (4, 4), (0, 0))),
    ("[{name: a, op: adaptive_avg_pool2d, output_size: 3}]", Field((6, 6), (Fraction(16, 3),) * 2, (0, 0))),
    ("[{name: a, op: adaptive_avg_pool2d, output_size: [1, null]}]", Field((16, 1), (None, 1), (None, 0))),
    # all along the width, at each row
    ("[{name: a, op: linear, out_features: 4}]", Field((1, 16), (1, None), (0, None))),
    ("[{name: a, op: flatten}, {name: b, op: relu}]", Field((16, 16), (None, None), (None, None))),
    # 16 to 7 by windows of 3 at stride 2: the last reads 12, 13 and 14, and nothing reads 15
    (
        "[{name: a, op: conv2d, out_channels: 2, kernel_size: 3, stride: 2}, {name: b, op: flatten}]",
        Field((15, 15), (None, None), (None, None)),
    ),
    # outputs 2i and 2i + 1 read i; a window of 3 on these reads i and i + 1, whichever it starts at
    (
        "[{name: a, op: upsample, scale_factor: 2},"
        " {name: b, op: conv2d, out_channels: 2, kernel_size: 3, padding: 1}]",
        Field((2, 2), (HALF, HALF), (-1, -1)),
    ),
    # of a window of 3 at stride 2, output 2i reads i, and 2i + 1 reads i and i + 1
    (
        "[{name: a, op: conv_transpose2d, out_channels: 2, kernel_size: 3, stride: 2}]",
        Field((2, 2), (HALF, HALF), (-1, -1)),
    ),
    # channels last and back: an axis is followed where it goes
    (
        "[{name: a, op: permute, dims: [2, 3, 1]}, {name: b, op: linear, out_features: 4},"
        " {name: c, op: permute, dims: [3, 1, 2]}, {name: d, op: conv2d, out_channels: 2, kernel_size: [3, 1]}]",
        Field((3, 1), (1, 1), (0, 0)),
    ),
]


def _network(layers: str, tmp_path: Path, given: str = "[2, 16, 16]") -> Graph:
    path = tmp_path / "net.yaml"
    path.write_text(f"archcalc: 1\nname: net\ninput: {given}\nlayers: {layers}\n")
    return archcalc.load(path).graph


def _last(graph: Graph) -> Sight:
    (sight,) = receptive_fields(graph)[graph.nodes[-1].name]
    return sight


@pytest.mark.parametrize(("layers", "field"), ROWS)
def test_field(layers: str, field: Field, tmp_path: Path) -> None:
    sight = _last(_network(layers, tmp_path))
    assert sight._replace(seen=()) == Sight("input", field)
    assert [reach.range_of(0)[0] if reach.to is not None else None for reach in sight.seen] == [*field.start]


def test_paths_that_are_shifted_see_the_range_of_both(tmp_path: Path) -> None:
    """The middles of 0 - 2 to 0 and of 0 to 2 are -1 and 1: 2 apart."""
    shifted = (
        "[{name: sum, op: branches, merge: add, paths: ["
        "[{name: up, op: conv2d, out_channels: 1, kernel_size: 3, padding: {top: 2, left: 2}}],"
        "[{name: down, op: conv2d, out_channels: 1, kernel_size: 3, padding: {bottom: 2, right: 2}}]]}]"
    )
    sight = _last(_network(shifted, tmp_path))
    assert sight._replace(seen=()) == Sight("input", Field((5, 5), (1, 1), (-2, -2)), offset=(2, 2))


def test_a_gate_sees_all_and_what_it_gates_is_said_beside_it(tmp_path: Path) -> None:
    gated = (
        "[{name: conv, op: conv2d, out_channels: 2, kernel_size: 3, padding: 1}, {name: all, op: adaptive_avg_pool2d,"
        " output_size: 1}, {name: gate, op: sigmoid}, {name: gated, op: mul, from: [conv, gate]},"
        " {name: after, op: conv2d, out_channels: 2, kernel_size: 3}]"
    )
    whole, beside = Field((16, 16), (None, None), (None, None)), Field((5, 5), (1, 1), (-1, -1))
    sight = _last(_network(gated, tmp_path))
    assert sight._replace(seen=()) == Sight("input", whole, beside)


def test_statistics_of_a_norm_are_of_all_places(tmp_path: Path) -> None:
    sight = _last(_network("[{name: norm, op: group_norm, num_groups: 1}]", tmp_path))
    assert (sight.field.size, sight.beside) == ((16, 16), Field((1, 1), (1, 1), (0, 0)))


def test_paths_of_other_strides_say_so(tmp_path: Path) -> None:
    """15 by 7 bins, and 15 to 7 by a window: their outputs are 15/7 and 2 apart."""
    layers = (
        "[{name: sum, op: branches, merge: add, paths: [[{name: a, op: adaptive_avg_pool2d, output_size: 7}],"
        " [{name: b, op: avg_pool2d, kernel_size: 3, stride: 2}]]}]"
    )
    sight = _last(_network(layers, tmp_path, "[2, 15, 15]"))
    assert sight.is_uneven
    # output i: the bin from 15 * i // 7 to ceil(15 * (i + 1) / 7), and the window from 2 * i to 2 * i + 3; of all, that
    # of output 0 is 0 to 3, of output 3 is 6 to 9, of output 6 is 12 to 15: the bins lie within the windows
    assert sight.field.size == (3, 3)


def test_each_input_has_a_field(tmp_path: Path) -> None:
    layers = (
        "[{name: a, op: conv2d, out_channels: 2, kernel_size: 3, padding: 1, from: left},"
        " {name: b, op: conv2d, out_channels: 2, kernel_size: 5, padding: 2, from: right},"
        " {name: sum, op: add, from: [a, b]}]"
    )
    graph = _network(layers, tmp_path, "{left: [2, 16, 16], right: [2, 16, 16]}")
    assert tuple(one._replace(seen=()) for one in receptive_fields(graph)["sum"]) == (
        Sight("left", Field((3, 3), (1, 1), (-1, -1))),
        Sight("right", Field((5, 5), (1, 1), (-2, -2))),
    )
    said = archcalc.load(graph.spec.file).table(columns=["layer", "rf"])
    assert "left 3x3; right 5x5" in str(said)


# https://github.com/google-research/receptive_field, README of 9e0227b: networks of TF-Slim. Their alexnet_v2 has no
# padding before its first convolution, so torchvision's has 2 more. In their residual networks, as in the paper's, a
# stage's first 1 x 1 convolution has the stride, or its last unit; in torchvision's a 3 x 3 one, which then sees
# (3 - 1) * (16 - 8 + 32 - 16 ...) less: 483 - 427 = 56 in all three.
PUBLISHED = [
    ("alexnet_tf_slim", "pool5", 195, 64),
    ("alexnet_torchvision", "pool5", 195, 66),
    ("vgg16", "pool5", 212, 90),
    ("resnet50_v1", "layer4", 483, None),
    ("resnet50", "layer4", 483 - 56, None),
    ("resnet101", "layer4", 1027 - 56, None),
    ("resnet152", "layer4", 1507 - 56, None),
    ("inception_v3", "Mixed_7c", 1311, 618),
    ("mobilenet_v1", "conv13", 315, None),
]


@pytest.mark.parametrize(("name", "block", "size", "padding"), PUBLISHED)
def test_published_fields(name: str, block: str, size: int, padding: int | None) -> None:
    graph = archcalc.load(name).graph
    last = [node.name for node in graph.nodes if node.name.split(".")[0] == block][-1]
    (sight,) = receptive_fields(graph)[last]
    assert (set(sight.field.size), set(sight.field.jump)) == ({size}, {32})
    if padding is not None:
        assert set(sight.field.padding) == {padding}


class _Mean(nn.Module):
    """A mean under the windows of a pool of maxima, so that every element has a gradient."""

    def __init__(self, pool: nn.MaxPool2d) -> None:
        super().__init__()
        self.words = {"stride": pool.stride, "padding": pool.padding, "ceil_mode": pool.ceil_mode}
        self.kernel_size = pool.kernel_size

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.avg_pool2d(x, self.kernel_size, **self.words)


class _Thin(nn.Module):
    """The window of a convolution over the mean of all channels, which takes a small part of its time."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.words = {"stride": conv.stride, "padding": conv.padding, "dilation": conv.dilation}
        self.out_channels = conv.out_channels
        self.weight = torch.full((1, 1, *conv.kernel_size), 1 / prod(conv.kernel_size), dtype=torch.float64)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        made = nn.functional.conv2d(x.mean(1, keepdim=True), self.weight, **self.words)
        return made.expand(-1, self.out_channels, -1, -1)


class _Constant(nn.Module):
    """Ones in the place of a pool over all places, so that what is beside gates is left."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.new_ones(*x.shape[:2], 1, 1)


def _linear(graph: Graph) -> nn.Module:
    """Return a network's module in which all is linear, and every weight positive, so that no gradients cancel."""
    module = build(graph).double().eval()
    for node in graph.nodes:
        for path, one in zip(module.paths_of(node.name), module.modules_of(node.name), strict=True):
            other = _instead(one, node.layer.role)
            if other is not None:
                module.set_submodule(path, other)
    for parameter in module.parameters():
        nn.init.constant_(parameter, 1 / max(parameter[0].numel(), 1) if parameter.dim() > 1 else 0)
    return module


def _instead(module: nn.Module, role: Role) -> nn.Module | None:
    if role in (Role.ACTIVATION, Role.NORM):
        return nn.Identity()
    if isinstance(module, nn.MaxPool2d):
        return _Mean(module)
    if isinstance(module, nn.Conv2d):
        return _Thin(module)
    is_global = isinstance(module, nn.AdaptiveAvgPool2d) and module.output_size in (1, (1, 1))
    return _Constant() if is_global else None


def _boxes(graph: Graph) -> Iterator[tuple[str, int, tuple[int, int], tuple[int, int]]]:
    """Yield layer, place, the range of rows that is said, and that which has gradients."""
    module, fields = _linear(graph), receptive_fields(graph)
    (shape,) = graph.spec.inputs.values()
    x = torch.ones(1, *shape, dtype=torch.float64, requires_grad=True)
    made = module.outputs(x)
    nodes = [node for node in graph.nodes if node.layer.slides() is not None or node.layer.merges]
    step = max(len(nodes) // 4, 1)
    for node in [*nodes[::step], nodes[-1]]:
        (sight,) = fields[node.name]
        for place in {0, made[node.name].shape[2] // 2}:
            unit = made[node.name][0, :, place, min(place, made[node.name].shape[3] - 1)].sum()
            if sight.seen[0].to is None or not unit.requires_grad:
                continue
            (gradient,) = torch.autograd.grad(unit, x, retain_graph=True)
            rows = gradient[0].abs().sum((0, 2)).nonzero()
            if len(rows):  # else all that it sees is padding
                yield node.name, place, sight.seen[0].range_of(place), (int(rows.min()), int(rows.max()) + 1)


QUICK = ("lenet_d2l", "alexnet_torchvision", "alexnet_paper", "squeezenet1_1", "resnet18", "mobilenet_v3_small")


@pytest.mark.parametrize(
    "name",
    by_size(BUNDLED, QUICK),
)
def test_gradients_of_bundled_networks(name: str) -> None:
    """What is said within the input has a gradient at both ends; past its ends, nothing has."""
    graph = archcalc.load(name).graph
    if len(graph.spec.inputs) > 1:
        return
    (shape,) = graph.spec.inputs.values()
    fields, checked = receptive_fields(graph), list(_boxes(graph))
    finds_places = any(node.layer.op == "max_unpool2d" for node in graph.nodes)  # of which nothing has a gradient
    for layer, place, (start, end), found in checked:
        is_even = all(isinstance(jump, int) for jump in fields[layer][0].field.jump)
        assert found[0] >= start
        assert found[1] <= end
        if is_even and not finds_places:
            assert found[0] == start or start < 0, (layer, place)
            assert found[1] == end or end > shape[1], (layer, place)
    assert checked
