"""Conventions against what the tools publish."""

from typing import NamedTuple

import pytest

import archcalc
from archcalc.analysis.conventions import CONVENTIONS, find
from archcalc.analysis.conventions.costs import terms, total
from archcalc.graph import Graph
from archcalc.spec.quantity import read_quantity
from tests.analysis.conventions.counted import RECORDED, VALID
from tests.conftest import ROOT
from tests.peers import PEERS


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
    # keras.applications, whose batch norms have two running statistics a channel
    *_published("keras", "count_params() of keras.applications 3.15.1", {
        "densenet121": "8062504", "mobilenet_v2": "3538984", "vgg16": "138357544",
    }),
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
    ours = {"macs", "flops", "params"}
    recorded = {convention for record in RECORDED.values() for convention in record["counts"]}
    assert {*PEERS, *recorded, *(row.convention for row in PUBLISHED), *ours} == set(CONVENTIONS)
