"""`reconcile --of memory`: every step, and that the steps add up to what the tools print."""

import json
from itertools import pairwise

import pytest

import archcalc
from archcalc.analysis.memory.figures import Tool, figures
from archcalc.analysis.memory.request import requested
from archcalc.analysis.reconcile.memory import memory_ladder
from tests.commands import run_here
from tests.conftest import BUNDLED, ROOT
from tests.sizes import FEW, by_size

VALID = sorted(str(path) for path in (ROOT / "tests" / "specs" / "valid").glob("*.yaml"))


def printed(network: archcalc.Network, tool: Tool, batch: int) -> int:
    """The number that a tool says last, or the first of two."""
    found = figures(network.graph, tool, batch).figures
    return found[0 if tool in (Tool.CAFFE, Tool.KERAS) else -1].size


@pytest.mark.parametrize("mode", ["infer", "train"])
@pytest.mark.parametrize("name", by_size([*BUNDLED, *VALID], [*FEW, *VALID]))
def test_steps_lead_from_our_peak_to_what_each_tool_prints(name: str, mode: str) -> None:
    """The terms are counted apart from the figures, of which the tests of memory hold each against its tool."""
    network = archcalc.load(name)
    found = memory_ladder(network.graph, requested(mode, 3))
    for before, after in pairwise(found.rungs):
        assert before.size + sum(step.change for step in after.steps) == after.size
    ours, *others = found.rungs
    assert (ours.tool, ours.size) == (None, network.memory(mode, batch=3).peak)  # type: ignore[arg-type]
    sizes = {rung.tool: rung.size for rung in others if rung.tool is not None}
    assert sizes == {tool: printed(network, tool, 3) for tool in sizes}
    assert {*sizes, *(tool for tool, _ in found.left_out)} == {*Tool}


def test_tools_that_are_named_are_compared_in_this_order() -> None:
    network = archcalc.load("lenet_d2l")
    for order in (("torchsummary", "caffe", "torchinfo"), ("torchinfo", "torchsummary")):
        assert [rung.tool for rung in network.reconcile_memory(*order).found.rungs] == [*order]
    assert [rung.tool for rung in network.reconcile_memory("caffe").found.rungs] == [None, "caffe"]
    assert [rung.tool for rung in network.reconcile_memory("caffe", "caffe").found.rungs] == [None, "caffe"]


def test_every_step_of_alexnet() -> None:
    """Of one image: ReLUs make 193,600 + 139,968 + 64,896 + 43,264 * 2 + 4,096 * 2 numbers, pools 46,656 + 32,448 +
    9,216; convolutions as many as their ReLUs, linear layers 4,096 * 2 + 1,000; all of 4 bytes.
    """
    done = run_here("reconcile", "torchvision", "caffe", "torchsummary", "torchinfo", "--of", "memory")
    assert [" ".join(line.split()) for line in done.stdout.splitlines()[3:-4]] == [
        "4,994,976 Memory required for data of Caffe",
        "+244,403,360 weights and biases 8 layers, conv1 to fc8",
        "+1,972,736 outputs of relu that write over their input, once more for the backward pass 7 layers, "
        "conv1.relu to fc7.relu",
        "+1,939,968 outputs of conv2d, once more for the backward pass 5 layers, conv1 to conv5",
        "+353,280 outputs of max_pool2d, once more for the backward pass pool1, pool2, pool5",
        "+53,248 outputs of dropout, once more for the backward pass drop6, drop7",
        "+36,864 outputs of adaptive_avg_pool2d, once more for the backward pass avgpool",
        "+36,768 outputs of linear, once more for the backward pass fc6, fc7, fc8",
        "253,791,200 Estimated Total Size of torchsummary: 242.03 MB of 1024 ** 2 B",
        "-73,728 2 x 36,864 outputs of adaptive_avg_pool2d, not counted avgpool",
        "-106,496 2 x 53,248 outputs of dropout, not counted drop6, drop7",
        "-706,560 2 x 353,280 outputs of max_pool2d, not counted pool1, pool2, pool5",
        "-3,945,472 2 x 1,972,736 outputs of relu that write over their input, not counted 7 layers, "
        "conv1.relu to fc7.relu",
        "248,958,944 Estimated Total Size of torchinfo: 248.96 MB of 10 ** 6 B",
        "tools add up what layers make, whenever it is alive; only the peak is of one moment",
    ]
    relus = 193_600 + 139_968 + 64_896 + 2 * 43_264 + 2 * 4_096
    assert (4 * relus, 4 * (relus - 2 * 4_096)) == (1_972_736, 1_939_968)
    assert 4 * (46_656 + 32_448 + 9_216) == 353_280


def test_json_has_every_step() -> None:
    read = json.loads(run_here("reconcile", "paper", "--of", "memory", "--mode", "train", "-f", "json").stdout)
    why = "layer conv1: Keras has no layers that exist once for each device"
    assert read["left_out"] == [{"tool": "keras", "reason": why}]
    for before, after in pairwise(read["rungs"]):
        assert before["bytes"] + sum(step["times"] * step["size"] for step in after["steps"]) == after["bytes"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["fvcore", "--of", "memory"],
            "'fvcore' says nothing about memory (there are torchsummary, torchinfo, caffe, keras)",
        ),
        (["--mode", "train"], "--mode goes with --of memory"),
        (["--of", "memory", "--measured", "1G"], "--measured is about cost or params: leave out --of memory"),
        (["keras", "--of", "memory"], "layer conv1: Keras has no layers that exist once for each device"),
    ],
)
def test_what_is_refused(words: list[str], message: str) -> None:
    done = run_here("reconcile", "paper", *words)
    assert (done.returncode, done.stderr) == (2, f"archcalc: {message}\n")
