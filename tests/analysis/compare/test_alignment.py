"""Which layers stand side by side."""

from itertools import combinations, permutations
from pathlib import Path

import pytest

import archcalc
from archcalc.analysis.compare.comparison import compare
from archcalc.graph import Graph
from archcalc.render.compare import View, stacked
from archcalc.render.formats.plain import render
from tests.analysis.compare.compared import (
    GRAPHS,
    bundled,
    changes,
    compared,
    named,
    shown,
)
from tests.goldens import same_as_golden
from tests.sizes import QUICK


@pytest.mark.parametrize("name", GRAPHS, ids=lambda name: Path(name).stem)
def test_a_network_does_not_differ_from_itself(name: str) -> None:
    comparison = compare([GRAPHS[name]] * 3)
    assert not comparison.differ
    assert not comparison.are_apart
    assert comparison.parting is None
    assert named(comparison.layers) == [(node.name,) * 3 for node in GRAPHS[name].nodes]


PAIRS = [*combinations([name for name in GRAPHS if "152" not in name and "121" not in name], 2)]


@pytest.mark.parametrize("name", QUICK)
def test_what_differs_is_mirrored(name: str) -> None:
    for one, other in (pair for pair in PAIRS if pair[0] == name):
        there, back = compare([GRAPHS[one], GRAPHS[other]]), compare([GRAPHS[other], GRAPHS[one]])
        assert named(there.layers) == [names[::-1] for names in named(back.layers)], (one, other)
        assert sorted(map(str, changes(there))) == sorted(map(str, changes(back, is_mirrored=True))), (one, other)


THREE = ("alexnet_paper", "alexnet_d2l", "lenet_d2l")


@pytest.mark.parametrize("graphs", [*permutations([GRAPHS[n] for n in THREE])])
def test_every_layer_is_there_once_in_its_networks_order(graphs: tuple[Graph, ...]) -> None:
    layers = named(compare(graphs).layers)
    for place, graph in enumerate(graphs):
        assert [names[place] for names in layers if names[place]] == [node.name for node in graph.nodes]


def test_what_the_paper_and_torchvision_have_in_common() -> None:
    comparison = compared("paper", "torchvision")
    layers = {layer.names[0]: layer for layer in comparison.layers}
    assert layers["norm1"].parts[1] is None
    assert layers["avgpool"].parts[0] is None
    conv4 = layers["conv4"].parts
    assert conv4[0] is not None
    assert conv4[1] is not None
    assert (conv4[0].row.output_shape[0], conv4[1].row.output_shape[0]) == (384, 256)
    assert comparison.parting is not None
    assert comparison.parting.names == ["conv1"]


TINY = """
archcalc: 1
name: %s
input: [3, 16, 16]
layers:
  - {name: %s, op: conv2d, out_channels: 4, kernel_size: 3, activation: relu}
  - {name: norm, op: batch_norm2d}
%s  - {name: %s, op: conv2d, out_channels: 4, kernel_size: 3, activation: relu}
  - {name: %s, op: flatten}
  - {name: %s, op: linear, out_features: 10}
"""


def test_other_names_do_not_matter_and_names_that_decide_are_said(tmp_path: Path) -> None:
    extra = "  - {name: extra, op: conv2d, out_channels: 4, kernel_size: 3}\n"
    for name, text in {
        "mine": TINY % ("mine", "conv1", "", "conv2", "flatten", "fc"),
        "theirs": TINY % ("theirs", "features_0", "", "features_3", "view", "classifier"),
        "longer": TINY % ("longer", "conv1", extra, "conv2", "flatten", "fc"),
    }.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    mine, theirs, longer = (archcalc.load(tmp_path / f"{name}.yaml").graph for name in ("mine", "theirs", "longer"))
    assert not compare([mine, theirs]).differ
    assert compare([mine, theirs]).layers[0].names == ["conv1", "features_0"]
    comparison = compare([mine, longer])
    (alone,) = (layer for layer in comparison.layers if None in layer.parts)
    assert alone.names == ["extra"]
    assert {layer.names[0] for layer in comparison.layers if layer.by_name} == {"conv2"}  # its place alone says extra


def test_networks_with_little_in_common_are_compared_by_their_totals() -> None:
    text = shown(compare([GRAPHS["alexnet_paper"], bundled("resnet152")]))
    assert "too little in common" in text
    assert "60,965,224" in text
    assert "60,192,808" in text  # torchvision's own count of ResNet-152's parameters


@pytest.mark.parametrize(
    "names",
    [
        ("paper", "torchvision"),
        ("paper", "torchvision", "d2l"),
        ("alexnet_caffe", "caffenet"),
        ("alexnet_owt", "alexnet_owt_bn"),
        ("alexnet_d2l", "alexnet_d2l_rgb"),
        ("lenet_d2l", "zfnet"),
    ],
    ids="-".join,
)
def test_golden(names: tuple[str, ...], update_golden: bool) -> None:
    comparison = compared(*names)
    text = shown(comparison) + "\n" + render(stacked(View(comparison)))
    for place, table in enumerate(comparison.tables):
        rows = [layer.parts[place] for layer in comparison.layers]
        assert sum(part.row.params for part in rows if part) == table.totals.params
        assert f"{table.totals.params:,}" in text
    same_as_golden(f"compare_{'_'.join(names)}.txt", text, update_golden)
