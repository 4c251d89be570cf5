"""`archcalc compare`: layers put side by side by what they do, and what differs."""

import csv
import io
import json
from itertools import combinations, permutations
from pathlib import Path
from typing import Any

import pytest

import archcalc
from archcalc.analysis.compare.changes import Part
from archcalc.analysis.compare.comparison import Aligned, Comparison, compare
from archcalc.graph import Graph
from archcalc.render.compare import View, data, sheets, stacked
from archcalc.render.formats.plain import render
from archcalc.render.table.layers import data as table_data
from archcalc.render.terminal import drawing as terminal
from tests.commands import on_terminal, run
from tests.conftest import BUNDLED, ROOT
from tests.goldens import same_as_golden

VALID = sorted((ROOT / "tests" / "specs" / "valid").glob("*.yaml"))
GRAPHS = {name: archcalc.load(name).graph for name in [*BUNDLED, *map(str, VALID)]}


def compared(*names: str) -> Comparison:
    return compare([archcalc.load(name).graph for name in names])


def valid(name: str) -> Graph:
    return GRAPHS[str(ROOT / "tests" / "specs" / "valid" / f"{name}.yaml")]


def shown(comparison: Comparison, only: str | None = None, changed: bool = False) -> str:
    return render(sheets(View(comparison, only, changed)))


def words(comparison: Comparison, only: str | None = None) -> dict[str, str]:
    """What is said of each layer that differs, in a comparison of two."""
    return dict(sheets(View(comparison, only))[-1].rows)


LAYERS = "archcalc: 1\nname: %s\ninput: [4, 16, 16]\nlayers:\n%s"


def network(folder: Path, name: str, layers: str) -> Graph:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.yaml"
    path.write_text(LAYERS % (name, "".join(f"  - {line}\n" for line in layers.strip().splitlines())))
    return archcalc.load(path).graph


def named(layers: tuple[Aligned, ...]) -> list[tuple[str | None, ...]]:
    return [tuple(part.row.name if part else None for part in layer.parts) for layer in layers]


@pytest.mark.parametrize("name", GRAPHS, ids=lambda name: Path(name).stem)
def test_a_network_does_not_differ_from_itself(name: str) -> None:
    comparison = compare([GRAPHS[name]] * 3)
    assert not comparison.differ
    assert not comparison.are_apart
    assert comparison.parting is None
    assert named(comparison.layers) == [(node.name,) * 3 for node in GRAPHS[name].nodes]


def changes(comparison: Comparison, is_mirrored: bool = False) -> list[tuple[object, ...]]:
    found = []
    for layer in comparison.layers:
        for change in layer.changes[1]:
            before, after = (change.after, change.before) if is_mirrored else (change.before, change.after)
            found.append((tuple(sorted(layer.names)), change.what, before, after))
    return found


PAIRS = [*combinations([name for name in GRAPHS if "152" not in name and "121" not in name], 2)]


@pytest.mark.parametrize("name", BUNDLED)
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
    text = shown(compare([GRAPHS["alexnet_paper"], valid("resnet152")]))
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


WIRED = """
{name: conv1, op: conv2d, out_channels: 4, kernel_size: 1}
{name: conv2, op: conv2d, out_channels: 4, kernel_size: 1}
{name: sum, op: add, from: [%s, conv2]}
"""


def test_what_a_layer_reads_is_a_difference(tmp_path: Path) -> None:
    comparison = compare([network(tmp_path, n, WIRED % reads) for n, reads in (("a", "conv1"), ("b", "input"))])
    assert comparison.differ
    assert words(comparison) == {"sum": "reads conv1, conv2 -> input, conv2"}
    assert "nothing differs" not in shown(comparison)


def test_a_layer_that_was_put_between_does_not_rewire_those_around_it(tmp_path: Path) -> None:
    between = "{name: norm, op: batch_norm2d, from: conv1}\n{name: conv2, op: conv2d, out_channels: 4, kernel_size: 1}"
    without = "{name: conv1, op: conv2d, out_channels: 4, kernel_size: 1}\n" + between.partition("\n")[2]
    more = without.partition("\n")[0] + "\n" + between
    comparison = compare([network(tmp_path, "a", without), network(tmp_path, "b", more)])
    assert words(comparison) == {"norm": "batch_norm2d added"}


