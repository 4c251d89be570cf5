"""Several inputs, layers that are used again, and the outputs that a spec names."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import archcalc
from archcalc.errors import ArchError
from archcalc.exchange.pytorch_source import class_name
from tests.analysis.check.models import beside
from tests.commands import run
from tests.conftest import ROOT

SIAMESE = ROOT / "tests" / "specs" / "valid" / "siamese.yaml"
NETWORK = archcalc.load(SIAMESE)


def network(*layers: str, inputs: str = "{left: [2, 8, 8], right: [2, 8, 8]}", more: str = "") -> archcalc.Network:
    lines = ["archcalc: 1", "name: net", f"input: {inputs}", "layers:", *(f"  - {layer}" for layer in layers), more]
    return archcalc.load("\n".join(lines) + "\n")


def test_each_input_has_its_shape_in_every_answer() -> None:
    table = NETWORK.table()
    assert table.input_shape == {"left": (1, 40, 40), "right": (1, 40, 36)}
    assert "(input left 1x40x40, right 1x40x36)" in str(table)
    assert table.to_dict()["input_shape"] == {"left": [1, 40, 40], "right": [1, 40, 36]}
    assert [row.input_shapes for row in table.rows if set(row.inputs) & {"left", "right"}] == [
        ((1, 40, 40),),
        ((1, 40, 36),),
    ]


@pytest.mark.parametrize(
    ("word", "label"),
    [
        ("{}:input.left=1x64x64", "siamese:input.left=1x64x64"),
        ("{}:input.right=1x64x64,input.left=1x80x80", "siamese:input.right=1x64x64,input.left=1x80x80"),
    ],
)
def test_an_input_is_set_by_its_name(word: str, label: str) -> None:
    named = archcalc.load(word.format(SIAMESE))
    assert named.spec.label == label
    shapes = {name: shape for name, shape in named.spec.inputs.items() if shape[1] in (64, 80)}
    assert archcalc.load(SIAMESE, input_shape=shapes).table() == named.table()
    given = ",".join(f"{name}={'x'.join(map(str, shape))}" for name, shape in shapes.items())
    assert run("table", str(SIAMESE), "--input", given).stdout.startswith(f"siamese:input.{given.partition('=')[0]}")
    assert NETWORK.with_(input_shape=shapes).table() == named.table()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("1x64x64", "the network has the inputs left and right: write left=1x40x40,right=1x40x36"),
        ("up=1x64x64", "the network has no input 'up': it has the inputs left and right"),
        ("left=1x64x64,left=1x64x64", "--input: left is set twice"),
        ("left=1x64x64,", "--input: '' is not an input; write name=shape, as in left=1x88x88,right=1x88x88"),
    ],
)
def test_an_input_that_is_not_there_is_refused(given: str, message: str) -> None:
    done = run("table", str(SIAMESE), "--input", given)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"archcalc: {message}\n")


def test_the_only_input_has_a_name_or_none() -> None:
    with pytest.raises(ArchError, match="the network has no input 'left': it has one input, which has no name"):
        archcalc.load("lenet_d2l", input_shape={"left": (1, 28, 28)})
    named = network("{name: pool, op: max_pool2d, kernel_size: 2}", inputs="{image: [2, 8, 8]}")
    assert named.table().rows[0].inputs == ("image",)
    assert named.with_(input_shape=(2, 6, 6)).table().rows[-1].output_shape == (2, 3, 3)


def test_solve_says_that_it_looks_for_one_input() -> None:
    done = run("solve", str(SIAMESE))
    message = "archcalc: siamese has the inputs left and right: solve looks for one input only\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", message)


def test_a_caution_names_the_input_that_has_its_channels_last() -> None:
    cautions = network(
        "{name: a, op: relu, from: left}", inputs="{left: [64, 64, 3], right: [3, 64, 64]}"
    ).graph.cautions
    assert cautions[0] == "input left 64x64x3 has 64 channels, which come first: write 3x64x64 for 3"


def test_what_is_used_again_has_its_params_once_and_its_macs_at_each_use() -> None:
    rows = {row.name: row for row in NETWORK.table().rows}
    # 5*5*16 = 400 on 20*20 and on 20*18 places
    assert (rows["one.conv1"].params, rows["other.conv1"].params) == (400, 0)
    assert (rows["one.conv1"].macs, rows["other.conv1"].macs) == (400 * 400, 400 * 360)
    assert (rows["one.bn1"].buffers, rows["other.bn1"].buffers) == (33, 0)
    # conv2 inside the tower is used twice, and the tower too
    of_conv2 = [name for name, row in rows.items() if "one.residual.conv2" in (name, row.weights_of)]
    assert of_conv2 == ["one.residual.conv2", "one.residual.again", "other.residual.conv2", "other.residual.again"]
    assert [rows[name].params for name in of_conv2] == [16 * (16 * 9 + 1), 0, 0, 0]
    module = NETWORK.module()
    assert NETWORK.table().totals.params == sum(parameter.numel() for parameter in module.parameters())
    assert NETWORK.table().totals.buffers == sum(buffer.numel() for buffer in module.buffers())
    assert NETWORK.check().differences == []
    assert "other.conv1 uses the weights of one.conv1, counted there" in str(NETWORK.table())
    assert "more.0, more.1 and more.2 use the weights of mix, counted there" in str(NETWORK.table())


def test_names_in_the_state_are_those_of_the_first_use() -> None:
    state = NETWORK.module().state_dict()
    assert [name for name in state if "bn1" not in name] == [
        *("one.conv1.weight", "one.residual.conv2.weight", "one.residual.conv2.bias"),
        *("mix.weight", "mix.bias", "score.weight", "score.bias"),
    ]


def test_the_exported_source_calls_the_module_again() -> None:
    code, scope = NETWORK.export(), dict[str, object]()
    exec(code, scope)
    made = scope[class_name("siamese")]
    assert callable(made)
    module, built = made().eval(), NETWORK.module().eval()
    module.load_state_dict(built.state_dict())
    xs = torch.rand(2, 1, 40, 40), torch.rand(2, 1, 40, 36)
    with torch.no_grad():
        for ours, theirs in zip(built(*xs), module(*xs), strict=True):
            assert torch.equal(ours, theirs)
    assert "def forward(self, left: Tensor, right: Tensor) -> tuple[Tensor, Tensor]:" in code
    assert code.count("nn.Conv2d(") == 2


def test_a_window_that_another_size_pads_otherwise_keeps_its_weights() -> None:
    # same pads 8 by 0 and 1, 7 by 1 and 1: the convolution pads 7 itself, and 8 has a padding of its own before it
    layers = (
        "{name: conv, op: conv2d, from: left, out_channels: 2, kernel_size: 3, stride: 2, padding: same}",
        "{name: more, op: use, layer: conv, from: right}",
    )
    with pytest.raises(ArchError, match="layer more: has the weights of conv, but not its module in torch"):
        network(*layers, inputs="{left: [2, 8, 8], right: [2, 7, 7]}").module()
    alike = network(*layers, inputs="{left: [2, 8, 8], right: [2, 6, 6]}")
    assert alike.check().differences == []


class Twins(nn.Module):
    """Two images through one convolution."""

    def __init__(self, swapped: bool = False, apart: bool = False) -> None:
        super().__init__()
        self.conv = nn.Conv2d(2, 4, 3)
        self.other = nn.Conv2d(2, 4, 3) if apart else self.conv
        self.swapped = swapped

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        one, other = self.conv(left), self.other(right)
        return other - one if self.swapped else one - other


class Left(nn.Module):
    """A pool of the first of two inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.pool = nn.MaxPool2d(2)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        made: Tensor = self.pool(left)
        return made


