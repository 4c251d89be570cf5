"""What is alive, and when, against torch: seen call by call on fake tensors, by its own tracker, and by saved tensors.

Watched torch adds gradients in a new map; so `sums_in_place` is false where it is compared.
"""

import csv
import weakref
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from math import prod
from pathlib import Path

import pytest
import torch
from hypothesis import assume, given, settings
from torch.distributed._tools.mem_tracker import MemTracker

import archcalc
from archcalc.analysis.memory.pool import Sort
from archcalc.analysis.memory.request import Request, requested
from archcalc.analysis.memory.simulation import Simulation
from archcalc.analysis.memory.timeline import timeline
from archcalc.errors import ArchError
from archcalc.graph import Graph, link
from archcalc.layers import Layer
from archcalc.layers.activation import Relu
from archcalc.layers.base import KINDS
from archcalc.layers.conv import Conv3d
from archcalc.layers.conv_transpose import ConvTranspose3d
from archcalc.layers.normed_conv import WeightNormConv3d
from archcalc.layers.rectifier import Hardswish
from archcalc.spec.model import Spec
from tests.analysis.memory.networks import of_one, out_of_order, written_over
from tests.analysis.memory.watched import Watched, watched_peak
from tests.cases import CASES, Case, case
from tests.conftest import BUNDLED, ROOT
from tests.random_networks import branching
from tests.sizes import FEW, by_size

REQUESTS = [
    requested("infer", 1),
    requested("infer", 32),
    requested("train", 1, optimizer="sgd"),
    requested("train", 32, optimizer="momentum"),
    requested("train", 1, optimizer="adam"),
    requested("train", 128, optimizer="sgd"),
]


def ours(graph: Graph, request: Request) -> int | None:
    """The peak, or None for what is refused."""
    try:
        return timeline(graph, request, sums_in_place=False).peak.total
    except ArchError:
        return None


REFUSALS = (
    "Expected more than 1 value per channel",  # of a batch norm
    "optimizer got an empty parameter list",
    "does not require grad",  # of a loss that no weight leads to
    "returns multiple views",  # of one of several parts that is written over
)
"""Words of torch, where it does not run a network."""


def seen(graph: Graph, request: Request) -> int | None:
    """The peak that is seen, or None for what torch refuses."""
    try:
        return watched_peak(graph, request)
    except (RuntimeError, ValueError) as error:
        if not any(words in str(error) for words in REFUSALS):
            raise
        return None


@pytest.mark.parametrize("name", by_size(BUNDLED, FEW, slow=["densenet121", "efficientnet_b0", "unet"]))
def test_the_peak_of_every_network_is_what_torch_has_alive(name: str) -> None:
    graph = archcalc.load(name).graph
    assert {r: ours(graph, r) for r in REQUESTS} == {r: seen(graph, r) for r in REQUESTS}


TWICE = """
archcalc: 1
input: [3, 8, 8]
layers:
  - {name: conv, op: conv2d, out_channels: 4, kernel_size: 3, padding: 1}
  - {name: double, op: add, from: [conv, conv]}
  - {name: sum, op: add, from: [double, conv]}
  - {name: flat, op: flatten}
  - {name: fc, op: linear, out_features: 5}
"""


def test_so_is_that_of_a_layer_that_reads_another_twice_which_a_later_one_reads_too() -> None:
    graph = archcalc.load(TWICE).graph
    assert {r: ours(graph, r) for r in REQUESTS} == {r: seen(graph, r) for r in REQUESTS}


@pytest.mark.sweep
@pytest.mark.parametrize("name", BUNDLED)
def test_so_is_that_of_other_batches_and_optimizers(name: str) -> None:
    graph = archcalc.load(name).graph
    ways = [(mode, opt) for mode, opts in (("infer", [None]), ("train", ["sgd", "momentum", "adam"])) for opt in opts]
    wanted = [requested(mode, batch, optimizer=opt) for mode, opt in ways for batch in (1, 32, 128)]
    rest = [request for request in wanted if request not in REQUESTS]
    assert {r: ours(graph, r) for r in rest} == {r: seen(graph, r) for r in rest}


