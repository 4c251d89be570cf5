"""What figures are made of: volumes with their windows, blocks that repeat, rows, valleys, and fields."""

import json
from itertools import pairwise
from typing import Any

import pytest
import torch

import archcalc
from archcalc.analysis.draw.costs import costs_of
from archcalc.analysis.draw.field import field_of
from archcalc.analysis.draw.flow import FEW, MOST, SOME, flow_of, valley_of
from archcalc.analysis.draw.ranks import ranked
from archcalc.analysis.draw.style import Style, style_for
from archcalc.analysis.draw.units import units_of
from archcalc.analysis.draw.volumes import volumes_of, why_not
from archcalc.errors import ArchError
from archcalc.graph import Graph
from tests.conftest import ROOT

SPECS = sorted((ROOT / "specs").glob("*.yaml"))
assert SPECS, "no specs found"


def graph_of(name: str) -> Graph:
    return archcalc.load(name).graph


def net(*layers: dict[str, Any], size: int = 32) -> Graph:
    document = {"archcalc": 1, "name": "net", "input": [3, size, size], "layers": list(layers)}
    return archcalc.load(document).graph


def conv(name: str, out: int = 8, **more: Any) -> dict[str, Any]:
    return {"name": name, "op": "conv2d", "out_channels": out, "kernel_size": 3, "padding": 1, **more}


def test_the_volumes_of_the_paper_are_those_of_its_figure() -> None:
    """Figure 2: 224x224x3; on each GPU 55x55x48, 27x27x128, 13x13x192 twice, 13x13x128; 2048, 2048; 1000."""
    found = volumes_of(graph_of("paper"))
    assert [(column.name, column.shape, len(column.devices)) for column in found.columns] == [
        ("input", (3, 224, 224), 0),
        ("conv1", (48, 55, 55), 2),
        ("conv2", (128, 27, 27), 2),
        ("conv3", (192, 13, 13), 2),
        ("conv4", (192, 13, 13), 2),
        ("conv5", (128, 13, 13), 2),
        ("fc6", (2048,), 2),
        ("fc7", (2048,), 2),
        ("fc8", (1000,), 0),
    ]


def test_the_towers_of_the_paper_read_each_other_where_the_paper_says() -> None:
    """Only conv3 and the fully connected layers read both GPUs; conv2, conv4 and conv5 read their own."""
    found = volumes_of(graph_of("paper"))

    def named(number: int) -> tuple[str, str]:
        volume = found.volumes[number]
        return found.columns[volume.column].name, volume.device

    crossing = {named(by)[0] for of, by in [*((w.of, w.by) for w in found.windows), *found.whole]
                if named(of)[1] and named(by)[1] and named(of)[1] != named(by)[1]}  # fmt: skip
    assert crossing == {"conv3", "fc6", "fc7"}
    assert sum(named(window.by)[0] == "conv3" for window in found.windows) == 4
    assert sum(named(window.by)[0] == "conv4" for window in found.windows) == 2


@pytest.mark.parametrize(
    ("reader", "size"),
    [
        ("conv1", 11),
        ("conv2", 11),  # 5 of pool1, whose windows of 3 lie 2 apart: (5 - 1) * 2 + 3
        ("conv3", 7),  # (3 - 1) * 2 + 3
        ("conv4", 3),
        ("conv5", 3),
    ],
)
def test_a_window_is_what_is_read_of_the_volume_through_pools(reader: str, size: int) -> None:
    found = volumes_of(graph_of("paper"))
    windows = [one for one in found.windows if found.columns[found.volumes[one.by].column].name == reader]
    assert windows
    assert {end - start for window in windows for start, end in window.ranges} == {size}


