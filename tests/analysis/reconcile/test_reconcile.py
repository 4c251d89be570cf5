"""`table --convention`, `reconcile`, `conventions` and `identify` of a number, as their users meet them."""

import json
from csv import DictReader
from fractions import Fraction
from io import StringIO
from pathlib import Path

import pytest

import archcalc
from archcalc.analysis.conventions import CONVENTIONS
from archcalc.analysis.identify.number_meanings import meanings
from archcalc.analysis.quoted import About, Units, read_quoted
from archcalc.errors import ArchError
from archcalc.spec.quantity import Quantity
from tests.commands import on_terminal, run
from tests.conftest import BUNDLED, ROOT

GRAPHS = [archcalc.load(name).graph for name in BUNDLED]


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
        (("identify", ""), "the value is empty"),
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


@pytest.mark.parametrize(
    ("quoted", "network", "quantity"),
    [
        ("0.77G", "alexnet_torchvision", "MACs of thop-2019"),
        ("62.4M", "alexnet_single_tower", "params"),
        ("233.08MiB", "alexnet_torchvision", "params in 4 bytes"),
        ("1.38 GFLOPs", "alexnet_tf_slim", "FLOPs of receptive-field, up to pool5"),
        ("650k", "alexnet_paper", "units of convolutions"),  # 650,080, though the paper has 659,272 units in all
        ("61100840", "alexnet_torchvision", "params"),
        ("61,100,840 parameters", "alexnet_torchvision", "params"),
        ("61.090M", "alexnet_torchvision", "params without biases"),  # 1,152 + 9,192 biases fewer
        ("0.714 GFLOPS", "alexnet_torchvision", "GFLOPS of torchvision"),
        ("1.43 GFLOPs", "alexnet_torchvision", "FLOPs of torch"),
        ("727 MFLOPs", "alexnet_caffe", "macc of netscope"),
        ("2.27 Bn", "alexnet_single_tower", "Ops of darknet"),
        ("1132.33M", "alexnet_pytorchcv", "FLOPs of imgclsmob, halved"),
    ],
)
def test_a_number_is_recognized(quoted: str, network: str, quantity: str) -> None:
    found = [one for one in meanings(GRAPHS, read_quoted(quoted)) if one.units is Units.DECIMAL]
    assert any(network in one.networks and quantity in one.names for one in found)


def test_the_plainest_meaning_comes_first() -> None:
    first, *_ = meanings(GRAPHS, read_quoted("0.714G"))
    assert (first.names[0], first.value) == ("MACs", 714_188_480)
    first, *_ = meanings(GRAPHS, read_quoted("62.4M"))
    assert first.names == ("params",)


def test_units_of_1024_are_told_and_come_last() -> None:
    # thop's first README: 61,100,840 / 2^20 = 58.27
    first, *_ = meanings(GRAPHS, read_quoted("58.27M"))
    assert (first.names, first.units) == (("params",), Units.BINARY)
    assert "58.27M in powers of 1024" in run("identify", "58.27M").stdout


def test_the_unit_s_own_word_comes_first_then_what_is_like_it() -> None:
    first, *_ = meanings(GRAPHS, read_quoted("0.714 GFLOPS"))
    assert "GFLOPS of torchvision" in first.names
    named = [one.names[0] for one in meanings(GRAPHS, read_quoted("0.72 GMac")) if one.units is Units.DECIMAL]
    by_macs = [name.startswith(("MACs", "macs")) for name in named]
    assert by_macs == sorted(by_macs, reverse=True)


def test_what_misses_is_told_by_nearness() -> None:
    found = meanings(GRAPHS, read_quoted("718.9M"))
    assert not any(one.units for one in found)
    assert [one.distance for one in found] == sorted(one.distance for one in found)
    done = run("identify", "5")
    assert "nearest to 5" in done.stdout
    assert "e+" not in done.stdout


def test_a_spec_that_cannot_be_computed_is_left_out_aloud(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("archcalc: 1\nname: mine\n")
    done = run("identify", "61.1M", "--spec-dir", str(tmp_path))
    assert done.returncode == 0
    assert "mine is left out, since it has mistakes: run archcalc validate" in done.stderr


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


def test_a_billion_is_no_byte_beside_a_unit() -> None:
    assert read_quoted("1.5 BFLOPs").quantity == Quantity(15, 1, 10**9, False)
    assert read_quoted("1.5 B").about is About.MEMORY


def test_a_bare_number_with_decimals_gets_a_hint() -> None:
    assert "if it is in G or M, write that too" in run("identify", "0.714").stderr
    assert "so many" not in run("identify", "999.9G").stderr


def test_a_number_of_several_words_needs_no_quotes() -> None:
    assert run("identify", "1.38", "GFLOPs").stdout == run("identify", "1.38 GFLOPs").stdout


def test_a_number_that_nothing_gives_ends_with_1_and_the_nearest() -> None:
    done = run("identify", "999.9G")
    assert done.returncode == 1
    assert "no network has the number 999.9G, within its printed digits" in done.stderr
    assert done.stdout.count("away") == 3


def test_a_file_is_a_file_though_its_name_is_a_number(tmp_path: Path) -> None:
    (tmp_path / "62.4M").write_bytes(b"no checkpoint")
    done = run("identify", "62.4M", cwd=tmp_path)
    assert done.returncode == 2
    assert "62.4M" in done.stderr


@pytest.mark.parametrize(
    ("text", "quantity", "about"),
    [
        ("0.77G", Quantity(77, 2, 10**9, False), None),
        ("1.38 GFLOPs", Quantity(138, 2, 10**9, False), About.COST),
        ("0.72 GMac", Quantity(72, 2, 10**9, False), About.COST),
        ("714.68 M mult-adds", Quantity(71468, 2, 10**6, False), About.COST),
        ("724M macc", Quantity(724, 0, 10**6, False), About.COST),
        ("2.27 Bn", Quantity(227, 2, 10**9, False), None),
        ("60 million parameters", Quantity(60, 0, 10**6, False), About.PARAMS),
        ("650k neurons", Quantity(650, 0, 10**3, False), About.UNITS),
        ("61,100,840", Quantity(61_100_840, None, 1, False), None),
        ("233.08 MiB", Quantity(23308, 2, 2**20, True), About.MEMORY),
        ("244403360 bytes", Quantity(244_403_360, 0, 1, True), About.MEMORY),
        ("~60M", Quantity(60, 0, 10**6, False), None),
        ("62 378 344", Quantity(62_378_344, None, 1, False), None),
        ("3.6e9 FLOPs", Quantity(36, 1, 10**9, False), About.COST),
        ("11.3 \u00d7 10^9", Quantity(113, 1, 10**9, False), None),
        ("7.14e+08", Quantity(714, 2, 10**8, False), None),
        ("6e7", Quantity(6, 0, 10**7, False), None),
    ],
)
def test_numbers_as_people_write_them(text: str, quantity: Quantity, about: About | None) -> None:
    read = read_quoted(text)
    assert (read.quantity, read.about) == (quantity, about)


@pytest.mark.parametrize("text", ["", "abc", "1,00", "60m", "1e900", "e9", "-3M", "5 apples", "0x10", "٣M", "1" * 30])
def test_numbers_that_cannot_be_read(text: str) -> None:
    with pytest.raises(ArchError, match="is not a number that archcalc can read; write an integer"):
        read_quoted(text)


def test_a_half_is_matched_exactly() -> None:
    quantity = read_quoted("1.5M").quantity
    assert quantity.matches(Fraction(3_000_001, 2))
    assert not read_quoted("1500000").quantity.matches(Fraction(3_000_001, 2))


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
