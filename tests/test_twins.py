"""Where a network's modules stand, told without torch, and on which device torch puts them."""

from pathlib import Path

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

import archcalc
from archcalc.pytorch.build import Built, build
from archcalc.twins import ATTRIBUTES, place, tensors
from tests.conftest import BUNDLED, ROOT
from tests.sizes import by_size
from tests.spec.test_towers import SPEC

NETWORKS = [*BUNDLED, *map(str, sorted((ROOT / "tests" / "specs" / "valid").glob("*.yaml")))]

NAMES = """
archcalc: 1
name: names
input: [3, 8, 8]
layers:
  - {name: class, op: conv2d, out_channels: 2, kernel_size: 1, activation: relu}
  - {name: a.2b, op: conv2d, out_channels: 2, kernel_size: 3, padding: same, stride: 2}
  - {name: a.7, op: conv2d, out_channels: 2, kernel_size: 1}
  - {name: half, op: conv2d, out_channels: 2, kernel_size: 1}
  - {name: half_, op: batch_norm2d}
  - {name: class_.relu, op: conv2d, out_channels: 2, kernel_size: 1}
"""


def shapes_in(module: nn.Module) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}


@pytest.mark.parametrize("name", by_size(NETWORKS))
def test_the_tensors_of_a_state_dict_are_told_without_torch(name: str) -> None:
    graph = archcalc.load(name).graph
    assert tensors(place(graph)) == shapes_in(build(graph, "meta"))


def test_paths_are_attributes_that_no_module_has_already(tmp_path: Path) -> None:
    (tmp_path / "names.yaml").write_text(NAMES)
    graph = archcalc.load(tmp_path / "names.yaml").graph
    placed = place(graph)
    paths = {layer.node.name: layer.paths[0] for layer in placed}
    assert paths["class"] == "class_"
    assert paths["class.relu"] == "class_relu"  # beside class_, since tools count leaf modules
    assert paths["class_.relu"] == "class__.relu"
    assert not any(one.startswith(f"{other}.") for one in paths.values() for other in paths.values())
    assert paths["a.2b"] == "a._2b"
    assert paths["a.7"] == "a.7"
    assert paths["half"] == "half_"
    assert paths["half_"] == "half__"
    assert tensors(placed) == shapes_in(build(graph, "meta"))


def test_every_attribute_of_a_module_is_known() -> None:
    there = {name for name in {*dir(nn.Module()), *dir(Built)} if name[0].isalpha()}
    assert there <= ATTRIBUTES


@pytest.fixture
def towers(tmp_path: Path) -> archcalc.Network:
    (tmp_path / "towers.yaml").write_text(SPEC)
    return archcalc.load(tmp_path / "towers.yaml")


def test_a_tower_spreads_over_the_devices_there_are(towers: archcalc.Network) -> None:
    with FakeTensorMode():  # refuses, as CUDA does, to compute across devices; needs no GPU
        module = build(towers.graph, ["cuda:0", "cuda:1"])
        homes = {name: str(tensor.device) for name, tensor in module.named_parameters()}
        x = torch.empty(2, 4, 8, 8, device="cuda:0")
        assert [str(output.device) for output in module(x)] == ["cuda:0"] * len(towers.graph.outputs)
        outputs = module.outputs(x)
    assert homes["stem.weight"] == "cuda:0"
    assert homes["a.one.weight"] == "cuda:0"
    assert homes["b.one.weight"] == "cuda:1"
    assert homes["c.all.weight"] == "cuda:0"  # the third of three towers, on two devices
    assert {name: tuple(out.shape[1:]) for name, out in outputs.items()} == {
        node.name: node.output_shape for node in towers.graph.nodes
    }


def test_cuda_means_all_the_gpus_there_are(towers: archcalc.Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    with FakeTensorMode():
        module = towers.module(device="cuda")
        assert {str(p.device) for p in module.parameters()} == {"cuda:0", "cuda:1", "cuda:2"}
        module(torch.empty(1, 4, 8, 8, device="cuda"))


def test_a_spread_module_can_be_moved_to_one_place(towers: archcalc.Network) -> None:
    module = build(towers.graph, ["cpu", "meta"]).to("meta")
    assert all(output.is_meta for output in module(torch.empty(1, 4, 8, 8, device="meta")))
