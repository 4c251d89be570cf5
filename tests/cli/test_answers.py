"""Answers in a pipe, on terminals, in every format."""

import json

import pytest

from tests.commands import on_terminal, run

COMMANDS = [
    *(["table", "paper"], ["list"], ["ops"], ["ops", "conv2d"], ["validate", "paper"]),
    *(["validate", "paper", "--max-params", "61M"], ["training", "paper"]),
]


@pytest.mark.parametrize("form", ["table", "plain", "json", "jsonl", "csv", "markdown", "latex", "html"])
@pytest.mark.parametrize("command", COMMANDS)
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


def test_show_of_another_network_makes_no_claims_about_it() -> None:
    assert "claims:" in run("show", "d2l_rgb").stdout
    for change in (["--set", "num_classes=2"], ["--input", "3x256x256"]):
        assert "claims:" not in run("show", "d2l_rgb", *change).stdout
