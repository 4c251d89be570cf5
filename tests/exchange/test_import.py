"""Models that exist become specs: those of torchvision and timm, somebody's own, and our own, built, once more."""

import json
import subprocess
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
import torchvision
from torch import Tensor, nn
from torchvision.models import get_model_weights, list_models

import archcalc
from archcalc.errors import ArchError
from archcalc.exchange.torch_models.words import Model
from archcalc.exchange.yaml import written
from archcalc.layers import Shape
from archcalc.pytorch.importing import libraries, models
from archcalc.pytorch.importing.process import Wanted
from tests.commands import run
from tests.conftest import BUNDLED
from tests.sizes import by_size

HEADS_APART = {"inception_v3": 3_326_696}
"""The parameters of auxiliary heads, which do not run in evaluation, where those that are published have them."""

CONVOLUTIONAL = [
    name for name in list_models(module=torchvision.models) if not name.startswith(("maxvit", "swin", "vit"))
]

AT_ONCE = ("alexnet", "convnext_tiny", "mobilenet_v3_small", "resnet18", "shufflenet_v2_x0_5", "squeezenet1_1")


def flat(network: archcalc.Network) -> str:
    """The text of the spec that a model has become, with a line for each layer."""
    assert network.became is not None
    return network.became.text(is_folded=False)


def imported(place: str, name: str, **settings: object) -> archcalc.Network:
    """The network of a model of a library, imported in this process, in which torch is loaded already."""
    found = models.import_model(Wanted(Model(place, name), settings, None, ()), lambda _: None)
    assert found.fault == ""
    return archcalc.load(written(found.document))


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in AT_ONCE else [pytest.mark.slow]) for name in CONVOLUTIONAL]
)
def test_a_convolutional_network_of_torchvision_has_what_it_publishes(name: str) -> None:
    totals = imported("torchvision", name).table().totals
    published = next(iter(get_model_weights(name))).meta
    assert totals.params + HEADS_APART.get(name, 0) == published["num_params"]
    assert round(totals.macs / 1e9, 3) == published["_ops"]


def test_there_are_68_of_them() -> None:
    assert len(CONVOLUTIONAL) == 68


SEGMENTATION = list_models(module=torchvision.models.segmentation)
VIDEO = ("r3d_18", "mc3_18", "r2plus1d_18", "s3d")


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[] if name == "r3d_18" else [pytest.mark.slow]) for name in (*SEGMENTATION, *VIDEO)],
)
def test_networks_for_segmentation_and_videos_have_what_is_published(name: str) -> None:
    has_second_head = name in SEGMENTATION and not name.startswith("lraspp")
    settings = {"aux_loss": True} if has_second_head else {}
    totals = imported("torchvision", name, **settings).table().totals
    published = next(iter(get_model_weights(name))).meta
    assert (totals.params, round(totals.macs / 1e9, 3)) == (published["num_params"], published["_ops"])


BACKBONES = "torchvision.models.detection.backbone_utils"


@pytest.mark.parametrize(
    ("maker", "settings"),
    [
        ("resnet_fpn_backbone", {"backbone_name": "resnet50", "weights": None}),
        pytest.param(
            "mobilenet_backbone",
            {"backbone_name": "mobilenet_v3_large", "weights": None, "fpn": True},
            marks=pytest.mark.slow,
        ),
    ],
)
def test_backbones_for_detection_have_their_parameters_and_buffers(maker: str, settings: dict[str, object]) -> None:
    found = models.import_model(Wanted(Model(BACKBONES, maker), settings, (3, 224, 224), ()), lambda _: None)
    assert found.fault == ""
    network = archcalc.load(written(found.document))
    module = getattr(torchvision.models.detection.backbone_utils, maker)(**settings)
    assert network.table().totals.params == sum(one.numel() for one in module.parameters())
    buffers = [shape for node in network.graph.nodes for shape in node.own_buffers.values()]
    assert sum(map(prod, buffers)) == sum(one.numel() for one in module.buffers())


SAME_AS_BUNDLED = {
    "alexnet": "alexnet_torchvision",
    "resnet18": "resnet18",
    "squeezenet1_1": "squeezenet1_1",
    "mobilenet_v3_small": "mobilenet_v3_small",
}


