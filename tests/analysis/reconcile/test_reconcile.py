"""`table --convention`, `reconcile`, `conventions` and `identify` of a number, as their users meet them."""

import json
from csv import DictReader
from io import StringIO

import pytest

import archcalc
from archcalc.analysis.conventions import CONVENTIONS
from tests.commands import on_terminal, run
from tests.conftest import ROOT
from tests.sizes import QUICK

GRAPHS = [archcalc.load(name).graph for name in QUICK]


def lines(*arguments: str) -> list[str]:
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def answer(*arguments: str) -> dict[str, object]:
    done = run(*arguments, "--format", "json")
    read: dict[str, object] = json.loads(done.stdout)
    return read


def test_a_table_by_a_convention_has_its_word_and_says_what_that_means() -> None:
    printed = lines("table", "torchvision", "--convention", "fvcore")
    assert "flops of fvcore" in printed[1]
    assert any("where a fused multiply-add is one flop" in line for line in printed)
    # 714,188,480 of convolutions and linear layers, and 256*6*6 = 9,216 read by the adaptive pool
    (total,) = [line for line in printed if line.split()[:1] == ["total"]]
    assert "714,197,696" in total


def test_what_a_convention_says_nothing_about_is_loudly_not_counted() -> None:
    printed = lines("table", "paper", "--convention", "fvcore")
    (norm1,) = [line for line in printed if " norm1 " in line]
    assert norm1.endswith("not counted")
    assert "not counted: fvcore says nothing about local_response_norm, max_pool2d and softmax" in printed
    (relu,) = [line for line in printed if " conv1.relu " in line]
    assert relu.rstrip().endswith("0")
    rows = DictReader(StringIO(run("table", "paper", "--convention", "fvcore", "--format", "csv").stdout))
    assert {row["cost"] for row in rows if row["type"] == "local_response_norm"} == {""}
    read = answer("table", "paper", "--convention", "fvcore")
    costs = {layer["name"]: layer["cost"] for layer in read["layers"]}  # type: ignore[attr-defined]
    assert (costs["norm1"], costs["conv1.relu"]) == (None, 0)
    assert read["convention"]["not_counted"] == ["local_response_norm", "max_pool2d", "softmax"]  # type: ignore[index]
    assert sum(cost or 0 for cost in costs.values()) == read["totals"]["cost"]  # type: ignore[index]


def test_all_conventions_have_a_total_each() -> None:
    read = answer("table", "torchvision", "--convention", "all")
    totals = {one["name"]: one["total"] for one in read["conventions"]}  # type: ignore[attr-defined]
    assert list(totals) == list(CONVENTIONS)
    # as the tools themselves print them for this network
    assert totals["torchinfo"] == totals["ptflops-aten"] == 714_682_664
    assert totals["ptflops"] == 716_441_128
    assert totals["thop"] == 714_206_912
    assert totals["torch"] == 1_428_376_960
    assert totals["deepspeed"] == 714_188_480
    printed = lines("table", "torchvision", "--convention", "all")
    assert any(line.startswith("torchinfo ") and "714,682,664" in line for line in printed)


def test_a_batch_and_devices_are_counted_in() -> None:
    once, thrice = (answer("table", "paper", "--convention", "thop", "--batch", n) for n in ("1", "3"))
    assert 3 * once["totals"]["cost"] == thrice["totals"]["cost"]  # type: ignore[index]
    apart = answer("table", "paper", "--convention", "thop", "--per-device")
    assert apart["totals"]["cost"] == once["totals"]["cost"]  # type: ignore[index]


def test_costs_are_columns_where_there_is_a_convention() -> None:
    printed = lines("table", "lenet_d2l", "--convention", "darknet", "--columns", "layer,cost")
    # 2 * 117,600 for 6 maps of 28x28 by 5x5 windows
    assert printed[3].split() == ["conv1", "235,200"]
    done = run("table", "lenet_d2l", "--columns", "layer,cost")
    assert (done.returncode, done.stdout) == (2, "")
    assert "need --convention" in done.stderr


def test_the_way_from_one_tool_to_another_is_told_term_by_term() -> None:
    read = answer("reconcile", "torchvision", "torchinfo", "ptflops")
    first, last = read["rungs"]  # type: ignore[misc]
    assert (first["total"], last["total"]) == (714_682_664, 716_441_128)
    steps = {(step["op"], step["quantity"]): step["change"] for step in last["steps"]}
    # relu: 193,600 + 139,968 + 64,896 + 43,264 + 43,264 + 2*4,096 outputs; pools read 376,832; avgpool 256*6*6
    assert steps == {
        ("relu", "outputs"): 2 * 493_184,
        ("max_pool2d", "inputs"): 2 * 376_832,
        ("adaptive_avg_pool2d", "inputs"): 2 * 9_216,
    }
    printed = lines("reconcile", "torchvision", "torchinfo", "ptflops")
    assert any("2 x 493,184 outputs of relu" in line and "7 layers, conv1.relu to fc7.relu" in line for line in printed)
    assert any(line.startswith("not counted: torchinfo says nothing about relu, max_pool2d") for line in printed)


def test_one_convention_is_reached_from_macs() -> None:
    read = answer("reconcile", "torchvision", "fvcore")
    assert [rung["conventions"] for rung in read["rungs"]] == [["macs"], ["fvcore"]]  # type: ignore[attr-defined]


def test_the_ladder_names_who_stands_on_each_rung() -> None:
    printed = lines("reconcile", "torchvision")
    assert printed[3].split()[0] == "714,188,480"
    assert "GFLOPS of torchvision" in printed[3]
    assert any(line.strip().startswith("+9,216  inputs of adaptive_avg_pool2d") for line in printed)