def test_layers_of_the_same_name_that_stand_elsewhere_are_looked_through(tmp_path: Path) -> None:
    """Both sums read conv1 and norm; but norm reads conv1 in one network, and conv2 in the other."""
    conv = "{name: %s, op: conv2d, out_channels: 4, kernel_size: 1, from: %s}\n"
    norm = "{name: norm, op: batch_norm2d, from: %s}\n"
    end = "{name: sum, op: add, from: [conv1, norm]}"
    head, next_conv = conv % ("conv1", "input"), conv % ("conv2", "conv1")
    early = network(tmp_path, "a", head + norm % "conv1" + next_conv + end)
    late = network(tmp_path, "b", head + next_conv + norm % "conv2" + end)
    assert words(compare([early, late]))["sum"] == "reads conv1, conv1 -> conv1, conv2"


def in_towers(*layers: str) -> str:
    return f"{{op: towers, devices: [a, b], layers: [{', '.join(layers)}]}}"


def test_gathering_is_a_difference(tmp_path: Path) -> None:
    one, two = "{name: one, op: relu}", "{name: two, op: conv2d, out_channels: 2, kernel_size: 3%s}"
    own, gathered = (
        network(tmp_path, name, in_towers(one, two % gather)) for name, gather in (("a", ""), ("b", ", gather: true"))
    )
    assert words(compare([own, gathered])) == {"two": "gather false -> true"}


def test_gathering_to_no_effect_is_a_difference_all_the_same(tmp_path: Path) -> None:
    """What reads the network's input reads all of it anyway."""
    conv = "{name: conv, op: conv2d, out_channels: 2, kernel_size: 3%s}"
    own, gathered = (
        network(tmp_path, name, in_towers(conv % gather)) for name, gather in (("a", ""), ("b", ", gather: true"))
    )
    comparison = compare([own, gathered])
    assert comparison.differ
    assert words(comparison) == {"conv": "gather false -> true, without effect"}


def test_devices_are_named_where_they_change_a_number_and_groups_that_divide_alike_are_the_same_split() -> None:
    to_torchvision = compared("paper", "torchvision")
    said = words(to_torchvision)
    assert said["conv2"] == "reads 96 -> 64 channels; 256 -> 192 channels; 2 -> 1 devices"
    assert said["conv3"] == "reads 256 -> 192 channels"
    assert not {"fc6", "fc7"} & set(said)
    assert "torchvision: 2 -> 1 devices, which changes only the layers whose lines say so" in shown(to_torchvision)
    assert words(compared("paper", "alexnet_caffe"))["conv2"] == "2 devices -> 2 groups, the same split"


def test_idle_devices_alone_are_a_difference_but_change_no_layer(tmp_path: Path) -> None:
    whole = "{name: one, op: conv2d, out_channels: 4, kernel_size: 3}"
    half = in_towers("{name: one, op: conv2d, out_channels: 2, kernel_size: 3}")
    comparison = compare([network(tmp_path, "a", half), network(tmp_path, "b", whole)])
    assert comparison.differ
    assert "b: 2 -> 1 devices" in shown(comparison)
    assert View(comparison, changed=True).layers == []


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


@pytest.mark.parametrize("name", BUNDLED)
def test_every_number_of_params_that_differs_is_explained(name: str) -> None:
    for other in BUNDLED:
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
@pytest.mark.parametrize("name", BUNDLED)
def test_every_layer_with_another_count_has_words_that_bear_on_it(name: str, only: str) -> None:
    for other in BUNDLED:
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
                conv = before if before.row.op == "conv2d" else after
                assert conv.row.output_shape[1:] == (1, 1), layer.names
    assert pairs  # TensorFlow's AlexNet has fc6 to fc8 as convolutions
    assert ("fc6", "fc6") in named(compared("paper", "alexnet_tf_slim").layers)


