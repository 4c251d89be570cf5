"""The least that layers move, next to what torch's own memory and kernels say."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

import archcalc
from archcalc.analysis.work import Traffic, moved, traffic
from archcalc.graph import Graph
from archcalc.layers import KINDS
from archcalc.pytorch.build import Built, build
from tests.conftest import BUNDLED
from tests.peers import network_of_one
from tests.twins import on_meta


def network(*layers: dict[str, Any], shape: tuple[int, ...] = (4, 6, 6)) -> Graph:
    return archcalc.load({"archcalc": 1, "name": "net", "input": [*shape], "layers": [*layers]}).graph


def by_name(graph: Graph) -> dict[str, Traffic]:
    return {one.name: one for one in traffic(graph)}


def test_what_the_layers_of_alexnet_move() -> None:
    moves = by_name(archcalc.load("torchvision").graph)
    # conv1: 64 x 3*11*11 weights + 64 biases; 3*224*224 in, 64*55*55 out; 2 FLOPs for each of 64*55*55 x 3*11*11 MACs
    assert moves["conv1"] == ("conv1", 140_553_600, 23_296, 150_528, 193_600)
    # fc6: 9216*4096 weights + 4096 biases; 9216 in, 4096 out
    assert moves["fc6"] == ("fc6", 75_497_472, 37_752_832, 9_216, 4_096)
    # a pool has no FLOPs that are counted, and moves what it reads and makes: 64*55*55 to 64*27*27
    assert moves["pool1"] == ("pool1", 0, 0, 193_600, 46_656)
    # in place or not, it reads and writes
    assert moves["conv1.relu"] == ("conv1.relu", 0, 0, 193_600, 193_600)
    assert moves["flatten"] == ("flatten", 0, 0, 0, 0)
    assert moves["drop6"] == ("drop6", 0, 0, 0, 0)
    assert moves["conv1"].moved(128) == 23_296 + 128 * (150_528 + 193_600)


def test_weights_move_once_for_a_batch_and_in_the_size_of_the_format() -> None:
    graph = archcalc.load("lenet_d2l").graph
    one, many = moved(graph, 1, 4), moved(graph, 128, 1)
    # 6*25 + 6 weights; 28*28 in, 6*28*28 out
    assert one[0] == ("conv1", 2 * 117_600, 4 * (156 + 784 + 4_704))
    assert many[0] == ("conv1", 2 * 117_600 * 128, 156 + 128 * (784 + 4_704))


def test_buffers_that_inference_reads_are_moved() -> None:
    moves = by_name(network({"name": "bn", "op": "batch_norm2d"}))
    # weight, bias, running_mean and running_var of 4 channels; not the number of batches
    assert moves["bn"] == ("bn", 0, 16, 144, 144)


def test_a_layer_once_more_reads_its_weights_once_more() -> None:
    conv = {"name": "conv", "op": "conv2d", "out_channels": 4, "kernel_size": 3, "padding": 1}
    graph = network(conv, {"name": "again", "op": "use", "layer": "conv"})
    moves = by_name(graph)
    # 4 x 4*3*3 weights + 4 biases
    assert moves["conv"][2:] == moves["again"][2:] == (148, 144, 144)


def test_a_tensor_that_is_read_twice_moves_once() -> None:
    graph = network(
        {"name": "relu", "op": "relu"},
        {"name": "same", "op": "identity"},
        {"name": "sum", "op": "add", "from": ["relu", "same"]},
        {"name": "other", "op": "add", "from": ["sum", "relu"]},
    )
    moves = by_name(graph)
    assert moves["sum"][2:] == (0, 144, 144)  # the identity is relu's own memory
    assert moves["other"][2:] == (0, 288, 144)


def test_each_device_of_a_tower_reads_what_it_reads() -> None:
    moves = by_name(archcalc.load("paper").graph)
    # conv1 on two devices: 2 x (48 x 3*11*11 + 48) weights, the input read by both, 2 x 48*55*55 out
    assert moves["conv1"][2:] == (2 * 17_472, 2 * 150_528, 2 * 145_200)
    # conv2: each reads its own 48*27*27
    assert moves["conv2"][2:] == (2 * (128 * 48 * 25 + 128), 2 * 34_992, 2 * 128 * 27 * 27)
    # conv3 gathers: each reads all 256*13*13
    assert moves["conv3"][2:] == (2 * (192 * 256 * 9 + 192), 2 * 43_264, 2 * 32_448)


class Memory(Built):
    """A network that notes of each layer whether its output is memory of what it reads."""

    shares: dict[str, bool]

    def _compute(self, name: str, copy: int, tensors: Any) -> Tensor:
        out = super()._compute(name, copy, tensors)
        own = out.untyped_storage()._cdata
        self.shares[name] = any(tensor.untyped_storage()._cdata == own for tensor in tensors)
        return out


def shared_in_torch(graph: Graph) -> dict[str, bool]:
    module = build(graph, "meta", Memory).eval()
    assert isinstance(module, Memory)
    module.shares = {}
    with torch.inference_mode():
        module(*(on_meta(shape, batch=2) for shape in graph.spec.inputs.values()))
    return module.shares


def views(graph: Graph) -> dict[str, bool]:
    return {one.name: not one.output for one in traffic(graph)}


def differing(graph: Graph) -> set[str]:
    """Return the layers whose output is memory of what they read by one and not by the other, less those in place."""
    in_place = {node.name for node in graph.nodes if node.layer.may_overwrite()}
    return {name for name, _ in views(graph).items() ^ shared_in_torch(graph).items()} - in_place


@pytest.mark.parametrize("name", BUNDLED)
def test_what_moves_nothing_is_memory_of_its_input_in_torch(name: str) -> None:
    assert differing(archcalc.load(name).graph) == set()


@pytest.mark.parametrize("op", KINDS)
def test_every_kind_says_whether_it_moves_anything(op: str, tmp_path: Path) -> None:
    assert differing(network_of_one(op, tmp_path).graph) == set()


REORDERED = [
    [{"op": "permute", "dims": [2, 3, 1]}, {"op": "flatten"}],
    [{"op": "permute", "dims": [2, 3, 1]}, {"op": "flatten", "start_dim": 1, "end_dim": 2}],
    [{"op": "permute", "dims": [2, 3, 1]}, {"op": "gelu"}, {"op": "flatten"}],
    [{"op": "permute", "dims": [2, 3, 1]}, {"op": "gelu"}, {"op": "permute", "dims": [3, 1, 2]}, {"op": "flatten"}],
    [{"op": "transpose", "dim0": 2, "dim1": 3}, {"op": "reshape", "shape": [4, 36]}],
    [{"op": "slice", "length": 2}, {"op": "flatten"}],
    [{"op": "slice", "length": 2, "dim": 2}, {"op": "flatten"}],
    [{"op": "slice", "length": 2, "dim": 3}, {"op": "gelu"}, {"op": "flatten"}],
    [{"op": "slice", "length": 1, "dim": 3}, {"op": "squeeze", "dim": 3}, {"op": "flatten"}],
    [{"op": "unsqueeze", "dim": 2}, {"op": "permute", "dims": [2, 1, 3, 4]}, {"op": "reshape", "shape": [24, 6]}],
    [{"op": "unflatten", "dim": 1, "sizes": [2, 2]}, {"op": "transpose", "dim0": 1, "dim1": 2}, {"op": "flatten"}],
    [{"op": "linear", "out_features": 3}, {"op": "flatten"}],
]


@pytest.mark.parametrize("layers", REORDERED, ids=lambda layers: "-".join(layer["op"] for layer in layers))
def test_a_shape_is_copied_where_its_elements_lie_apart(layers: list[dict[str, Any]]) -> None:
    graph = network(*({"name": f"layer{number}", **layer} for number, layer in enumerate(layers)))
    assert differing(graph) == set()


def test_some_of_these_are_copied_and_some_are_not() -> None:
    copied = [
        not views(network(*({"name": f"layer{number}", **layer} for number, layer in enumerate(layers))))[
            f"layer{len(layers) - 1}"
        ]
        for layers in REORDERED
    ]
    assert copied == [True, False, True, False, True, False, True, False, False, False, True, False]


class Kernels(TorchDispatchMode):
    """Notes the operators that run."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.names.add(func.overloadpacket.__name__)
        return func(*args, **kwargs or {})


@pytest.mark.parametrize("op", KINDS)
def test_every_kind_says_whether_it_is_computed_by_a_convolution(op: str, tmp_path: Path) -> None:
    graph = network_of_one(op, tmp_path).graph
    module = build(graph, "meta").eval()
    with torch.no_grad(), Kernels() as kernels:
        module(*(on_meta(shape, batch=2) for shape in graph.spec.inputs.values()))
    assert ("convolution" in kernels.names) == any(node.layer.convolves for node in graph.nodes)