@pytest.mark.parametrize("name", SAME_AS_BUNDLED)
def test_it_is_the_network_that_is_written_by_hand(name: str) -> None:
    ours, theirs = archcalc.load(SAME_AS_BUNDLED[name]), imported("torchvision", name)
    assert [(row.op, row.output_shape, row.params, row.macs) for row in theirs.table().rows] == [
        (row.op, row.output_shape, row.params, row.macs) for row in ours.table().rows
    ]


def test_arguments_of_a_model_are_params() -> None:
    network = imported("torchvision", "resnet18", num_classes=10)
    assert network.table().totals.params == 11_689_512 - 990 * 513
    assert network.spec.title == "resnet18 of torchvision with num_classes=10, imported"


TIMM = (
    *("resnet26t", "seresnet50", "ecaresnet50d", "res2net50_26w_4s", "resnetblur50", "resnetaa50", "resnetrs50"),
    *("resnetv2_50", "resnetv2_50x1_bit", "resnetv2_50d_gn", "densenet121", "vgg16_bn", "inception_v4"),
    *("inception_resnet_v2", "xception41", "efficientnet_b0", "tf_efficientnet_b0", "tf_efficientnetv2_s", "mixnet_s"),
    *("fbnetv3_b", "mobilenetv4_conv_small", "ghostnet_100", "rexnet_100", "convnext_atto", "regnety_004"),
    *("regnetz_b16", "nfnet_l0", "dm_nfnet_f0", "nf_regnet_b1", "repvgg_a0", "mobileone_s0", "dla34"),
    *("hrnet_w18_small", "darknet53", "cspresnet50", "cs3sedarknet_l", "vovnet39a", "selecsls42", "dpn68", "senet154"),
    *("hgnet_tiny", "inception_next_tiny", "poolformer_s12", "fasternet_t0", "starnet_s1", "tresnet_m", "rdnet_tiny"),
    *("convnextv2_atto", "hgnetv2_b0", "nasnetalarge", "pnasnet5large"),
)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name == "tf_efficientnet_b0" else [pytest.mark.slow]) for name in TIMM]
)
def test_a_network_of_timm_has_its_parameters(name: str) -> None:
    network = imported("timm", name)
    with torch.device("cpu"), libraries.without_weights():
        model = timm.create_model(name, pretrained=False)
    left_out = int(network.spec.notes.partition(" ")[0].replace(",", "")) if network.spec.notes else 0
    assert network.table().totals.params + left_out == sum(one.numel() for one in model.parameters())


@pytest.mark.parametrize("spec", by_size(BUNDLED))
def test_what_is_built_of_a_spec_is_imported_as_the_same(spec: str) -> None:
    network = archcalc.load(spec)
    again = archcalc.from_module(network.module("meta"), network.spec.input_shape)
    assert again.fault is None
    ours, theirs = network.table(), again.table()
    assert (theirs.totals.params, theirs.totals.macs) == (ours.totals.params, ours.totals.macs)
    if any(entry.tower for entry in network.spec.layers):
        ours = network.table(per_device=True)  # on several devices a layer is several modules
    assert [(row.output_shape, row.params, row.macs) for row in theirs.rows if row.params] == [
        (row.output_shape, row.params, row.macs) for row in ours.rows if row.params
    ]


