"""The source that `archcalc export --to pytorch` writes: run, and held against the module that archcalc builds."""

import inspect
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import archcalc
from archcalc.errors import ArchError
from archcalc.exchange.pytorch_source import class_name, source
from archcalc.layers import Twin
from archcalc.pytorch import modules
from archcalc.pytorch.build import Built, build
from tests.cases import CASES
from tests.commands import run
from tests.conftest import BUNDLED
from tests.exchange.blocks import SPECS
from tests.exchange.random_blocks import random_blocks
from tests.goldens import same_as_golden
from tests.sizes import FEW, VARIED, by_size
from tests.spec.test_towers import SPEC as TOWERS
from tests.test_twins import NAMES, NETWORKS

ODD = r'''
archcalc: 1
name: odd
title: Quotes "and" """three""" and a \ of them
input: [4, 9, 9]
layers:
  - {name: self, op: conv2d, out_channels: 4, kernel_size: 1, from: input}
  - {name: x, op: add, from: [input, self], activation: relu}
  - {name: features.0, op: conv2d, out_channels: 4, kernel_size: 3, padding: {top: 1, bottom: 0, left: 2, right: 0}}
  - {name: features.1, op: max_pool2d, kernel_size: 3, stride: 2, ceil_mode: unclipped, padding: [1, 0]}
  - {name: features.2, op: conv2d, out_channels: 4, kernel_size: 2, activation: gelu}
  - {name: torch, op: softmax, dim: 2}
  - {name: norm, op: local_response_norm, size: 3, alpha_per: mean, alpha: 0.5}
  - {name: pad, op: zero_pad2d, padding: 1}
  - {name: a_very_long_name_that_no_person_would_write, op: batch_norm2d}
  - {name: another_very_long_name_that_no_person_would_write, op: identity}
  - {name: all, op: concat, dim: 2, from: [pad, another_very_long_name_that_no_person_would_write, another_very_long_name_that_no_person_would_write, a_very_long_name_that_no_person_would_write]}
  - {name: dead_end, op: relu, from: all}
  - {name: flat, op: flatten, from: all, start_dim: 2}
'''  # noqa: E501  # YAML lines are as long as they are
UNUSED_INPUT_TWICE = """
archcalc: 1
name: nothing
input: [4, 9, 9]
layers: [{name: both, op: add, from: [input, input]}]
"""
PARTS = """
archcalc: 1
name: parts
input: [6, 4, 4]
layers:
  - {name: halves, op: chunk, chunks: 2}
  - {name: loud, op: conv2d, from: halves.0, out_channels: 3, kernel_size: 1}
  - {name: rows, op: split, sizes: [1, 3], dim: 2}
  - {name: next, op: relu, from: rows.1}
  - {name: third, op: chunk, chunks: 3, index: 1, from: halves.1}
  - {name: second, op: chunk, chunks: 2, dim: 3, index: 1}
"""
OF_BLOCKS = {f"blocks_{name}": text for name, (text, _) in SPECS.items()}
MADE_UP = {"parts": PARTS, "odd": ODD, "names": NAMES, "towers": TOWERS, "nothing": UNUSED_INPUT_TWICE, **OF_BLOCKS}


@pytest.fixture(params=by_size([*NETWORKS, *MADE_UP], FEW, slow=[*VARIED, *MADE_UP]))
def network(request: pytest.FixtureRequest, tmp_path: Path) -> archcalc.Network:
    if request.param not in MADE_UP:
        return archcalc.load(request.param)
    path = tmp_path / f"{request.param}.yaml"
    path.write_text(MADE_UP[request.param])
    return archcalc.load(path)


def executed(network: archcalc.Network) -> nn.Module:
    """The exported class, made on `meta`."""
    scope: dict[str, Any] = {}
    exec(source(network.graph), scope)
    with torch.device("meta"):
        return last_class(scope)().eval()


def last_class(scope: Mapping[str, Any]) -> type[nn.Module]:
    *_, last = (one for one in scope.values() if isinstance(one, type) and issubclass(one, nn.Module))
    return last


def with_random_weights(module: Built) -> Built:
    module.to_empty(device="cpu")
    for tensor in module.state_dict().values():
        if tensor.is_floating_point():
            tensor.uniform_(0, 2 / max(1, tensor[0].numel() if tensor.dim() else 1))
    return module.eval()


def leaves(module: nn.Module) -> dict[str, str]:
    """Return each leaf module's class and hyper-parameters, pairs of equal numbers as one number."""
    said = {name: str(part) for name, part in module.named_modules() if not list(part.children())}
    return {
        name: re.sub(r"\((\d+), \1\)", r"\1", text) for name, text in said.items() if name and text != "ModuleDict()"
    }


def test_it_is_the_network_that_archcalc_builds(network: archcalc.Network) -> None:
    assert all(output.std() > 0 for output in assert_same_as_built(network))


