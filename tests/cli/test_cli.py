"""The command line as its users meet it: each command, each format, each way to be wrong."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from archcalc.cli.app import COMMANDS
from tests.commands import clean_environment, on_terminal, run
from tests.conftest import BUNDLED, ROOT


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = run(command, "--help", COLUMNS="200")
    assert done.returncode == 0
    assert f"Example: archcalc {command}" in done.stdout


def test_help_lists_the_commands_in_panels() -> None:
    done = run("--help", COLUMNS="200")
    assert done.returncode == 0
    for words in ("Reading a network", "Spec files", *COMMANDS):
        assert words in done.stdout


def test_version() -> None:
    from archcalc import __version__

    assert run("--version").stdout == f"{__version__}\n"


@pytest.mark.parametrize("form", ["table", "plain", "json", "csv", "markdown", "latex", "html"])
@pytest.mark.parametrize("command", [["table", "paper"], ["list"], ["ops"], ["ops", "conv2d"], ["validate", "paper"]])
def test_every_format_of_every_command(command: list[str], form: str) -> None:
    done = run(*command, "--format", form)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout
    assert "\x1b" not in done.stdout
    if form == "json":
        assert json.loads(done.stdout)["schema"] == 1


def test_a_pipe_gets_plain_text_at_natural_width() -> None:
    done = run("table", "paper", COLUMNS="40")
    assert done.stdout == run("table", "paper", "--format", "plain").stdout
    assert done.stderr == ""


def test_a_wide_terminal_gets_colour_and_bars() -> None:
    text, code = on_terminal(180, "table", "paper")
    assert code == 0
    assert "\x1b[" in text
    assert "█" in text
    assert "narrow" not in text


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_escape_codes_where_they_are_not_wanted(environment: dict[str, str]) -> None:
    text, code = on_terminal(180, "table", "paper", **environment)
    assert code == 0
    assert "\x1b" not in text


def test_a_narrow_terminal_says_what_it_left_out() -> None:
    text, code = on_terminal(60, "table", "paper", NO_COLOR="1")
    assert code == 0
    assert "archcalc: the terminal is narrow, left out: params %, MACs %, groups, #," in " ".join(text.split())
    assert "724,406,816" in text


def test_a_message_is_broken_between_words_on_a_terminal_only() -> None:
    text, code = on_terminal(60, "table", "nope")
    assert code == 2
    assert max(map(len, text.splitlines())) <= 60
    assert " ".join(text.split()) == run("table", "nope").stderr.strip()


def test_a_folder_of_many_specs_is_not_listed_whole(tmp_path: Path) -> None:
    for place in range(60):
        (tmp_path / f"net{place:02}.yaml").write_text("")
    done = run("table", "xyzzy", "--spec-dir", str(tmp_path))
    assert "net39, ... (archcalc list shows their titles)" in done.stderr
    assert "net40" not in done.stderr


def test_several_specs_print_one_table_each() -> None:
    done = run("table", "paper", "torchvision", "d2l")
    assert done.returncode == 0
    titles = [line for line in done.stdout.splitlines() if line.startswith("alexnet_")]
    assert [title.split(":")[0] for title in titles] == ["alexnet_paper", "alexnet_torchvision", "alexnet_d2l"]
    assert [r["name"] for r in json.loads(run("table", "paper", "d2l", "-f", "json").stdout)["results"]] == [
        "alexnet_paper",
        "alexnet_d2l",
    ]


def test_input_set_and_batch() -> None:
    done = run("table", "d2l_rgb", "--set", "num_classes=2", "--input", "3x227x227", "--batch", "8", "-f", "json")
    read = json.loads(done.stdout)
    assert (read["input_shape"], read["batch"]) == ([3, 227, 227], 8)
    one = json.loads(run("table", "d2l_rgb", "--set", "num_classes=2", "--input", "3x227x227", "-f", "json").stdout)
    assert read["totals"]["macs"] == 8 * one["totals"]["macs"]
    assert read["totals"]["activations"] == 8 * one["totals"]["activations"]
    assert read["totals"]["params"] == one["totals"]["params"]
    assert read["totals"]["units"] == one["totals"]["units"]
    assert read["layers"][-1]["output_shape"] == [2]


def test_columns_are_picked_in_order() -> None:
    done = run("table", "lenet_d2l", "--columns", "output,layer,flops", "-f", "csv")
    assert done.stdout.splitlines()[:2] == ["output,layer,flops", "6x28x28,conv1,235200"]


def test_towers_unfold() -> None:
    done = run("table", "paper", "--per-device")
    assert "21,632" in done.stdout
    plain = run("table", "torchvision", "--per-device")
    assert plain.stdout == run("table", "torchvision").stdout
    assert plain.stderr == "archcalc: alexnet_torchvision has no towers: --per-device changes nothing\n"


def test_standard_input_is_a_spec() -> None:
    shown = run("show", "caffenet").stdout
    assert run("table", "-", stdin=shown).stdout == run("table", "caffenet").stdout
    assert run("show", "-", stdin=shown).stdout == shown
    as_json = run("show", "caffenet", "--format", "json").stdout
    assert run("table", "-", stdin=as_json).stdout == run("table", "caffenet").stdout


def test_output_goes_to_a_file_in_the_format_of_its_ending(tmp_path: Path) -> None:
    for ending, start in (
        (".md", "**alexnet"),
        (".tex", "% needs"),
        (".json", "{"),
        (".html", "<!doctype"),
        (".csv", "i"),
    ):
        path = tmp_path / f"table{ending}"
        done = run("table", "paper", "--output", str(path))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert path.read_text(encoding="utf-8").startswith(start)
    assert [path.suffix for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_failed_output_leaves_the_old_file_whole(tmp_path: Path) -> None:
    old = tmp_path / "table.md"
    old.write_text("old")
    assert run("table", "nope", "--output", str(old)).returncode == 2
    assert old.read_text() == "old"
    done = run("table", "paper", "--output", str(tmp_path / "no" / "table.md"))
    assert done.returncode == 2
    assert done.stderr == (
        f"archcalc: --output: {tmp_path / 'no' / 'table.md'} cannot be written: no such file or directory\n"
    )


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


WRONG = [
    (
        ["table", "nope"],
        f"archcalc: there is no spec 'nope'; there are: {', '.join(BUNDLED)} (archcalc list shows their titles)\n",
    ),
    (
        ["table", "torchvison"],
        "archcalc: there is no spec 'torchvison'; did you mean 'torchvision'? (archcalc list shows all)",
    ),
    (["table", "specs"], "archcalc: specs is a folder; name a spec file in it"),
    (["table", "./specs"], "archcalc: ./specs is a folder; name a spec file in it"),
    (["table", "./no.yaml"], "archcalc: ./no.yaml: there is no such file"),
    (["table", "paper", "--input", "3x0x3"], "archcalc: --input: '3x0x3' is not a shape; write channels x height"),
    (["table", "paper", "--input", "3x3"], "archcalc: --input: '3x3' is not a shape"),
    (["table", "paper", "--set", "classes"], "archcalc: --set: 'classes' is not a setting; write param=value"),
    (["table", "paper", "--set", "clases=1"], "archcalc: alexnet_paper has no param 'clases' to set; did you mean"),
    (["table", "paper", "--set", "num_classes=on"], "archcalc: --set num_classes: 'on' is a truth value"),
    (["table", "paper", "--columns", "layr"], "archcalc: there is no column 'layr'; did you mean 'layer'?"),
    (["table", "paper", "--spec-dir", "nowhere"], "archcalc: --spec-dir: nowhere is not a folder"),
    (["table", "alexnet"], "archcalc: there is no spec 'alexnet', but there are alexnet_caffe, alexnet_ccv, "),
    (["table", "TorchVision"], "archcalc: there is no spec 'TorchVision'; did you mean 'torchvision'?"),
    (["table", "paper", "-o", "table.xyz"], "archcalc: --output: .xyz is not the ending of a format (.txt, .json, "),
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
    assert [spec["name"] for spec in read] == BUNDLED
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


def test_a_table_that_stops_early_says_so_in_every_form(tmp_path: Path) -> None:
    arguments = ["table", "torchvision", "--input", "3x62x62"]
    assert json.loads(run(*arguments, "-f", "json").stdout)["complete"] is False
    assert "total so far" in run(*arguments).stdout
    output = tmp_path / "table.csv"
    assert run(*arguments, "-o", str(output)).returncode == 2
    assert not output.exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_said_in_one_line() -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "archcalc", "table", "paper"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=clean_environment(),
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "archcalc: standard output cannot be written: no space left on device\n"


def test_structures_are_shown_like_ops() -> None:
    done = run("ops", "branches")
    assert done.returncode == 0
    assert "paths" in done.stdout


def test_help_names_every_column() -> None:
    from archcalc.cli.table import COLUMN_KEYS
    from archcalc.render.table.layers import COLUMNS

    assert {column.key for column in COLUMNS} == set(COLUMN_KEYS)
    assert run("table", "lenet_d2l", "--columns", "#,MACs,layer", "-f", "csv").stdout.startswith("index,macs,layer\n")


def test_head_ends_a_long_output_quietly(tmp_path: Path) -> None:
    layers = "\n".join(f"  - {{name: a{i}, op: relu}}" for i in range(5000))
    path = tmp_path / "long.yaml"
    path.write_text(f"archcalc: 1\nname: long\ninput: [8]\nlayers:\n{layers}\n")
    script = f"{sys.executable} -m archcalc table {path}; echo code $? >&2"
    done = subprocess.run(
        ["bash", "-c", f"({script}) | head -1"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=clean_environment(),
        check=False,
    )
    assert done.stdout == "long (input 8)\n"
    assert done.stderr == "code 0\n"


def test_control_c_ends_with_130(tmp_path: Path) -> None:
    pipe = tmp_path / "slow.yaml"
    os.mkfifo(pipe)
    process = subprocess.Popen(
        [sys.executable, "-m", "archcalc", "table", str(pipe)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment(),
        cwd=ROOT,
    )
    with pipe.open("wb"):  # opens once the command has opened it, which then waits for what never comes
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"", b"")


def test_show_of_another_network_makes_no_claims_about_it() -> None:
    assert "claims:" in run("show", "d2l_rgb").stdout
    for change in (["--set", "num_classes=2"], ["--input", "3x256x256"]):
        assert "claims:" not in run("show", "d2l_rgb", *change).stdout


def test_output_goes_through_links_and_into_pipes(tmp_path: Path) -> None:
    target, link, pipe = tmp_path / "target.md", tmp_path / "link.md", tmp_path / "pipe.md"
    target.write_text("old")
    link.symlink_to(target)
    assert run("table", "paper", "-o", str(link)).returncode == 0
    assert link.is_symlink()
    assert target.read_text().startswith("**alexnet")
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE, text=True) as reader:
        assert run("table", "paper", "-o", str(pipe)).returncode == 0
        assert reader.communicate()[0] == target.read_text()
    assert pipe.is_fifo()


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-"])
def test_closed_streams_are_no_traceback(closed: str) -> None:
    word = "-" if closed == "<&-" else "paper"
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m archcalc table {word} {closed}"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=clean_environment(),
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == (2 if closed == "<&-" else 0)


def test_a_title_that_the_terminal_cannot_write_is_escaped(tmp_path: Path) -> None:
    path = tmp_path / "net.yaml"
    path.write_text(
        "archcalc: 1\nname: net\ntitle: 网络\ninput: [3]\nlayers: [{name: a, op: relu}]\n", encoding="utf-8"
    )
    done = run("table", str(path), PYTHONIOENCODING="latin-1")
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u7f51" in done.stdout


def test_a_name_of_odd_bytes_is_no_traceback() -> None:
    command = [os.fsencode(sys.executable), b"-m", b"archcalc", b"table", b"\xff"]
    done = subprocess.run(command, capture_output=True, cwd=ROOT, env=clean_environment(), check=False)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
