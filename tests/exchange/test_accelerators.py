"""Loop nests for accelerators: each file read back, and computed as its tool computes it."""

import csv
import re
from io import StringIO
from math import ceil, prod
from typing import Any

import pytest
import yaml

import archcalc
from archcalc.errors import ArchError
from tests.conftest import BUNDLED
from tests.sizes import by_size

NO_NESTS = {
    "cuda_convnet_11pct": "local3: local2d",
    "cuda_convnet_13pct": "local3: local2d",
    "fcn_alexnet": "upscore: conv_transpose2d",
    "lenet5": "C3: table_conv2d",
    "unet": "upconv4: conv_transpose2d",
}
"""Bundled networks with layers that are other nests than those of convolutions."""

NESTS = [spec for spec in BUNDLED if spec not in NO_NESTS]


def counted(spec: str) -> dict[str, Any]:
    return {row.name: row for row in archcalc.load(spec).table().rows if row.macs}


@pytest.mark.parametrize("spec", by_size(NESTS))
def test_the_loops_of_a_layer_are_its_multiply_accumulates(spec: str) -> None:
    rows = list(csv.DictReader(StringIO(archcalc.load(spec).export("loops"))))
    numbers = [{key: int(value) for key, value in row.items() if key not in ("layer", "op")} for row in rows]
    assert {row["layer"]: one["macs"] for row, one in zip(rows, numbers, strict=True)} == {
        name: row.macs for name, row in counted(spec).items()
    }
    for one in numbers:
        assert prod(one[key] for key in ("N", "groups", "K", "C", "P", "Q", "R", "S")) == one["macs"]
        for size, out, kernel, axis, sides in (("H", "P", "R", "h", "top bottom"), ("W", "Q", "S", "w", "left right")):
            before, after = (one[f"pad_{side}"] for side in sides.split())
            reach = one[f"dilation_{axis}"] * (one[kernel] - 1) + 1
            made = (one[size] + before + after - reach) // one[f"stride_{axis}"] + 1
            assert made == one[out]


@pytest.mark.parametrize("spec", by_size(NESTS))
def test_scale_sim_makes_of_it_what_the_table_has(spec: str) -> None:
    header, *lines = archcalc.load(spec).export("scalesim").splitlines()
    assert header == (
        "Layer name,IFMAP height,IFMAP width,Filter height,Filter width,Channels,Num filter,Stride height,Stride width,"
    )
    total = 0
    for line in lines:
        name, *words = line.split(",")[:-1]
        high, wide, r, s, channels, filters, down, right = map(int, words)
        assert r <= high
        assert s <= wide
        # topology_utils.py: a line with DP in its name is as many layers of one channel as it has channels
        times, channels = (channels, 1) if "DP" in name else (1, channels)
        # ofmap_h = int(math.ceil((ifmap_h - filt_h + stride_h) / stride_h))
        total += times * ceil((high - r + down) / down) * ceil((wide - s + right) / right) * r * s * channels * filters
    assert total == sum(row.macs for row in counted(spec).values())


def test_its_own_alexnet_has_27_where_207_was_written() -> None:
    lines = archcalc.load("single_tower").export("scalesim").splitlines()
    assert lines[2] == "conv2,31,31,5,5,96,256,1,1,"  # 27, and 2 before and after


@pytest.mark.parametrize("spec", by_size(NESTS))
def test_timeloop_reads_a_problem_for_each_layer(spec: str) -> None:
    text = archcalc.load(spec).export("timeloop")
    names = re.findall(r"^# (.*)$", text, re.MULTILINE)
    problems = [one["problem"] for one in yaml.safe_load_all(text)]
    rows = counted(spec)
    assert names == [*rows]
    for name, problem in zip(names, problems, strict=True):
        shape, instance = problem["shape"], problem["instance"]
        assert prod(instance[one] for one in shape["dimensions"]) == rows[name].macs
        assert {*instance} == {*shape["dimensions"], *(one["name"] for one in shape["coefficients"])}
        used = {term[0] for space in shape["data_spaces"] for axis in space["projection"] for term in axis}
        assert used == {*shape["dimensions"]}


EQUATION = r"^O(\[\w+\])+\s*\+?\s*=\s*\w(\[\w+\])+\s*[*+]\s*\w(\[(?:\w+)?\])+\s*$"
RELATION = r"^(\w+)\s*=\s*(?:(\w+)\s*\*\s*)?(\w+)\s*\+\s*(?:(\w+)\s*\*\s*)?(\w+)$"
"""The rules of ZigZag's workload_validator.py."""


@pytest.mark.parametrize("spec", by_size(NESTS))
def test_zigzag_reads_a_workload(spec: str) -> None:
    items = yaml.safe_load(archcalc.load(spec).export("zigzag"))
    rows = counted(spec)
    assert [item["name"] for item in items] == [*rows]
    for number, item in enumerate(items):
        assert item["id"] == number
        assert re.match(EQUATION, item["equation"])
        assert all(re.match(RELATION, one) for one in item["dimension_relations"])
        assert prod(item["loop_sizes"]) == rows[item["name"]].macs
        assert {one.lower() for one in item["loop_dims"]} == {*re.findall(r"\[(\w+)\]", item["equation"])} - {
            "ix",
            "iy",
        }
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


def test_scale_sim_has_no_dilation() -> None:
    layer = "{name: a, op: conv2d, out_channels: 2, kernel_size: 3, dilation: 2}"
    network = archcalc.load(f"archcalc: 1\ninput: [3, 8, 8]\nlayers: [{layer}]\n")
    with pytest.raises(ArchError, match=r"^layer a: SCALE-Sim has no dilation$"):
        network.export("scalesim")
    assert ",2,2," in network.export("loops")


LAYERS = [
    ("{name: a, op: conv1d, out_channels: 2, kernel_size: 3}", [3, 8], "layer a: conv1d goes over 8"),
    ("{name: a, op: matmul, from: [input, input]}", [3, 4, 4], "layer a: matmul multiplies two layers"),
]


@pytest.mark.parametrize(("layer", "shape", "fault"), LAYERS)
def test_what_has_no_two_axes_is_named(layer: str, shape: list[int], fault: str) -> None:
    with pytest.raises(ArchError, match=f"^{fault}"):
        archcalc.load(f"archcalc: 1\ninput: {shape}\nlayers:\n  - {layer}\n").export("loops")
