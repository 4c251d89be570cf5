"""Conventions against the tools themselves, against what those publish, and against each other."""

import json
from fractions import Fraction
from importlib.metadata import version
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import archcalc
from archcalc.analysis.conventions import CONVENTIONS, find
from archcalc.analysis.conventions.convention import read_weights
from archcalc.analysis.conventions.costs import add_up_costs, price, terms, total, totals
from archcalc.analysis.conventions.facts import QUANTITIES, Facts
from archcalc.analysis.reconcile.ladder import Ladder, ladder, way
from archcalc.errors import ArchError
from archcalc.graph import Graph
from archcalc.layers import KINDS
from archcalc.spec.quantity import read_quantity
from archcalc.table import measure
from tests.conftest import BUNDLED, ROOT
from tests.peers import ONES, PEERS, count, network_of_one

VALID = ROOT / "tests" / "specs" / "valid"
SPECS = [*BUNDLED, *sorted(map(str, VALID.glob("*.yaml")))]


def graph_of(spec: str) -> Graph:
    return archcalc.load(spec).graph


def by(convention: str, graph: Graph) -> int:
    cost = total(find(convention), terms(graph)).cost
    return cost or 0  # what a tool says nothing about, it adds nothing for


AT_ONCE = ("alexnet_d2l", "alexnet_paper", "alexnet_torchvision", "caffenet", "lenet_d2l")
"""The bundled networks that every run counts; others have no kinds but these."""
LARGE = ("densenet121", "googlenet", "mobilenet_v2", "resnet152", "vgg16")


def marked(name: str) -> Any:
    """The parameter of a test, which is slow for a network that is large, or of the same kinds as another."""
    stem = Path(name).stem
    is_slow = stem in LARGE or (name in BUNDLED and stem not in AT_ONCE)
    return pytest.param(name, marks=[pytest.mark.slow] if is_slow else [], id=stem)


@pytest.mark.parametrize("spec", [marked(spec) for spec in SPECS])
def test_every_tool_counts_as_its_convention_says(spec: str) -> None:
    from archcalc.pytorch.check.observe import weightless

    graph = graph_of(spec)
    module, x = weightless(graph)
    assert {tool: count(tool, module, x) for tool in PEERS} == {tool: by(tool, graph) for tool in PEERS}


@pytest.mark.parametrize("name", ONES)
def test_every_tool_counts_each_kind_as_its_convention_says(name: str, tmp_path: Path) -> None:
    from archcalc.pytorch.check.observe import weightless

    graph = network_of_one(name, tmp_path).graph
    module, x = weightless(graph)
    assert {tool: count(tool, module, x) for tool in PEERS} == {tool: by(tool, graph) for tool in PEERS}


@pytest.mark.parametrize(
    ("convention", "distribution"),
    [
        ("fvcore", "fvcore"),
        ("torchinfo", "torchinfo"),
        ("ptflops", "ptflops"),
        ("ptflops-aten", "ptflops"),
        ("thop", "thop"),
        ("torchprofile", "torchprofile"),
    ],
)
def test_a_convention_names_the_version_that_it_is_held_against(convention: str, distribution: str) -> None:
    assert version(distribution).replace("-", ".post") == find(convention).version


# torchvision writes some layers as functions, which tools that count modules do not see, or see otherwise
AS_FUNCTIONS = {
    # 8 additions, written x += y instead of torch.add: 2 * (64*56*56 + 128*28*28 + 256*14*14 + 512*7*7)
    ("resnet18", "ptflops"): 752_640,
    # F.relu in the place of nn.ReLU: counted once instead of twice, in all its 57 convolutions
    ("googlenet", "ptflops"): 3_226_160,
    # F.relu and F.adaptive_avg_pool2d, once instead of twice: 2 * 1024*7*7
    ("densenet121", "ptflops"): 100_352,
    # F.adaptive_avg_pool2d is no module: 1024*7*7 + 1024
    ("densenet121", "thop"): 51_200,
    # 10 additions, written x + y, and F.adaptive_avg_pool2d, once instead of twice: 1280*7*7 = 62,720
    ("mobilenet_v2", "ptflops"): 216_384 + 62_720,
    # F.adaptive_avg_pool2d: 1280*7*7 + 1280
    ("mobilenet_v2", "thop"): 64_000,
}


