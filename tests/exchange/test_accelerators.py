"""Loop nests for accelerators: each file read back, and computed as its tool computes it."""

import csv
import re
from collections.abc import Callable, Iterator
from io import StringIO
from math import ceil, prod

import pytest
import yaml

import archcalc
from archcalc.errors import ArchError
from archcalc.graph import Node
from tests.conftest import BUNDLED
from tests.sizes import by_size

NO_NESTS = {
    "fcn_alexnet": "upscore: conv_transpose2d",
    "lenet5": "C3: table_conv2d",
    "unet": "upconv4: conv_transpose2d",
}
"""Bundled networks with layers that are other nests than those of convolutions."""

OWN_WEIGHTS = {"cuda_convnet_11pct": "local3: local2d", "cuda_convnet_13pct": "local3: local2d"}
"""Bundled networks with layers that have weights of their own at each place, which is in no tool's form."""

NESTS = [spec for spec in BUNDLED if spec not in NO_NESTS]
CONVOLUTIONS = [spec for spec in NESTS if spec not in OWN_WEIGHTS]

NETWORK = "archcalc: 1\ninput: {}\nlayers:\n  - {}\n"


def counted(spec: str) -> list[Node]:
    return [node for node in archcalc.load(spec).graph.nodes if node.layer.counted]


def macs(spec: str) -> dict[str, int]:
    return {row.name: row.macs for row in archcalc.load(spec).table().rows if row.macs}


def made(node: Node) -> tuple[int, int]:
    """Height and width of the output; a linear layer makes a column of places."""
    if not node.layer.slides():
        return prod(node.output_shape[:-1]), 1
    _, high, wide = node.output_shape
    return high, wide


def padded(node: Node) -> tuple[int, int]:
    """Height and width of the input, with its padding."""
    window = node.layer.window(*node.device_inputs)
    if window is None:
        return made(node)
    high, wide = (
        b + size + a for size, (b, a) in zip(node.input_shapes[0][1:], window.padding.along_axes, strict=True)
    )
    return high, wide


@pytest.mark.parametrize("spec", by_size(NESTS))
def test_the_loops_of_a_layer_are_its_multiply_accumulates(spec: str) -> None:
    rows = list(csv.DictReader(StringIO(archcalc.load(spec).export("loops"))))
    numbers = [{key: int(value) for key, value in row.items() if key not in ("layer", "op")} for row in rows]
    assert {row["layer"]: one["macs"] for row, one in zip(rows, numbers, strict=True)} == macs(spec)
    for one, node in zip(numbers, counted(spec), strict=True):
        assert prod(one[key] for key in ("N", "groups", "K", "C", "P", "Q", "R", "S")) == one["macs"]
        assert (one["P"], one["Q"]) == made(node)
        for size, out, kernel, axis, sides in (("H", "P", "R", "h", "top bottom"), ("W", "Q", "S", "w", "left right")):
            before, after = (one[f"pad_{side}"] for side in sides.split())
            reach = one[f"dilation_{axis}"] * (one[kernel] - 1) + 1
            assert (one[size] + before + after - reach) // one[f"stride_{axis}"] + 1 == one[out]


def strides_of_1(words: list[int]) -> list[int]:
    """Version 1 reads the eighth number, if there is anything after it: ARM-software/SCALE-Sim, run_nets.py."""
    return [*words[:7], words[6]]


def strides_of_2(words: list[int]) -> list[int]:
    """Version 2 reads a ninth: scale-sim-v2, topology_utils.py, append_topo_arrays."""
    return words if len(words) == 8 else [*words, words[6]]


def strides_of_3(words: list[int]) -> list[int]:
    """Version 3 reads N:M for a sparsity after the stride: scale-sim-v3, topology_utils.py, load_arrays_conv."""
    assert len(words) == 7
    return [*words, words[6]]


READERS = [strides_of_1, strides_of_2, strides_of_3]


def layers_of_scale_sim(text: str, strides: Callable[[list[int]], list[int]]) -> Iterator[tuple[tuple[int, int], int]]:
    """Output size and multiply-accumulates of each line, computed as topo_calc_hyperparams does."""
    header, *lines = text.splitlines()
    assert header.startswith(
        "Layer name,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filter,Stride"
    )
    for line in lines:
        assert line.count(",") == header.count(",")
        name, *words = line.split(",")[:-1]
        high, wide, r, s, channels, filters, down, right = strides([*map(int, words)])
        assert r <= high
        assert s <= wide
        # a line with DP in its name is as many layers of one channel as it has channels
        times, channels = (channels, 1) if "DP" in name else (1, channels)
        # ofmap_h = int(math.ceil((ifmap_h - filt_h + stride_h) / stride_h))
        out = ceil((high - r + down) / down), ceil((wide - s + right) / right)
        yield out, times * prod(out) * r * s * channels * filters


