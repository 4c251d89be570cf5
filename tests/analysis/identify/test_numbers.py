"""The numbers of networks that a quoted number may be, and how they are shown."""

import json
from collections import Counter
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

import archcalc
from archcalc.analysis.identify.number_meanings import Meaning, likely, meanings
from archcalc.analysis.identify.numbers import Number, numbers
from archcalc.analysis.quoted import About, How, Units, read_quoted
from archcalc.graph import Graph
from tests.commands import run
from tests.conftest import BUNDLED, ROOT
from tests.sizes import ALEXNETS

GRAPHS = [archcalc.load(name).graph for name in ALEXNETS]
QUESTIONS = str(ROOT / "tests" / "specs" / "questions")


def meant(quoted: str) -> list[Meaning]:
    return meanings(GRAPHS, read_quoted(quoted))


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
    assert first.names == ("params", "Total params of keras")


def test_units_of_1024_are_told_and_come_last() -> None:
    # thop's first README: 61,100,840 / 2^20 = 58.27
    first, *_ = meanings(GRAPHS, read_quoted("58.27M"))
    assert (first.names[0], first.units) == ("params", Units.BINARY)
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


def test_a_bare_number_with_decimals_gets_a_hint() -> None:
    assert "if it is in G or M, write that too" in run("identify", "0.7151").stderr
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
    ("quoted", "network", "name"),
    [
        ("34,944", "alexnet_paper", "params of conv1"),
        ("34848", "alexnet_single_tower", "weights of conv1"),
        ("9216", "alexnet_paper", "features of flatten"),
        ("6400 features", "alexnet_d2l", "features of flatten"),
        ("290,400", "alexnet_caffe", "units of conv1"),
        ("105,415,200 MACs", "alexnet_caffe", "MACs of conv1"),  # 290,400 outputs of 11 * 11 * 3 each
        ("210830400 FLOPs", "alexnet_caffe", "FLOPs of conv1"),
        ("37.75M", "alexnet_torchvision", "weights of fc6"),
    ],
)
def test_numbers_of_layers_are_known(quoted: str, network: str, name: str) -> None:
    assert any(network in one.networks and name in one.names for one in meant(quoted) if one.fit)


def test_features_come_before_the_elements_of_maps() -> None:
    # pool5 makes 256 x 6 x 6 elements, which flatten makes 9216 features
    names = [one.names[0] for one in meant("9216") if one.fit]
    assert names[0] == "features of flatten"
    assert run("identify", "9216").stdout.count("features of flatten") == 1


def test_no_coincidence_in_powers_of_1024_stands_above_a_plain_match() -> None:
    seen = set()
    for quoted in [f"{digit}.5{letter}" for digit in range(1, 10) for letter in "KMG"]:
        units = [one.units for one in meant(quoted) if one.fit]
        assert units == sorted(units, key=lambda one: one is Units.BINARY), quoted
        seen.add(frozenset(units))
    assert frozenset(Units) in seen  # so that there is something to put in order


def test_rounding_and_cutting_are_verdicts() -> None:
    assert "rounded, 62.4M" in run("identify", "62.4M").stdout
    assert "cut off, 62.3M" in run("identify", "62.3M").stdout
    assert "exactly 62378344" in run("identify", "62378344").stdout
    assert "rounded, 58.27M in powers of 1024" in run("identify", "58.27M").stdout
    first, *_ = meant("62.3M")
    assert first.names[0] == "params"  # of which digits are cut, before a number without biases that is rounded


