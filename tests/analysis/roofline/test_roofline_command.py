"""archcalc roofline and archcalc devices, as a user at a terminal has them."""

import csv
import io
import json
import re
from pathlib import Path

import pytest

from tests.commands import on_terminal, run

COMMAND = ("roofline", "torchvision", "--device-model", "h100-sxm")


@pytest.mark.parametrize("form", ["table", "plain", "json", "jsonl", "csv", "markdown", "latex", "html", "svg"])
def test_every_format(form: str) -> None:
    done = run(*COMMAND, "--format", form)
    assert (done.returncode, done.stderr) == (0, "")
    assert "conv1" in done.stdout
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("form", ["table", "plain", "json", "jsonl", "csv", "markdown", "latex", "html"])
@pytest.mark.parametrize("words", [["devices"], ["devices", "h100-sxm"]])
def test_every_format_of_devices(form: str, words: list[str]) -> None:
    done = run(*words, "--format", form)
    assert (done.returncode, done.stderr) == (0, "")
    assert "H100 SXM5" in done.stdout


def test_the_ending_of_a_file_is_enough_for_a_picture(tmp_path: Path) -> None:
    file = tmp_path / "roofline.svg"
    assert run(*COMMAND, "-o", str(file)).returncode == 0
    assert file.read_text(encoding="utf-8") == run(*COMMAND, "--format", "svg").stdout
    refused = run("explain", "paper", "-o", str(tmp_path / "why.svg"))
    assert refused.returncode == 2
    assert refused.stderr == (
        "archcalc: svg is a picture of one chart, and this answer has no chart: write it in another format\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["roofline.svg"]


def test_csv_has_all_numbers_of_json() -> None:
    rows = list(csv.DictReader(io.StringIO(run(*COMMAND, "--format", "csv", "--batch", "8").stdout)))
    layers = json.loads(run(*COMMAND, "--format", "json", "--batch", "8").stdout)["layers"]
    for row, layer in zip(rows, layers, strict=True):
        for key in ("flops", "weight_bytes", "input_bytes", "output_bytes", "bytes"):
            assert int(row[key]) == layer[key]
        assert (row["layer"], row["bound"] or None) == (layer["name"], layer["bound"])
        assert float(row["ms"] or 0) == pytest.approx(layer["ms"], abs=1e-6)
        assert (int(row["turning_batch"]) if row["turning_batch"] else None) == layer["turning_batch"]


@pytest.mark.parametrize("batch", ["1", "128", "4096"])
def test_what_is_printed_adds_up(batch: str) -> None:
    lines = run(*COMMAND, "--batch", batch).stdout.splitlines()
    first, second = (place for place, line in enumerate(lines) if line.startswith("---"))
    total = next(place for place, line in enumerate(lines) if line.strip().startswith("total"))
    header, body, footer = lines[first - 1], lines[first + 1 : second], lines[second + 1 : total + 1]
    for column in ("FLOPs", "bytes"):
        end = re.search(rf" {column}(?= |$)", header)
        assert end
        printed = [_number(line, end.end()) for line in body]
        *parts, whole = [_number(line, end.end()) for line in footer]
        assert sum(printed) == sum(parts) == whole


def _number(line: str, end: int) -> int:
    found = re.search(r"([0-9,]+)$", line[:end])
    assert found, line
    return int(found[1].replace(",", ""))


@pytest.mark.parametrize("width", [40, 60, 100, 160])
def test_on_terminals(width: int) -> None:
    text, code = on_terminal(width, *COMMAND)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert code == 0
    assert max(map(len, plain.splitlines())) <= width
    assert re.search("[\u2801-\u28ff]", plain)  # dots of Braille
    assert "fc6 fc7 fc8" in plain
    assert ("left out" in plain) == (width in (60, 100))  # at 40, blocks say all


def test_what_goes_with_what() -> None:
    refused = run(*COMMAND, "--remeasure")
    assert (refused.returncode, refused.stderr) == (2, "archcalc: --remeasure goes with --device-model measured\n")
    unknown = run("roofline", "paper", "--device-model", "h100sxm")
    assert unknown.returncode == 2
    assert unknown.stderr.startswith("archcalc: there is no data sheet of 'h100sxm'; did you mean 'h100-sxm'?")


def test_a_network_that_does_not_fit_says_where() -> None:
    refused = run("roofline", "torchvision", "--input", "3x40x40", "--device-model", "t4")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.endswith(
        "layer pool5: a 3x3 window at stride 2 does not fit 1x1 (from conv5.relu: 256x1x1)\n"
    )
