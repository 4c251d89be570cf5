"""What a person gets who made a mistake."""

import json
import re
from itertools import groupby
from pathlib import Path

import pytest

from tests.commands import run
from tests.conftest import BUNDLED


def test_a_folder_of_many_specs_is_not_listed_whole(tmp_path: Path) -> None:
    for place in range(60):
        (tmp_path / f"net{place:02}.yaml").write_text("")
    done = run("table", "xyzzy", "--spec-dir", str(tmp_path))
    assert "net39, ... (archcalc list shows their titles)" in done.stderr
    assert "net40" not in done.stderr


def test_a_layer_that_does_not_fit_ends_a_table_that_is_shown_up_to_it() -> None:
    done = run("table", "specs/alexnet_torchvision.yaml", "--input", "3x32x32")
    assert done.returncode == 2
    assert "conv5.relu" in done.stdout
    assert "avgpool" not in done.stdout
    # 32 + 2*2 - 11 = 25, 25 // 4 + 1 = 7; pooled 3, then 1, in which no 3x3 window fits
    said, fault = done.stderr.splitlines()
    assert said == "archcalc: alexnet_torchvision: shown up to the layer that does not fit"
    assert re.fullmatch(
        r"specs/alexnet_torchvision\.yaml:\d+:5: layer pool5: a 3x3 window at stride 2 does not fit 1x1 "
        r"\(from conv5\.relu: 256x1x1\)",
        fault,
    )


NETWORKS = ".py, .prototxt, .json, .onnx, .mmd, .dot, .gv, .csv, .yaml, .yml"
ANSWERS = ".txt, .json, .jsonl, .ndjson, .csv, .md, .markdown, .tex, .latex, .html, .htm, .svg, .png, .pdf"
"""The endings of what export writes, and of what answers are written as."""

WRONG = [
    (
        ["table", "nope"],
        f"archcalc: there is no spec 'nope'; there are: {', '.join(BUNDLED[:40])}, ... "
        "(archcalc list shows their titles)\n",
    ),
    (
        ["table", "torchvison"],
        "archcalc: there is no spec 'torchvison'; did you mean 'torchvision'? (archcalc list shows all)",
    ),
    (["table", "specs"], "archcalc: specs is a folder; name a spec file in it"),
    (["table", "./specs"], "archcalc: ./specs is a folder; name a spec file in it"),
    (["table", "./no.yaml"], "archcalc: ./no.yaml: there is no such file"),
    (["table", "paper", "--input", "3x0x3"], "archcalc: --input: '3x0x3' is not a shape; write channels x height"),
    (
        ["table", "paper", "--input", "3x3"],
        "archcalc: input 3x3 is not like 3x224x224, which the network reads: it has no channels",
    ),
    (["table", "paper", "--set", "classes"], "archcalc: --set: 'classes' is not a setting; write param=value"),
    (["table", "paper", "--set", "clases=1"], "archcalc: alexnet_paper has no param 'clases' to set; did you mean"),
    (["table", "paper", "--set", "num_classes=on"], "archcalc: --set: num_classes: 'on' is a truth value"),
    (["table", "paper", "--columns", "layr"], "archcalc: there is no column 'layr'; did you mean 'layer'?"),
    (["table", "paper", "--spec-dir", "nowhere"], "archcalc: --spec-dir: nowhere is not a folder"),
    (
        ["table", "alexnet"],
        "archcalc: 'alexnet' may be alexnet_paper or alexnet_torchvision: write the whole name\n",
    ),
    (["table", "TorchVision"], "archcalc: there is no spec 'TorchVision'; did you mean 'torchvision'?"),
    (["table", "paper", "-o", "table.xyz"], "archcalc: --output: .xyz is not the ending of a format (.txt, .json, "),
    *(
        (
            words,
            f"archcalc: --output: {ending} is the ending of another kind of file than this command writes ({own})\n",
        )
        for words, ending, own in (
            (["export", "paper", "-o", "net.png"], ".png", NETWORKS),
            (["export", "paper", "-o", "net.svg"], ".svg", NETWORKS),
            (["export", "paper", "--to", "dot", "-o", "net.PDF"], ".pdf", NETWORKS),
            (["show", "paper", "-o", "net.html"], ".html", ".yaml, .yml, .json"),
            (["show", "paper", "-f", "json", "-o", "net.csv"], ".csv", ".yaml, .yml, .json"),
            (["import", "net.prototxt", "-o", "net.py"], ".py", ".yaml, .yml, .json"),
            (["schema", "-o", "schema.yaml"], ".yaml", ".json"),
            (["table", "paper", "-o", "net.gif"], ".gif", ANSWERS),
            (["table", "paper", "-f", "json", "-o", "net.jpg"], ".jpg", ANSWERS),
            (["list", "-f", "csv", "-o", "list.onnx"], ".onnx", ANSWERS),
            (["profile", "lenet_d2l", "-f", "tf", "-o", "lines.svg"], ".svg", ".txt"),
        )
    ),
    *(
        (
            [*words, "-o", f"net{ending}"],
            f"archcalc: {option} does not go with the ending of --output net{ending}: leave out {option}, or write "
            f"{own}\n",
        )
        for words, ending, option, own in (
            (["table", "paper", "-f", "json"], ".csv", "--format json", "net.json"),
            (["list", "-f", "csv"], ".html", "--format csv", "net.csv"),
            (["ops", "-f", "html"], ".SVG", "--format html", "net.html or net.htm"),
            (["memory", "paper", "--plan", "-f", "plain"], ".json", "--format plain", "net.txt"),
            (["table", "paper", "-f", "table"], ".md", "--format table", "net.txt"),
            (["profile", "lenet_d2l", "-f", "csv"], ".json", "--format csv", "net.csv"),
            (["calibrate", "-f", "csv"], ".json", "--format csv", "net.csv"),
            (["show", "paper", "-f", "json"], ".yaml", "--format json", "net.json"),
            (["show", "paper", "-f", "yaml"], ".json", "--format yaml", "net.yaml or net.yml"),
            (["export", "paper", "--to", "dot"], ".onnx", "--to dot", "net.dot or net.gv"),
            (["export", "paper", "--to", "keras"], ".yaml", "--to keras", "net.json"),
            (["draw", "paper", "-f", "tikz"], ".png", "--format tikz", "net.tex"),
            (["draw", "paper", "-f", "mermaid"], ".SVG", "--format mermaid", "net.mmd"),
            (["draw", "paper", "-f", "svg"], ".pdf", "--format svg", "net.svg"),
        )
    ),
    (["ops", "conv"], "archcalc: unknown op 'conv'; did you mean 'conv2d'?"),
    (["ops", "dense"], "archcalc: unknown op 'dense'; did you mean 'linear'?"),
    (["show", "nope"], "archcalc: there is no spec 'nope'"),
]