@pytest.mark.parametrize("name", ["lenet_d2l", "lenet5"])
def test_windows_are_where_torch_has_gradients(name: str) -> None:
    """The gradient of one output is nothing outside its window, and something on its edges: these pools are means."""
    network = archcalc.load(name)
    found, module = volumes_of(network.graph), network.module().double().eval()
    outputs: dict[str, torch.Tensor] = {}

    def keep(layer: str) -> Any:
        def hook(_: object, __: object, out: torch.Tensor) -> None:
            out.retain_grad()
            outputs[layer] = out

        return hook

    for layer, one in module.named_modules():
        one.register_forward_hook(keep(layer))
    x = torch.rand(1, *network.spec.inputs["input"], dtype=torch.float64, requires_grad=True)
    module(x)
    outputs["input"] = x
    assert found.windows
    for window in found.windows:
        of, by = (found.columns[found.volumes[number].column].name for number in (window.of, window.by))
        x.grad = None
        for out in outputs.values():
            out.grad = None
        outputs[by][(0, slice(None), *window.place)].sum().backward(retain_graph=True)
        grad = outputs[of].grad
        assert grad is not None
        touched = grad[0].abs().sum(0)
        spans = [torch.nonzero(touched.sum(1 - axis)).flatten() for axis in (0, 1)]
        assert tuple((int(span[0]), int(span[-1]) + 1) for span in spans) == window.ranges


def test_what_is_no_chain_says_why() -> None:
    assert why_not(graph_of("paper")) == ""
    assert why_not(graph_of("unet")) == "cut4 reads 2 layers, and not just the layer before it"
    assert why_not(net(conv("a"), conv("b", **{"from": "input"}))) == "b reads input, and not just the layer before it"
    two = {"archcalc": 1, "name": "n", "input": {"left": [3, 8, 8], "right": [3, 8, 8]},
           "layers": [{"name": "sum", "op": "add", "from": ["left", "right"]}]}  # fmt: skip
    assert why_not(archcalc.load(two).graph) == "it has 2 inputs"
    solid = {"archcalc": 1, "name": "n", "input": [1, 8, 8, 8],
             "layers": [{"name": "c", "op": "conv3d", "out_channels": 2, "kernel_size": 3}]}  # fmt: skip
    assert why_not(archcalc.load(solid).graph) == "input has three axes of places"
    with pytest.raises(ArchError, match=r"unet is no chain that volumes show: cut4 reads 2 layers, .* flow shows it"):
        volumes_of(graph_of("unet"))


def test_equal_volumes_are_one_where_there_are_many() -> None:
    found = volumes_of(graph_of("vgg16"))
    assert found.is_folded
    assert [(column.name, column.times) for column in found.columns] == [
        ("input", 0),
        *((f"stage{stage}.0.conv", times) for stage, times in ((1, 2), (2, 2), (3, 3), (4, 3), (5, 3))),
        ("fc6", 2),
        ("fc8", 1),
    ]
    assert [node.name for column in found.columns for node in column.nodes] == [
        node.name for node in found.graph.nodes
    ]  # fmt: skip


def test_only_the_last_of_equal_volumes_is_followed_by_more() -> None:
    def follow(name: str, *ops: str) -> list[dict[str, Any]]:
        own = {"kernel_size": 3, "padding": 1, "stride": 1}
        more = [{"name": f"{name}_{op}", "op": op} for op in ops]
        return [conv(name), *(one | own if "pool" in one["op"] else one for one in more)]

    layers = [*follow("a", "relu"), *follow("b", "relu"), *follow("c", "relu", "max_pool2d"), *follow("d", "relu"),
              *follow("e", "relu", "dropout"), *follow("f"), *follow("g"), *follow("h", "max_pool2d")]  # fmt: skip
    layers += [layer for number in range(9) for layer in follow(f"i{number}", "relu", "max_pool2d")]
    found = [
        (column.name, column.times, [[node.layer.op for node in part] for part in (column.each, column.then)])
        for column in volumes_of(net(*layers)).columns[1:]
    ]
    assert found == [
        ("a", 3, [["relu"], ["max_pool2d"]]),
        ("d", 2, [["relu"], ["dropout"]]),
        ("f", 3, [[], ["max_pool2d"]]),
        ("i0", 9, [["relu", "max_pool2d"], []]),
    ]