@pytest.mark.parametrize("dtype", ["fp16", "bf16"])
@pytest.mark.parametrize(
    "name", by_size(BUNDLED, ["alexnet_paper", "lenet_d2l", "resnet18"], slow=["efficientnet_b0", "unet"])
)
def test_so_is_that_of_half_the_bytes(name: str, dtype: str) -> None:
    graph = archcalc.load(name).graph
    wanted = [requested("infer", 3, dtype), requested("train", 3, dtype, "adamw")]
    assert [ours(graph, r) for r in wanted] == [seen(graph, r) for r in wanted]


@pytest.mark.parametrize("row", CASES, ids=lambda row: row.id)
def test_the_peak_of_every_kind_is_what_torch_has_alive(row: Case) -> None:
    ways = [(True, False), (False, False), *([(True, True)] if row.layer.may_overwrite() else [])]
    for needs_gradient, in_place in ways:
        graph = of_one(row, needs_gradient=needs_gradient, in_place=in_place)
        for request in (requested("infer", 3), requested("train", 1, optimizer="sgd"), requested("train", 3)):
            assert ours(graph, request) == seen(graph, request), (needs_gradient, in_place, request)


@pytest.mark.parametrize("row", CASES, ids=lambda row: row.id)
def test_so_is_that_of_other_orders_and_of_outputs_that_are_written_over(row: Case) -> None:
    """torch copies what is out of order only where it has to, and remembers what a view is of."""
    graphs = [
        *(out_of_order(row, is_view=is_view) for is_view in (False, True)),
        *(written_over(row, by) for by in (Relu(), Hardswish())),
    ]
    for place, graph in enumerate(graphs):
        for request in (requested("infer", 2), *(requested("train", batch, optimizer="sgd") for batch in (1, 3))):
            assert ours(graph, request) == seen(graph, request), (place, request)


VOLUMES = [
    Conv3d(out_channels=6, kernel_size=3),
    Conv3d(out_channels=6, kernel_size=1),
    Conv3d(out_channels=6, kernel_size=3, dilation=2, stride=2),
    Conv3d(out_channels=6, kernel_size=(3, 4, 4)),
    Conv3d(out_channels=6, kernel_size=(3, 3, 4)),
    Conv3d(out_channels=6, kernel_size=3, groups=2),
    ConvTranspose3d(out_channels=6, kernel_size=3),
    ConvTranspose3d(out_channels=6, kernel_size=3, groups=2),
    ConvTranspose3d(out_channels=6, kernel_size=3, stride=2, output_padding=1),
    ConvTranspose3d(out_channels=6, kernel_size=3, dilation=2, output_padding=1),
    WeightNormConv3d(out_channels=6, kernel_size=3),
]


@pytest.mark.parametrize("layer", VOLUMES, ids=str)
@pytest.mark.parametrize("depth", [12, 71, 72])
def test_so_is_that_of_volumes_with_channels_last(layer: Layer, depth: int) -> None:
    """Where torch takes oneDNN for a convolution, channels stay last, and gradients of weights are copied.

    It does for several examples, and for one of over 20,480 channels and places but for the width: 4 * 72 * 72 is more.
    """
    row = case(layer, [(4, depth, 72, 5)], out=layer.output_shape((4, depth, 72, 5)))
    for is_view in (False, True):
        graph = out_of_order(row, is_view=is_view)
        for request in (requested("infer", 1), *(requested("train", batch, optimizer="sgd") for batch in (1, 2))):
            assert ours(graph, request) == seen(graph, request), (is_view, request)


@given(branching())
@settings(max_examples=20, deadline=None)
def test_so_is_that_of_random_branches(spec: Spec) -> None:
    try:
        graph = link(spec)
    except ArchError:
        assume(False)
    for request in (requested("infer", 2, in_place=True), requested("train", 3)):
        assert ours(graph, request) == seen(graph, request)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "tests" / "specs" / "valid").glob("*.yaml")), ids=lambda path: path.stem
)
@pytest.mark.parametrize("in_place", [None, True])
def test_so_is_that_of_specs_with_every_structure(path: Path, in_place: bool | None) -> None:
    graph = archcalc.load(path).graph
    for mode, optimizer in (("infer", None), ("train", "sgd"), ("train", "adamw")):
        for batch in (1, 4):
            request = requested(mode, batch, "fp32", optimizer, in_place)
            assert ours(graph, request) == seen(graph, request), request


