"""archcalc compare at the command line."""

import csv
import io
import json
from pathlib import Path

import pytest

import archcalc
from archcalc.render.compare import View, data, stacked
from archcalc.render.table.layers import data as table_data
from archcalc.render.terminal import drawing as terminal
from tests.analysis.compare.compared import (
    compared,
)
from tests.commands import on_terminal, run


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
@pytest.mark.parametrize("names", [*WIDEST, ("squeezenet1_1", "vgg16")], ids=lambda names: Path(names[0]).stem)
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