class Pair(nn.Module):
    """Two inputs, one tower for both, two outputs of which one is read."""

    def __init__(self) -> None:
        super().__init__()
        self.tower = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(inplace=True), nn.Flatten())
        self.fc = nn.Linear(144, 2)

    def forward(self, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:
        one, other = self.tower(left), self.tower(right)
        return self.fc(one * other), one


def test_inputs_outputs_and_shared_weights_are_kept() -> None:
    network = archcalc.from_module(Pair(), {"left": (1, 8, 8), "right": (1, 8, 8)})
    assert flat(network).partition("input:")[2].splitlines() == [
        " {left: [1, 8, 8], right: [1, 8, 8]}",
        "inplace: [relu]",
        "layers:",
        "  - {name: tower.0, op: conv2d, from: left, out_channels: 4, kernel_size: 3}",
        "  - {name: tower.1, op: relu}",
        "  - {name: tower.2, op: flatten}",
        "  - {name: tower.0_2, op: use, layer: tower.0, from: right}",
        "  - {name: tower.1_2, op: relu}",
        "  - {name: tower.2_2, op: flatten}",
        "  - {name: mul, op: mul, from: [tower.2, tower.2_2]}",
        "  - {name: fc, op: linear, out_features: 2}",
        "outputs: [fc, tower.2]",
    ]
    table = network.table()
    assert (table.totals.params, table.totals.macs) == (40 + 290, 2 * 36 * 36 + 288)


class Pieces(nn.Module):
    """Inputs in another order than its modules, a part that computes nothing, and several outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.wide, self.thin, self.rest = nn.Conv2d(1, 8, 5), nn.Conv2d(1, 2, 5), nn.Identity()

    def forward(self, left: Tensor, right: Tensor) -> list[Tensor]:
        return [self.wide(left), self.rest(self.thin(right))]


def test_inputs_go_where_their_names_say() -> None:
    network = archcalc.from_module(Pieces(), {"right": (1, 9, 9), "left": (1, 8, 8)})
    assert flat(network).partition("input:")[2].splitlines() == [
        " {left: [1, 8, 8], right: [1, 9, 9]}",
        "layers:",
        "  - {name: wide, op: conv2d, from: left, out_channels: 8, kernel_size: 5}",
        "  - {name: thin, op: conv2d, from: right, out_channels: 2, kernel_size: 5}",
        "outputs: [wide, thin]",
    ]


def test_a_class_is_no_module() -> None:
    with pytest.raises(ArchError, match="of a class, make an object first"):
        archcalc.from_module(Pieces, (3, 8, 8))  # type: ignore[arg-type]


def test_a_module_stays_as_it_was() -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.3).eval())
    before = {name: tensor.clone() for name, tensor in module.state_dict().items()}
    archcalc.from_module(module, (3, 8, 8))
    assert [part.training for part in module.modules()] == [True, True, True, False]
    assert all(torch.equal(tensor, before[name]) for name, tensor in module.state_dict().items())
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())


class Lines(nn.Module):
    """Work in functions: weights given to them, paddings, factors, paddings that layers have themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3, stride=2, bias=False), nn.BatchNorm2d(4)
        self.gamma, self.gain = nn.Parameter(torch.ones(4)), nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        x = nn.functional.conv2d(nn.functional.pad(x, (0, 1, 0, 1)), self.conv.weight, None, 2)
        norm = self.norm
        x = nn.functional.batch_norm(x, norm.running_mean, norm.running_var, norm.weight, norm.bias, eps=1e-3)
        x = nn.functional.relu_(x) * self.gamma.reshape(1, -1, 1, 1) * self.gain * 0.5
        gate = x.mean((2, 3)).sigmoid().view(-1, 4, 1, 1).expand_as(x)
        return nn.functional.pad(x * gate, (1, 1, 2, 0), value=1.5)


def test_functions_are_layers_too() -> None:
    network = archcalc.from_module(Lines(), (3, 8, 8))
    assert flat(network).partition("layers:\n")[2].splitlines() == [
        "  - {name: conv, op: conv2d, out_channels: 4, kernel_size: 3, stride: 2, padding: same, bias: false}",
        "  - {name: norm, op: batch_norm2d, eps: 0.001, activation: relu}",
        "  - {name: gamma, op: scale}",
        "  - {name: gain, op: scale, per: tensor}",
        "  - {name: times, op: times, number: 0.5}",
        "  - {name: adaptive_avg_pool2d, op: adaptive_avg_pool2d, output_size: 1}",
        "  - {name: flatten, op: flatten}",
        "  - {name: sigmoid, op: sigmoid}",
        "  - {name: reshape, op: reshape, shape: [4, 1, 1]}",
        "  - {name: mul, op: mul, from: [times, reshape]}",
        "  - {name: constant_pad2d, op: constant_pad2d, padding: {top: 2, left: 1, right: 1}, value: 1.5}",
    ]


class Shifted(nn.Module):
    """One factor and one shift, as timm's learnable affine blocks have them."""

    def __init__(self) -> None:
        super().__init__()
        self.scale, self.bias = nn.Parameter(torch.ones(1)), nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        return self.scale * x + self.bias


NOTHING = float("-inf")