@pytest.mark.parametrize("strides", READERS)
@pytest.mark.parametrize("spec", by_size(CONVOLUTIONS))
def test_each_scale_sim_makes_of_it_what_the_table_has(spec: str, strides: Callable[[list[int]], list[int]]) -> None:
    text = archcalc.load(spec).export("scalesim")
    assert text.startswith(
        "Layer name,IFMAP Height,IFMAP Width,Filter Height,Filter Width,Channels,Num Filter,Strides,\n"
    )
    layers = layers_of_scale_sim(text, strides)
    expected = macs(spec)
    for node in counted(spec):
        left = expected[node.name]
        while left > 0:  # each group is a line
            out, one = next(layers)
            assert out == made(node)
            left -= one
        assert left == 0
    assert not list(layers)


def test_strides_that_differ_are_two_columns() -> None:
    layers = (
        "{name: a, op: conv2d, out_channels: 2, kernel_size: 3, stride: [2, 1]}",
        "{name: b, op: linear, out_features: 5}",
    )
    text = archcalc.load(NETWORK.format([3, 9, 8], "\n  - ".join(layers))).export("scalesim")
    header, *lines = text.splitlines()
    assert header.endswith(",Num Filter,Stride Height,Stride Width,")
    assert lines == ["a,9,8,3,3,3,2,2,1,", "b,8,1,1,1,6,5,1,1,"]
    # 2 channels of (9 - 3) / 2 + 1 = 4 by 6 places, each of 3 x 3 x 3; 6 features to 5 at 2 x 4 places
    assert list(layers_of_scale_sim(text, strides_of_2)) == [((4, 6), 2 * 4 * 6 * 27), ((8, 1), 8 * 6 * 5)]


def test_its_own_alexnet_has_27_where_207_was_written() -> None:
    lines = archcalc.load("single_tower").export("scalesim").splitlines()
    assert lines[2] == "conv2,31,31,5,5,96,256,1,"  # 27, and 2 before and after


@pytest.mark.parametrize("spec", by_size(CONVOLUTIONS))
def test_timeloop_reads_a_problem_for_each_layer(spec: str) -> None:
    text = archcalc.load(spec).export("timeloop")
    names = re.findall(r"^# (.*)$", text, re.MULTILINE)
    problems = [one["problem"] for one in yaml.safe_load_all(text)]
    expected = macs(spec)
    assert names == [*expected]
    for node, problem in zip(counted(spec), problems, strict=True):
        shape, instance = problem["shape"], problem["instance"]
        assert prod(instance[one] for one in shape["dimensions"]) == expected[node.name]
        assert {*instance} == {*shape["dimensions"], *(one["name"] for one in shape["coefficients"])}
        spaces = {space["name"]: space["projection"] for space in shape["data_spaces"]}
        assert {term[0] for axes in spaces.values() for axis in axes for term in axis} == {*shape["dimensions"]}
        # timeloop, src/workload/shape-models/problem-shape.cpp: an axis is a sum of dimensions times coefficients
        sizes = {
            name: [
                1 + sum((instance[of] - 1) * prod(instance[by] for by in times) for of, *times in axis) for axis in axes
            ]
            for name, axes in spaces.items()
        }
        assert tuple(sizes["Outputs"][-2:]) == made(node)
        assert prod(sizes["Outputs"]) == prod(node.output_shape)
        for reached, size, step in zip(
            sizes["Inputs"][-2:], padded(node), (instance["Hstride"], instance["Wstride"]), strict=True
        ):
            assert size - step < reached <= size


EQUATION = r"^O(\[\w+\])+\s*\+?\s*=\s*\w(\[\w+\])+\s*[*+]\s*\w(\[(?:\w+)?\])+\s*$"
RELATION = r"^(\w+)\s*=\s*(?:(\w+)\s*\*\s*)?(\w+)\s*\+\s*(?:(\w+)\s*\*\s*)?(\w+)$"
"""The rules of ZigZag's workload_validator.py."""


