"""Conventions against the tools themselves, run here or recorded."""

from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from random import Random

import pytest
import torch

import archcalc
from archcalc.analysis.conventions import find
from archcalc.graph import Graph
from tests.analysis.conventions.counted import RECORDED, SPECS, VALID, by, fixture, graph_of, question
from tests.peers import FLAT, ONES, PEERS, count, network_of_one, written
from tests.sizes import ALEXNETS, FEW, by_size


@pytest.mark.parametrize("spec", by_size(SPECS, FEW))
def test_every_tool_counts_as_its_convention_says(spec: str) -> None:
    expect_equal_counts(graph_of(spec))


def expect_equal_counts(graph: Graph) -> None:
    module, x = written(graph)
    assert {tool: count(tool, module, x) for tool in PEERS} == {tool: by(tool, graph) for tool in PEERS}


@pytest.mark.parametrize("name", ONES)
def test_every_tool_counts_each_kind_as_its_convention_says(name: str, tmp_path: Path) -> None:
    expect_equal_counts(network_of_one(name, tmp_path).graph)


# layers that make what they read, so that each can follow itself
AGAIN = {
    "conv2d": "{op: conv2d, out_channels: 6, kernel_size: 3, padding: 1, groups: 2}",
    "conv_transpose2d": "{op: conv_transpose2d, out_channels: 6, kernel_size: 3, padding: 1}",
    "local2d": "{op: local2d, out_channels: 6, kernel_size: 3, padding: 1}",
    "linear": "{op: linear, out_features: 486}",
    "linear_on_maps": "{op: linear, out_features: 9}",
    "batch_norm2d": "{op: batch_norm2d}",
    "group_norm": "{op: group_norm, num_groups: 3}",
    "layer_norm": "{op: layer_norm, normalized_shape: [6, 9, 9]}",
    "prelu": "{op: prelu}",
    "scale": "{op: scale, bias: true}",
    "max_pool2d": "{op: max_pool2d, kernel_size: 3, stride: 1, padding: 1}",
    "relu": "{op: relu}",
    "softmax": "{op: softmax}",
}


@pytest.mark.parametrize("name", AGAIN)
def test_every_tool_counts_a_layer_at_each_use(name: str) -> None:
    flatten = [] if name not in FLAT else ["  - {name: flatten, op: flatten}"]
    again = "  - {name: more, op: use, layer: layer, repeat: 2}"
    layers = [*flatten, f"  - {{name: layer, {AGAIN[name][1:]}", again]
    network = archcalc.load("\n".join(["archcalc: 1", "input: [6, 9, 9]", "layers:", *layers, ""]))
    expect_equal_counts(network.graph)
    once = archcalc.load("\n".join(["archcalc: 1", "input: [6, 9, 9]", "layers:", *layers[:-1], ""]))
    params = sum(parameter.numel() for parameter in network.module().parameters())
    assert network.table().totals.params == once.table().totals.params == params
    for about_params in ("params", "keras"):
        assert by(about_params, network.graph) == by(about_params, once.graph)


TAKING = [tool for tool in PEERS if not tool.startswith("ptflops")]  # ptflops makes an input of its own


@pytest.mark.parametrize("name", ONES)
def test_a_batch_is_counted_as_each_tool_counts_it(name: str, tmp_path: Path) -> None:
    graph = network_of_one(name, tmp_path).graph
    module, x = written(graph, batch=3)
    assert {tool: count(tool, module, x) for tool in TAKING} == {tool: by(tool, graph, 3) for tool in TAKING}


# what each case adds up to: 9 x 3 x 5 multiply-accumulates and a bias at each of 9 x 5 places; 54 of 55 in floats;
# 9,216 of the convolution, 256 of its bias, 2 x 256 of the ReLU, 256 of the softmax, none of the sum
QUESTIONS_ASKED = [
    ("lin2d", "ptflops-aten", 180),
    ("thop1", "thop", 54),
    ("skip_and_softmax", "ptflops", 10_240),
]


@pytest.mark.parametrize(("name", "tool", "number"), QUESTIONS_ASKED)
def test_what_was_asked_about_is_counted_as_the_tool_does(name: str, tool: str, number: int) -> None:
    graph = question(name).graph
    assert by(tool, graph) == number
    expect_equal_counts(graph)


def test_thop_counts_adaptive_pools_in_floats() -> None:
    # torchvision's AlexNet at 448: 13 / 6 of 13 / 6 for each of 256 * 6 * 6 outputs comes to a fraction below a whole
    assert by("thop", archcalc.load("torchvision", input_shape=(3, 448, 448)).graph) == 2_832_879_551
    drawn, lost = Random(0), 0
    for _ in range(300):
        batch, channels, height, width, high, wide = (drawn.randint(1, 60) for _ in range(6))
        pool = {"name": "pool", "op": "adaptive_avg_pool2d", "output_size": [high, wide]}
        spec = {"archcalc": 1, "name": "net", "input": [channels, height, width], "layers": [pool]}
        graph = archcalc.load(spec).graph
        counted = count("thop", torch.nn.AdaptiveAvgPool2d((high, wide)), torch.zeros(batch, channels, height, width))
        assert by("thop", graph, batch) == counted, pool
        lost += counted < batch * channels * (height * width + high * wide)
    assert lost > 20  # so that a rule without floats would be seen