@pytest.mark.parametrize(
    ("name", "blocks"),
    [
        (
            "resnet152",
            [("layer1.first", 1), ("layer1.rest.0", 2), ("layer2.first", 1), ("layer2.rest.0", 7),
             ("layer3.first", 1), ("layer3.rest.0", 35), ("layer4.first", 1), ("layer4.rest.0", 2)],
        ),
        ("googlenet", [(f"inception{name}", 1) for name in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")]),
        (
            "densenet121",
            [("denseblock1.0", 6), ("transition1", 1), ("denseblock2.0", 12), ("transition2", 1),
             ("denseblock3.0", 24), ("transition3", 1), ("denseblock4.0", 16)],
        ),
        ("unet", [(name, 1) for name in ("down1", "down2", "down3", "down4", "bottom", "up4", "up3", "up2", "up1")]),
    ],
)  # fmt: skip
def test_blocks_are_found_in_names_and_repeat(name: str, blocks: list[tuple[str, int]]) -> None:
    units = units_of(graph_of(name), MOST)
    assert [(unit.name, unit.times) for unit in units if unit.is_block] == blocks


def test_blocks_are_found_without_names() -> None:
    """A stem, and then 40 times a convolution whose output is added to what it reads."""
    layers = [conv("c")]
    for number in range(40):
        before = layers[-1]["name"]
        layers += [conv(f"a{number}"), conv(f"b{number}")]
        layers += [{"name": f"s{number}", "op": "add", "from": [before, f"b{number}"]}]
    units = units_of(net(*layers), MOST)
    assert [(unit.name, unit.times, len(unit.once)) for unit in units] == [("c", 1, 1), ("a0", 40, 3)]


def test_a_block_whose_inside_is_read_elsewhere_does_not_repeat() -> None:
    layers = [conv(name, 3) for name in ("a", "b", "c", "d")]
    assert [unit.times for unit in units_of(net(*layers), MOST)] == [4]
    layers.append({"name": "sum", "op": "add", "from": ["b", "d"]})
    assert [(unit.name, unit.times) for unit in units_of(net(*layers), MOST)] == [
        *(("a", 2), ("c", 2), ("sum", 1)),
    ]  # fmt: skip
    layers.append(conv("dead", 3, **{"from": "d"}))  # which nothing reads, and which is no output
    document = {"archcalc": 1, "name": "n", "input": [3, 9, 9], "layers": layers, "outputs": ["sum"]}
    assert [unit.times for unit in units_of(archcalc.load(document).graph, MOST)] == [2, 2, 1, 1]
    layers = [conv(name) for name in ("a", "b", "c")]
    document = {"archcalc": 1, "name": "n", "input": [8, 9, 9], "layers": layers, "outputs": ["b", "c"]}
    assert [unit.times for unit in units_of(archcalc.load(document).graph, MOST)] == [2, 1]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_flow_has_every_layer_once_and_every_line(path: Any) -> None:
    graph = archcalc.load(path).graph
    flow = flow_of(graph)
    assert len(flow.boxes) <= max(SOME, FEW) + len(graph.spec.inputs)
    assert sorted(node.name for box in flow.boxes for node in box.nodes) == sorted(node.name for node in graph.nodes)
    place = {node.name: box.number for box in flow.boxes for node in box.nodes}
    place |= {name: number for number, name in enumerate(graph.spec.inputs)}
    wanted = {(place[read], place[node.name]) for node in graph.nodes for read in node.inputs}
    again = {(one, other) for one, other in wanted if one > other}  # from one time of a block to the next
    assert all(flow.boxes[one].times > 1 for one, _ in again)
    assert {(one, other) for one, other in wanted if one < other} == {*flow.lines}
    rows = ranked(len(flow.boxes), flow.lines)
    row_of = {place: number for number, row in enumerate(rows.rows) for place in row}
    assert sorted(row_of) == list(range(len(row_of)))
    for path_, (start, end) in zip(rows.paths, flow.lines, strict=True):
        assert (path_[0], path_[-1]) == (start, end)
        assert all(row_of[other] == row_of[one] + 1 for one, other in pairwise(path_))


def test_lines_do_not_cross_where_they_need_not() -> None:
    # two chains beside each other, given in the order that crosses: 0 -> 3, 1 -> 2
    rows = ranked(6, [(0, 3), (1, 2), (3, 5), (2, 4)])
    first, second, third = rows.rows
    assert [first.index(0) < first.index(1)] == [second.index(3) < second.index(2)] == [third.index(5) < third.index(4)]


def test_a_network_too_large_is_merged_and_says_so() -> None:
    flow = flow_of(net(*(conv(f"c{number}", 8 + number % 7) for number in range(300))))
    assert flow.is_merged
    assert len(flow.boxes) <= MOST
    assert sum(len(box.nodes) for box in flow.boxes) == 300


def test_u_net_is_a_valley_and_a_residual_network_is_none() -> None:
    flow = flow_of(graph_of("unet"))
    valley = valley_of(flow)
    assert valley is not None
    names = [box.name for box in flow.boxes]
    assert (names[valley.bottom], names[valley.last]) == ("bottom", "dropout")
    assert [(names[one], names[other]) for one, other in valley.across] == [
        *(("down4", "cut4"), ("down3", "cut3"), ("down2", "cut2"), ("down1", "cut1")),
    ]  # fmt: skip
    assert [(names[one], names[other]) for one, other in valley.beside] == [
        (f"upconv{level}", f"joined{level}") for level in (4, 3, 2, 1)
    ]
    assert valley_of(flow_of(graph_of("resnet18"))) is None
    assert valley_of(flow_of(graph_of("paper"))) is None


def test_the_style_is_by_the_network() -> None:
    chains, others = ("paper", "vgg19", "mobilenet_v1", "nin"), ("resnet18", "unet", "squeezenet1_1")
    assert {style_for(graph_of(name)) for name in chains} == {Style.VOLUMES}
    assert {style_for(graph_of(name)) for name in others} == {Style.FLOW}
    assert style_for(net(*(conv(f"c{number}", 8 + number % 7) for number in range(21)))) is Style.FLOW


def test_a_field_is_that_of_the_table_and_what_is_in_it_is_of_layers_before_it() -> None:
    # 11, pool1 11 + 2 * 4, conv2 19 + 4 * 8, pool2 51 + 2 * 8, conv3 67 + 2 * 16, and 32 each, pool5 163 + 2 * 16
    found = field_of(graph_of("torchvision"))
    assert (found.layer, found.seen[-1].size) == ("pool5", (195, 195))
    assert [seen.size[0] for seen in found.seen] == [11, 19, 51, 67, 99, 131, 163, 195]
    for seen in found.seen:
        assert all(end - start == size for (start, end), size in zip(seen.ranges, seen.size, strict=True))
    assert [seen.size[0] for seen in field_of(graph_of("torchvision"), "conv3").seen] == [11, 19, 51, 67, 99]


def test_what_all_outputs_see_is_within_the_input() -> None:
    found = field_of(graph_of("torchvision"), "fc6")
    assert (found.seen[-1].size, found.seen[-1].ranges) == ((224, 224), ((0, 224), (0, 224)))


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("conv9", "there is no layer conv9; did you mean 'conv5'?"),
        ("", "fc_only has no receptive fields"),
    ],
)
def test_what_has_no_field_is_refused(layer: str, message: str) -> None:
    document = {"archcalc": 1, "name": "fc_only", "input": [9],
                "layers": [{"name": "fc", "op": "linear", "out_features": 2}]}  # fmt: skip
    graph = graph_of("torchvision") if layer else archcalc.load(document).graph
    with pytest.raises(ArchError) as caught:
        field_of(graph, layer or None)
    assert str(caught.value) == message