@pytest.mark.parametrize(
    ("module", "lines"),
    [
        (Shifted(), ["{name: scale, op: scale, per: tensor, bias: true}"]),
        (
            nn.Sequential(nn.ConstantPad2d(1, NOTHING), nn.MaxPool2d(3, 2)),
            ["{name: layers.1, op: max_pool2d, kernel_size: 3, stride: 2, padding: 1}"],
        ),
        (
            nn.Sequential(nn.ConstantPad2d((0, 1, 0, 1), NOTHING), nn.MaxPool2d(3, 2)),
            ["{name: layers.1, op: max_pool2d, kernel_size: 3, stride: 2, padding: same}"],
        ),
        (
            nn.Sequential(nn.ZeroPad2d((-1, 1, -2, 0)), nn.ReLU()),
            [
                "{name: slice, op: slice, start: 1, length: 7, dim: 3}",
                "{name: slice_2, op: slice, start: 2, length: 6, dim: 2}",
                "{name: layers.0, op: zero_pad2d, padding: {right: 1}}",
                "{name: layers.1, op: relu}",
            ],
        ),
    ],
)
def test_two_calls_may_be_one_layer_and_one_several(module: nn.Module, lines: list[str]) -> None:
    network = archcalc.from_module(module, (3, 8, 8))
    assert flat(network).partition("layers:\n")[2].splitlines() == [f"  - {line}" for line in lines]


NETS = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, width=8):
        super().__init__()
        print("made")
        self.conv = nn.Conv2d(3, width, 3)

    def forward(self, x):
        print("run")
        return self.conv(x).relu()


class Unsaid(Net):
    def forward(self, x):
        x = super().forward(x)
        return torch.cdist(x, x)


class Depends(Net):
    def forward(self, x):
        return super().forward(x) if float(x.sum()) < 1 else x


class Deep(nn.Module):
    def __init__(self, layers=(1, 1), width=3):
        super().__init__()
        sizes = [width] * sum(layers)
        self.convs = nn.Sequential(*(nn.Conv2d(3, size, 1) for size in sizes))

    def forward(self, left, right):
        return self.convs(left + right)


class Needs(Net):
    def __init__(self, what):
        super().__init__()


class Raises(Net):
    def forward(self, x):
        return self.conv(self.conv(x))