def test_a_module_counts_as_much_as_what_is_exported() -> None:
    for network in (archcalc.load(VALID / "every_kind.yaml"), question("skip_and_softmax")):
        (module, x), made = written(network.graph), network.module()
        assert {tool: count(tool, made, x) for tool in PEERS} == {tool: count(tool, module, x) for tool in PEERS}


@pytest.mark.parametrize(
    ("convention", "distribution"),
    [
        ("fvcore", "fvcore"),
        ("torchinfo", "torchinfo"),
        ("ptflops", "ptflops"),
        ("ptflops-aten", "ptflops"),
        ("thop", "thop"),
        ("torchprofile", "torchprofile"),
        ("torch-scan", "torchscan"),
        ("torch-scan-flops", "torchscan"),
    ],
)
def test_a_convention_names_the_version_that_it_is_held_against(convention: str, distribution: str) -> None:
    assert version(distribution).replace("-", ".post") == find(convention).version


# torchvision writes some layers as functions, which tools that count modules do not see, or see otherwise
RELUS = 3_226_160  # the outputs of all 57 convolutions
AS_FUNCTIONS = {
    # F.relu in the place of nn.ReLU: counted once instead of twice
    ("googlenet", "ptflops"): RELUS,
    ("googlenet", "torch-scan-flops"): RELUS,
    # F.relu and F.adaptive_avg_pool2d, once instead of twice: 2 * 1024*7*7
    ("densenet121", "ptflops"): 100_352,
    # F.relu, once: 1024*7*7; F.adaptive_avg_pool2d, 1024 windows of 7x7 and a division by each side
    ("densenet121", "torch-scan-flops"): 1024 * 7 * 7 + 1024 * (7 * 7 + 1),
    # F.adaptive_avg_pool2d is no module: 1024*7*7 + 1024
    ("densenet121", "thop"): 51_200,
    ("densenet121", "torch-scan"): 51_200,
    # F.adaptive_avg_pool2d, once instead of twice: 1280*7*7
    ("mobilenet_v2", "ptflops"): 62_720,
    # F.adaptive_avg_pool2d: 1280*7*7 + 1280
    ("mobilenet_v2", "thop"): 64_000,
    ("mobilenet_v2", "torch-scan"): 64_000,
    ("mobilenet_v2", "torch-scan-flops"): 64_000,
}


@pytest.mark.parametrize(
    "name",
    by_size(["alexnet", "vgg16", "squeezenet1_1", "resnet18", "resnet34", "googlenet", "densenet121", "mobilenet_v2"]),
)
def test_torchvision_s_own_models_are_counted_so_too(name: str) -> None:
    from torchvision import models

    graph = graph_of("torchvision") if name == "alexnet" else fixture(name)
    options = {"init_weights": False, "aux_logits": False} if name == "googlenet" else {}
    with torch.device("meta"):
        module = getattr(models, name)(**options)
    module.to_empty(device="cpu")
    x = torch.zeros(1, 3, 224, 224)
    expected = {tool: by(tool, graph) - AS_FUNCTIONS.get((name, tool), 0) for tool in PEERS}
    assert {tool: count(tool, module, x) for tool in PEERS} == expected


# floats of 32 bits, in which it adds up, have 24 digits; a few sums lose the last of them
LOST = {"thop-2019": Fraction(8, 2**24)}

# what is another graph in ONNX: a subtraction of two constants for a padding, and in ceil_mode the last column of
# windows, all beyond the input, that torch leaves out: 6 channels, 4 rows, windows of 3x2
BY_EXPORTER = {("onnx-tool", "one_zero_pad2d"): 1, ("onnx-tool", "one_avg_pool2d_padded"): 6 * 4 * 6}


@pytest.mark.parametrize("tool", RECORDED)
def test_recorded_counts_are_what_the_conventions_say(tool: str, tmp_path: Path) -> None:
    everything = {name for recorded in RECORDED[tool]["counts"].values() for name in recorded}
    assert everything | set(RECORDED[tool]["refused"]) >= set(ALEXNETS)
    for convention, recorded in RECORDED[tool]["counts"].items():
        for name, counted in recorded.items():
            ours = by(convention, recorded_graph(name, tmp_path)) + BY_EXPORTER.get((convention, name), 0)
            assert abs(ours - counted) <= LOST.get(convention, 0) * ours, f"{name} by {convention}"


def recorded_graph(name: str, folder: Path) -> Graph:
    path = VALID / f"{name}.yaml"
    if name.startswith("one_"):
        return network_of_one(name.removeprefix("one_"), folder).graph
    return graph_of(str(path) if path.exists() else name)


@pytest.mark.parametrize("tool", RECORDED)
def test_recorded_counts_are_of_the_version_that_the_convention_names(tool: str) -> None:
    for convention in RECORDED[tool]["counts"]:
        assert find(convention).version == RECORDED[tool]["versions"]["tool"].replace("-", ".post")