@pytest.mark.parametrize("name", ["paper", "resnet152", "unet", "mobilenet_v3_large"])
def test_parts_add_up_to_the_totals(name: str) -> None:
    network = archcalc.load(name)
    totals, parts = network.table().totals, costs_of(network.graph).parts
    for quantity in ("params", "macs", "activations"):
        assert sum(getattr(part, quantity) for part in parts) == getattr(totals, quantity)


def test_times_are_those_of_a_record_and_of_this_network() -> None:
    (file,) = (ROOT / "reports" / "profiles").glob("alexnet_torchvision-cuda0-infer-fp32-*T114647.json")
    found = costs_of(graph_of("torchvision"), str(file))
    assert found.timed == "NVIDIA H200, batch 128, fp32, measured on 2026-11-27"
    record = json.loads(file.read_text(encoding="utf-8"))
    took = sum(part.milliseconds or 0.0 for part in found.parts)
    assert took == pytest.approx(sum(layer["step"]["median_ms"] for layer in record["layers"]))
    with pytest.raises(ArchError, match="has layers of another network: run archcalc profile lenet_d2l --layers"):
        costs_of(graph_of("lenet_d2l"), str(file))
    untimed = next(iter(sorted((ROOT / "reports" / "profiles").glob("alexnet_caffe-cpu-*.json"))))
    with pytest.raises(ArchError, match="has no times of layers: run archcalc profile alexnet_caffe --layers"):
        costs_of(graph_of("alexnet_caffe"), str(untimed))