@pytest.mark.parametrize("spec", by_size(CONVOLUTIONS))
def test_zigzag_reads_a_workload(spec: str) -> None:
    items = yaml.safe_load(archcalc.load(spec).export("zigzag"))
    expected = macs(spec)
    assert [item["name"] for item in items] == [*expected]
    for number, (item, node) in enumerate(zip(items, counted(spec), strict=True)):
        assert item["id"] == number
        assert re.match(EQUATION, item["equation"])
        sizes = dict(zip(item["loop_dims"], item["loop_sizes"], strict=True))
        assert prod(sizes.values()) == expected[item["name"]]
        assert (sizes["OY"], sizes["OX"]) == made(node)
        assert {one.lower() for one in sizes} == {*re.findall(r"\[(\w+)\]", item["equation"])} - {"ix", "iy"}
        found = [re.match(RELATION, one) for one in item["dimension_relations"]]
        relations = {one[1].upper(): (int(one[2]), one[3].upper(), int(one[4]), one[5].upper()) for one in found if one}
        # layer_node.py, calc_pr_dimension_size_total: what is read, without the padding, is at most the input
        for axis, size, sides in zip(item["pr_loop_dims"], item["pr_loop_sizes"], item["padding"], strict=True):
            step, out, spread, kernel = relations[axis]
            reached = step * (sizes[out] - 1) + spread * (sizes[kernel] - 1) + 1
            assert size + sum(sides) - step < reached <= size + sum(sides)
        assert item["operand_source"]["I"] <= number
        assert item["operand_source"]["W"] == number


def test_an_input_comes_from_the_layer_that_made_it() -> None:
    items = {item["name"]: item for item in yaml.safe_load(archcalc.load("lenet_d2l").export("zigzag"))}
    sources = {name: item["operand_source"]["I"] for name, item in items.items()}
    assert sources == {"conv1": 0, "conv2": 0, "fc1": 1, "fc2": 2, "fc3": 3}


@pytest.mark.parametrize("target", ["loops", "scalesim", "timeloop", "zigzag"])
@pytest.mark.parametrize("spec", NO_NESTS)
def test_other_nests_are_named(spec: str, target: str) -> None:
    with pytest.raises(ArchError, match=f"^layer {NO_NESTS[spec]} is no loop nest of a convolution$"):
        archcalc.load(spec).export(target)


@pytest.mark.parametrize("target", ["scalesim", "timeloop", "zigzag"])
@pytest.mark.parametrize("spec", OWN_WEIGHTS)
def test_weights_of_each_place_are_in_no_tools_form(spec: str, target: str) -> None:
    with pytest.raises(ArchError, match=f"^layer {OWN_WEIGHTS[spec]} has weights of its own at each place$"):
        archcalc.load(spec).export(target)


def test_scale_sim_has_no_dilation() -> None:
    layer = "{name: a, op: conv2d, out_channels: 2, kernel_size: 3, dilation: 2}"
    network = archcalc.load(NETWORK.format([3, 8, 8], layer))
    with pytest.raises(ArchError, match=r"^layer a: SCALE-Sim has no dilation$"):
        network.export("scalesim")
    assert ",2,2," in network.export("loops")


FAULTS = [
    ("{name: a, op: conv3d, out_channels: 2, kernel_size: 3}", [3, 8, 8, 8], "layer a: conv3d goes over 8x8x8"),
    ("{name: a, op: matmul, from: [input, input]}", [3, 4, 4], "layer a: matmul multiplies two layers"),
    # 16x16x16 to 8x32x32: as many multiply-accumulates, and weights, as 256 times 16 features to 32
    (
        "{name: a, op: conv_transpose2d, out_channels: 8, kernel_size: 2, stride: 2}",
        [16, 16, 16],
        "layer a: conv_transpose2d is no loop nest of a convolution",
    ),
]


@pytest.mark.parametrize(("layer", "shape", "fault"), FAULTS)
def test_what_no_nest_is_of_is_named(layer: str, shape: list[int], fault: str) -> None:
    with pytest.raises(ArchError, match=f"^{fault}"):
        archcalc.load(NETWORK.format(shape, layer)).export("loops")


LINES = [
    # one row of 8, and 2 before: (8 + 2 - 3) // 2 + 1 = 4
    (
        "{name: a, op: conv1d, out_channels: 2, kernel_size: 3, stride: 2, padding: {left: 2, right: 0}}",
        [3, 8],
        [1, 2, 3, 1, 4, 1, 3],
    ),
    # a filter for each of 6 channels, though it is not learnt: (8 + 2 - 3) // 2 + 1 = 4
    ("{name: a, op: blur_pool2d}", [6, 8, 8], [6, 1, 1, 4, 4, 3, 3]),
    # 8 channels in 4 groups
    ("{name: a, op: conv2d, out_channels: 4, kernel_size: [1, 3], groups: 4}", [8, 8, 8], [4, 1, 2, 8, 6, 1, 3]),
]


@pytest.mark.parametrize(("layer", "shape", "bounds"), LINES)
def test_other_layers_have_the_loops_of_a_convolution_too(layer: str, shape: list[int], bounds: list[int]) -> None:
    text = archcalc.load(NETWORK.format(shape, layer)).export("loops")
    (row,) = csv.DictReader(StringIO(text))
    assert [int(row[name]) for name in ("groups", "K", "C", "P", "Q", "R", "S")] == bounds
    assert int(row["macs"]) == prod(bounds)