def assert_same_as_built(network: archcalc.Network) -> tuple[Tensor, ...]:
    """Compare the modules, their tensors, and what both make with the same weights, which is returned."""
    exported, built = executed(network), build(network.graph, "meta")
    assert leaves(exported) == leaves(built)
    assert shapes_in_order(exported) == shapes_in_order(built)
    assert {name for name, _ in exported.named_parameters()} == {name for name, _ in built.named_parameters()}
    assert sum(p.numel() for p in exported.parameters()) == network.table().totals.params

    weights = with_random_weights(built).state_dict()
    exported.load_state_dict(weights, assign=True)
    with torch.no_grad():
        xs = [torch.rand(2, *shape) for shape in network.spec.inputs.values()]
        made, expected = several(exported(*xs)), several(built(*xs))
    assert [tuple(output.shape[1:]) for output in made] == [*network.table().output_shapes]
    for ours, theirs in zip(made, expected, strict=True):
        assert torch.equal(ours.nan_to_num(), theirs.nan_to_num())
    return made


def shapes_in_order(module: nn.Module) -> list[tuple[str, tuple[int, ...]]]:
    return [(name, tuple(tensor.shape)) for name, tensor in module.state_dict().items()]


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=[pytest.mark.sweep] * (seed > 15)) for seed in range(120)])
def test_a_network_of_random_blocks_is_the_one_that_archcalc_builds(seed: int) -> None:
    try:
        network = archcalc.load(random_blocks(seed))
        assert network.graph.nodes
    except ArchError:
        return  # what does not fit; the next test counts how many do
    assert_same_as_built(network)


def test_most_random_specs_are_legal_and_share_classes() -> None:
    legal, shared = 0, 0
    for seed in range(40):
        try:
            graph = archcalc.load(random_blocks(seed)).graph
        except ArchError:
            continue
        legal += 1
        shared += len(re.findall(r"^class ", source(graph), flags=re.MULTILINE)) < len(graph.spec.uses)
    assert legal >= 20
    assert shared >= 10


@pytest.mark.parametrize("name", by_size(BUNDLED, ["resnet18", "squeezenet1_1"]))
def test_torch_counts_as_many_operations_in_both(name: str) -> None:
    network = archcalc.load(name)
    assert operations(network, executed(network)) == operations(network, build(network.graph, "meta").eval()) > 0


def operations(network: archcalc.Network, module: nn.Module) -> int:
    with FlopCounterMode(display=False) as counter:
        module(*(torch.rand(1, *shape, device="meta") for shape in network.spec.inputs.values()))
    return counter.get_total_flops()


READ_AGAIN = [name for name in BUNDLED if name != "lenet5"]
"""All but the network with a table of connections, whose class no model is read with."""


@pytest.mark.parametrize(
    "name",
    by_size(
        READ_AGAIN, ["resnet18", "squeezenet1_1"], slow=["googlenet_aux", "mobilenet_v3_small", "shufflenet_v2_x1_0"]
    ),
)
def test_it_is_read_again_as_the_same_network(name: str, tmp_path: Path) -> None:
    network = archcalc.load(name)
    path = tmp_path / "net.py"
    path.write_text(source(network.graph))
    model = f"{path}:{class_name(network.spec.name)}"
    shape = "x".join(map(str, network.spec.inputs["input"]))
    again = json.loads(run("table", model, "--input", shape, "--format", "json").stdout)
    own = json.loads(run("table", name, "--format", "json").stdout)
    assert [again["totals"][what] for what in ("params", "macs")] == [
        own["totals"][what] for what in ("params", "macs")
    ]
    if not any(node.tower for node in network.graph.nodes):  # of which a model has each device's layers
        assert rows(again) == rows(own)
    done = run("check", name, "--against", model)
    assert done.returncode == 0, done.stdout + done.stderr


def rows(table: dict[str, Any]) -> list[list[Any]]:
    """Return what is said of each layer that multiplies, but its name; others have several words for the same."""
    return [[row[key] for key in ("op", "output_shape", "params", "macs")] for row in table["layers"] if row["macs"]]