@pytest.mark.parametrize(
    "name",
    [
        marked(name)
        for name in ["alexnet", "vgg16", "squeezenet1_1", "resnet18", "googlenet", "densenet121", "mobilenet_v2"]
    ],
)
def test_torchvision_s_own_models_are_counted_so_too(name: str) -> None:
    import torch
    from torchvision import models

    graph = graph_of("torchvision" if name == "alexnet" else str(VALID / f"{name}.yaml"))
    options = {"init_weights": False, "aux_logits": False} if name == "googlenet" else {}
    with torch.device("meta"):
        module = getattr(models, name)(**options)
    module.to_empty(device="cpu")
    x = torch.zeros(1, 3, 224, 224)
    expected = {tool: by(tool, graph) - AS_FUNCTIONS.get((name, tool), 0) for tool in PEERS}
    assert {tool: count(tool, module, x) for tool in PEERS} == expected


RECORDED = json.loads((ROOT / "tests" / "recorded_counts.json").read_text())

# floats of 32 bits, in which it adds up, have 24 digits; a few sums lose the last of them
LOST = {"thop-2019": Fraction(8, 2**24)}

# what is another graph in ONNX: a subtraction of two constants for a padding, and in ceil_mode the last column of
# windows, all beyond the input, that torch leaves out: 6 channels, 4 rows, windows of 3x2
BY_EXPORTER = {("onnx-tool", "one_zero_pad2d"): 1, ("onnx-tool", "one_avg_pool2d_padded"): 6 * 4 * 6}


@pytest.mark.parametrize("tool", RECORDED)
def test_recorded_counts_are_what_the_conventions_say(tool: str, tmp_path: Path) -> None:
    for convention, recorded in RECORDED[tool]["counts"].items():
        assert set(recorded) | set(RECORDED[tool]["refused"]) >= set(BUNDLED)
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


class Published(NamedTuple):
    """A printed number of a network: of it all, or up to a layer, at an input, for a batch."""

    convention: str
    spec: str
    printed: str
    source: str
    up_to: str = ""
    size: int = 0
    batch: int = 1


def _published(convention: str, source: str, printed: dict[str, str]) -> list[Published]:
    return [Published(convention, spec, number, source) for spec, number in printed.items()]


def _receptive_fields(size: int, printed: str) -> list[Published]:
    """The cells of RECEPTIVE_FIELD_TABLE.md for alexnet_v2, in billions, by end point."""
    points = ("conv1", "pool1", "conv2", "conv3", "conv4", "conv5", "pool5")
    return [
        Published("receptive-field", "tf_slim", f"{number}G", "RECEPTIVE_FIELD_TABLE.md, alexnet_v2", point, size)
        for point, number in zip(points, printed.split(), strict=True)
    ]


def _burdens(spec: str, report: str, sizes: str, printed: str) -> list[Published]:
    """The flops of a report's sweep over input sizes, up to pool5 and for a batch of 128."""
    return [
        Published("convnet-burden", spec, f"{number}G", report, "pool5", int(size), 128)
        for size, number in zip(sizes.split(), printed.split(), strict=True)
    ]


