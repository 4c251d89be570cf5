"""archcalc solve at the command line."""

import json
from pathlib import Path

import pytest

from tests.commands import on_terminal, run


def test_the_command_answers_in_words_and_in_json(tmp_path: Path) -> None:
    done = run("solve", "torchvision")
    assert done.returncode == 0
    assert (
        "63x63 is the smallest input that passes, and all larger ones pass too, with the same weights\n" in done.stdout
    )
    assert "62x62 fails at pool5: a 3x3 window at stride 2 does not fit 2x2" in done.stdout
    answer = json.loads(run("solve", "torchvision", "--up-to", "100", "--format", "json").stdout)
    assert (answer["smallest"], answer["height"]["exact"]) == ([63, 63], [63, 95])
    made = json.loads(run("solve", "torchvision", "--layer", "conv1", "--output", "55", "-f", "json").stdout)
    assert made["height"]["inputs"] == [[223, 226]]
    run("solve", "torchvision", "--layer", "conv1", "--output", "55x27", "--output", str(tmp_path / "ways.csv"))
    assert (tmp_path / "ways.csv").read_text().startswith("axis,stride,padding,")


def test_what_passes_with_a_layer_made_anew_is_told_from_what_fits_its_weights() -> None:
    said = run("solve", "alexnet_owt").stdout.splitlines()
    assert (
        "63x63 is the smallest input that passes, and all larger ones pass too, if fc6 is made again for them" in said
    )
    assert "the weights that fc6 has at 224x224 fit only inputs 223 to 254 high and wide" in said
    assert said[-1].endswith("; 223x223 and 255x255 (with fc6 made again) would be exact")
    oblong = run("solve", "alexnet_owt", "--input", "3x224x300").stdout
    assert "only inputs 223 to 254 high and 287 to 318 wide" in oblong
    answer = json.loads(run("solve", "alexnet_owt", "-f", "json").stdout)
    assert (answer["made_anew"], answer["height"]["same_weights"]) == (["fc6"], [[223, 254]])
    free = json.loads(run("solve", "torchvision", "-f", "json").stdout)
    assert (free["made_anew"], free["width"]["same_weights"]) == ([], None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--layer", "conv9"], "alexnet_torchvision has no layer 'conv9'; did you mean 'conv5'?"),
        (["--layer", "fc6"], "layer fc6 makes features, without height and width; name one that makes maps"),
        (["--layer", "conv1", "--output", "0"], "--output: 0 is not a size"),
        (["--layer", "conv1", "--output", "-3"], "--output: -3 is not a size"),
        (["--output", "55"], "--output: 55 is a size; name the layer that should make it, as in --layer conv1"),
        (["--output", "55x27", "-f", "json"], "--output: 55x27 is a size; name the layer"),
        (["--layer", "conv1", "--output", "abc"], "--output: abc is neither a size, such as 55 or 55x27, nor a file"),
        (["--output", "abc"], "--output: abc is not a file with the ending of a format, such as answer.txt;"),
        (["--layer", "conv1", "--output", "55", "--output", "54"], "--output: give one size and one file"),
        (["--up-to", "0"], "up_to must be an integer from 1 to 1,000,000, got 0"),
    ],
)
def test_what_cannot_be_solved_says_why(arguments: list[str], message: str, tmp_path: Path) -> None:
    done = run("solve", "torchvision", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert not list(tmp_path.iterdir())


def test_files_that_are_meant_are_written(tmp_path: Path) -> None:
    for arguments, file in (
        (["-o", "out.txt"], "out.txt"),
        (["--layer", "conv1", "-o", "out.txt"], "out.txt"),
        (["-o", "abc", "--format", "json"], "abc"),
        (["--layer", "conv1", "-o", "55", "-o", "ways.json"], "ways.json"),
    ):
        done = run("solve", "torchvision", *arguments, cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert (tmp_path / file).read_text()
        (tmp_path / file).unlink()
        assert not list(tmp_path.iterdir())


def test_ways_near_to_the_spec_come_first_and_a_program_gets_all() -> None:
    asked = ["solve", "caffenet", "--layer", "conv1", "--output", "55"]
    lines = [line.split() for line in run(*asked).stdout.splitlines()[3:]]
    assert [line[:2] for line in lines[:7]] == [["4", str(padding)] for padding in range(6)] + [["3", "0"]]
    assert lines[0][5:] == ["as", "in", "the", "spec"]
    ways = json.loads(run(*asked, "--format", "json").stdout)["height"]["ways"]
    assert len(ways) == 66  # strides 1 to 11, paddings 0 to 5
    assert len(run(*asked, "--format", "csv").stdout.splitlines()) == 1 + 66
    assert sum(line[:1] != [] and line[0].isdecimal() and line[1].isdecimal() for line in lines) == 12
    assert "54 more ways are further from the spec: --format csv or json lists all" in run(*asked).stdout


@pytest.mark.parametrize(
    ("spec", "layer_name", "words"),
    [
        ("caffenet", "conv1", "227 to 230, of which 227 divides exactly at every window up to conv1\n"),
        ("lenet_d2l", "conv2", "28 to 29, of which 28 divides exactly at every window up to conv2\n"),
        ("lenet_d2l", "conv1", "28, dividing exactly at every window up to conv1\n"),
    ],
)
def test_which_inputs_divide_exactly_is_a_sentence(spec: str, layer_name: str, words: str) -> None:
    assert f" at {layer_name}: {words}" in run("solve", spec, "--layer", layer_name).stdout


@pytest.mark.parametrize("width", [30, 60])
@pytest.mark.parametrize(
    "arguments",
    [
        ["alexnet_owt"],
        ["resnet18"],
        ["paper", "--layer", "conv1", "--output", "55"],
        ["paper", "--layer", "conv1", "--output", "55x54"],
    ],
)
def test_no_line_is_wider_than_the_terminal(arguments: list[str], width: int) -> None:
    text, code = on_terminal(width, "solve", *arguments, NO_COLOR="1")
    assert code == 0
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text


TRANSPOSED = """
archcalc: 1
input: [4, 16, 16]
layers:
  - {name: conv1, op: conv2d, out_channels: 8, kernel_size: 5}
  - {name: turned, op: transpose, dim0: 2, dim1: 3}
  - {name: sum, op: add, from: [conv1, turned]}
"""
SEQUENCE = """
archcalc: 1
input: [4, 100]
layers:
  - {name: conv1, op: conv1d, out_channels: 8, kernel_size: 9}
  - {name: pool1, op: max_pool1d, kernel_size: 4}
  - {name: conv2, op: conv1d, out_channels: 8, kernel_size: 5}
"""


@pytest.mark.parametrize(
    ("text", "said", "smallest"),
    [
        (TRANSPOSED, "what would tie height to width; solve can only look at each of them alone", "4x5x5"),
        # 9 for conv1, and 3 more for each of 5 * 4 places that pool1 needs: 20 + 9 - 1
        (SEQUENCE, "net reads 4x100: solve looks for height and width only", "4x28"),
    ],
)
def test_what_has_no_closed_form_is_found_by_the_command_that_is_said(
    tmp_path: Path, text: str, said: str, smallest: str
) -> None:
    (tmp_path / "net.yaml").write_text(text, encoding="utf-8")
    done = run("solve", "net.yaml", cwd=tmp_path)
    assert done.returncode == 2
    before, _, command = done.stderr.rstrip("\n").removesuffix(" finds the smallest input that passes").rpartition("; ")
    assert before.endswith(said)
    words = command.removeprefix("archcalc ").replace("SPEC", "net.yaml").split()
    found = run(*words, "--format", "csv", cwd=tmp_path)
    assert found.stdout.splitlines()[1].split(",")[0] == smallest
