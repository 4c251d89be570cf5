"""What other tools print about memory, against them and against what they have printed."""

import csv

import pytest
import torchinfo

import archcalc
from archcalc.analysis.memory.figures import Tool, figures
from archcalc.pytorch.build import build
from tests.commands import run_here
from tests.conftest import BUNDLED, ROOT
from tests.peers import in_quiet
from tests.sizes import FEW, by_size

LENET = """
archcalc: 1
name: lenet
input: [1, 28, 28]
layers:
  - {name: conv1, op: conv2d, out_channels: 20, kernel_size: 5}
  - {name: pool1, op: max_pool2d, kernel_size: 2, ceil_mode: caffe}
  - {name: conv2, op: conv2d, out_channels: 50, kernel_size: 5}
  - {name: pool2, op: max_pool2d, kernel_size: 2, ceil_mode: caffe}
  - {name: flat, op: flatten}
  - {name: ip1, op: linear, out_features: 500, activation: relu}
  - {name: ip2, op: linear, out_features: 10}
"""


def printed(network: archcalc.Network, tool: Tool, batch: int) -> list[str]:
    return [one.printed for one in figures(network.graph, tool, batch).figures]


def test_torchsummary_of_alexnet() -> None:
    """As torchsummary prints it of torchvision's alexnet, whose flatten is a call."""
    network = archcalc.load("torchvision")
    assert printed(network, Tool.TORCHSUMMARY, 1) == ["0.57", "8.38", "233.08", "242.03"]
    assert printed(network, Tool.TORCHSUMMARY, 128) == ["73.50", "1072.48", "233.08", "1379.06"]


@pytest.mark.parametrize("name", by_size(BUNDLED, FEW, slow=["densenet121", "unet"]))
def test_torchinfo_prints_this(name: str) -> None:
    network = archcalc.load(name)
    sizes = [(2, *shape) for shape in network.spec.inputs.values()]
    with in_quiet():
        shown = torchinfo.summary(build(network.graph), sizes, verbose=0)
    inputs, outputs, params, whole = (one.size for one in figures(network.graph, Tool.TORCHINFO, 2).figures)
    assert (outputs, params) == (shown.total_output_bytes, shown.total_param_bytes)
    assert inputs <= shown.total_input < inputs + 100 * len(sizes)  # it adds what Python needs for the object
    assert whole == inputs + outputs + params


def test_caffe_of_its_lenet() -> None:
    """An example has 20,194 numbers: 784 of the image, 20 * 24 * 24, 20 * 12 * 12, 50 * 8 * 8, 50 * 4 * 4, 500, 500 of
    the ReLU in place, and 10. Tested, two copies of the 10 are for loss and accuracy, a label and two copies of it too;
    Caffe prints 8086808 for 100.
    """
    network = archcalc.load(LENET)
    assert printed(network, Tool.CAFFE, 100) == [str(4 * 100 * 20_194), str(4 * (100 * (20_214 + 3) + 2))]
    assert printed(network, Tool.CAFFE, 100)[1] == "8086808"


def test_caffe_of_alexnet() -> None:
    """DIGITS prints 831924400 for a batch of 100, of the net without its softmax."""
    deployed, _ = figures(archcalc.load("alexnet_caffe").graph, Tool.CAFFE, 100).figures
    assert deployed.size - 4 * 100 * 1000 == 831_924_400


def test_a_layer_that_several_read_is_copied_for_each_by_caffe() -> None:
    """Of 3 features: the input, what is read twice, two copies of that, two ReLUs of it, and their sum: 7 * 3."""
    layers = [
        {"name": "fc", "op": "linear", "out_features": 3},
        {"name": "one", "op": "relu", "from": "fc"},
        {"name": "other", "op": "tanh", "from": "fc"},
        {"name": "sum", "op": "add", "from": ["one", "other"]},
    ]
    network = archcalc.load({"archcalc": 1, "name": "net", "input": [3], "layers": layers})
    assert printed(network, Tool.CAFFE, 1)[0] == str(4 * 7 * 3)


RECORDED_OF_KERAS = [*csv.DictReader((ROOT / "tests/analysis/memory/recorded_keras.csv").read_text().splitlines())]
"""What Keras 3.15.1 says of the layers of our models, added up by tests/keras_memory.py in November 2026."""


@pytest.mark.parametrize("row", RECORDED_OF_KERAS, ids=lambda row: f"{row['network']}-{row['batch']}")
def test_models_of_keras(row: dict[str, str]) -> None:
    network = archcalc.load(row["network"])
    assert printed(network, Tool.KERAS, int(row["batch"])) == [row["gib"], row["bytes"]]


def test_a_model_of_keras_by_hand() -> None:
    """3 features, 2 of 3*2 + 2 weights, and 2 of a ReLU, of 5 examples: 4 * (5 * 7 + 8), and 4 * 5 * 7 + 8."""
    layers = [{"name": "fc", "op": "linear", "out_features": 2, "activation": "relu"}]
    network = archcalc.load({"archcalc": 1, "name": "net", "input": [3], "layers": layers})
    assert [one.size for one in figures(network.graph, Tool.KERAS, 5).figures] == [172, 148]


def test_what_keras_has_no_layers_for_is_refused() -> None:
    done = run_here("memory", "paper", "--convention", "keras")
    message = "archcalc: layer conv1: Keras has no layers that exist once for each device\n"
    assert (done.returncode, done.stderr) == (2, message)


def test_other_options_are_refused_beside_a_convention() -> None:
    done = run_here("memory", "torchvision", "--convention", "caffe", "--mode", "train")
    message = "archcalc: --convention caffe knows of a --batch alone, and of no other option of memory\n"
    assert (done.returncode, done.stderr) == (2, message)