PUBLISHED = [
    *_published("torchvision", "torchvision weights, _ops", {
        "torchvision": "0.714G", "vgg16": "15.47G", "squeezenet1_1": "0.349G", "resnet18": "1.814G",
        "googlenet": "1.498G", "densenet121": "2.834G", "mobilenet_v2": "0.301G", "resnet152": "11.514G",
    }),
    *_published("thop-2019", "README of thop 0.0.31.post1909230639", {
        "torchvision": "0.77G", "vgg16": "15.61G", "squeezenet1_1": "0.35G", "resnet18": "1.82G",
        "densenet121": "2.90G", "mobilenet_v2": "0.33G", "resnet152": "11.61G",
    }),
    # its ResNets, GoogLeNet and MobileNet are written with functions and +=, and so counted otherwise
    *_published("ptflops", "README of ptflops, pytorch", {
        "torchvision": "0.72G", "vgg16": "15.52G", "densenet121": "2.90G", "resnet18": "1.83G", "mobilenet_v2": "0.32G",
    }),
    *_published("ptflops-aten", "README of ptflops, aten", {
        "torchvision": "0.71G", "vgg16": "15.48G", "resnet18": "1.81G",
    }),
    *_published("calflops-flops", "MrYxJ/calculate-flops.pytorch#42", {"torchvision": "1.4297G"}),
    *_published("calflops", "MrYxJ/calculate-flops.pytorch#42", {"torchvision": "714.188M"}),
    *_published("imgclsmob", "pytorch/README.md of imgclsmob, FLOPs/2", {
        "owt": "714.83M", "pytorchcv": "1132.33M", "vgg16_imgclsmob": "15480.10M", "resnet18": "1820.41M",
        "resnet152": "11554.38M",
    }),
    *_published("darknet", "pjreddie.com/darknet/imagenet, AlexNet", {"single_tower": "2.27G"}),
    # 47,040 + 241,600 + 48,000 + 10,080 + 840
    *_published("paddleclas", "docstring of paddle.flops", {"lenet_paddle": "347560"}),
    *_published("paddleclas", "PaddleClas ImageNet_models_en.md", {
        "torchvision": "0.71G", "squeezenet1_1": "0.35G", "densenet121": "2.87G",
    }),
    *_published("paddleclas-2020", "PaddleClas Others_en.md, to two decimals", {"owt": "1.37G"}),
    *_published("convnet-burden", "README.md of convnet-burden", {
        "alexnet_convnet_burden": "727M", "caffenet_convnet_burden": "724M", "squeezenet1_1": "360M",
        "resnet18": "2G", "resnet152": "12G", "densenet121": "3G", "vgg16": "16G", "googlenet": "2G",
    }),
    # its analyzer under node, on its presets and on Caffe's deploy.prototxt of AlexNet, which have 10 images
    Published("netscope", "caffe", "7267919360", "analyzer.coffee", batch=10),
    Published("netscope", "vgg16", "154702643200", "analyzer.coffee", batch=10),
    Published("netscope", "resnet152_caffe", "11304442880", "analyzer.coffee"),
    Published("netscope", "squeezenet1_1", "387747520", "analyzer.coffee", size=227),
    *_burdens("alexnet_convnet_burden", "reports/alexnet.md", "114 227 341 454 568 681", "15 86 200 361 572 829"),
    *_burdens("caffenet_convnet_burden", "reports/caffenet.md", "112 224 336 448 560 672", "19 85 199 360 569 826"),
    *_receptive_fields(224, "0.136 0.136 0.552 0.743 1.125 1.380 1.380"),
    *_receptive_fields(321, "0.283 0.284 1.171 1.602 2.462 3.036 3.036"),
]  # fmt: skip


def _graph(row: Published) -> Graph:
    folders = [VALID, ROOT / "tests" / "specs" / "published"]
    paths = [path for folder in folders if (path := folder / f"{row.spec}.yaml").exists()]
    shape = (3, row.size, row.size) if row.size else None
    graph = archcalc.load(paths[0] if paths else row.spec, input_shape=shape).graph
    end = [node.name for node in graph.nodes].index(row.up_to) + 1 if row.up_to else len(graph.nodes)
    return Graph(graph.spec, graph.nodes[:end])