made = Net()
"""


def command(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    (folder / "net.py").write_text(NETS)
    return run(*words, cwd=folder)


def test_a_model_is_imported_and_what_is_written_is_a_spec(tmp_path: Path) -> None:
    done = command(tmp_path, "import", "net.py:Net", "--input", "3x8x8", "--set", "width=5", "--output", "net.yaml")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines() == ["archcalc: net.py:Net runs the code of net.py", "made", "made", "run"]
    table = run("table", "net.yaml", "--format", "json", cwd=tmp_path)
    assert json.loads(table.stdout)["totals"]["params"] == 5 * 27 + 5


@pytest.mark.parametrize("word", ["net.py:Net", "net.py:made", "./net.py:Net"])
def test_a_model_is_named_where_a_spec_is(word: str, tmp_path: Path) -> None:
    done = command(tmp_path, "table", word, "--input", "3x8x8", "--format", "json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert [(layer["name"], layer["op"]) for layer in answer["layers"]] == [("conv", "conv2d"), ("conv.relu", "relu")]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["net.py:Net"], "net.py:Net does not say what it reads: give the input's shape, as in --input 3x224x224"),
        (["net.py:Nat", "--input", "3x8x8"], "net.py:Nat: there is no Nat; did you mean 'Net'?"),
        (["nets.py:Net", "--input", "3x8x8"], "there is no file nets.py"),
        (
            ["net.py:Unsaid", "--input", "3x8x8"],
            "net.py:Unsaid: (cdist), at net.py:20: no layer kind does what cdist does",
        ),
        (
            ["net.py:Needs", "--input", "3x8x8"],
            "net.py:Needs needs arguments (Needs.__init__() missing 1 required positional argument: 'what'); "
            "give them as in --set num_classes=10, or name a function that makes the model without any",
        ),
        (
            ["net.py:Deep", "--input", "3x8x8", "--set", "layers=[1, 2"],
            "layers: '[1, 2' is not a list; write one as in [1, 2, 3], in one line",
        ),
        (
            ["net.py:Deep", "--input", "3x8x8", "--set", "layers=[{a: 1}]"],
            "layers: '[{a: 1}]' is not a list; write one as in [1, 2, 3], in one line",
        ),
        (
            ["net.py:Deep", "--input", "3x8x8", "--input", "3x9x9"],
            "--input: '3x8x8,3x9x9' is several shapes; name the inputs, as in left=1x88x88,right=1x88x88",
        ),
        (
            ["net.py:Deep", "--input", "left=3x8x8", "--input", "left=3x8x8"],
            "--input: left is set twice",
        ),
        (
            ["net.py:Deep", "--input", "3x8x8", "--input", "left=3x8x8"],
            "--input: '3x8x8' is not an input; write name=shape, as in left=1x88x88,right=1x88x88",
        ),
        (
            ["net.py:Raises", "--input", "3x8x8"],
            "net.py:Raises cannot run on 1x3x8x8 in conv: RuntimeError: Given groups=1, weight of size [8, 3, 3, 3], "
            "expected input[1, 8, 6, 6] to have 3 channels, but got 8 channels instead",
        ),
        (["torchvision:resnet19"], "torchvision has no model 'resnet19'; did you mean 'resnet18'?"),
        (["paper"], "paper is a spec already: archcalc show prints it"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_what_cannot_be_imported_is_said(words: list[str], message: str, tmp_path: Path) -> None:
    done = command(tmp_path, "import", *words, "--output", "out.yaml")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1] == f"archcalc: {message}"
    assert not (tmp_path / "out.yaml").exists()


def test_a_library_that_is_missing_is_named(tmp_path: Path) -> None:
    done = command(tmp_path, "import", "no.such.place:Net", "--input", "3x8x8")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.splitlines()[-1] == "archcalc: there is no module no here: install it, or name a file.py"


def test_a_forward_pass_that_asks_for_numbers_is_run_with_weights(tmp_path: Path) -> None:
    done = command(tmp_path, "import", "net.py:Depends", "--input", "3x8x8")
    assert done.returncode == 0, done.stderr
    assert "{name: conv, op: conv2d, out_channels: 8, kernel_size: 3, activation: relu}" in done.stdout


def test_what_is_set_stands_in_the_answer_and_a_model_is_as_it_is_itself(tmp_path: Path) -> None:
    done = command(tmp_path, "table", "net.py:Net:width=3", "--input", "3x8x8", "--format", "json")
    assert json.loads(done.stdout)["settings"] == {"width": 3}
    assert command(tmp_path, "check", "net.py:Net", "--input", "3x8x8", "--against", "net.py:Net").returncode == 0


@pytest.mark.parametrize(
    "words",
    [["net.py:Deep", "--set", "layers=[1, 2]"], ["net.py:Deep:layers=[1,2]"], ["net.py:Deep:layers=[1,2],width=3"]],
)
def test_an_argument_may_be_a_list_and_inputs_may_be_given_one_by_one(words: list[str], tmp_path: Path) -> None:
    shapes = ["--input", "left=3x8x8", "--input", "right=3x8x8"]
    answer = json.loads(command(tmp_path, "table", *words, *shapes, "--format", "json").stdout)
    assert answer["settings"]["layers"] == [1, 2]
    assert answer["input_shape"] == {"left": [3, 8, 8], "right": [3, 8, 8]}
    assert answer["totals"]["params"] == 3 * (3 * 3 + 3)


def test_the_ending_says_whether_it_is_json(tmp_path: Path) -> None:
    assert command(tmp_path, "import", "net.py:Net", "--input", "3x8x8", "--output", "net.json").returncode == 0
    assert json.loads((tmp_path / "net.json").read_text())["layers"][0]["op"] == "conv2d"
    assert run("table", "net.json", cwd=tmp_path).returncode == 0


def test_a_network_that_goes_on_is_not_complete(tmp_path: Path) -> None:
    done = command(tmp_path, "table", "net.py:Unsaid", "--input", "3x8x8", "--format", "json")
    assert (done.returncode, json.loads(done.stdout)["complete"]) == (2, False)
    assert "Unsaid: shown up to what cannot be said" in done.stderr


def test_a_table_is_shown_up_to_what_cannot_be_said(tmp_path: Path) -> None:
    done = command(tmp_path, "table", "net.py:Unsaid", "--input", "3x8x8")
    assert done.returncode == 2
    assert "conv.relu" in done.stdout
    assert "no layer kind does what cdist does" in done.stderr


def test_a_run_that_was_not_understood_is_no_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    """The spec is held against the run: if what is read of a call were wrong, it would not be written."""
    from archcalc.exchange.torch_models import reading

    right = reading.layer_of
    monkeypatch.setattr(
        reading, "layer_of", lambda call, inputs: right(call, inputs) if call.op != "Dropout" else right_of_another()
    )

    def right_of_another() -> archcalc.Network:
        from archcalc.layers.regularize import Dropout

        return Dropout(p=0.25)

    with pytest.raises(ArchError, match=r"was not understood: layers\.0: p 0.25 here, 0.5 in the model"):
        archcalc.from_module(nn.Sequential(nn.Dropout(0.5), nn.Linear(3, 2)), (3,))


class HalfWritten(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(x)
        first, _ = y.chunk(2, 1)
        first.relu_()
        return y


class OtherHalf(HalfWritten):
    def forward(self, x: Tensor) -> Tensor:
        first, second = self.conv(x).chunk(2, 1)
        return first.relu_() * second


def test_what_is_written_into_in_part_is_refused() -> None:
    with pytest.raises(ArchError, match="hands on a tensor that is neither an input nor made by one call"):
        _ = archcalc.from_module(HalfWritten(), (3, 8, 8)).graph


def test_the_other_half_stays_as_it_was() -> None:
    network = archcalc.from_module(OtherHalf(), (3, 8, 8))
    (product,) = [node for node in network.graph.nodes if node.layer.op == "mul"]
    assert len({*product.inputs}) == 2


def halves(m: "Calls", x: Tensor, first: slice, second: slice, axis: int) -> Tensor:
    """What is changed in one part of a tensor, times another part."""
    y = m.conv(x)
    one, other = (y[(slice(None),) * axis + (part,)] for part in (first, second))
    return one.relu_() * other


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_parts_that_share_no_element_stay_as_they_were_whatever_the_axis(axis: int) -> None:
    upper, lower = slice(0, 2), slice(2, 4)
    assert fault_of(lambda m, x: halves(m, x, upper, lower, axis)) == ""
    assert fault_of(lambda m, x: halves(m, x, lower, upper, axis)) == ""
    overlapping = slice(1, 3)
    assert "what mul does with a constant" in fault_of(lambda m, x: halves(m, x, upper, overlapping, axis))


class Calls(nn.Module):
    """A few modules, called as a test wants it."""

    def __init__(self, forward: Callable[["Calls", Tensor], Any]) -> None:
        super().__init__()
        self.conv, self.one, self.fc = nn.Conv2d(4, 4, 1), nn.Conv2d(1, 3, 1), nn.Linear(144, 2)
        self.head = nn.Linear(4, 2)
        self.called = forward

    def forward(self, x: Tensor) -> Any:
        return self.called(self, x)


MIXED: dict[str, Callable[[Calls, Tensor], Any]] = {
    "expand": lambda m, x: m.conv(x.expand(4, -1, -1, -1)),
    "repeat": lambda m, x: m.conv(x.repeat(2, 1, 1, 1)),
    "cat": lambda m, x: m.conv(torch.cat([x, x], 0)),
    "stack": lambda m, x: torch.stack([m.conv(x), x]).mean(0),
    "view": lambda m, x: m.one(x.view(x.size(0) * 4, 1, 6, 6)).view(x.size(0), 12, 6, 6),
    "unbind": lambda m, x: torch.stack([m.conv(one) for one in x.unbind()]),
    "split": lambda m, x: m.conv(x.split(1)[0]),
    "chunk": lambda m, x: m.conv(x.chunk(5)[0]),
    "flatten": lambda m, x: m.conv(x).flatten(),
    "getitem": lambda m, x: m.conv(x[:1]),
    "sum": lambda m, x: m.conv(x).sum(),
    "mean": lambda m, x: m.conv(x.mean(0, keepdim=True).expand_as(x)),
    "unsqueeze": lambda m, x: m.conv(x).unsqueeze(0),
    "select": lambda m, x: m.conv(x.select(0, 0)),
}


def fault_of(
    forward: Callable[[Calls, Tensor], Any], device: str = "cpu", shape: Shape = (4, 6, 6), model: type[Calls] = Calls
) -> str:
    """Why a model cannot be said, after what can; empty if it can."""
    try:
        return str(archcalc.from_module(model(forward).to(device), shape).fault or "")
    except ArchError as error:
        return str(error)


@pytest.mark.parametrize("function", MIXED)
def test_what_is_done_to_the_batch_is_refused(function: str) -> None:
    line = MIXED[function].__code__.co_firstlineno
    assert fault_of(MIXED[function]) == (
        f"({function}), at test_import.py:{line}: axis 0 of what {function} makes is not the batch, and no layer kind "
        "computes across the examples of one"
    )


@pytest.mark.parametrize(
    "forward",
    [
        lambda m, x: x.transpose(0, 1).relu().transpose(0, 1),
        lambda m, x: x.permute(1, 0, 2, 3).reshape(x.size(0), -1),
        lambda m, x: x.view(x.size(1), x.size(0), 6, 6).transpose(0, 1),
        lambda m, x: x.softmax(0),
        lambda m, x: x.flip(0),
        lambda m, x: x.cumsum(0),
        lambda m, x: x[list(range(x.size(0)))[::-1]],
    ],
)
@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("channels", [1, 5, 7, 11, 13])
def test_examples_are_not_mixed_whatever_has_as_many_channels(
    forward: Callable[[Calls, Tensor], Any], device: str, channels: int
) -> None:
    assert fault_of(forward, device, (channels, 6, 6))


@pytest.mark.parametrize(
    ("forward", "layers"),
    [
        (lambda m, x: m.head(x.mean((2, 3), keepdim=True).squeeze()), ["adaptive_avg_pool2d", "flatten", "head"]),
        (lambda m, x: m.conv(x.unsqueeze(0).squeeze(0)), ["conv"]),
        (lambda m, x: m.fc(x.reshape(-1).view(x.size(0), -1)), ["flatten", "fc"]),
        (lambda m, x: m.conv(x[:, :, :5, :5]), ["slice", "slice_2", "conv"]),  # as long as the batch, at first
    ],
)
def test_what_leaves_the_batch_as_it_is_is_no_fault(forward: Callable[[Calls, Tensor], Any], layers: list[str]) -> None:
    assert [row.name for row in archcalc.from_module(Calls(forward), (4, 6, 6)).table().rows] == layers


def test_a_model_that_takes_no_batches_is_run_on_one_example() -> None:
    network = archcalc.from_module(Calls(lambda m, x: m.fc(x.view(1, -1))), (4, 6, 6))
    assert network.spec.notes == (
        "36 params of conv, one and head are left out, since nothing reads them in evaluation. "
        "The model takes one example at a time, and no batches."
    )


def test_a_layer_that_makes_its_weights_makes_them_of_one_example() -> None:
    model = Calls(lambda m, x: m.fc(x.view(1, -1)))
    model.fc = nn.LazyLinear(3)
    assert archcalc.from_module(model, (4, 6, 6)).table().rows[-1].params == 3 * 144 + 3


def test_weights_that_are_never_made_are_refused() -> None:
    module = nn.Sequential(nn.Conv2d(4, 4, 1))
    module[0].unread = nn.LazyLinear(3)
    with pytest.raises(ArchError) as raised:
        archcalc.from_module(module, (4, 6, 6))
    assert str(raised.value) == (
        "the module cannot be counted: its parameter 0.unread.weight has no shape, since nothing reads it; "
        "give it one, or take it out"
    )


@pytest.mark.parametrize("kernel", [2, 4, (2, 3), (3, 4)])
@pytest.mark.parametrize("dilation", [1, 2, (3, 2)])
@torch.no_grad()
def test_what_torch_pads_the_same_is_padded_so(kernel: Any, dilation: Any) -> None:
    """Where torch cannot pad both sides alike it pads one more after, as is computed here too."""
    module = nn.Sequential(nn.Conv2d(3, 4, kernel, padding="same", dilation=dilation, bias=False))
    network = archcalc.from_module(module, (3, 9, 8))
    built = network.module("cpu").eval()
    built.load_state_dict(dict(zip(built.state_dict(), module.state_dict().values(), strict=True)))
    x = torch.rand(2, 3, 9, 8)
    assert [row.output_shape for row in network.table().rows] == [(4, 9, 8)]
    assert torch.allclose(built(x), module(x), atol=1e-6)


def test_a_padding_by_a_function_is_the_same() -> None:
    def forward(m: Calls, x: Tensor) -> Tensor:
        return nn.functional.conv2d(x, m.even.weight, None, padding="same")

    model = Calls(forward)
    model.even = nn.Conv2d(4, 4, 4, bias=False)
    assert "{name: even, op: conv2d, out_channels: 4, kernel_size: 4, padding: same, bias: false}" in flat(
        archcalc.from_module(model, (4, 6, 6))
    )


@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_what_is_no_zero_is_not_padded_unevenly(mode: str) -> None:
    with pytest.raises(ArchError, match="padding must be"):
        archcalc.from_module(nn.Sequential(nn.Conv2d(4, 4, 4, padding="same", padding_mode=mode)), (4, 6, 6))


@pytest.mark.parametrize(
    ("forward", "layers"),
    [
        (lambda m, x: [m.conv(x)] * 2, ["{name: identity, op: identity}", "outputs: [conv, identity]"]),
        (
            lambda m, x: {"x": x, "y": m.conv(x)},
            ["{name: identity, op: identity, from: input}", "outputs: [identity, conv]"],
        ),
    ],
)
def test_an_output_that_is_another_or_an_input_is_handed_on(
    forward: Callable[[Calls, Tensor], Any], layers: list[str]
) -> None:
    network = archcalc.from_module(Calls(forward), (4, 6, 6))
    conv = "{name: conv, op: conv2d, out_channels: 4, kernel_size: 1}"
    lines = flat(network).partition("layers:\n")[2].splitlines()
    assert [line.removeprefix("  - ") for line in lines] == [conv, *layers]
    assert network.table().totals.macs == 4 * 4 * 36
    ours = network.module("cpu").eval()(torch.rand(2, 4, 6, 6))
    assert [tuple(out.shape) for out in ours] == [(2, 4, 6, 6)] * 2


class Numbered(Calls):
    def __init__(self, forward: Callable[["Calls", Tensor], Any]) -> None:
        super().__init__(forward)
        self.p = nn.Parameter(torch.tensor(2.0))


@pytest.mark.parametrize(
    "forward",
    [
        lambda m, x: m.conv(x)[:, : int(m.p)],
        lambda m, x: m.conv(x) * float(m.p),
        lambda m, x: m.conv(x) * m.p.item(),
        lambda m, x: m.conv(x) * (2 * m.p).tolist(),
        lambda m, x: m.conv(x) if m.p > 1 else x,
        lambda m, x: m.conv(x) * float(m.p.detach().numpy()),
    ],
)
def test_a_parameter_that_a_number_is_made_of_is_named_with_its_place(forward: Callable[[Calls, Tensor], Any]) -> None:
    assert fault_of(forward, model=Numbered) == (
        f"the module makes a number of its parameter p, at test_import.py:{forward.__code__.co_firstlineno}, "
        "which no layer does: make p a buffer or a number, or compute with it as a tensor"
    )


@pytest.mark.parametrize(
    "forward",
    [
        lambda m, x: m.conv(x.to(m.p.device).to(m.p.dtype)) * (m.p.dim() + 2),
        lambda m, x: (2 * m.p, m.conv(x))[1],
    ],
)
def test_a_parameter_of_which_nothing_comes_is_left_out(forward: Callable[[Calls, Tensor], Any]) -> None:
    network = archcalc.from_module(Numbered(forward), (4, 6, 6))
    assert network.table().totals.params == 20
    assert network.spec.notes.startswith("307 params of the model itself, one, fc and head are left out")


def test_a_layer_of_which_a_number_is_made_too_is_one() -> None:
    assert fault_of(lambda m, x: m.conv(x) if m.conv.weight.abs().max() < 100 else x) == ""


def replaced(m: Calls, x: Tensor) -> Tensor:
    y = m.conv(x)
    y.data = m.conv(y).data
    return y


class Normed(Calls):
    def __init__(self, forward: Callable[["Calls", Tensor], Any]) -> None:
        super().__init__(forward)
        self.norm = nn.BatchNorm2d(4)
        self.register_buffer("mask", torch.ones(1, 4, 1, 1))


@pytest.mark.parametrize(
    ("forward", "words"),
    [
        (replaced, "what set_data does with a tensor that is neither an input nor made of one"),
        (lambda m, x: m.norm.train()(m.conv(x)), "what BatchNorm2d does"),
        (lambda m, x: m.conv(x) * m.mask, "what mul does with mask"),
    ],
)
def test_what_is_changed_out_of_sight_is_refused(forward: Callable[[Calls, Tensor], Any], words: str) -> None:
    assert fault_of(forward, model=Normed).endswith(f"no layer kind does {words}")


@pytest.mark.filterwarnings("ignore:.*torch.jit")
def test_a_module_that_was_traced_cannot_be_watched() -> None:
    module = torch.jit.trace(nn.Conv2d(4, 4, 1), torch.zeros(1, 4, 6, 6))
    with pytest.raises(ArchError, match="the module cannot be watched: it is TorchScript"):
        archcalc.from_module(module, (4, 6, 6))