def test_batch_norms_do_not_make_networks_alike() -> None:
    assert compare([valid("resnet18"), GRAPHS["alexnet_owt_bn"]]).are_apart


def test_a_network_that_learns_nothing_has_little_in_common_with_one_that_does(tmp_path: Path) -> None:
    assert compare([network(tmp_path, "a", "{name: act, op: relu}"), GRAPHS["alexnet_owt"]]).are_apart


def test_a_residual_network_is_held_against_a_deeper_one() -> None:
    comparison = compare([valid("resnet18"), valid("resnet152")])
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


def test_options_and_exit_codes() -> None:
    both = ["alexnet_caffe", "caffenet"]
    assert run("compare", *both).returncode == 0
    assert run("compare", *both, "--fail-on-diff").returncode == 1
    assert run("compare", "caffenet", "caffenet", "--fail-on-diff").returncode == 0
    only = run("compare", *both, "--only", "params", "--changed", "--format", "csv").stdout.splitlines()
    assert only == ["layer,type,alexnet_caffe.params,caffenet.params"]  # norms moved, which have none
    assert run("compare", "caffenet").returncode == 2
    unknown = run("compare", "paper", "torchvison")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "did you mean" in unknown.stderr
    assert run("compare", "papre", "torchvison", "papre").stderr.splitlines() == [
        "archcalc: there is no spec 'papre'; did you mean 'paper'? (archcalc list shows all)",
        "archcalc: there is no spec 'torchvison'; did you mean 'torchvision'? (archcalc list shows all)",
    ]
    same = run("compare", "paper", "alexnet_paper")
    assert "alexnet_paper is compared with itself: nothing differs" in same.stdout


def test_json_has_every_layer_and_every_change() -> None:
    answer = json.loads(run("compare", "paper", "torchvision", "--format", "json").stdout)
    assert [network["totals"]["params"] for network in answer["networks"]] == [60_965_224, 61_100_840]
    assert answer["networks"][1]["ratios"]["params"] == 61_100_840 / 60_965_224
    assert (answer["apart"], answer["differ"], answer["shapes_part_at"]) == (False, True, ["conv1"])
    assert answer["same"] == []
    conv1 = answer["layers"][0]
    assert conv1["networks"][1]["output_shape"] == [64, 55, 55]
    assert {"network": 1, "what": "out_channels", "before": 96, "after": 64, "idle": False} in conv1["changes"]
    assert {"network": 1, "what": "devices", "before": 2, "after": 1, "idle": True} in conv1["changes"]
    split = json.loads(run("compare", "paper", "alexnet_caffe", "--format", "json").stdout)["layers"][4]["changes"]
    one, other = {"groups": 1, "devices": 2}, {"groups": 2, "devices": 1}
    assert split == [{"network": 1, "what": "split", "before": one, "after": other, "idle": False}]


def test_json_has_of_every_layer_what_table_has_and_its_fields() -> None:
    comparison = compared("paper", "torchvision")
    for place, name in enumerate(("paper", "torchvision")):
        layers = [layer["networks"][place] for layer in data(comparison)["layers"] if layer["networks"][place]]
        of_table = table_data(archcalc.load(name).table())["layers"]
        assert [{key: row[key] for key in row if key != "fields"} for row in layers] == of_table
        norms = [row["fields"] for row in layers if row["op"] == "local_response_norm"]
        assert all(norm["size"] == 5 and norm["alpha_per"] == "sum" for norm in norms)
        assert bool(norms) == (name == "paper")


def test_every_key_of_the_json_is_documented() -> None:
    answer = data(compared("paper", "torchvision"))
    layer = answer["layers"][0]
    keys = {*answer, *answer["networks"][0], *layer, *layer["changes"][0], "fields"} - {"archcalc", "schema"}
    assert data.__doc__
    assert not {key for key in keys if f"`{key}`" not in data.__doc__}