@pytest.mark.parametrize("row", PUBLISHED, ids=lambda row: f"{row.convention}-{row.spec}-{row.up_to}{row.size or ''}")
def test_published_numbers_come_out(row: Published) -> None:
    convention, graph = find(row.convention), _graph(row)
    number = convention.published(total(convention, terms(graph, row.batch)).cost or 0)
    printed = read_quantity(int(row.printed) if row.printed.isdecimal() else row.printed)
    assert printed.matches(number), f"{row.source}: {number}"


def test_every_convention_is_held_against_its_tool_or_what_that_publishes() -> None:
    ours = {"macs", "flops"}
    recorded = {convention for record in RECORDED.values() for convention in record["counts"]}
    assert {*PEERS, *recorded, *(row.convention for row in PUBLISHED), *ours} == set(CONVENTIONS)


def test_netscope_counts_the_squares_of_an_lrn() -> None:
    # 724,406,816 of convolutions and linear layers, 5 for each element that norm1 and norm2 read:
    # 5 * (96*55*55 + 256*27*27) = 2,385,120; Caffe's deploy.prototxt has 10 images
    assert by("netscope", graph_of("caffe")) == 724_406_816 + 2_385_120
    # LRN after the pools: 5 * (96*27*27 + 256*13*13) = 566,240
    assert by("netscope", graph_of("caffenet")) == 724_406_816 + 566_240


def test_paddleclas_of_2020_divides_by_the_groups_twice(tmp_path: Path) -> None:
    # c_in of the filter, 3, by 2 groups again: 2 * 8 * 4*4 outputs * 3*3 * 3 / 2
    assert by("paddleclas-2020", network_of_one("conv2d", tmp_path).graph) == 2 * 128 * 9 * 3 // 2


def test_imgclsmob_counts_one_row_of_a_linear_layer(tmp_path: Path) -> None:
    # 2 * 9 * 5, and one for each of the 5 outputs less where there is no bias, whatever comes before the last axis
    assert by("imgclsmob", network_of_one("linear_on_maps", tmp_path).graph) == 90
    assert by("imgclsmob", network_of_one("linear_bare_on_maps", tmp_path).graph) == 85
    # (2 * 3*2 * 5*4 - 1) * 6*8 // 2: kernel 3x2 by stride 1 on 9x9 leaves 7x8 places
    assert by("imgclsmob", network_of_one("conv2d_bare", tmp_path).graph) == (2 * 6 * 7 * 8 - 1) * 6 * 8 // 2


def test_what_says_nothing_about_any_layer_has_no_number(tmp_path: Path) -> None:
    spec = tmp_path / "quiet.yaml"
    layers = "  - {name: pool, op: max_pool2d, kernel_size: 3}\n  - {name: act, op: hardswish}\n"
    spec.write_text(f"archcalc: 1\nname: quiet\ninput: [6, 9, 9]\nlayers:\n{layers}")
    graph = graph_of(str(spec))
    found = {one.convention.name: one for one in totals(terms(graph))}
    assert (found["darknet"].cost, found["darknet"].not_counted) == (None, ("max_pool2d", "hardswish"))
    assert (found["thop"].cost, found["thop"].not_counted) == (0, ("hardswish",))
    steps = ladder(graph)
    assert "darknet" in {one.convention.name for one in steps.silent}
    with pytest.raises(ArchError, match="darknet says nothing about any layer of quiet"):
        way(graph, [find("macs"), find("darknet")])


