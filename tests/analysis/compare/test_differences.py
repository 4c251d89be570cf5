"""What is said of networks that differ."""

from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

import archcalc
from archcalc.analysis.compare.changes import Part
from archcalc.analysis.compare.comparison import compare
from archcalc.render.compare import View, sheets
from archcalc.render.formats.plain import render
from tests.analysis.compare.compared import (
    GRAPHS,
    bundled,
    compared,
    named,
    network,
    shown,
    words,
)
from tests.sizes import QUICK


def _what_params_are_made_of(part: Part, other: Part) -> dict[str, Any]:
    """All that the number of a layer's parameters follows from, under the words that say it changed."""
    if part.row.op != other.row.op and part.role != "weights":
        return {"op": part.row.op}
    if part.row.op != other.row.op:
        features = {"in_features": part.row.macs // part.row.activations, "out_features": part.row.output_shape[0]}
        return features | {"bias": vars(part.node.layer)["bias"]}
    fields, row = vars(part.node.layer), part.row
    features = row.op in ("linear", "batch_norm1d")
    made = row.output_shape[-1 if features else 0]
    return {
        "in_features" if features else "in_channels": row.input_shapes[0][-1 if features else 0],
        "out_features" if features else "out_channels": made if row.op in ("conv2d", "linear") else None,
        "groups or devices": row.input_shapes[0][0] // part.node.device_inputs[0][0] * (row.groups or 1),
        **{name: fields.get(name) for name in ("kernel_size", "bias", "affine")},
    }


@pytest.mark.parametrize("name", QUICK)
def test_every_number_of_params_that_differs_is_explained(name: str) -> None:
    for other in QUICK:
        for layer in compare([GRAPHS[name], GRAPHS[other]]).layers:
            before, after = layer.parts
            if not before or not after or before.row.params == after.row.params:
                continue
            said = {change.what for change in layer.changes[1] if not change.idle}
            said |= {"groups or devices"} if said & {"groups", "devices", "gather"} else set()
            ours, theirs = _what_params_are_made_of(before, after), _what_params_are_made_of(after, before)
            others = {what for what in ours if ours[what] != theirs[what]}
            assert others, (name, other, layer.names)
            assert others <= said, (name, other, layer.names, others - said)


@pytest.mark.parametrize("only", ["params", "macs"])
@pytest.mark.parametrize("name", QUICK)
def test_every_layer_with_another_count_has_words_that_bear_on_it(name: str, only: str) -> None:
    for other in QUICK:
        view = View(compare([GRAPHS[name], GRAPHS[other]]), only, changed=True)
        if view.layers:
            numbers, said = sheets(view)
            assert {row[0] for row in numbers.rows} == {row[0] for row in said.rows}, other


def test_what_is_read_is_said() -> None:
    assert words(compared("paper", "d2l"))["fc6"] == "reads 9,216 -> 6,400 features"
    assert words(compared("paper", "d2l"))["conv3"] == "reads 13x13 -> 12x12"
    assert words(compared("alexnet_d2l", "alexnet_d2l_rgb"))["conv1"] == "reads 1 -> 3 channels"
    as_convolution = words(compared("paper", "alexnet_tf_slim"))["fc6"]  # 5 * 5 * 256 = 6,400
    assert as_convolution.startswith("linear -> conv2d; reads 9,216 -> 6,400 features")


def test_a_linear_layer_stands_beside_a_convolution_only_where_that_makes_one_place() -> None:
    pairs = 0
    for one, other in combinations(GRAPHS.values(), 2):
        if len(one.nodes) * len(other.nodes) > 20_000:
            continue
        for layer in compare([one, other]).layers:
            before, after = layer.parts
            if before and after and {before.row.op, after.row.op} == {"conv2d", "linear"}:
                pairs += 1
                conv, linear = (before, after) if before.row.op == "conv2d" else (after, before)
                works_at_each_place = len(linear.row.output_shape) > 1  # ConvNeXt's, on maps with their channels last
                assert works_at_each_place or conv.row.output_shape[1:] == (1, 1), layer.names
    assert pairs  # TensorFlow's AlexNet has fc6 to fc8 as convolutions
    assert ("fc6", "fc6") in named(compared("paper", "alexnet_tf_slim").layers)


@pytest.mark.parametrize(
    ("first", "second", "what"), [("[4, 6, 6]", "[8, 6, 6]", "in_channels"), ("[4]", "[8]", "in_features")]
)
def test_what_a_scale_reads_is_called_as_it_is(first: str, second: str, what: str) -> None:
    text = "archcalc: 1\nname: net\ninput: {}\nlayers:\n  - {{name: scaled, op: scale}}\n"
    graphs = [archcalc.load(text.format(shape)).graph for shape in (first, second)]
    (layer,) = compare(graphs).layers
    assert (what, int(first[1]), int(second[1])) in [(one.what, one.before, one.after) for one in layer.changes[1]]


def test_batch_norms_do_not_make_networks_alike() -> None:
    assert compare([bundled("resnet18"), GRAPHS["alexnet_owt_bn"]]).are_apart


def test_a_network_that_learns_nothing_has_little_in_common_with_one_that_does(tmp_path: Path) -> None:
    assert compare([network(tmp_path, "a", "{name: act, op: relu}"), GRAPHS["alexnet_owt"]]).are_apart


def test_a_residual_network_is_held_against_a_deeper_one() -> None:
    comparison = compare([bundled("resnet18"), bundled("resnet152")])
    assert not comparison.are_apart
    beside = dict(named(comparison.layers))
    assert beside["layer2.first.sum.conv2"] == "layer2.first.sum.conv2"
    assert beside["fc"] == "fc"


def test_the_same_spec_twice_is_said_and_two_files_of_one_name_are_told_apart(tmp_path: Path) -> None:
    assert "paper 1 and paper 2 are the same spec" in shown(compared("paper", "paper", "torchvision"))
    assert "alexnet_paper is compared with itself: nothing differs" in shown(compared("paper", "paper", "paper"))
    conv = "{name: conv, op: conv2d, out_channels: %d, kernel_size: 1}"
    old, new, copy = (network(tmp_path / name, "net", conv % n) for name, n in (("old", 2), ("new", 3), ("copy", 2)))
    text = shown(compare([old, new]))
    assert "itself" not in text
    assert "same spec" not in text
    assert text.startswith(f"net 1 ({tmp_path}/old/net.yaml, 4x16x16), net 2 ({tmp_path}/new/net.yaml, 4x16x16)\n")
    assert "net is compared with itself" in shown(compare([old, copy]))
    assert "same spec" not in shown(compare([old, network(tmp_path, "net2", conv % 2), new]))


def test_that_all_shapes_are_equal_is_said() -> None:
    assert "\nall shapes are equal\n" in shown(compared("paper", "alexnet_caffe"))
    assert "\nall shapes are equal in the layers that all have\n" in shown(compared("alexnet_owt", "alexnet_owt_bn"))
    assert "all shapes are equal" not in shown(compared("paper", "torchvision"))
    assert "\nall MACs are equal\n" in shown(compared("paper", "alexnet_caffe"), only="macs")
    assert "all params are equal" not in shown(compared("alexnet_owt", "alexnet_owt_bn"), only="params")


@pytest.mark.parametrize("only", ["shapes", "params", "macs"])
def test_changed_and_only_show_the_layers_in_which_the_quantity_differs(only: str) -> None:
    comparison = compared("paper", "torchvision", "d2l")
    view = View(comparison, only, changed=True)
    numbers, said = sheets(view)
    assert [row[0] for row in numbers.rows] == [" / ".join(layer.names) for layer in view.layers]
    for layer in comparison.layers:
        values = {
            (part and part.row.output_shape) if only == "shapes" else (getattr(part.row, only) if part else 0)
            for part in layer.parts
        }
        assert (layer in view.layers) == (len(values) > 1), layer.names
    assert {row[0] for row in said.rows} <= {row[0] for row in numbers.rows}
    assert sheets(View(comparison, only))[1] == said  # the words are those of the quantity, with --changed or without


def test_the_words_are_those_that_bear_on_the_quantity() -> None:
    comparison = compared("paper", "torchvision")
    assert words(comparison, "params")["conv1"] == "96 -> 64 channels"
    assert words(comparison, "shapes")["conv1"] == "96 -> 64 channels; padding 0 -> 2; ceil_mode unclipped -> false"


def test_a_window_reads_short() -> None:
    numbers = sheets(View(compared("paper", "alexnet_caffe")))[0]
    places = [place for place, column in enumerate(numbers.columns) if column.header == "window"]
    windows = {row[0]: [numbers.columns[place].show(row[place]) for place in places] for row in numbers.rows}
    assert windows["conv1"] == ["11x11 /4 p0/3", "11x11 /4"]
    assert windows["conv2"] == ["5x5 p2", "5x5 p2 g2"]
    assert windows["conv3"] == ["3x3 p1", "="]
    assert windows["fc6"] == ["", ""]
    text = render([numbers])
    assert "\nwindow: its size, /stride, p padding" in text
    assert "window" not in shown(compared("paper", "alexnet_caffe"), only="shapes")
