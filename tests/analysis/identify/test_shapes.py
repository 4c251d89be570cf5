"""The shapes of networks that a quoted shape may be."""

import json

import pytest

import archcalc
from archcalc.analysis.identify.shapes import Order, shape_meanings
from tests.commands import run
from tests.sizes import ALEXNETS

GRAPHS = [archcalc.load(name).graph for name in ALEXNETS]


@pytest.mark.parametrize(
    ("shape", "network", "name", "order"),
    [
        ((96, 55, 55), "alexnet_paper", "output of conv1", Order.FIRST),
        ((55, 55, 96), "alexnet_paper", "output of conv1", Order.LAST),
        ((3, 224, 224), "alexnet_torchvision", "input", Order.FIRST),
        ((227, 227, 3), "alexnet_caffe", "input", Order.LAST),
        ((256, 6, 6), "alexnet_torchvision", "output of avgpool", Order.FIRST),
        ((54, 54), "alexnet_d2l", "output of conv1", Order.MAPS),
    ],
)
def test_shapes_are_found_in_every_order(shape: tuple[int, ...], network: str, name: str, order: Order) -> None:
    found = shape_meanings(GRAPHS, shape)
    assert any(network in one.networks and name in one.names and one.order is order for one in found)


def test_every_shape_that_is_found_is_there() -> None:
    for one in shape_meanings(GRAPHS, (13, 13)):
        for network in one.networks:
            outputs = {f"output of {node.name}": node.output_shape for node in archcalc.load(network).graph.nodes}
            assert {outputs[name] for name in one.names} == {one.shape}
            assert one.shape[1:] == (13, 13)


def test_the_order_of_the_quote_comes_first() -> None:
    layers = [{"name": "conv", "op": "conv2d", "out_channels": 6, "kernel_size": 1}]
    graphs = [archcalc.load({"archcalc": 1, "name": "net", "input": [4, 6, 4], "layers": layers}).graph]
    assert [(one.shape, one.order) for one in shape_meanings(graphs, (4, 6, 4))] == [((4, 6, 4), Order.FIRST)]
    assert [one.shape for one in shape_meanings(graphs, (6, 4, 6))] == [(6, 6, 4)]
    assert shape_meanings(graphs, (13, 13, 13)) == []


def test_the_command_says_in_which_order() -> None:
    done = run("identify", "55x55x96")
    assert done.returncode == 0
    assert "55x55x96 is its height x width x channels" in done.stdout
    assert run("identify", "[96, 55, 55]").stdout.count("exactly [96, 55, 55]") > 1
    assert run("identify", "96", "x", "55", "x", "55").returncode == 0


def test_a_shape_that_no_layer_makes() -> None:
    done = run("identify", "5x5x7")
    assert done.returncode == 1
    assert done.stderr == "archcalc: no layer of a network has the shape 5x5x7\n"
    data = json.loads(run("identify", "5x5x7", "--format", "json").stdout)
    assert (data["claims"], data["meanings"]) == ([], [])


def test_shapes_are_there_in_json() -> None:
    data = json.loads(run("identify", "96x55x55", "--format", "json").stdout)
    first = data["meanings"][0]
    assert (first["value"], first["about"], first["how"]) == ([96, 55, 55], "output", "channels x height x width")
    assert "output of conv1" in first["figures"]
