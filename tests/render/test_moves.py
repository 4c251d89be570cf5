"""The columns of bytes, and columns besides the usual ones."""

import json

import pytest

import archcalc
from archcalc.errors import ArchError
from archcalc.render.formats import csv as csv_format
from tests.commands import run


def test_bytes_of_lenet() -> None:
    table = archcalc.load("lenet_d2l").table(batch=2, dtype="fp16")
    rows = dict(zip((row.name for row in table.rows), table.moves, strict=True))
    # 2 bytes each: 6*25 + 6 weights; 2 x 28*28 in, 2 x 6*28*28 out
    assert rows["conv1"] == (2 * 156, 2 * 2 * 784, 2 * 2 * 4_704)
    assert rows["flatten"] == (0, 0, 0)
    record = next(iter(table.records()))
    assert record["intensity"] == 2 * 2 * 117_600 / (312 + 3_136 + 18_816)
    assert "weight_bytes" not in next(iter(archcalc.load("lenet_d2l").table().records()))


@pytest.mark.parametrize(("dtype", "size"), [("fp64", 8), ("fp32", 4), ("fp16", 2), ("bf16", 2), ("int8", 1)])
def test_bytes_grow_with_the_number_format(dtype: str, size: int) -> None:
    answer = json.loads(run("table", "lenet_d2l", "--dtype", dtype, "--format", "json").stdout)
    assert answer["dtype"] == dtype
    assert sum(layer["weight_bytes"] for layer in answer["layers"]) == size * 61_706


def test_json_has_them_where_they_are_asked_for() -> None:
    plain = json.loads(run("table", "lenet_d2l", "--format", "json").stdout)
    asked = json.loads(run("table", "lenet_d2l", "--format", "json", "--columns", "+intensity").stdout)
    assert "dtype" not in plain
    assert asked["dtype"] == "fp32"
    new = {key for layer in asked["layers"] for key in layer} - {key for layer in plain["layers"] for key in layer}
    assert new == {"weight_bytes", "input_bytes", "output_bytes", "intensity"}


def test_they_are_those_of_the_roofline() -> None:
    network = archcalc.load("paper")
    moves = network.table(batch=3, dtype="fp32").moves
    layers = network.roofline("t4", batch=3).layers
    assert [tuple(one) for one in moves] == [(one.weight_bytes, one.input_bytes, one.output_bytes) for one in layers]


def test_a_plus_adds_to_the_usual_columns() -> None:
    network = archcalc.load("lenet_d2l")
    usual = csv_format.render(network.table().rendered().sheets).splitlines()[0]
    more = csv_format.render(network.table(columns=["+weight_bytes", "+macs", "+units"]).rendered().sheets)
    assert more.splitlines()[0] == f"{usual},weight_bytes,units"
    costs = network.table(convention="fvcore", columns=["+intensity"]).rendered().sheets
    assert csv_format.render(costs).splitlines()[0].endswith("cost,cost_share,intensity")


@pytest.mark.parametrize("columns", ["layer,+units", "+units,layer"])
def test_some_with_a_plus_and_some_without_are_refused(columns: str) -> None:
    refused = run("table", "lenet_d2l", "--columns", columns)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == (
        f"archcalc: columns: put a + before all, to add them to those that are shown, or none: {columns}\n"
    )


def test_bytes_are_not_divided_among_devices() -> None:
    with pytest.raises(ArchError) as caught:
        archcalc.load("paper").table(per_device=True, dtype="fp32")
    assert str(caught.value) == (
        "bytes are those of all devices together: leave out --per-device, or the columns of bytes"
    )


def test_an_unknown_column_with_a_plus_is_named() -> None:
    refused = run("table", "lenet_d2l", "--columns", "+unitz")
    assert refused.stderr.startswith("archcalc: there is no column 'unitz'; did you mean 'units'?")


def test_the_footer_sums_bytes_and_divides_sums() -> None:
    out = run("table", "lenet_d2l", "--columns", "layer,weight_bytes,input_bytes,output_bytes,intensity").stdout
    total = next(line for line in out.splitlines() if line.startswith("total")).split()
    bytes_moved = [int(word.replace(",", "")) for word in total[1:4]]
    assert bytes_moved[0] == 4 * 61_706
    assert float(total[4]) == pytest.approx(833_040 / sum(bytes_moved), rel=5e-3)
    assert "bytes: in fp32, each tensor once" in out