def differences(network: archcalc.Network, model: nn.Module) -> list[str]:
    return beside(network.graph, model.eval()).differences


SHARED = (
    "{name: conv, op: conv2d, from: left, out_channels: 4, kernel_size: 3}",
    "{name: more, op: use, layer: conv, from: right}",
    "{name: apart, op: sub, from: [conv, more]}",
)
UNSHARED = (SHARED[0], SHARED[0].replace("conv,", "more,").replace("left", "right"), SHARED[2])


def test_a_model_with_two_inputs_agrees() -> None:
    assert differences(network(*SHARED), Twins()) == []
    assert differences(network(*UNSHARED), Twins(apart=True)) == []


def test_weights_that_only_one_of_both_shares_are_a_difference() -> None:
    here, there = differences(network(*SHARED), Twins(apart=True)), differences(network(*UNSHARED), Twins())
    assert here[0] == "layer more: weights that are those of conv here, weights of its own in the model"
    assert there[0] == "layer more: weights of its own here, those of conv in the model"
    assert "output apart differs" in here[1]


def test_inputs_that_are_swapped_are_a_difference() -> None:
    swapped = "layer apart: input 1 is conv here, more in the model; input 2 is more here, conv in the model"
    assert differences(network(*SHARED), Twins(swapped=True))[0] == swapped
    crossed = (SHARED[0].replace("left", "right"), SHARED[1].replace("right", "left"), SHARED[2])
    assert differences(network(*crossed), Twins())[0] == swapped
    assert differences(network(*crossed), Twins(swapped=True)) == []
    alone = "{name: pool, op: max_pool2d, from: right, kernel_size: 2}"
    found = differences(network(alone), Left())
    assert found[0] == "layer pool: reads right here, left in the model"