def several(outputs: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return outputs if isinstance(outputs, tuple) else (outputs,)


def test_the_source_is_written_as_formatters_write_it(network: archcalc.Network, tmp_path: Path) -> None:
    path = tmp_path / f"{network.spec.name}.py"
    path.write_text(source(network.graph))
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["format", "--check", "--diff"], ["check", "--select", "E,F,I,UP"]):
        done = subprocess.run(
            [*ruff, *command, "--isolated", "--line-length", "120", str(path)], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


MODULES = {
    twin.call: twin
    for row in CASES
    for whole in [row.layer.twin(*row.inputs)]
    for twin in (whole, whole.pad)
    if twin is not None and twin.is_module
}


def class_of(twin: Twin) -> Any:
    return getattr(modules if twin.is_ours else nn, twin.call.removeprefix("nn."))


def test_what_torch_has_no_class_for_stands_in_the_file() -> None:
    text = "archcalc: 1\nname: layer_norm2d\ninput: [4, 6, 6]\nlayers:\n  - {name: norm, op: layer_norm2d}\n"
    names: dict[str, Any] = {}
    exec(source(archcalc.load(text).graph), names)
    assert names["LayerNorm2d"].__mro__[1] is nn.LayerNorm
    torch.manual_seed(0)
    x = 10 * torch.randn(2, 4, 6, 6)
    # each place has mean 0 and variance 1 over its channels
    made = names["LayerNorm2dNetwork"]()(x)
    torch.testing.assert_close(made.mean(1), torch.zeros(2, 6, 6), atol=1e-5, rtol=0)
    torch.testing.assert_close(made.var(1, correction=0), torch.ones(2, 6, 6), atol=1e-2, rtol=0)


@pytest.mark.parametrize("twin", MODULES.values(), ids=lambda twin: twin.call)
def test_what_is_not_written_is_torchs_default(twin: Twin) -> None:
    parameters = inspect.signature(class_of(twin)).parameters
    for word, value in twin.defaults.items():
        default = parameters[word].default
        is_one_for_each_axis = isinstance(value, tuple) and isinstance(default, int)
        assert default == (value[0] if is_one_for_each_axis else value), f"{twin.call} {word}"


@pytest.mark.parametrize("twin", MODULES.values(), ids=lambda twin: twin.call)
def test_what_is_written_without_its_keyword_comes_first(twin: Twin) -> None:
    words = list(inspect.signature(class_of(twin)).parameters)
    assert tuple(words[: len(twin.positional)]) == twin.positional
    assert set(twin.positional) <= set(twin.keywords)


def test_parts_that_one_call_makes_are_written_as_one_call() -> None:
    text = source(archcalc.load(PARTS).graph)
    calls = [line.strip() for line in text.splitlines() if "torch." in line]
    assert calls == [
        "halves_0, halves_1 = torch.chunk(x, 2, dim=1)  # 3x4x4",
        "rows_0, x = torch.split(x, [1, 3], dim=2)  # 3x1x4 and 3x3x4",
        "x = torch.chunk(halves_1, 3, dim=1)[1]  # 1x4x4",
        "second = torch.chunk(x, 2, dim=3)[1]  # 1x4x2",
    ]


def test_a_file_is_written_that_runs_without_archcalc(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    run("export", "lenet_d2l", "--to", "pytorch", "--set", "num_classes=7", "--output", str(path))
    script = (
        "import net, sys, torch\n"
        "print(tuple(net.LenetD2l()(torch.zeros(2, 1, 28, 28)).shape), 'archcalc' in sys.modules)"
    )
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "(2, 7) False\n"


@pytest.mark.parametrize(("text", "classes"), SPECS.values(), ids=SPECS)
def test_uses_of_a_block_share_a_class_where_they_can(text: str, classes: list[str]) -> None:
    assert re.findall(r"^class (\w+)", source(archcalc.load(text).graph), flags=re.MULTILINE) == classes


@pytest.mark.parametrize(
    ("name", "classes"),
    [
        ("alexnet_torchvision", ["AlexnetTorchvision"]),
        ("alexnet_paper", ["AlexnetPaper"]),
        ("resnet18", ["Basic", "Stage", "Resnet18"]),
        ("resnet152", ["Bottleneck", "Stage", "Resnet152"]),
        ("googlenet", ["Conv", "Inception", "Googlenet"]),
        ("densenet121", ["Dense", "Transition", "Densenet121"]),
        ("mobilenet_v2", ["InvertedBottleneck", "InvertedResidual", "Stage", "MobilenetV2"]),
        (
            "mobilenet_v3_large",
            [
                *("Pointwise", "PointwiseHardswish", "Excitation", "InvertedBottleneck", "InvertedBottleneckHardswish"),
                *("InvertedResidual", "InvertedResidualHardswish", "MobilenetV3Large"),
            ],
        ),
        ("unet", ["CenterCropLike", "Double", "Unet"]),
    ],
)
def test_blocks_are_classes(name: str, classes: list[str]) -> None:
    assert re.findall(r"^class (\w+)", source(archcalc.load(name).graph), flags=re.MULTILINE) == classes


def test_a_deep_network_is_as_short_as_people_write_it() -> None:
    texts = [source(archcalc.load(name).graph) for name in ("resnet50", "resnet152")]
    assert [len(text.splitlines()) for text in texts] == [84, 84]
    assert "self.layer3 = Stage(512, 256, 36)" in texts[1]


def test_one_file_in_full(update_golden: bool) -> None:
    same_as_golden("lenet_d2l.py.txt", source(archcalc.load("lenet_d2l").graph), update_golden)