LETTERS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def printed(number: int, digits: int, cut: bool) -> tuple[str, Fraction]:
    """Return a number in so many digits under a letter, rounded or cut, and what it is then."""
    letter = max((letter for letter, factor in LETTERS.items() if factor <= number), key=LETTERS.__getitem__)
    unit = Fraction(10) ** (len(str(number)) - digits)
    value = (number // unit if cut else (2 * number + unit) // (2 * unit)) * unit
    scaled = value / LETTERS[letter]
    decimals = max(0, digits - len(str(int(number // LETTERS[letter]))))
    part = f".{int(scaled % 1 * 10**decimals):0{decimals}}" if decimals else ""
    return f"{int(scaled)}{part}{letter}", value


def test_every_number_is_found_by_some_of_its_digits() -> None:
    graph = archcalc.load("alexnet_caffe").graph
    every = [one for one in numbers(graph) if isinstance(one.value, int) and one.value >= 10_000]
    for number in Random(1).sample(every, 40):
        whole = int(number.value)
        for digits, cut in ((3, False), (3, True), (4, False)):
            text, value = printed(whole, digits, cut)
            is_rounded = printed(whole, digits, cut=False)[1] == value
            how = How.EXACT if value == whole else How.ROUNDED if is_rounded else How.CUT
            assert how_found(graph, number, text) is how, (text, number)
            away, _ = printed(int(value + 3 * Fraction(10) ** (len(str(whole)) - digits)), digits, cut=False)
            assert how_found(graph, number, away) is None, (away, number)


def how_found(graph: Graph, number: Number, quoted: str) -> How | None:
    """Return how a number of a network becomes what was quoted, in powers of 1000."""
    found = meanings([graph], read_quoted(quoted))
    (one,) = (one for one in found if number.name in one.names and one.about is number.about)
    return one.fit.how if one.fit and one.fit.units is Units.DECIMAL else None


def test_few_are_likely_and_the_rest_is_counted() -> None:
    found = meanings([archcalc.load(name).graph for name in BUNDLED], read_quoted("0.7G"))
    few = likely(found)
    assert {one.names[0] for one in few} == {"MACs", "FLOPs"}
    assert [one.likeness for one in few] == [found[0].likeness] * len(few)
    done = run("identify", "0.7G")
    every = run("identify", "0.7G", "--all")
    data = json.loads(run("identify", "0.7G", "--format", "json").stdout)
    fitting = [one for one in found if one.fit]
    rows = [line for line in done.stdout.splitlines()[3:] if "rounded, 0.7G" in line]
    assert len(rows) == len(few) == sum(one["likely"] for one in data["meanings"])
    assert len(data["meanings"]) == len(fitting) > 100
    decimal = Counter(one.fit.how for one in fitting if one.fit and one.fit.units is Units.DECIMAL)
    rounded, cut = decimal[How.ROUNDED] - len(few), decimal[How.CUT]
    binary = len(fitting) - decimal.total()
    others = f"{rounded + cut + binary} more: {rounded} rounded, {cut} cut off and {binary} in powers of 1024"
    assert f"{others} (--all shows them)" in done.stdout
    shown = [line for line in every.stdout.splitlines() if " 0.7G" in line and "may be" not in line]
    assert len(shown) == len(fitting)
    assert "more:" not in every.stdout


def test_csv_has_all() -> None:
    assert len(run("identify", "0.7G", "--format", "csv").stdout.splitlines()) > 100


def test_a_network_of_keras_is_known_by_its_summary() -> None:
    done = run("identify", "15840210", "--spec-dir", QUESTIONS)
    assert done.returncode == 0
    row = next(line for line in done.stdout.splitlines() if line.startswith("tiny_yolo_keras"))
    assert "Total params of keras" in row
    assert "exactly 15840210" in row


def test_a_tool_s_count_of_params_is_about_params() -> None:
    assert all(one.about is About.PARAMS for one in meant("61.1M params"))
    owt = [one for one in meant("61138216") if one.fit]  # 61,119,528 and 18,688 running statistics
    assert [(one.networks, one.names) for one in owt] == [(("alexnet_owt_bn",), ("Total params of keras",))]


def test_long_lists_are_cut_in_text_and_whole_in_json() -> None:
    text = run("identify", "16777216").stdout
    assert "22 more" in text
    assert "22 more" not in run("identify", "16777216", "--all").stdout
    (weights, *_) = json.loads(run("identify", "16777216", "--format", "json").stdout)["meanings"]
    assert len(weights["networks"]) == 28


def test_python_has_the_same_answers() -> None:
    found = archcalc.identify("0.7G")
    assert isinstance(found, archcalc.answers.identify.Meanings)
    assert len(str(archcalc.identify("0.7G", show_all=True)).splitlines()) > len(str(found).splitlines())
    assert found.to_dict() == archcalc.identify("0.7G", show_all=True).to_dict()
    assert list(found.to_frame().columns)[:4] == ["networks", "about", "figures", "value"]