@pytest.mark.parametrize("row", CASES, ids=lambda row: row.id)
def test_every_kind_keeps_for_gradients_what_torch_keeps(row: Case) -> None:
    for in_place in {False, row.layer.may_overwrite()}:
        graph = of_one(row, needs_gradient=True, in_place=in_place)
        assert kept_by_us(graph) == kept_by_torch(graph), in_place


def kept_by_us(graph: Graph) -> Counter[int]:
    """How many storages of how many bytes the calls of the layer keep, apart from those of weights and buffers."""
    run = Simulation(graph, 2, 4, is_training=True)
    run.pool.sort = Sort.INPUTS
    inputs = {name: run.kept(run.new(run.sized(shape))) for name, shape in graph.spec.inputs.items()}
    run.pool.forget_peaks()
    run.forward(inputs)
    kept = {id(storage): storage for call in run.tape.calls if call.layer == "layer" for storage in call.kept}
    return Counter(one.size for one in kept.values() if one.sort in (Sort.ACTIVATIONS, Sort.INPUTS))


@dataclass(eq=False)
class Kept:
    """What is kept in the place of a tensor, as long as that call is in the graph."""

    tensor: torch.Tensor


def kept_by_torch(graph: Graph) -> Counter[int]:
    watched = Watched(graph, requested("train", 2))
    held = {tensor.untyped_storage()._cdata for tensor in (*watched.module.parameters(), *watched.module.buffers())}
    with watched.mode:
        module = watched.module
        inputs = [torch.empty(2, *shape) for shape in graph.spec.inputs.values()]
        read = [module.run_alone(f"of_{name}", [x])[0] for name, x in zip(graph.spec.inputs, inputs, strict=True)]
        saved: list[weakref.ref[Kept]] = []

        def keep(tensor: torch.Tensor) -> Kept:
            kept = Kept(tensor)
            saved.append(weakref.ref(kept))
            return kept

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda kept: kept.tensor):
            made = module.run_alone("layer", read)
        alive = [kept.tensor.untyped_storage() for one in saved if (kept := one()) is not None]
        kept = {storage._cdata: storage.nbytes() for storage in alive}
        del made
    return Counter(size for number, size in kept.items() if number not in held and size)


def test_every_kind_has_a_row() -> None:
    assert {row.layer.op for row in CASES} == set(KINDS)


def tracked(graph: Graph, request: Request) -> dict[str, int]:
    """What torch's own tracker has at its peak, by its words for what it is for."""
    watched, tracker = Watched(graph, request), MemTracker()
    tracker.track_external(watched.module, *watched.tensors[len([*watched.module.parameters()]) :])
    with watched.mode, tracker:
        if watched.optimizer is not None:
            tracker.track_external(watched.optimizer)
            watched.run()
            tracker.reset_mod_stats()
        watched.run()
    (found,) = tracker.get_tracker_snapshot("peak").values()
    return {getattr(sort, "value", sort): size for sort, size in found.items()}


WORDS = {
    "Parameter": [Sort.WEIGHTS],
    "Buffer": [Sort.BUFFERS],
    "Gradient": [Sort.GRADIENTS],
    "Activation": [Sort.ACTIVATIONS],
    "Other": [Sort.INPUTS],
    "Temp": [Sort.TEMPORARIES],
    "Optstate": [Sort.OPTIMIZER],
}
"""The tracker's words for ours; in the step it has temporaries among the states."""


@pytest.mark.parametrize(
    "name",
    by_size(
        [name for name in BUNDLED if not name.endswith("_aux")],
        ["alexnet_torchvision", "resnet18"],
        slow=["googlenet", "mobilenet_v2"],
    ),
)
def test_the_tracker_of_torch_agrees(name: str) -> None:
    """Not of networks with other outputs than the last, whose gradients' graph its hooks keep alive.

    What it is for is not compared of local2d, whose gradients are copied: there the tracker has the first copy.
    """
    graph = archcalc.load(name).graph
    for request in (requested("infer", 32), requested("train", 32)):
        found = timeline(graph, request, sums_in_place=False)
        theirs = tracked(graph, request)
        assert found.peak.total == theirs["Total"]
        if found.peak.layer != "step" and not any(node.layer.op == "local2d" for node in graph.nodes):
            by_sort = found.peak.by_sort
            assert {word: sum(by_sort[sort] for sort in sorts) for word, sorts in WORDS.items()} == {
                word: theirs[word] for word in WORDS
            }


MOMENTUM_1, MOMENTUM_128 = requested("train", 1), requested("train", 128)