def test_csv_is_the_table_of_layers_with_bare_numbers() -> None:
    rows = list(csv.DictReader(io.StringIO(run("compare", "paper", "torchvision", "--format", "csv").stdout)))
    assert sum(int(row["paper.params"] or 0) for row in rows) == 60_965_224
    assert sum(int(row["torchvision.macs"] or 0) for row in rows) == 714_188_480
    assert (rows[0]["paper.kernel"], rows[0]["paper.padding"], rows[0]["paper.groups"]) == ("11x11", "0 3 0 3", "1")
    (norm1,) = (row for row in rows if row["layer"] == "norm1")
    assert (norm1["paper.output"], norm1["torchvision.output"], norm1["torchvision.params"]) == ("96x55x55", "", "")


def test_a_narrow_terminal_goes_without_windows_then_stacks_then_numbers_the_networks() -> None:
    names = ["paper", "torchvision", "d2l"]
    wide, without, stack, numbered = (on_terminal(w, "compare", *names, NO_COLOR="1")[0] for w in (220, 180, 80, 60))
    assert "torchvision: output  window" in wide
    assert "narrow" not in wide
    assert "torchvision: output  " in without
    assert without.startswith("archcalc: the terminal is narrow, left out: window (")
    assert "11x11" not in without
    assert "\nwindow: " not in without
    assert "torchvision: output" not in stack
    assert ["conv1", "paper", "96x55x55", "34,944", "105,415,200"] in map(str.split, stack.splitlines())
    assert ["fc7", "all", "4096", "16,781,312", "16,777,216"] in map(str.split, stack.splitlines())
    assert "1: alexnet_paper (3x224x224), 2: alexnet_torchvision" in numbered
    assert ["conv5.relu", "1,", "2", "256x13x13", "0", "0"] in map(str.split, numbered.splitlines())


WIDEST = [("paper", "torchvision", "d2l"), ("tf_cnn_benchmarks", "cuda_convnet2"), ("lenet_d2l", "zfnet")]


@pytest.mark.parametrize("only", [None, "shapes", "params", "macs"])
@pytest.mark.parametrize("names", [*WIDEST, (str(VALID[-1]), str(VALID[-2]))], ids=lambda names: Path(names[0]).stem)
def test_the_numbered_stack_fits_sixty_columns(names: tuple[str, ...], only: str | None) -> None:
    comparison = compared(*names)
    assert not comparison.are_apart
    text, _ = terminal.render(stacked(View(comparison, only), numbered=True), 60, colour=False)
    assert max(map(len, text.splitlines())) <= 60


def test_the_stack_marks_what_differs_and_has_ratios() -> None:
    sheet = stacked(View(compared("paper", "torchvision")))[0]
    text, _ = terminal.render([sheet], None, colour=True)
    conv2, beside = (line for line in text.splitlines() if "307,456" in line or "307,392" in line)
    assert "33" not in conv2  # the first network is neither yellow nor dim
    assert "\x1b[1;33m  307,392\x1b[0m" in beside or "\x1b[1;33m   307,392\x1b[0m" in beside
    assert [row[1:] for row in sheet.footer][-1][-2:] == ("1.0022", "0.9859")
    alike = next(line for line in text.splitlines() if "37,752,832" in line)
    assert "\x1b[2m" in alike


def test_the_stack_of_one_quantity_has_a_line_for_each_value_of_it() -> None:
    comparison = compared("paper", "torchvision", "d2l")
    rows = stacked(View(comparison, "params"))[0].rows
    assert [row[1] for row in rows if row[0] == "conv4.relu"] == ["all"]  # shapes differ, params do not
    assert [row[1] for row in rows if row[0] == "drop6 / drop7"] == ["all"]
    assert len({len(row) for row in rows}) == 1


def test_ratios_have_digits_enough() -> None:
    """61,706 / 60,965,224 = 0.00101215; 60,965,225 / 60,965,224 = 1.0000000164."""
    from archcalc.render.compare.cells import ratio

    assert ratio(61_706, 60_965_224) == "0.001012"
    assert ratio(60_965_225, 60_965_224) == "1.000000016"
    assert ratio(60_965_224, 61_706) == "988.0"
    assert ratio(0, 7) == "0"