@pytest.mark.parametrize(("arguments", "message"), WRONG, ids=lambda value: " ".join(value)[:50])
def test_a_mistake_gets_a_message_on_standard_error_and_2(arguments: list[str], message: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "arguments", [["tabel"], ["table"], ["table", "paper", "--batch", "0"], ["table", "-f", "xml"]]
)
def test_a_usage_mistake_ends_with_2(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert "Error" in done.stderr


def test_validate_lists_every_fault_of_every_file(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(
        "archcalc: 1\nname: bad\ninput: [1, 8, 8]\nlayers:\n"
        "  - {name: a, op: conv2d, out_channels: 0, kernel_size: 3}\n"
        "  - {name: b, op: conv, out_channels: 1}\n"
    )
    done = run("validate", str(bad), "paper", str(tmp_path / "none.yaml"))
    assert done.returncode == 2
    assert "specs/alexnet_paper.yaml" in done.stdout
    assert done.stderr.splitlines() == [
        f"{bad}:5:41: layer a: out_channels must be an integer >= 1, got 0",
        f"{bad}:6:19: layer b: unknown op 'conv'; did you mean 'conv2d'? (archcalc ops lists all)",
        f"archcalc: {tmp_path / 'none.yaml'}: there is no such file",
    ]
    read = json.loads(run("validate", str(bad), "paper", "-f", "json").stdout)["results"]
    assert [result["ok"] for result in read] == [False, True]
    assert [(fault["line"], fault["column"]) for fault in read[0]["faults"]] == [(5, 41), (6, 19)]


def test_list_shows_every_bundled_spec_and_a_broken_one(tmp_path: Path) -> None:
    read = json.loads(run("list", "--format", "json").stdout)["results"]
    assert sorted(spec["name"] for spec in read) == BUNDLED
    families = [family for family, _ in groupby(spec["family"] for spec in read)]
    assert families == sorted({*families})  # each is in one place, and every bundled spec has one
    assert "" not in families
    (tmp_path / "broken.yaml").write_text("archcalc: 1\nname: other\n")
    done = run("list", "--spec-dir", str(tmp_path))
    assert done.returncode == 0
    assert "has mistakes: run archcalc validate" in done.stdout


def test_what_is_probably_not_meant_is_said(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "archcalc: 1\nname: net\ninput: [3, 8, 8]\nlayers:\n"
        "  - {name: norm, op: local_response_norm, size: 4, alpha_per: sum}\n"
        "  - {name: fc, op: linear, out_features: 2}\n"
    )
    for command, file in (("table", "net"), ("validate", str(path))):
        done = run(command, str(path))
        assert done.returncode == 0
        assert done.stderr.splitlines() == [
            f"archcalc: {file}: layer norm: size 4 is even: PyTorch has one more channel before, ONNX after",
            f"archcalc: {file}: layer fc: works on the last axis of 3x8x8; is a flatten missing before it?",
        ]


@pytest.mark.parametrize(("back", "words"), [("", []), ("  - {name: first, op: permute, dims: [3, 1, 2]}\n", ["fc"])])
def test_channels_that_were_put_last_are_meant_to_be(back: str, words: list[str], tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "archcalc: 1\nname: net\ninput: [3, 8, 8]\nlayers:\n"
        "  - {name: last, op: permute, dims: [2, 3, 1]}\n"
        "  - {name: norm, op: layer_norm, normalized_shape: 3}\n"
        f"{back}  - {{name: fc, op: linear, out_features: 2}}\n"
    )
    said = run("table", str(path)).stderr.splitlines()
    assert [line.split()[3].rstrip(":") for line in said] == words


def test_a_table_that_stops_early_says_so_in_every_form(tmp_path: Path) -> None:
    arguments = ["table", "torchvision", "--input", "3x62x62"]
    assert json.loads(run(*arguments, "-f", "json").stdout)["complete"] is False
    assert "total so far" in run(*arguments).stdout
    output = tmp_path / "table.csv"
    assert run(*arguments, "-o", str(output)).returncode == 2
    assert not output.exists()