@pytest.mark.parametrize(
    ("name", "request_", "total", "layer", "during"),
    [
        # 244,403,360 of weights, 602,112 of the image, and at pool1 the maps of relu1, 774,400, in conv1's storage,
        # of pool1, 186,624, and its int64 indices, 373,248
        ("alexnet_torchvision", requested("infer", 1), 246_339_744, "pool1", "forward"),
        # weights, gradients and momenta, 3 * 244,403,360; a copy of fc6's gradient, to which a part of its weights is
        # added, 9216 * 4096 * 4 = 150,994,944; the image and its class, 602,120; the loss, 4
        ("alexnet_torchvision", MOMENTUM_1, 884_807_148, "step", "step"),
        # 2 * 244,403,360; gradients of fc6 to fc8, 234,524,576; of an image 2,889,216 of maps and indices of relu1 to
        # relu5, pool1 and pool2; two maps of 256x13x13; 128 of all these, images and classes; the loss and its gradient
        ("alexnet_torchvision", MOMENTUM_128, 1_214_524_648, "conv5.relu", "backward"),
        # weights and statistics, 46,758,048 + 38,560; the image; conv1's and bn1's maps, 2 * 3,211,264
        ("resnet18", requested("infer", 1), 53_821_248, "bn1", "forward"),
        ("resnet18", MOMENTUM_128, 2_960_093_576, "layer4.rest.0.sum.relu", "backward"),
    ],
)
def test_known_peaks(name: str, request_: Request, total: int, layer: str, during: str) -> None:
    peak = timeline(archcalc.load(name).graph, request_).peak
    assert (peak.total, peak.layer, peak.during) == (total, layer, during)
    assert sum(peak.by_sort.values()) == total


RECORDED = Path(__file__).with_name("recorded_peaks.csv")
"""Peaks by the tracker of torch 2.14.1, in November 2026, of AlexNets out of place; in training with momentum.

The last columns are what the peak of 128 in training is for. alexnet_tf_benchmark, whose output is a map, was trained
on the sum of its squares, and alexnet_owt_bn is not trained on one example.
"""


@pytest.mark.parametrize("row", [*csv.DictReader(RECORDED.read_text().splitlines())], ids=lambda row: row["network"])
def test_recorded_peaks(row: dict[str, str]) -> None:
    graph = archcalc.load(row["network"]).graph
    last = next(node for node in graph.nodes if node.name == graph.outputs[-1])
    classes = 8 * prod(last.output_shape[1:]) if len(last.output_shape) > 1 else 0  # one for each place of a map
    for mode, batch in (("infer", 1), ("infer", 128), ("train", 1), ("train", 128)):
        if row[f"{mode} {batch}"]:
            found = timeline(graph, requested(mode, batch, in_place=False), sums_in_place=False)
            beside = batch * classes if mode == "train" else 0
            assert found.peak.total - beside == int(row[f"{mode} {batch}"])
    names = ("gradients", "activations", "temporaries")
    assert [found.peak.by_sort[name] for name in names] == [int(row[name]) for name in names]


@pytest.mark.parametrize(
    ("last", "in_place"),
    [
        (torch.sigmoid, True),
        (lambda y: y + y.new_ones(()), True),  # which passes its gradient on
        (lambda y: y.flatten(1), False),  # whose gradient is a view of another
        (lambda y: y.permute(0, 2, 1), False),
        (lambda y: torch.cat([y, y.detach()], 1), False),  # whose gradient is part of another
    ],
)
def test_torch_adds_gradients_of_one_map_in_the_first_where_nobody_watches(
    last: Callable[[torch.Tensor], torch.Tensor], in_place: bool
) -> None:
    """The first is that of the layer that runs last; a view keeps the tensor that it is of."""
    y = torch.rand(2, 3, 4, requires_grad=True) * 1.0
    where: list[int] = []
    first, second = torch.relu(y), last(y)
    for tensor in (first, second):
        assert tensor.grad_fn is not None
        tensor.grad_fn.register_hook(lambda inputs, outputs: where.append(inputs[0].data_ptr()))
    assert y.grad_fn is not None
    y.grad_fn.register_prehook(lambda outputs: where.append(outputs[0].data_ptr()))
    torch.autograd.backward(first.sum() * 2 + second.sigmoid().sum())
    made, _, added = where
    assert (added == made) is in_place