def test_a_measured_number_is_held_against_all_conventions() -> None:
    printed = lines("reconcile", "torchvision", "--measured", "716.44M")
    assert [line.split()[0] for line in printed[3:-1]] == ["ptflops"]
    assert printed[-1].startswith("ptflops depends on how the model is written")
    halved = answer("reconcile", "owt", "--measured", "714.83M")
    # (2 * 714,188,480 + 493,184 outputs of relu + 9 * 88,320 pooled outputs) / 2 = 714,832,512
    giving = [one["name"] for one in halved["conventions"] if one["matches"]]  # type: ignore[attr-defined]
    assert giving == ["imgclsmob"]


def test_a_measured_number_that_nobody_gives_ends_with_1_and_the_nearest() -> None:
    done = run("reconcile", "torchvision", "--measured", "800M")
    assert done.returncode == 1
    assert "no convention gives 800M for alexnet_torchvision" in done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()[3:6]] == ["thop-2019", "ptflops", "convnet-burden"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("table", "paper", "--convention", "fvcor"), "there is no convention 'fvcor'; did you mean 'fvcore'?"),
        (("reconcile", "paper", "torchinf"), "did you mean 'torchinfo'?"),
        (("conventions", "xyzzy"), "there are macs, flops, params, torch, torchvision"),
        (("reconcile", "paper", "fvcore", "--measured", "700M"), "name none of them"),
        (("reconcile", "paper", "--measured", "70o"), "write an integer, or a number as it is printed: 60M"),
        (
            ("identify", "0.7.7"),
            "there is no file '0.7.7', and '0.7.7' is not a number that archcalc can read; write an integer",
        ),
        (("identify", "0"), "there is no file '0', and the number must be more than 0"),
        (("identify", ""), "FILE|NUMBER|SHAPE: the value is empty"),
        (("reconcile", "paper", "--measured", "61.1MB"), "is about memory, not cost or params: run archcalc identify"),
        (("identify", "none.pth"), "none.pth cannot be read: no such file"),
        (("identify", "folder/none"), "folder/none cannot be read: no such file"),
    ],
)
def test_what_cannot_be_answered_says_what_can(arguments: tuple[str, ...], told: str) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr


def test_conventions_side_by_side_and_one_in_full() -> None:
    printed = "\n".join(lines("conventions"))
    for name in CONVENTIONS:
        assert f"\n{name} " in printed
    one = "\n".join(lines("conventions", "ptflops"))
    assert "ptflops, back end pytorch 0.7.5" in one
    assert "https://github.com/sovrasov/flops-counter.pytorch" in one
    read = answer("conventions", "thop")
    (thop,) = read["conventions"]  # type: ignore[misc]
    assert thop["counts"]["softmax"] == {"outputs": 3, "slices": -1}
    assert (thop["counts"]["relu"], thop["counts"]["concat"]) == ({}, None)


def test_a_step_says_who_does_not_count_it() -> None:
    printed = lines("reconcile", "paper", "netscope", "torchstat")
    assert any("window elements of local_response_norm, not counted by torchstat" in line for line in printed)
    full = lines("reconcile", "paper")
    assert "not counted: keras-flops and receptive-field say nothing about relu and local_response_norm" in full
    assert "says nothing about" in lines("reconcile", "paper", "--measured", "724.41M")[1]


def test_a_batch_is_counted_in_by_reconcile() -> None:
    # Caffe's deploy.prototxt has 10 images
    (_, last) = answer("reconcile", "caffe", "netscope", "--batch", "10")["rungs"]  # type: ignore[misc]
    assert last["total"] == 7_267_919_360


def test_a_narrow_terminal_loses_no_verdict() -> None:
    assert "in powers of 1024" in " ".join(on_terminal(60, "identify", "233.08MB", NO_COLOR="1")[0].split())
    assert "says nothing about" in on_terminal(60, "table", "paper", "--convention", "all", NO_COLOR="1")[0]
    told = " ".join(on_terminal(60, "conventions", NO_COLOR="1")[0].split())
    assert "not counted: local_response_norm" in told


def test_the_totals_of_all_conventions_are_one_table_in_csv() -> None:
    rows = list(DictReader(StringIO(run("table", "paper", "--convention", "all", "--format", "csv").stdout)))
    assert [row["name"] for row in rows] == list(CONVENTIONS)
    assert all(row["total"].isdecimal() for row in rows)


@pytest.mark.parametrize(
    "arguments",
    [
        ("reconcile", "torchvision"),
        ("reconcile", "paper", "torchinfo", "ptflops"),
        ("table", "paper", "--convention", "all"),
        ("identify", "0.714G"),
        ("identify", "1.43GFLOPs"),
        ("conventions",),
    ],
)
@pytest.mark.parametrize("width", [60, 100, 200])
def test_every_terminal_is_wide_enough(arguments: tuple[str, ...], width: int) -> None:
    text, code = on_terminal(width, *arguments, NO_COLOR="1")
    assert code == 0
    assert max(len(line) for line in text.splitlines() if "https://" not in line) <= width


def test_no_torch_is_needed() -> None:
    for arguments in (
        ("table", "paper", "--convention", "all"),
        ("reconcile", "paper"),
        ("identify", "0.77G"),
        ("conventions",),
    ):
        done = run(*arguments, PYTHONPROFILEIMPORTTIME="1")
        imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if "import time:" in line}
        assert "archcalc" in imported
        assert not {name for name in imported if name.partition(".")[0] in ("torch", "numpy", "pandas", "fvcore")}


def test_a_plain_table_loads_no_conventions() -> None:
    done = run("table", "paper", PYTHONPROFILEIMPORTTIME="1")
    assert "archcalc.analysis" not in done.stderr
    assert (ROOT / "archcalc" / "analysis" / "conventions").is_dir()