def test_what_varies_from_time_to_time_is_known() -> None:
    assert [unit.varies for unit in units_of(graph_of("densenet121"), MOST) if unit.times > 1] == [True] * 4
    assert not any(unit.varies for unit in units_of(graph_of("resnet152"), MOST))


@pytest.mark.parametrize("channels", [3, 8])
def test_layers_of_other_numbers_are_not_one(channels: int) -> None:
    """The first of two equal convolutions may read fewer channels than the second, so that it has fewer params."""
    document = {"archcalc": 1, "name": "n", "input": [channels, 9, 9], "layers": [conv("a"), conv("b")]}
    times = [2] if channels == 8 else [1, 1]
    assert [unit.times for unit in units_of(archcalc.load(document).graph, MOST)] == times


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_what_is_one_has_the_numbers_of_the_table_each_time(path: Any) -> None:
    """A box, and a row of bars: each time the same params, MACs and activations, but for blocks said to vary."""
    network = archcalc.load(path)
    rows = {row.name: (row.params, row.macs, row.activations) for row in network.table().rows}
    alike = [(box.times, box.nodes) for box in flow_of(network.graph).boxes if not box.unit and box.frame is None]
    alike += [(part.times, part.nodes) for part in costs_of(network.graph).parts if not part.varies]
    for times, nodes in alike:
        numbers = [rows[node.name] for node in nodes]
        assert numbers == numbers[: len(numbers) // times] * times


@pytest.mark.parametrize(
    ("name", "params"),
    [
        # 256 maps of both GPUs, then 192 of each: 384 * (256 * 9 + 1), and 384 * (192 * 9 + 1)
        ("paper", {"conv3": 885_120, "conv4": 663_936}),
        ("vgg16", {"fc6": 102_764_544, "fc7": 16_781_312}),  # 4096 * (512 * 49 + 1), 4096 * (4096 + 1)
        ("squeezenet1_0", {"fire2": 11_920, "fire3": 12_432}),  # squeeze 16 * (96 + 1), or 16 * (128 + 1), and 10,368
    ],
)
def test_parts_of_other_numbers_have_rows_of_their_own(name: str, params: dict[str, int]) -> None:
    parts = {part.name: part for part in costs_of(graph_of(name)).parts}
    assert {part: (parts[part].params, parts[part].times) for part in params} == {
        part: (count, 1) for part, count in params.items()
    }


def test_blocks_that_grow_are_one_row_where_there_are_too_many() -> None:
    found = [(part.name, part.times, part.varies) for part in costs_of(graph_of("densenet121")).parts if part.varies]
    assert found == [(f"denseblock{stage}.0", times, True) for stage, times in enumerate((6, 12, 24, 16), 1)]
