"""What is alive on each device of a network with towers, against torch on two devices, and by hand."""

from pathlib import Path

import pytest

import archcalc
from archcalc.analysis.memory.request import Request, requested
from archcalc.analysis.memory.split import split
from archcalc.graph import Graph
from tests.analysis.memory.watched import watched_peak
from tests.commands import run_here
from tests.conftest import BUNDLED, ROOT

REQUESTS = [
    requested("infer", 1),
    requested("infer", 32, in_place=True),
    requested("train", 2, optimizer="sgd"),
    requested("train", 128, optimizer="momentum"),
    requested("train", 2, optimizer="adam"),
]


def ours(graph: Graph, request: Request) -> dict[str, int]:
    return {part.device: part.peak.total for part in split(graph, request, sums_in_place=False).parts}


def seen(graph: Graph, request: Request) -> dict[str, int]:
    """What torch has alive on each device: that on meta, and all others on cpu."""
    peaks = {}
    for name in graph.devices:
        devices = ["meta" if other == name else "cpu" for other in graph.devices]
        peaks[name] = watched_peak(graph, request, devices, "meta")
    return peaks


PATHS = [path for path in sorted((ROOT / "tests" / "specs" / "valid").glob("*.yaml")) if "towers" in path.read_text()]
TOWERS = [name for name in [*BUNDLED, *map(str, PATHS)] if archcalc.load(name).graph.devices]


def test_there_are_networks_with_towers() -> None:
    assert "alexnet_paper" in TOWERS
    assert len(TOWERS) > 2


@pytest.mark.parametrize("name", TOWERS, ids=lambda name: Path(name).stem)
def test_the_peak_of_each_device_is_what_torch_has_alive_there(name: str) -> None:
    graph = archcalc.load(name).graph
    assert {r: ours(graph, r) for r in REQUESTS} == {r: seen(graph, r) for r in REQUESTS}


MIXED = """
archcalc: 1
name: mixed
input: [3, 16, 16]
layers:
  - {name: stem, op: conv2d, out_channels: 6, kernel_size: 3, padding: 1, activation: relu}
  - op: towers
    devices: [a, b, c]
    layers:
      - {name: conv1, op: conv2d, out_channels: 4, kernel_size: 3, padding: 1, activation: relu}
      - {name: conv2, op: conv2d, out_channels: 4, kernel_size: 3, padding: 1, gather: true}
      - {name: sum, op: add, from: [conv1, conv2]}
  - {name: mid, op: conv2d, out_channels: 5, kernel_size: 3, from: sum}
  - op: towers
    devices: [c, a]
    layers:
      - {name: conv3, op: conv2d, out_channels: 7, kernel_size: 3, from: mid}
      - {name: pool, op: max_pool2d, kernel_size: 2}
      - {name: flat, op: flatten}
      - {name: fc, op: linear, out_features: 10, gather: true}
  - {name: out, op: linear, out_features: 10}
"""
"""Three devices, of which the second structure has two, in another order; layers before, between and after."""


@pytest.mark.parametrize("request_", REQUESTS, ids=str)
def test_so_it_is_of_structures_on_other_devices(request_: Request) -> None:
    graph = archcalc.load(MIXED).graph
    assert graph.devices == ("a", "b", "c")
    assert ours(graph, request_) == seen(graph, request_)


def test_the_two_towers_of_the_paper_by_hand() -> None:
    """At batch 128, with momentum; conv1 and conv2 have no gradients yet where most is alive.

    Weights of a tower: conv1 48*363 + 48, conv2 128*1200 + 128, conv3 192*2304 + 192, conv4 192*1728 + 192, conv5
    128*1728 + 128, fc6 2048*9216 + 2048, fc7 2048*4096 + 2048; gpu0 has fc8 besides, 1000*4096 + 1000.
    """
    tower = 17_472 + 153_728 + 442_560 + 331_968 + 221_312 + 18_876_416 + 8_390_656
    first, second = split(archcalc.load("alexnet_paper").graph, requested("train", 128)).parts
    for part, weights in ((first, tower + 4_097_000), (second, tower)):
        found = part.peak.by_sort
        assert part.weights == found["weights"] == found["optimizer"] == 4 * weights
        assert found["gradients"] == 4 * (weights - 17_472 - 153_728)
        assert (part.peak.layer, part.peak.during) == ("norm2", "backward")
    # the images and their classes lie on gpu0 alone, where the loss and its gradient are
    assert first.peak.by_sort["inputs"] == 128 * (4 * 3 * 224 * 224 + 8)
    assert second.peak.by_sort["inputs"] == 0
    assert first.peak.by_sort["activations"] - second.peak.by_sort["activations"] == 8
    # two cards of 3 GB, as the paper says; one card has room for it too, but for little else
    assert max(first.rounded, second.rounded) < 3 * 10**9


def test_a_layer_outside_towers_reads_what_is_copied_to_the_first_device() -> None:
    """Of 2 features each, in inference: the second device has 3 copied inputs and its 2 outputs of 3*2 + 2 weights.

    The first has its inputs and its outputs, next to the whole that the ReLU reads, once the other part is copied into
    it, and to what the ReLU makes: 3 + 2 + 4 + 4 numbers.
    """
    layers = [
        {"op": "towers", "devices": ["a", "b"], "layers": [{"name": "fc", "op": "linear", "out_features": 2}]},
        {"name": "out", "op": "relu"},
    ]
    network = archcalc.load({"archcalc": 1, "name": "net", "input": [3], "layers": layers})
    found = network.memory_per_device(batch=5)
    assert found.peaks == {"a": 4 * (8 + 5 * (3 + 2 + 4 + 4)), "b": 4 * (8 + 5 * (3 + 2))}


def test_the_largest_batch_fits_in_each_device() -> None:
    network = archcalc.load("alexnet_paper")
    found = network.memory_per_device("train", device="gtx580-3gb", batch=128)
    assert found.fit is not None
    most = [
        max(part.rounded for part in split(network.graph, requested("train", found.fit.batch + n)).parts)
        for n in (0, 1)
    ]
    assert most[0] == found.fit.peak <= 3 * 10**9 < most[1]
    sized = network.memory_per_device("train", fits="3GB")
    assert sized.fit is not None
    assert sized.found.request.batch == sized.fit.batch == found.fit.batch


def test_it_says_what_it_is() -> None:
    done = run_here(
        "memory", "paper", "--mode", "train", "--batch", "400", "--per-device", "--device-model", "gtx580-3gb"
    )
    assert done.returncode == 1
    assert done.stdout.splitlines()[-5:] == [
        "layers of towers are on their devices, all else on gpu0; what a layer reads from another device is copied to "
        "its own",
        "gpu0, which needs most, does not fit in the 3,000,000,000 B of GeForce GTX 580 3GB (3 GB, of 10 ** 9 B each), "
        "in blocks: 575,161,344 B are missing",
        "a batch of 327 is the largest that fits on each device: it needs 2,993,815,040 B in blocks",
        "as with foreach=False: on CUDA, momentum makes temporaries for all weights at once in the step, by default",
        "not included: the device's context, workspaces of cuDNN, cuBLAS and other kernels and what the allocator "
        "holds beside tensors",
    ]


def test_a_network_without_towers_is_refused() -> None:
    done = run_here("memory", "torchvision", "--per-device")
    message = "archcalc: alexnet_torchvision has no towers: all of it is on one device\n"
    assert (done.returncode, done.stderr) == (2, message)
