"""Conventions about parameters, which differ in what they count of a batch norm and do not grow with the batch."""

import json

import pytest

import archcalc
from archcalc.analysis.conventions import find
from archcalc.analysis.reconcile.ladder import way
from archcalc.errors import ArchError
from tests.analysis.conventions.counted import by, graph_of, question
from tests.commands import run


def test_keras_counts_running_statistics_without_the_counter() -> None:
    # weight, bias, running mean and running variance of 64 channels, and a convolution of 64 * (3 * 9 + 1)
    norm = question("bn_keras_256").table(convention="keras").priced
    assert norm is not None
    assert norm.costs == (1792, 256)
    totals = question("bn_keras_256").table().totals
    assert (totals.params, totals.buffers) == (1792 + 128, 129)


def test_the_summary_of_tiny_yolo_in_keras() -> None:
    # 2 statistics for each of 16 + 32 + 64 + 128 + 256 + 512 + 1024 + 1024 = 3,056 channels
    graph = question("tiny_yolo_keras").graph
    assert by("keras", graph) == 15_840_210 == by("params", graph) + 2 * 3056


def test_params_are_of_one_example_whatever_the_batch() -> None:
    network = archcalc.load("owt_bn")
    one, many = network.table(convention="keras").priced, network.table(batch=8, convention="keras").priced
    assert one == many
    assert one is not None
    assert one.total.cost == sum(cost or 0 for cost in one.costs) == network.table().totals.params + 18_688
    all_of_8 = {total.convention.name: total.cost for total in network.table(batch=8, convention="all").by_all}
    assert all_of_8["keras"] == one.total.cost
    assert all_of_8["macs"] == 8 * network.table().totals.macs


def test_a_way_leads_from_params_to_params_and_none_to_cost() -> None:
    found = question("bn_keras_256").reconcile("keras", batch=8).found
    assert (found.batch, [rung.cost for rung in found.rungs]) == (1, [1920, 2048])
    ((step,),) = [rung.steps for rung in found.rungs[1:]]
    assert (step.change, step.term.quantity, step.term.layers) == (128, "running", ("norm",))
    with pytest.raises(ArchError, match=r"^keras is about params, macs about cost: no term leads there$"):
        way(graph_of("torchvision"), [find("macs"), find("keras")])


def test_costs_and_params_are_not_on_one_ladder() -> None:
    rungs = archcalc.load("torchvision").reconcile().found.rungs
    assert {one.about for rung in rungs for one in rung.conventions} == {"cost"}


def test_a_printed_number_of_params_is_found() -> None:
    spec = "tests/specs/questions/tiny_yolo_keras.yaml"
    done = run("reconcile", spec, "--measured", "15,840,210 params", "--format", "json")
    first = json.loads(done.stdout)["conventions"][0]
    assert (first["name"], first["about"], first["matches"]) == ("keras", "params", True)
    assert done.returncode == 0
    assert run("reconcile", spec, "--measured", "15,840,210 FLOPs").returncode == 1
    assert "not cost or params: run archcalc identify" in run("reconcile", spec, "--measured", "60MB").stderr


def test_buffers_beside_params_are_a_fact_of_the_table() -> None:
    layer = question("bn_keras_256").table(convention="keras").to_dict()
    assert layer["layers"][1] | {"params": 128, "buffers": 129, "cost": 256} == layer["layers"][1]
    assert (layer["convention"]["name"], layer["convention"]["about"]) == ("keras", "params")