def test_a_sum_of_gradients_needs_a_map_only_where_torch_makes_one() -> None:
    """Of two readers of 64x8x8 numbers a ReLU runs first in the backward pass, or a flatten, whose gradient is a view.

    There is a ReLU's gradient beside the first, and in the other case the sum too.
    """
    peaks = []
    for last in ({"op": "relu"}, {"op": "flatten"}):
        layers = [
            {"name": "map", "op": "scale"},
            {"name": "one", "op": "relu", "from": "map"},
            {"name": "other", **last, "from": "map"},
            {"name": "pooled", "op": "flatten", "from": "one"},
            {"name": "flat", "op": "flatten", "from": "other"},
            {"name": "sum", "op": "add", "from": ["pooled", "flat"]},
        ]
        network = archcalc.load({"archcalc": 1, "name": "net", "input": [64, 8, 8], "layers": layers})
        found = (timeline(network.graph, requested("train", 4), way) for way in (True, False))
        phases = [{(one.layer, one.during): one.made for one in each.phases} for each in found]
        peaks.append([each["one", "backward"] for each in phases])
    of_map = 4 * 4 * 64 * 8 * 8
    assert peaks == [[of_map, 2 * of_map], [2 * of_map, 2 * of_map]]


@pytest.mark.parametrize("name", ["alexnet_paper", "densenet121", "googlenet", "resnet18", "unet"])
def test_more_examples_never_need_less(name: str) -> None:
    graph = archcalc.load(name).graph
    for mode in ("infer", "train"):
        peaks = [timeline(graph, requested(mode, batch)).peak.total for batch in (1, 2, 3, 5, 8, 16, 64)]
        assert peaks == sorted(peaks)


MAKING = ("avg_pool2d", "conv2d", "linear", "max_pool2d")
"""Kinds that make a map beside what they read."""


@pytest.mark.parametrize("name", by_size(BUNDLED))
def test_a_peak_is_no_less_than_weights_and_the_largest_layer(name: str) -> None:
    graph = archcalc.load(name).graph
    params = sum(row.params for row in archcalc.load(name).table().rows)
    making = [node for node in graph.nodes if node.layer.op in MAKING]
    largest = max(sum(map(prod, (*node.input_shapes, node.output_shape))) for node in making)
    found = {mode: timeline(graph, requested(mode, 2)).peak.total for mode in ("infer", "train")}
    assert 4 * (params + 2 * largest) <= found["infer"] <= found["train"]


@pytest.mark.parametrize("name", by_size(BUNDLED))
def test_working_in_place_never_needs_more_in_inference(name: str) -> None:
    graph = archcalc.load(name).graph
    out, within = (timeline(graph, requested(in_place=way)).peak.total for way in (False, True))
    assert within <= out


def test_phases_add_up() -> None:
    """What is alive after a layer is what was before, and what it made, less what it freed."""
    for request in (requested("infer", 2), requested("train", 2)):
        found = timeline(archcalc.load("resnet18").graph, request)
        for before, phase in zip(found.phases, found.phases[1:], strict=False):
            assert phase.after == before.after + phase.made - phase.freed
        assert max(phase.highest for phase in found.phases) == found.peak.total


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"mode": "learn"}, "mode must be infer or train, got text 'learn'"),
        ({"dtype": "fp8"}, "dtype must be fp32, fp16, bf16 or int8, got text 'fp8'"),
        ({"mode": "train", "optimizer": "lion"}, "optimizer must be sgd, momentum, adam or adamw, got text 'lion'"),
        ({"batch": 0}, "batch must be an integer from 1 to 1,000,000,000, got 0"),
        ({"batch": 10**9 + 1}, "batch must be an integer from 1 to 1,000,000,000, got 1000000001"),
        ({"batch": True}, "batch must be an integer from 1 to 1,000,000,000, got true"),
        ({"optimizer": "sgd"}, "inference has no optimizer: give --mode train for sgd"),
        (
            {"mode": "train", "dtype": "int8"},
            "int8 is for inference: torch computes no gradients in it; give fp32, fp16 or bf16 to train",
        ),
    ],
)
def test_requests_that_make_no_sense(words: dict[str, object], message: str) -> None:
    with pytest.raises(ArchError) as error:
        requested(**words)  # type: ignore[arg-type]
    assert str(error.value) == message