def test_darknet_counts_groups_as_one() -> None:
    # Caffe's AlexNet has two groups in conv2, conv4 and conv5, the single tower one
    assert by("darknet", graph_of("caffe")) == by("darknet", graph_of("single_tower")) == 2 * 1_135_256_096


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: Path(spec).stem)
def test_layers_add_up_to_the_total_of_every_convention(spec: str) -> None:
    graph = graph_of(spec)
    table, counted = measure(graph), terms(graph)
    for convention in CONVENTIONS.values():
        priced = price(graph, table, convention)
        assert priced.total == total(convention, counted)
        silent = {row.op for row, cost in zip(table.rows, priced.costs, strict=True) if cost is None}
        assert silent == {*priced.total.not_counted, *priced.total.not_known}
        assert priced.total.cost == (None if priced.total.not_known else add_up_costs(priced.costs))


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: Path(spec).stem)
def test_our_conventions_are_the_table(spec: str) -> None:
    graph = graph_of(spec)
    totals = measure(graph).totals
    assert (by("macs", graph), by("flops", graph)) == (totals.macs, totals.flops)
    assert not total(find("macs"), terms(graph)).not_counted


def test_devices_and_batches_are_counted_in() -> None:
    graph = graph_of("paper")
    convention = find("ptflops")
    folded, apart = (price(graph, measure(graph, 3, per_device), convention) for per_device in (False, True))
    assert folded.total == apart.total == total(convention, terms(graph, 3))
    assert folded.total.cost == 3 * by("ptflops", graph)


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: Path(spec).stem)
def test_the_ladder_rises_by_its_steps_and_holds_every_convention_once(spec: str) -> None:
    found = ladder(graph_of(spec))
    _add_up(found)
    totals = [rung.cost for rung in found.rungs]
    assert totals == sorted(set(totals))
    named = [one.name for rung in found.rungs for one in rung.conventions]
    assert sorted([*named, *(one.convention.name for one in found.silent)]) == sorted(CONVENTIONS)


@pytest.mark.parametrize("spec", ["torchvision", "paper", str(VALID / "every_kind.yaml")])
def test_every_way_adds_up_and_leads_back(spec: str) -> None:
    graph = graph_of(spec)
    for one, other in combinations(CONVENTIONS.values(), 2):
        there, back = way(graph, [one, other]), way(graph, [other, one])
        _add_up(there)
        assert sorted(step.change for step in there.rungs[1].steps) == sorted(
            -step.change for step in back.rungs[1].steps
        )


def _add_up(found: Ladder) -> None:
    for before, after in pairwise(found.rungs):
        assert before.cost + sum(step.change for step in after.steps) == after.cost
        for step in after.steps:
            assert step.change
            assert step.change == step.times * step.term.amount


def test_a_kind_of_which_a_convention_has_not_been_told_is_not_known() -> None:
    for convention in CONVENTIONS.values():
        assert convention.weights("a_new_kind") is None
        assert convention.cost("a_new_kind", Facts(macs=1)) is None
        assert not convention.is_known("a_new_kind")
        told = [*convention.counts, *convention.free, *convention.silent]
        assert len(told) == len(set(told)), "one of counts, free and silent"
        assert set(told) <= set(KINDS)


def test_every_quantity_has_words_and_is_counted_by_some_convention() -> None:
    assert set(QUANTITIES) == set(Facts._fields)
    every = (weights for one in CONVENTIONS.values() for weights in one.counts.values())
    assert {name for weights in every for name in weights} == set(QUANTITIES)


def test_every_convention_says_what_it_is_and_where_that_is_written() -> None:
    for name, one in CONVENTIONS.items():
        assert name == one.name
        assert one.tool
        assert one.version
        assert one.word
        assert one.means
        assert one.url.startswith("https://") or one.tool == "archcalc"


@pytest.mark.parametrize("text", ["", "2 x macs", "macs+bias", "nothing", "macs + macs", "1.5 macs"])
def test_weights_that_cannot_be_read(text: str) -> None:
    if not text:
        assert read_weights(text) == {}
        return
    with pytest.raises(ValueError, match="no weights"):
        read_weights(text)


def test_an_unknown_convention_is_met_with_those_there_are() -> None:
    with pytest.raises(ArchError, match=r"did you mean 'fvcore'.*there are macs, flops, torch"):
        find("fvcor")