def test_outputs_are_those_that_the_spec_names(tmp_path: Path) -> None:
    layers = ("{name: a, op: relu, from: left}", "{name: b, op: tanh}", "{name: c, op: sigmoid, from: right}")
    named = network(*layers, more="outputs: [c, a]")
    assert named.graph.outputs == ("c", "a")
    assert named.graph.cautions == ["layer b: no later layer reads it, and it is none of the outputs"]
    xs = torch.randn(1, 2, 8, 8), torch.randn(1, 2, 8, 8)
    c, a = named.module()(*xs)
    assert torch.equal(c, xs[1].sigmoid())
    assert torch.equal(a, xs[0].relu())
    assert named.check().differences == []
    assert named.table().to_dict()["outputs"] == ["c", "a"]
    assert network(*layers).graph.outputs == ("b", "c")


def test_a_layer_in_place_leaves_an_output_as_it_is() -> None:
    layers = ("{name: a, op: conv2d, from: left, out_channels: 2, kernel_size: 1}", "{name: b, op: relu}")
    named = network(*layers, more="inplace: [relu]\noutputs: [a, b]")
    a, b = named.module()(torch.randn(1, 2, 8, 8), torch.randn(1, 2, 8, 8))
    assert (a < 0).any()
    assert torch.equal(b, a.relu())
    assert "inplace" not in named.export()
    assert "inplace=True" in network(*layers, more="inplace: [relu]").export()


def test_a_variant_has_outputs_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "variant.yaml"
    path.write_text(f"archcalc: 1\nextends: {SIAMESE}\noutputs: [distance]\n")
    assert archcalc.load(path).graph.outputs == ("distance",)


def test_two_networks_with_inputs_are_compared_by_their_order(tmp_path: Path) -> None:
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text(
        "archcalc: 1\ninput: {a: [4], b: [4]}\nlayers:\n  - {name: apart, op: sub, from: [a, b]}\n"
        "  - {name: fc, op: linear, out_features: 2}\n"
    )
    second.write_text(first.read_text().replace("a: [4], b: [4]", "u: [4], v: [4]").replace("[a, b]", "[u, v]"))
    assert "reads" not in run("compare", str(first), str(second)).stdout
    second.write_text(second.read_text().replace("[u, v]", "[v, u]"))
    assert "reads a, b -> v, u" in run("compare", str(first), str(second)).stdout


def test_identify_names_the_input_of_a_shape(tmp_path: Path) -> None:
    done = run("identify", "1x40x36", "--spec-dir", str(SIAMESE.parent))
    assert "input right" in done.stdout


@pytest.mark.slow
def test_a_network_with_two_inputs_is_profiled(tmp_path: Path) -> None:
    found = NETWORK.profile("cpu", mode="both", batch=2, min_run_time=0.05)
    assert found.to_dict()["spec"]["input_shape"] == {"left": [1, 40, 40], "right": [1, 40, 36]}
